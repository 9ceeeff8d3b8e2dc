// A committed process: its coins become account money of the payees.

import PaymentModel

enum PostRule {
  /// Moves the coins of a committed process to its payees.
  static func apply(
    _ verdict: CheckedVerdict, desk: inout BankDesk, rows: inout any BankRows
  ) throws(ECashError) -> Answer {
    guard verdict.stated.claim.decision.isCommit, var hold = rows.hold(of: verdict.process),
      hold.coordinator == verdict.coordinator
    else { return .passing(.invalid) }
    if let answer = VerdictRule.recorded(verdict, hold: hold) { return answer }
    let held = try VerdictRule.heldCoins(of: hold, rows: rows)
    for var coin in held.coins {
      coin.state = .spent
      rows.put(coin)
    }
    var lines: [LedgerBalance] = []
    for (var denomination, count) in held.denominations {
      denomination.reserved -= count
      denomination.redeemed += count
      rows.put(denomination)
      let value = Int64(count * denomination.content.value)
      lines.append(LedgerBalance(account: .outstanding(denomination.id), minor: -value))
    }
    var transfers: [Bytes] = []
    for payout in hold.payouts {
      let fee = Int64(min(hold.transferFee, payout.amount.minor))
      let credit = Int64(payout.amount.minor) - fee
      lines.append(LedgerBalance(account: .holder(payout.payee.account), minor: credit))
      lines.append(LedgerBalance(account: .fees, minor: fee))
      let transfer = Transfer(
        process: hold.process, verdict: verdict.stated.id, payee: payout.payee,
        amount: payout.amount)
      transfers.append(try desk.sign(transfer, in: &rows).bytes)
    }
    try Ledger.post(
      .payment, reference: hold.process.renamed(), at: desk.now, lines: lines, in: &rows)
    hold.state = .posted
    return VerdictRule.end(&hold, by: verdict, reply: .done(transfers), rows: &rows)
  }
}
