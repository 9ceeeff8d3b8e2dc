// Settlement: a committed process has paid for all that it held here (Send Confirmation).

import PaymentModel

enum SettlementRule {
  /// Ends the sale: the goods are sold, the transfers are acknowledged.
  ///
  /// The transfers must give each payee what the deposits of this process say, no more and no less.
  static func apply(
    _ verdict: CheckedVerdict, transfers: [Stated<Transfer>], body: Digest,
    desk: inout ShopDesk, rows: inout any ShopRows
  ) throws(GoodsError) -> ShopAnswer {
    if let recorded = ShopAnswer.recorded(verdict.request, body: body, in: rows) {
      return recorded
    }
    guard verdict.stated.claim.decision.isCommit else { return .passing(.invalid) }
    let holds = rows.holds(coordinator: verdict.coordinator, process: verdict.process)
    guard !holds.isEmpty else { return .passing(.notOffered) }
    guard areFor(verdict, transfers), try areAccepted(transfers, for: holds, in: rows) else {
      return .passing(.invalid)
    }
    guard pays(transfers, for: holds) else { return .passing(.amountMismatch) }
    guard verdict.isFirst(in: &rows) else { return .passing(.conflict) }
    for var hold in holds where hold.state == .held {
      hold.state = .sold
      rows.put(hold)
    }
    OverdueRule.forget(holds[0], in: &rows)
    let settlement = try desk.sign(
      Settlement(
        process: verdict.process, verdict: verdict.stated.id,
        transfers: transfers.map(\.id).sorted()),
      in: &rows)
    return desk.record(.done([settlement.bytes]), to: verdict.request, body: body, in: &rows)
  }

  /// Whether all transfers belong to this verdict, and each stands there once.
  private static func areFor(_ verdict: CheckedVerdict, _ transfers: [Stated<Transfer>]) -> Bool {
    Set(transfers.map(\.id)).count == transfers.count
      && transfers.allSatisfy { transfer in
        transfer.claim.process == verdict.process && transfer.claim.verdict == verdict.stated.id
      }
  }

  /// Whether each transfer is by a bank that the offers of its payee accept, and all of them together kept no
  /// more than these offers allow one of those banks by any method: transfers do not say by which they were paid.
  /// Such a bank may pay into an account elsewhere; no other bank can call itself paid by its signature.
  private static func areAccepted(
    _ transfers: [Stated<Transfer>], for holds: [ShopHoldRow], in rows: any ShopRows
  ) throws(GoodsError) -> Bool {
    for hold in holds {
      guard let offer = try rows.offer(hold.key.offer)?.claim() else {
        throw GoodsError(.shopRows, "the shop holds a good without its offer")
      }
      var kept: UInt64 = 0
      var limit: UInt64 = 0
      for transfer in transfers where transfer.claim.payee == hold.payee {
        let accepted = offer.accepts.filter { $0.bank == transfer.issuer.party }
        guard let largest = accepted.map(\.largestFee).max() else { return false }
        limit = max(limit, largest)
        let (sum, overflows) = kept.addingReportingOverflow(transfer.claim.fee?.minor ?? 0)
        guard !overflows else { return false }
        kept = sum
      }
      guard kept <= limit else { return false }
    }
    return true
  }

  private static func pays(_ transfers: [Stated<Transfer>], for holds: [ShopHoldRow]) -> Bool {
    let owed = sums(holds.map { ($0.payee, $0.amount) })
    let paid = sums(transfers.map { ($0.claim.payee, $0.claim.amount) })
    guard let owed, let paid else { return false }
    return owed == paid
  }

  /// What each payee gets, in their order, without those that get nothing; `nil` for mixed currencies or
  /// too much money.
  private static func sums(_ payouts: [(payee: Payee, amount: Amount)]) -> [Payout]? {
    var sums: [Payout] = []
    for payout in payouts.sorted(by: { $0.payee < $1.payee }) where !payout.amount.isZero {
      guard let last = sums.last, last.payee == payout.payee else {
        sums.append(Payout(payee: payout.payee, amount: payout.amount))
        continue
      }
      guard let sum = try? last.amount.adding(payout.amount) else { return nil }
      sums[sums.count - 1] = Payout(payee: last.payee, amount: sum)
    }
    return sums
  }
}
