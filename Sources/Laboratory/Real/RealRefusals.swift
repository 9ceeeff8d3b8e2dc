// What honest real parties may refuse, and when they may tell somebody to wait: every answer but "done" has
// a ground that the books can see. Nobody waits for what nobody can give back. Their rows are read, and their
// rules are not asked.

import Coordinator
import ECash
import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

extension RealBooks {
  /// What is wrong with an answer that an honest party has just given; `nil` when it had a ground.
  ///
  /// - Parameter time: on its clock.
  func falseAnswer(
    _ reply: ParticipantReply, to request: ParticipantRequest, by party: Party, at time: Timestamp
  ) async -> Books.Finding? {
    guard let id = request.id, let purchase = purchase(id.process) else { return nil }
    if let message = reply.failure {
      return finding(.answers, id.process, "\(party) could not answer \(id.step): \(message)")
    }
    let hasGround: Bool
    switch (request, reply, party) {
    case (.reserve(let asked, _), .reserved(let outcome), .bank(let bank)):
      guard let payment = purchase.payments.first(where: { $0.bank == bank }) else { return nil }
      hasGround =
        await mayAnswer(outcome, asked, payment, of: purchase, at: time)
        && isSigned(outcome, id, by: RealMarket.bankNames[bank])
    case (.deposit(let asked, _), .deposited(let outcome), .shop(let shop)):
      hasGround =
        await mayAnswer(outcome, asked, of: purchase, by: shop, at: time)
        && isSigned(outcome, id, by: RealMarket.shopNames[shop])
    case (.settle(let asked, _), _, .shop(let shop)):
      hasGround = isUnpaid(shop, by: asked.transfers, of: purchase)
    default: hasGround = false
    }
    guard !hasGround else { return nil }
    return finding(.refusals, id.process, "\(party) had no ground: \(id.step), \(reply.word)")
  }

  /// Whether a refusal that stands for ever is signed, by whoever was asked, for what was asked; one that
  /// passes is nobody's word.
  private func isSigned<Value>(
    _ outcome: Outcome<Value>, _ id: RequestID, by party: PartyName
  ) -> Bool {
    guard case .refused(let reason, let signed) = outcome else { return true }
    guard reason != .conflict else { return signed == nil }
    guard let signed, let refusal: Stated<Refusal> = world.read(signed.bytes, by: party) else {
      return false
    }
    return refusal.claim.process == id.process && refusal.claim.step == id.step
      && refusal.claim.reason == reason
  }

  // MARK: - Banks

  private func mayAnswer(
    _ outcome: Outcome<Signed<Reservation>>, _ asked: ReserveRequest,
    _ payment: RealPurchase.Payment, of purchase: RealPurchase, at time: Timestamp
  ) async -> Bool {
    let isTwice = world.buyers[purchase.buyer].cheat == .doubleSpend
    switch outcome {
    case .done: return true
    case .unknown: return false
    case .held: return mayWait(payment, of: purchase)
    case .refused(let reason, let signed):
      switch reason {
      case .invalid: return purchase.isReplay
      case .voided: return await isDecided(purchase.process, isCommit: false)
      case .conflict: return isOther(asked.id, at: payment)
      case .tooLate: return purchase.order.decideBy <= time
      case .declined: return isTwice && isShort(payment, of: purchase, beside: [.posted])
      case .doubleSpend:
        guard isTwice else { return false }
        return await isProven(signed, payment, of: purchase)
      case .feeMismatch:
        // The tariff is another one now.
        return payment.part.transferFee != banks[payment.bank].latestKeyset()?.fees.perTransfer
      case .clearingLimit: return needsRoom(payment, beside: .owed)
      default: return false
      }
    }
  }

  /// Whether there is too little only because of what is undecided.
  private func mayWait(_ payment: RealPurchase.Payment, of purchase: RealPurchase) -> Bool {
    guard !needsRoom(payment, beside: .owed) else { return false }
    if needsRoom(payment, beside: .promised) { return true }
    guard !isShort(payment, of: purchase, beside: [.posted]),
      !sharesCoins(payment, of: purchase, with: [.posted])
    else { return false }
    return isClashing(payment, of: purchase)
      || isShort(payment, of: purchase, beside: [.posted, .reserved])
  }

  /// Whether the same process asks under another step.
  private func isOther(_ id: RequestID, at payment: RealPurchase.Payment) -> Bool {
    let key = RequestKey(
      coordinator: world.setting.coordinatorKey, process: id.process, step: id.step)
    return banks[payment.bank].hold(of: id.process) != nil
      && banks[payment.bank].reply(to: key) == nil
  }

  /// Whether what she chose is less than what it has to pay beside what other orders of hers have taken, or hold.
  private func isShort(
    _ payment: RealPurchase.Payment, of purchase: RealPurchase, beside states: [HoldRow.State]
  ) -> Bool {
    var account = payment.account
    var credit = payment.credit
    for (other, taken) in others(of: purchase, at: payment.bank, in: states)
    where other.buyer == purchase.buyer {
      account += taken.account
      credit += taken.credit
    }
    return (payment.account > 0 && account > RealMarket.savings)
      || (payment.credit > 0 && credit > RealMarket.credit)
  }

  /// Whether another order of hers holds one of the same coins: she spends them twice, or it was aborted
  /// and the bank has not heard of it yet.
  private func isClashing(_ payment: RealPurchase.Payment, of purchase: RealPurchase) -> Bool {
    others(of: purchase, at: payment.bank, in: [.reserved]).contains { other, taken in
      other.buyer == purchase.buyer && taken.sharesCoins(with: payment)
        && (world.buyers[purchase.buyer].cheat == .doubleSpend
          || world.verdicts[other.process] != nil)
    }
  }

  /// Whether another order whose money is in one of these states pays with one of the same coins.
  private func sharesCoins(
    _ payment: RealPurchase.Payment, of purchase: RealPurchase, with states: [HoldRow.State]
  ) -> Bool {
    others(of: purchase, at: payment.bank, in: states).contains { other, taken in
      other.buyer == purchase.buyer && taken.sharesCoins(with: payment)
    }
  }

  private enum Debt { case owed, promised }

  /// Whether another bank takes no more of what this one would pay there.
  private func needsRoom(_ payment: RealPurchase.Payment, beside debt: Debt) -> Bool {
    RealMarket.bankNames.enumerated().contains { number, name in
      let wanted = payment.paid(at: name)
      guard name != payment.part.bank, wanted > 0 else { return false }
      let rows = banks[payment.bank]
      let owed = max(0, rows.balance(of: .correspondent(name)))
      let line = rows.latestCreditLine(from: name, to: payment.part.bank)?.limit ?? 0
      var (promised, drawn) = (UInt64(0), UInt64(0))
      for (purchase, other) in allPayments(at: payment.bank) {
        switch hold(of: other, purchase.process)?.state {
        case .reserved: promised += other.paid(at: name)
        case .posted: drawn += other.paid(at: name)
        default: break
        }
      }
      let more = wanted + (debt == .promised ? promised : 0)
      return owed + Int64(more) > Int64(RealMarket.clearingLimit) || drawn + more > line
    }
  }

  /// A refusal as a double spend has a proof, for the customer, that the coin is spent by another order of hers.
  private func isProven(
    _ signed: Signed<Refusal>?, _ payment: RealPurchase.Payment, of purchase: RealPurchase
  ) async -> Bool {
    guard let signed, let digest = RealLies.claim(of: signed)?.details,
      let row = try? await purchase.wallet.purchase(purchase.process),
      let identity = try? purchase.wallet.wallet.orderIdentity(row.orderNumber),
      let sealed = banks[payment.bank].sealedDetails(of: purchase.process),
      let details = try? RefusalDetails(opening: sealed, with: identity, digest: digest),
      let proof: Stated<DoubleSpend> = world.read(details.proof.bytes, by: payment.part.bank)
    else { return false }
    let first = proof.claim.first.process
    let isHers = others(of: purchase, at: payment.bank, in: [.posted]).contains {
      $0.0.process == first && $0.0.buyer == purchase.buyer && $0.1.sharesCoins(with: payment)
    }
    return proof.claim.second.process == purchase.process && isHers
      && read(proof.claim.verdict, of: first)?.claim.decision.isCommit == true
  }

  private func allPayments(at bank: Int) -> [(RealPurchase, RealPurchase.Payment)] {
    purchases.flatMap { purchase in
      purchase.payments.filter { $0.bank == bank }.map { (purchase, $0) }
    }
  }

  /// Payments of other orders whose money is in one of these states.
  private func others(
    of purchase: RealPurchase, at bank: Int, in states: [HoldRow.State]
  ) -> [(RealPurchase, RealPurchase.Payment)] {
    allPayments(at: bank).filter { other, payment in
      other.process != purchase.process
        && hold(of: payment, other.process).map { states.contains($0.state) } ?? false
    }
  }

  // MARK: - Merchants

  private func mayAnswer(
    _ outcome: Outcome<DepositedKey>, _ asked: DepositRequest, of purchase: RealPurchase,
    by number: Int, at time: Timestamp
  ) async -> Bool {
    let line = purchase.lines.first { asked.id.step.rawValue.hasSuffix("/\($0.offer.id)") }
    guard let line else { return false }
    switch outcome {
    case .done: return true
    case .unknown: return false
    case .held:
      // What is sold comes back from nobody.
      return !isTaken(line, of: purchase, by: number, [.sold])
        && (isTaken(line, of: purchase, by: number, [.held]) || isFull(line, number))
    case .refused(let reason, _):
      switch reason {
      case .voided: return await isDecided(purchase.process, isCommit: false)
      case .tooLate:
        if purchase.order.decideBy <= time { return true }
        return await isDecided(purchase.process, isCommit: true)
      case .soldOut: return isTaken(line, of: purchase, by: number, [.sold])
      case .conflict:
        let key = RequestKey(
          coordinator: world.setting.coordinatorKey, process: purchase.process,
          step: asked.id.step)
        return shops[number].reply(to: key) == nil
          && holds(of: purchase.process, at: number).contains { $0.key.offer == line.offer.id }
      default: return false
      }
    }
  }

  /// Whether others have what is asked for: the only piece, or so many that too few are left.
  private func isTaken(
    _ line: RealOrder.Line, of purchase: RealPurchase, by number: Int,
    _ states: [ShopHoldRow.State]
  ) -> Bool {
    let others = purchases.filter { $0.process != purchase.process }
      .flatMap { holds(of: $0.process, at: number) }
    if line.offer.isSingle,
      others.contains(where: { $0.key.offer == line.offer.id && states.contains($0.state) })
    {
      return true
    }
    guard let stock = RealOffer.stocks.first(where: { $0.name == line.offer.claim.stock }) else {
      return false
    }
    let taken: [ShopHoldRow.State] = states.contains(.held) ? [.held, .sold] : states
    let used = others.filter { $0.stock == stock.name && taken.contains($0.state) }
      .reduce(0) { $0 + $1.quantity }
    return stock.pieces - used < line.quantity
  }

  /// Whether the merchant holds as much as it allows itself.
  private func isFull(_ line: RealOrder.Line, _ number: Int) -> Bool {
    let policy = world.shopPolicies[number]
    let held = purchases.flatMap { holds(of: $0.process, at: number) }
      .filter { $0.state == .held }
    if held.count >= policy.mostUndecidedHolds { return true }
    guard line.offer.isFree else { return false }
    let free = held.filter(\.amount.isZero)
    if free.count >= policy.mostFreeHolds { return true }
    guard let stock = line.offer.claim.stock else { return false }
    let pieces = free.filter { $0.stock == stock }.reduce(0) { $0 + $1.quantity }
    return pieces > 0 && pieces + line.quantity > policy.mostFreePieces
  }

  /// Whether the transfers leave a merchant without its price, or more was kept of them than one of its offers
  /// allows.
  private func isUnpaid(
    _ number: Int, by transfers: [Signed<Transfer>], of purchase: RealPurchase
  ) -> Bool {
    let account = RealMarket.account(RealMarket.shopNames[number])
    let offers = purchase.lines.filter { $0.offer.claim.payee.account == account }
    let price = offers.reduce(0) { $0 + $1.offer.claim.price.gross.minor * UInt64($1.quantity) }
    var (paid, kept) = (UInt64(0), UInt64(0))
    for name in RealMarket.bankNames {
      for signed in transfers {
        guard let transfer: Stated<Transfer> = world.read(signed.bytes, by: name),
          transfer.claim.process == purchase.process, transfer.claim.payee.account == account
        else { continue }
        paid += transfer.claim.amount.minor
        kept += transfer.claim.fee?.minor ?? 0
      }
    }
    return paid < price || !purchase.bears(kept, to: account)
  }

  // MARK: - The log

  private func isDecided(_ process: ProcessID, isCommit: Bool) async -> Bool {
    guard let logged = try? await world.log.verdict(of: process) else { return false }
    return read(logged, of: process)?.claim.decision.isCommit == isCommit
  }
}
