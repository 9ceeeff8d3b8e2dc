// A committed process: what it holds becomes account money of the payees.

import PaymentModel

enum PostRule {
  /// Moves the money of a committed process to its payees: into accounts here, or to the banks that keep
  /// theirs.
  static func apply(
    _ verdict: CheckedVerdict, with schemes: PaymentSchemes, desk: inout BankDesk,
    rows: inout any BankRows
  ) throws(ECashError) -> Answer {
    guard verdict.stated.claim.decision.isCommit, var hold = rows.hold(of: verdict.process),
      hold.coordinator == verdict.coordinator
    else { return .passing(.invalid) }
    if let answer = VerdictRule.recorded(verdict, hold: hold) { return answer }
    var lines = try hold.captureLines(schemes[hold.method].capture(hold, in: &rows))
    var transfers: [Bytes] = []
    try Promises.end(hold, at: desk.bank, rows: &rows)
    for payout in hold.payouts {
      let net = hold.net(of: payout)
      let fee = payout.amount.minor - net
      var draw: Draw?
      if payout.payee.bank != desk.bank {
        draw = try Promises.draw(net, on: payout.payee.bank, for: desk.bank, rows: &rows)
      }
      lines += [
        LedgerBalance(
          account: account(of: payout.payee, at: desk.bank),
          minor: Int64(net)),
        LedgerBalance(account: .fees, minor: Int64(fee)),
      ]
      let transfer = Transfer(
        process: hold.process, verdict: verdict.stated.id, payee: payout.payee,
        amount: payout.amount,
        fee: fee == 0 ? nil : try? Amount(minor: fee, currency: payout.amount.currency),
        draw: draw)
      transfers.append(try desk.sign(transfer, in: &rows).bytes)
    }
    try Ledger.post(
      .payment, reference: hold.process.renamed(), at: desk.now, lines: lines, in: &rows)
    hold.state = .posted
    return VerdictRule.end(&hold, by: verdict, reply: .done(transfers), rows: &rows)
  }

  private static func account(of payee: Payee, at bank: PartyName) -> LedgerAccount {
    payee.bank == bank ? .holder(payee.account) : .correspondent(payee.bank)
  }
}
