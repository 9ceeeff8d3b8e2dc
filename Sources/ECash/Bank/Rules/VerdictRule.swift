// What a logged verdict does to a hold: a commit posts it, an abort gives it free. Either happens once.
//
//   hold        commit                         abort
//   reserved    posted                         voided
//   posted      the stored answer, if it is    conflict
//               the same verdict
//   voided      conflict                       the stored answer, if it is the same verdict
//   none        invalid                        tombstone; a late reserve is refused
//
// Whoever presents the verdict is answered, under any step: the verdict is the authority.

import PaymentModel

/// A verdict whose signature and place in the log were verified.
struct CheckedVerdict: Sendable {
  let stated: Stated<Verdict>
  let logged: LoggedVerdict

  var process: ProcessID { stated.claim.process }
  var coordinator: Thumbprint { stated.issuer.key }
}

enum VerdictRule {
  /// The answer for a hold that has ended; `nil` for one that has not.
  static func recorded(_ verdict: CheckedVerdict, hold: HoldRow) -> Answer? {
    guard hold.state != .reserved else { return nil }
    guard hold.verdictID == verdict.stated.id, let reply = hold.reply else {
      return .passing(.conflict)
    }
    return Answer(stored: reply)
  }

  /// Puts the end of a hold on record.
  static func end(
    _ hold: inout HoldRow, by verdict: CheckedVerdict, reply: FinalReply,
    rows: inout any BankRows
  ) -> Answer {
    hold.verdict = verdict.logged
    hold.verdictID = verdict.stated.id
    hold.reply = reply.bytes
    rows.put(hold)
    return .final(reply)
  }
}
