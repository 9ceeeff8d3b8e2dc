// Checks of what followed the verdict: money and confirmations after a commit, releases after an abort.

import Evidence
import PaymentModel

extension Examination {
  mutating func checkOutcome() {
    guard let verdict else { return }
    switch verdict.claim.decision {
    case .commit: checkCommit(verdict)
    case .abort(let reason): checkAbort(verdict, reason)
    }
  }

  // MARK: - After a commit

  private mutating func checkCommit(_ verdict: Stated<Verdict>) {
    var transfers: [Stated<Transfer>] = []
    for payment in payments {
      for payout in payment.content.payouts {
        if let transfer = checkTransfer(of: payout, in: payment, verdict) {
          transfers.append(transfer)
        }
      }
    }
    var merchants: [PartyName] = []
    for item in items where !merchants.contains(item.offer.issuer.party) {
      merchants.append(item.offer.issuer.party)
      checkSettlement(by: item.offer.issuer.party, transfers, verdict)
    }
    blame(
      unused.voids.filter { $0.claim.verdict == verdict.id }, .void,
      "the bank says that this commit was an abort")
    blame(
      unused.releases.filter { $0.claim.verdict == verdict.id }, .release,
      "the merchant says that this commit was an abort")
    checkRefusals(by: merchants)
    checkClearing(of: transfers)
    checkFulfilment(verdict)
    // A cancellation that came too late changes nothing.
    unused.cancellations = []
  }

  /// What the payees' banks say to transfers of other banks. A bank whose transfer names a line that does not cover it is
  /// at fault by these two statements.
  private mutating func checkClearing(of transfers: [Stated<Transfer>]) {
    let lines = unused.creditLines
    unused.creditLines = []
    for line in lines {
      let drawing = transfers.filter { $0.claim.draw?.line == line.id }
      let beyond = drawing.filter {
        !$0.claim.isCovered(from: $0.issuer.party, by: line.claim, of: line.issuer.party)
      }
      for transfer in beyond {
        find(
          .transfer, .refuted, transfer,
          "the line that \(transfer.issuer.party) has named does not cover the transfer",
          atFault: transfer.issuer.party)
      }
      if drawing.isEmpty {
        unused.creditLines.append(line)
      } else if beyond.isEmpty {
        find(
          .transfer, .proven, line, "\(line.issuer.party) lets \(line.claim.debtor) draw on it")
      }
    }
    let credits = unused.credits
    unused.credits = []
    for credit in credits {
      let credited = transfers.first {
        $0.id == credit.claim.transfer && $0.claim.payee.bank == credit.issuer.party
          && $0.claim.payee.account == credit.claim.account
      }
      guard let net = credited?.claim.net else {
        unused.credits.append(credit)
        continue
      }
      let isWhole = (try? credit.claim.amount.isLess(than: net)) == false
      find(
        .transfer, isWhole ? .proven : .pending, credit,
        "\(credit.issuer.party) has credited \(credit.claim.account)"
          + (isWhole ? "" : " with \(credit.claim.amount), which is not all"))
    }
  }

  /// What customer and merchants say to each other after the commit.
  private mutating func checkFulfilment(_ verdict: Stated<Verdict>) {
    settle(\.acknowledgements, .delivery) {
      $0.claim.verdict == verdict.id ? "the customer has opened her goods" : nil
    }
    let items = items
    let addresses = unused.addressClaims
    settle(\.addressClaims, .delivery) { address in
      address.claim.verdict == verdict.id
        && items.contains { $0.offer.id == address.claim.offer }
        ? "the customer has told where a good goes" : nil
    }
    settle(\.dispatches, .dispatch) { dispatch in
      items.contains {
        $0.offer.id == dispatch.claim.offer && $0.offer.issuer.party == dispatch.issuer.party
      } && addresses.contains { $0.id == dispatch.claim.addressClaim }
        ? "\(dispatch.issuer.party) has sent the good" : nil
    }
    settle(\.refunds, .refund) { refund in
      refund.claim.verdict == verdict.id
        && items.contains { $0.offer.issuer.party == refund.issuer.party }
        ? "\(refund.issuer.party) gives \(refund.claim.amount) back" : nil
    }
  }

  /// Uses up the statements of a list for which there are words; the others have no place here.
  private mutating func settle<Content: Claim>(
    _ list: WritableKeyPath<Statements, [Stated<Content>]>, _ check: Finding.Check,
    _ words: (Stated<Content>) -> String?
  ) {
    let statements = unused[keyPath: list]
    unused[keyPath: list] = []
    for stated in statements {
      if let words = words(stated) {
        find(check, .proven, stated, words)
      } else {
        unused[keyPath: list].append(stated)
      }
    }
  }

  /// A bank or merchant that refuses what a commit obliges it to do takes nothing from the commit. Its word
  /// alone does not tell why, so it is not at fault by it.
  private mutating func checkRefusals(by merchants: [PartyName]) {
    let banks = payments.map(\.content.bank)
    let refusals = unused.refusals
    unused.refusals = []
    for refusal in refusals {
      let party = refusal.issuer.party
      let check: Finding.Check
      switch trust.key(refusal.issuer.key)?.role {
      case .bank where banks.contains(party): check = .transfer
      case .merchant where merchants.contains(party): check = .settlement
      default:
        unused.refusals.append(refusal)
        continue
      }
      find(
        check, .pending, refusal,
        "\(party) has refused \(refusal.claim.step) of this commit: \(refusal.claim.reason.rawValue)"
      )
    }
  }

  private mutating func checkTransfer(
    of payout: Payout, in payment: Payment, _ verdict: Stated<Verdict>
  ) -> Stated<Transfer>? {
    let bank = payment.content.bank
    let isToPayee = { (transfer: Stated<Transfer>) in
      transfer.issuer.party == bank && transfer.claim.payee == payout.payee
    }
    let fee = payment.content.fee(of: payout)?.minor ?? 0
    let isOwed = { (transfer: Stated<Transfer>) in
      isToPayee(transfer) && transfer.claim.amount == payout.amount
        && transfer.claim.verdict == verdict.id && (transfer.claim.fee?.minor ?? 0) <= fee
    }
    let transfer =
      unused.transfers.take(where: isOwed)
      ?? unused.transfers.take { isToPayee($0) && $0.claim.amount == payout.amount }
      ?? unused.transfers.take(where: isToPayee)
    guard let transfer else {
      findMissing(
        .transfer, .pending, of: .transfer, by: bank,
        "the transfer of \(payout.amount) to \(payout.payee.account) at \(payout.payee.bank) "
          + "is not yet proven")
      return nil
    }
    guard transfer.claim.amount == payout.amount, transfer.claim.verdict == verdict.id else {
      find(.transfer, .refuted, transfer, "the transfer is not the one that the order names")
      return nil
    }
    guard (transfer.claim.fee?.minor ?? 0) <= fee else {
      // The order alone binds nobody but the customer: the reservation does.
      find(
        .transfer, .refuted, transfer, "\(bank) has kept more of the transfer than was agreed",
        atFault: reserved.contains(payment.digest) ? bank : nil)
      return nil
    }
    guard transfer.claim.draw != nil || payout.payee.bank == bank else {
      find(
        .transfer, .refuted, transfer, "\(bank) has drawn nothing on \(payout.payee.bank)",
        atFault: bank)
      return nil
    }
    let kept = transfer.claim.fee.map { " and kept \($0)" } ?? ""
    find(
      .transfer, .proven, transfer,
      "\(bank) has paid \(transfer.claim.net) to \(payout.payee.account) at "
        + "\(payout.payee.bank)\(kept)")
    return transfer
  }

  private mutating func checkSettlement(
    by merchant: PartyName, _ transfers: [Stated<Transfer>], _ verdict: Stated<Verdict>
  ) {
    let settlement = unused.settlements.take { $0.issuer.party == merchant }
    guard let settlement else {
      return findMissing(
        .settlement, .pending, of: .settlement, by: merchant,
        "\(merchant) has not confirmed yet")
    }
    let payees = items.filter { $0.offer.issuer.party == merchant }.map(\.offer.claim.payee)
    let own = transfers.filter { payees.contains($0.claim.payee) }.map(\.id)
    guard settlement.claim.verdict == verdict.id else {
      return find(.settlement, .refuted, settlement, "the confirmation is of another verdict")
    }
    let isComplete = own.allSatisfy(settlement.claim.transfers.contains)
    find(
      .settlement, isComplete ? .proven : .pending, settlement,
      isComplete
        ? "\(merchant) has confirmed, with the transfers to it"
        : "\(merchant) has confirmed, and does not name every transfer to it")
  }

  // MARK: - After an abort

  private mutating func checkAbort(_ verdict: Stated<Verdict>, _ reason: AbortReason) {
    for payment in payments { checkVoid(of: payment.content, verdict) }
    for item in items { checkRelease(of: item, verdict) }
    blame(
      unused.transfers.filter { $0.claim.verdict == verdict.id }, .transfer,
      "the bank says that this abort was a commit")
    switch reason {
    case .cancelled: checkReason(\.cancellations, "the customer has cancelled")
    case .refused: checkReason(\.refusals, "a participant has refused")
    case .timeout, .invalid: break
    }
    // A refusal or a cancellation may stand beside an abort of another reason.
    unused.cancellations = []
    unused.refusals = []
  }

  private mutating func checkReason<Content: Claim>(
    _ list: KeyPath<Statements, [Stated<Content>]>, _ message: String
  ) {
    guard let stated = unused[keyPath: list].first else {
      return findMissing(
        .abortReason, .pending, of: Content.kind, by: nil,
        "what the abort rests on is not there")
    }
    find(.abortReason, .proven, stated, message)
  }

  private mutating func checkVoid(of payment: PaymentPart, _ verdict: Stated<Verdict>) {
    let void = unused.voids.take { $0.issuer.party == payment.bank }
    guard let void else {
      return findMissing(
        .void, .pending, of: .void, by: payment.bank,
        "\(payment.bank) has not yet said that nothing is held")
    }
    let isRight =
      void.claim.verdict == verdict.id
      && (void.claim.released == nil || void.claim.released == payment.total)
    find(
      .void, isRight ? .proven : .refuted, void,
      isRight ? "\(payment.bank) holds nothing any more" : "the void is not that of the payment")
  }

  private mutating func checkRelease(of item: Item, _ verdict: Stated<Verdict>) {
    let merchant = item.offer.issuer.party
    guard let release = unused.releases.take(where: { $0.claim.offer == item.offer.id }) else {
      return findMissing(
        .release, .pending, of: .release, by: merchant,
        "\(merchant) has not yet said that nothing is held")
    }
    let isRight = release.issuer.party == merchant && release.claim.verdict == verdict.id
    find(
      .release, isRight ? .proven : .refuted, release,
      isRight ? "\(merchant) holds nothing any more" : "the release is not that of the item")
  }

  // MARK: - What nobody may say

  private mutating func blame<Content: Claim>(
    _ statements: [Stated<Content>], _ check: Finding.Check, _ message: String
  ) {
    for stated in statements {
      find(check, .refuted, stated, message, atFault: stated.issuer.party)
    }
  }

  // MARK: - The end

  /// Every statement must have had a place in the purchase. Where something is missing, this may be why one
  /// has none.
  mutating func checkNothingIsLeft() {
    guard verdict != nil else { return }
    let result: Finding.Result =
      findings.contains { $0.result == .missing } ? .missing : .refuted
    report(unused.offers, as: result)
    report(unused.terms, as: result)
    report(unused.reservations, as: result)
    report(unused.deposits, as: result)
    report(unused.acceptances, as: result)
    report(unused.deliveryRequests, as: result)
    report(unused.cancellations, as: result)
    report(unused.refusals, as: result)
    report(unused.transfers, as: result)
    report(unused.creditLines, as: result)
    report(unused.credits, as: result)
    report(unused.settlements, as: result)
    report(unused.voids, as: result)
    report(unused.releases, as: result)
    report(unused.acknowledgements, as: result)
    report(unused.addressClaims, as: result)
    report(unused.dispatches, as: result)
    report(unused.refunds, as: result)
    report(unused.shareAcceptances, as: result)
    report(unused.withdrawals, as: result)
    report(unused.requests, as: result)
    report(unused.rulings, as: result)
    report(unused.issues, as: result)
  }

  private mutating func report<Content: Claim>(
    _ statements: [Stated<Content>], as result: Finding.Result
  ) {
    for stated in statements {
      find(.belongs, result, stated, "the statement has no place in what is shown")
    }
  }
}
