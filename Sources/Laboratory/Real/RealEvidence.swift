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
  func verdicts(
    on purchase: RealWorld.Purchase, _ logged: LoggedVerdict, _ verdict: Stated<Verdict>,
    _ row: PurchaseRow
  ) -> Books.Finding? {
    let process = purchase.process
    let isCommit = verdict.claim.decision.isCommit
    guard world.verdicts[process] == [logged.verdict] else {
      return finding(.verdict, process, "the coordinator signed another verdict than the log's")
    }
    guard row.state == (isCommit ? .committed : .aborted), row.verdict?.verdict == logged.verdict
    else { return finding(.verdict, process, "the customer has another verdict than the log") }
    if isCommit, verdict.claim.decidedAt >= purchase.decideBy {
      return finding(.verdict, process, "committed after decideBy")
    }
    if let acted = bank.hold(of: process)?.verdictID, acted != verdict.id {
      return finding(.verdict, process, "the bank acted on another verdict than the log's")
    }
    for shop in shops {
      let acted = shop.verdict(coordinator: world.setting.coordinatorKey, process: process)
      if let acted, acted.verdict != verdict.id || acted.isCommit != isCommit {
        return finding(.verdict, process, "a merchant acted on another verdict than the log's")
      }
    }
    return nil
  }

  /// Every party can show what it did, under everybody's real keys.
  func evidence(
    of purchase: RealWorld.Purchase, _ logged: LoggedVerdict, _ verdict: Stated<Verdict>,
    _ row: PurchaseRow
  ) -> Books.Finding? {
    let process = purchase.process
    let isCommit = verdict.claim.decision.isCommit
    guard let own = row.verdict, read(own, of: process)?.id == verdict.id else {
      return finding(.evidence, process, "a customer has no proof of her verdict")
    }
    guard !isCommit || row.deliveryRequest != nil else {
      return finding(.evidence, process, "committed without a delivery request")
    }
    let hold = bank.hold(of: process)
    if let hold {
      guard let shown = hold.verdict, read(shown, of: process)?.id == verdict.id else {
        return finding(.evidence, process, "the bank cannot show why it ended a hold")
      }
    }
    guard isCommit, let hold else { return nil }
    let transfers = transfers(of: hold, under: verdict)
    guard transfers.count == hold.payouts.count else {
      return finding(.evidence, process, "posted without a transfer for each payee")
    }
    let settlements = settlements(of: process, under: verdict)
    let merchants = shops.filter { !holds(of: process, at: $0).isEmpty }.count
    guard settlements.count == merchants else {
      return finding(.evidence, process, "sold without a settlement of each merchant")
    }
    return file(of: process, verdict, owed: [verdict.id] + transfers + settlements)
  }

  private func transfers(of hold: HoldRow, under verdict: Stated<Verdict>) -> [StatementID] {
    guard let bytes = hold.reply, case .done(let signed)? = FinalReply(bytes: bytes) else {
      return []
    }
    return zip(hold.payouts, signed).compactMap { payout, bytes in
      guard
        let transfer = try? world.setting.conduct.notary.read(
          Signed<Transfer>(bytes), by: .party(RealMarket.bankName), at: verdict.claim.decidedAt),
        transfer.claim.verdict == verdict.id, transfer.claim.payee == payout.payee,
        transfer.claim.amount == payout.amount
      else { return nil }
      return transfer.id
    }
  }

  private func settlements(
    of process: ProcessID, under verdict: Stated<Verdict>
  ) -> [StatementID] {
    zip(RealMarket.shopNames, shops).compactMap { name, shop in
      guard let step = StepPath(rawValue: "confirm/\(name)"),
        let reply = shop.reply(
          to: RequestKey(
            coordinator: world.setting.coordinatorKey, process: process, step: step)),
        case .done(let signed)? = FinalReply(bytes: reply.reply), let bytes = signed.first,
        let settlement = try? world.setting.conduct.notary.read(
          Signed<Settlement>(bytes), by: .party(name), at: verdict.claim.decidedAt),
        settlement.claim.verdict == verdict.id
      else { return nil }
      return settlement.id
    }
  }

  /// The coordinator's journal, read by its documented form, holds what the verdict's salted digest is over, and
  /// what ended the process.
  private func file(
    of process: ProcessID, _ verdict: Stated<Verdict>, owed: [StatementID]
  ) -> Books.Finding? {
    let file = JournalReading(world.stage.node.journal.rows(of: process)) { bytes in
      (try? UnverifiedStatement(bytes))?.id
    }
    guard !file.isMalformed, file.hasEnded, let grounds = file.grounds else {
      return finding(.evidence, process, "the coordinator's file cannot be read to its end")
    }
    guard
      SHA256.digest(grounds.salt, grounds.evidence.flatMap(\.bytes)) == verdict.claim.evidence,
      grounds.evidence.allSatisfy(file.statements.contains)
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
    for process in processes {
      bytes += process.bytes
      if let logged = try? await world.log.verdict(of: process),
        let verdict = read(logged, of: process)
      {
        bytes += verdict.id.bytes
      }
      if let hold = bank.hold(of: process) {
        bytes += Bytes(hold.state.rawValue.utf8) + Bytes(bigEndian: hold.total.minor)
      }
      for shop in shops {
        for hold in holds(of: process, at: shop) {
          bytes += hold.key.offer.bytes + Bytes(hold.state.rawValue.utf8)
        }
      }
    }
    for shop in shops { bytes += Bytes(bigEndian: UInt64(shop.stockLevel(of: "stock") ?? 0)) }
    for name in RealMarket.shopNames {
      let minor = bank.balance(of: .holder(RealMarket.account(name)))
      bytes += Bytes(bigEndian: UInt64(bitPattern: minor))
    }
    return bytes
  }
}
