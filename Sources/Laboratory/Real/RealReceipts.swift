// Receipts of real purchases: what the coordinator has on file, put into the log and verified with nothing
// but the trust list. A receipt proves what happened, and names whom a statement of his convicts by itself,
// and nobody else: a bank that has kept more than was agreed, and a merchant whose key does not open. A
// refusal to post does not tell why, so a receipt does not name the bank; that is up to a judge.

import ECash
import Evidence
import PaymentModel
import Receipts

extension RealBooks {
  /// The receipt of a purchase; `nil` when there is none.
  func receipt(of decided: Decided) async -> Receipt? {
    let purchase = decided.purchase
    let file = world.file(of: decided.process)
    let bundle = try? await world.log.bundle(of: decided.process)
    return try? await world.log.receipt(
      for: ReceiptContents(
        process: decided.process,
        statements: file.bodies + purchase.submission.offers.map(\.bytes)
          + (purchase.submission.terms.map { [$0.bytes] } ?? []),
        verdict: decided.logged, parts: purchase.submission.parts,
        exhibits: file.wrongKeys.map { .revealedKey(deposit: $0.deposit, identity: $0.identity) },
        keyBundle: bundle?.digest))
  }

  func verify(_ receipt: Receipt?, of decided: Decided) -> Books.Finding? {
    let process = decided.process
    guard let receipt else { return finding(.evidence, process, "no receipt can be made") }
    let report = ReceiptVerification(world.market.trust).verify(receipt.bytes)
    guard report.process == process, report.decision == decided.verdict.claim.decision else {
      return finding(.evidence, process, "the receipt says something else than the verdict")
    }
    let cheats = atFault(in: decided)
    guard Set(report.atFault) == Set(cheats) else {
      return finding(
        .evidence, process, "the receipt names \(report.atFault), and it was \(cheats)")
    }
    let isOver = !world.stage.node.isOpen(process)
    let wrong = report.findings.first { found in
      switch found.result {
      case .proven: false
      case .missing: true
      case .refuted: found.atFault == nil
      case .pending: isOver && (decided.isCommit || owes(found, of: process, in: report))
      }
    }
    guard let wrong else { return nil }
    return finding(
      .evidence, process,
      "\(wrong.check.rawValue) in the receipt is \(wrong.result): \(wrong.message)"
    )
  }

  /// Whether somebody who held something for an aborted order is not proven to have let go of all of it.
  private func owes(
    _ found: Receipts.Finding, of process: ProcessID, in report: ReceiptReport
  ) -> Bool {
    let bank = RealMarket.bankNames.firstIndex { $0 == found.party }
    let shop = RealMarket.shopNames.firstIndex { $0 == found.party }
    return switch found.check {
    case .void: bank.map { banks[$0].hold(of: process) != nil } ?? false
    case .release:
      shop.map { shop in
        report.findings.count {
          $0.check == .release && $0.result == .proven && $0.party == found.party
        } < holds(of: process, at: shop).count
      } ?? false
    default: false
    }
  }

  /// Whom a statement of his convicts by itself, as the books know it.
  private func atFault(in decided: Decided) -> [PartyName] {
    var parties: [PartyName] = []
    for payment in decided.purchase.payments
    where world.bankConducts[payment.bank].cheat == .keepsMore
      && world.isBroken(payment, of: decided.purchase)
    {
      parties.append(payment.part.bank)
    }
    for key in world.file(of: decided.process).wrongKeys {
      let name = RealMarket.shopNames.first { name in
        world.file(of: decided.process).bodies.contains { bytes in
          let stated: Stated<Deposit>? = world.read(bytes, by: name)
          return stated?.id == key.deposit
        }
      }
      if let name, !parties.contains(name) { parties.append(name) }
    }
    return parties
  }
}
