// What real parties can show at the end of a run, and what a run's fingerprint is made over.

import Coordinator
import ECash
import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

extension RealBooks {
  /// One verdict, signed once, decided in time, and the same with everybody who acted on one.
  func verdicts(on decided: Decided, _ row: PurchaseRow) -> Books.Finding? {
    let process = decided.process
    let verdict = decided.verdict
    guard world.verdicts[process] == [decided.logged.verdict] else {
      return finding(.verdict, process, "the coordinator signed another verdict than the log's")
    }
    guard row.state == (decided.isCommit ? .committed : .aborted),
      row.verdict?.verdict == decided.logged.verdict
    else { return finding(.verdict, process, "the customer has another verdict than the log") }
    if decided.isCommit, verdict.claim.decidedAt >= decided.purchase.order.decideBy {
      return finding(.verdict, process, "committed after decideBy")
    }
    guard world.times.allow(verdict.claim, on: process) else {
      return finding(.verdict, process, "decided at another time than the verdict says")
    }
    for bank in banks {
      if let acted = bank.hold(of: process)?.verdictID, acted != verdict.id {
        return finding(.verdict, process, "a bank acted on another verdict than the log's")
      }
    }
    for shop in shops {
      let acted = shop.verdict(coordinator: world.setting.coordinatorKey, process: process)
      if let acted, acted.verdict != verdict.id || acted.isCommit != decided.isCommit {
        return finding(.verdict, process, "a merchant acted on another verdict than the log's")
      }
    }
    return nil
  }

  /// Every party can show what it did, under everybody's real keys.
  func evidence(of decided: Decided, _ row: PurchaseRow) -> Books.Finding? {
    let process = decided.process
    let verdict = decided.verdict
    guard let own = row.verdict, read(own, of: process)?.id == verdict.id else {
      return finding(.evidence, process, "a customer has no proof of her verdict")
    }
    guard !decided.isCommit || row.deliveryRequest != nil else {
      return finding(.evidence, process, "committed without a delivery request")
    }
    var owed = [verdict.id]
    for payment in decided.purchase.payments {
      if decided.isCommit, isBreaking(payment.bank) { continue }
      guard let hold = hold(of: payment, process) else { continue }
      guard let shown = hold.verdict, read(shown, of: process)?.id == verdict.id else {
        return finding(.evidence, process, "a bank cannot show why it ended a hold")
      }
      guard decided.isCommit else { continue }
      let transfers = transfers(of: hold, payment, under: verdict)
      guard transfers.count == payment.part.payouts.count else {
        return finding(.evidence, process, "posted without a transfer for each payee")
      }
      // Who keeps more signs other ones.
      if world.bankConducts[payment.bank].cheat != .keepsMore { owed += transfers }
    }
    guard decided.isCommit else { return file(of: decided, owed: owed) }
    let settlements = settlements(of: process, under: verdict)
    let merchants = shops.indices.filter { number in
      holds(of: process, at: number).contains { $0.state == .sold }
    }
    guard settlements.map(\.shop) == merchants else {
      return finding(.evidence, process, "sold without a settlement of each merchant")
    }
    return file(of: decided, owed: owed + settlements.map(\.id))
  }

  private func transfers(
    of hold: HoldRow, _ payment: RealPurchase.Payment, under verdict: Stated<Verdict>
  ) -> [StatementID] {
    guard let bytes = hold.reply, case .done(let signed)? = FinalReply(bytes: bytes) else {
      return []
    }
    return zip(payment.part.payouts, signed).compactMap { payout, bytes in
      guard let transfer: Stated<Transfer> = world.read(bytes, by: payment.part.bank),
        transfer.claim.verdict == verdict.id, transfer.claim.payee == payout.payee,
        transfer.claim.amount == payout.amount,
        transfer.claim.fee?.minor ?? 0 == payment.fee(of: payout)
      else { return nil }
      return transfer.id
    }
  }

  private func settlements(
    of process: ProcessID, under verdict: Stated<Verdict>
  ) -> [(shop: Int, id: StatementID)] {
    zip(RealMarket.shopNames, shops).enumerated().compactMap { number, merchant in
      let (name, shop) = merchant
      guard let step = StepPath(rawValue: "confirm/\(name)"),
        let reply = shop.reply(
          to: RequestKey(
            coordinator: world.setting.coordinatorKey, process: process, step: step)),
        case .done(let signed)? = FinalReply(bytes: reply.reply), let bytes = signed.first,
        let settlement: Stated<Settlement> = world.read(bytes, by: name),
        settlement.claim.verdict == verdict.id
      else { return nil }
      return (number, settlement.id)
    }
  }

  /// The coordinator's journal, read by its documented form, holds what the verdict's salted digest is over, and
  /// what ended the process.
  private func file(of decided: Decided, owed: [StatementID]) -> Books.Finding? {
    let process = decided.process
    let file = world.file(of: process)
    guard !file.isMalformed, file.hasEnded || world.stage.node.isOpen(process),
      let grounds = file.grounds
    else {
      return finding(.evidence, process, "the coordinator's file cannot be read to its end")
    }
    guard grounds.evidence == file.beforeVerdict.sorted(),
      grounds.decidedAt == decided.verdict.claim.decidedAt,
      SHA256.digest(grounds.salt, grounds.evidence.flatMap(\.bytes))
        == decided.verdict.claim.evidence
    else {
      return finding(.evidence, process, "the verdict's evidence is not what is on file")
    }
    guard owed.allSatisfy(file.statements.contains) else {
      return finding(.evidence, process, "a process has ended without what ends it on file")
    }
    return nil
  }

  // MARK: - The fingerprint

  /// What everybody can see of how a run ended: verdicts, what they did to money and goods, and what is left.
  func results() async -> Bytes {
    var bytes = Bytes()
    for purchase in purchases {
      bytes += purchase.process.bytes
      if let logged = try? await world.log.verdict(of: purchase.process),
        let verdict = read(logged, of: purchase.process)
      {
        bytes += Self.result(verdict)
      }
      for payment in purchase.payments {
        guard let hold = hold(of: payment, purchase.process) else { continue }
        bytes += Bytes(hold.state.rawValue.utf8) + Bytes(bigEndian: hold.total.minor)
      }
      for number in shops.indices {
        for hold in holds(of: purchase.process, at: number) {
          bytes += hold.key.offer.bytes + Bytes(hold.state.rawValue.utf8)
        }
      }
    }
    for shop in shops {
      for stock in RealOffer.stocks {
        bytes += Bytes(bigEndian: UInt64(shop.stockLevel(of: stock.name) ?? 0))
      }
    }
    for (number, rows) in banks.enumerated() {
      var accounts = RealMarket.shopNames.map { LedgerAccount.holder(RealMarket.account($0)) }
      accounts += (0..<RealMarket.customerCount).map { .holder(RealMarket.customerAccount($0)) }
      accounts += world.market.banks[number].cards.map { .card($0.id) }
      accounts += RealMarket.bankNames.map { .correspondent($0) }
      accounts.append(.holder(RealCharging.account))
      for account in accounts + [.fees, .clearing] {
        bytes += Bytes(bigEndian: UInt64(bitPattern: rows.balance(of: account)))
      }
    }
    return bytes
  }

  /// A commit's identifier; of an abort reason and time, because a refusal among its evidence may be about
  /// a coin of this program's denominations.
  private static func result(_ verdict: Stated<Verdict>) -> Bytes {
    guard case .abort(let reason) = verdict.claim.decision else { return verdict.id.bytes }
    return Bytes(reason.rawValue.utf8)
      + Bytes(bigEndian: UInt64(bitPattern: verdict.claim.decidedAt.milliseconds))
  }
}
