// Release: an aborted process holds nothing any more, or never will.

import PaymentModel

/// A verdict whose signature, process and place in the log have been verified.
struct CheckedVerdict: Sendable {
  let stated: Stated<Verdict>
  let step: StepPath

  var process: ProcessID { stated.claim.process }

  /// Who decided. Rows of another coordinator are out of its reach.
  var coordinator: Thumbprint { stated.issuer.key }

  var request: RequestKey {
    RequestKey(coordinator: coordinator, process: process, step: step)
  }

  var row: ShopVerdictRow {
    ShopVerdictRow(
      coordinator: coordinator, process: process, verdict: stated.id,
      isCommit: stated.claim.decision.isCommit)
  }

  /// Keeps the verdict. `false` when the shop has acted on another one.
  func isFirst(in rows: inout any ShopRows) -> Bool {
    if let earlier = rows.verdict(coordinator: coordinator, process: process) {
      return earlier == row
    }
    rows.put(row)
    return true
  }
}

enum ReleaseRule {
  /// Gives a good free again. Without a hold, the verdict that is kept refuses the late deposit. A release
  /// of what was never on offer is acknowledged, too: who aborts must come to an end.
  static func apply(
    _ verdict: CheckedVerdict, offer: StatementID, body: Digest, desk: inout ShopDesk,
    rows: inout any ShopRows
  ) throws(GoodsError) -> ShopAnswer {
    if let recorded = ShopAnswer.recorded(verdict.request, body: body, in: rows) {
      return recorded
    }
    guard !verdict.stated.claim.decision.isCommit else { return .passing(.invalid) }
    guard verdict.isFirst(in: &rows) else { return .passing(.conflict) }
    let key = ShopHoldKey(
      coordinator: verdict.coordinator, process: verdict.process, offer: offer)
    if var hold = rows.hold(key), hold.state == .held {
      if let stock = hold.stock, let level = rows.stockLevel(of: stock) {
        rows.setStockLevel(level + hold.quantity, of: stock)
      }
      hold.state = .released
      rows.put(hold)
      OverdueRule.forget(hold, in: &rows)
    }
    let release = try desk.sign(
      Release(process: verdict.process, offer: offer, verdict: verdict.stated.id), in: &rows)
    return desk.record(.done([release.bytes]), to: verdict.request, body: body, in: &rows)
  }
}
