// How much banks let each other draw: this bank signs how much another may, and keeps what others have signed.
//
// A line's limit counts all that was ever drawn, so it goes up as transfers are presented and paid for, and never down:
// what was promised within a line stays within those that come after it.

import Evidence
import PaymentModel

enum CreditLineRule {
  /// The line by which another bank may owe as much as was agreed on, and no more: what was credited for its transfers
  /// until now, and what is left of the claim.
  ///
  /// - Returns: the line before, while it says the same and has half of its time to go, or when nothing more is to be
  ///   owed: then it is left to end.
  /// - Throws: `correspondentUnknown`; `currency`; `amountOverflow`.
  static func grant(
    to bank: PartyName, seconds: Int64, desk: inout BankDesk, rows: inout any BankRows
  ) throws(ECashError) -> Signed<CreditLine> {
    guard let other = rows.correspondent(bank) else {
      throw ECashError(.correspondentUnknown, "the bank does not clear with that bank")
    }
    guard let currency = rows.latestKeyset()?.currency else {
      throw ECashError(.currency, "the bank has no currency yet")
    }
    let before = rows.latestCreditLine(from: desk.bank, to: bank)
    // What is owed to the other bank is no room for more.
    let owed = UInt64(clamping: -rows.balance(of: .correspondent(bank)))
    let room = other.largestClaim - min(owed, other.largestClaim)
    let (sum, overflow) = other.credited.addingReportingOverflow(room)
    guard !overflow,
      let limit = try? Amount(minor: max(sum, before?.limit ?? 0), currency: currency)
    else { throw ECashError(.amountOverflow, "no bank can draw that much") }
    if let before, before.limit == limit.minor,
      other.largestClaim == 0 || before.validUntil >= desk.now.adding(seconds: seconds / 2)
    {
      return before.statement
    }
    let until = max(desk.now.adding(seconds: seconds), before?.validUntil ?? desk.now)
    let line = CreditLine(debtor: bank, limit: limit, validFrom: desk.now, validUntil: until)
    let signed = try desk.sign(line, in: &rows)
    guard let statement = try? UnverifiedStatement(signed.bytes) else {
      throw ECashError(.statementInvalid, "a claim does not fit into a statement")
    }
    rows.put(row(line, id: statement.id, by: desk.bank, signed))
    return signed
  }

  /// By how much the clocks of two banks may differ: a new line counts so much before its time.
  static let clockMarginSeconds: Int64 = 300

  /// Keeps a line that another bank has signed, and its proof; what has none goes into the outbox. A line that is kept
  /// already changes nothing, whatever came after it.
  ///
  /// - Throws: `correspondentUnknown`; `currency`; `lineInvalid` when its time has not come yet: it would take the place
  ///   of one that is valid; `lineTakesBack` when it says less, or ends sooner, than one before.
  static func accept(
    _ line: Stated<CreditLine>, _ signed: Signed<CreditLine>, proof: Bytes?, at now: Timestamp,
    rows: inout any BankRows
  ) throws(ECashError) {
    if var known = rows.creditLine(line.id) {
      guard known.proof == nil, let proof else { return }
      known.proof = proof
      return rows.put(known)
    }
    let creditor = line.issuer.party
    guard rows.correspondent(creditor) != nil else {
      throw ECashError(.correspondentUnknown, "the bank does not clear with that bank")
    }
    guard rows.latestKeyset()?.currency == line.claim.limit.currency else {
      throw ECashError(.currency, "the bank keeps no money in that currency")
    }
    guard line.claim.validFrom <= now.adding(seconds: clockMarginSeconds) else {
      throw ECashError(.lineInvalid, "the line is not valid yet")
    }
    if let before = rows.latestCreditLine(from: creditor, to: line.claim.debtor) {
      guard before.limit <= line.claim.limit.minor, before.validUntil <= line.claim.validUntil
      else { throw ECashError(.lineTakesBack, "the line takes back what an earlier one gives") }
    }
    if proof == nil { rows.enqueue(line.id, kind: CreditLine.kind) }
    rows.put(row(line.claim, id: line.id, by: creditor, signed, proof: proof))
  }

  private static func row(
    _ line: CreditLine, id: StatementID, by creditor: PartyName, _ signed: Signed<CreditLine>,
    proof: Bytes? = nil
  ) -> CreditLineRow {
    CreditLineRow(
      id: id, creditor: creditor, debtor: line.debtor, limit: line.limit.minor,
      validFrom: line.validFrom, validUntil: line.validUntil, statement: signed,
      proof: proof)
  }
}
