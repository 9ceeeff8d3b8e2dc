// An aborted process: what it holds is free again, or a late reserve is refused.

import PaymentModel

enum VoidRule {
  /// Gives the money of an aborted process free again.
  static func apply(
    _ verdict: CheckedVerdict, with schemes: PaymentSchemes, desk: inout BankDesk,
    rows: inout any BankRows
  ) throws(ECashError) -> Answer {
    guard !verdict.stated.claim.decision.isCommit else { return .passing(.invalid) }
    guard var hold = rows.hold(of: verdict.process) else {
      return try tombstone(verdict, desk: &desk, rows: &rows)
    }
    guard hold.coordinator == verdict.coordinator else { return .passing(.invalid) }
    if let answer = VerdictRule.recorded(verdict, hold: hold) { return answer }
    try Promises.end(hold, at: desk.bank, rows: &rows)
    let lines = try hold.freeLines(schemes[hold.method].free(hold, in: &rows))
    try Ledger.post(
      .release, reference: hold.process.renamed(), at: desk.now, lines: lines, in: &rows)
    let voided = try desk.sign(
      VoidedReservation(
        process: hold.process, verdict: verdict.stated.id, released: hold.total),
      in: &rows)
    hold.state = .voided
    return VerdictRule.end(&hold, by: verdict, reply: .done([voided.bytes]), rows: &rows)
  }

  /// A void before its reserve.
  private static func tombstone(
    _ verdict: CheckedVerdict, desk: inout BankDesk, rows: inout any BankRows
  ) throws(ECashError) -> Answer {
    let found = rows.tombstone(coordinator: verdict.coordinator, process: verdict.process)
    if let found {
      return found.verdictID == verdict.stated.id
        ? Answer(stored: found.reply) : .passing(.conflict)
    }
    let voided = try desk.sign(
      VoidedReservation(process: verdict.process, verdict: verdict.stated.id, released: nil),
      in: &rows)
    let reply = FinalReply.done([voided.bytes])
    rows.put(
      TombstoneRow(
        coordinator: verdict.coordinator, process: verdict.process,
        verdictID: verdict.stated.id, reply: reply.bytes))
    return .final(reply)
  }
}
