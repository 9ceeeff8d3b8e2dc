// The rows of a bank about other banks, in SQLite.

import ECash
import PaymentModel

extension SQLiteBankRows {
  func correspondent(_ bank: PartyName) -> CorrespondentRow? {
    sql.first(
      "SELECT \(Self.correspondentColumns) FROM correspondent WHERE bank = ?", bank,
      read: readCorrespondent)
  }

  func correspondents() -> [CorrespondentRow] {
    sql.all(
      "SELECT \(Self.correspondentColumns) FROM correspondent ORDER BY bank",
      read: readCorrespondent)
  }

  private static let correspondentColumns =
    "bank, largest_claim, largest_debt, drawn, credited, promised, promised_until"

  private func readCorrespondent(_ row: SQLRow) -> CorrespondentRow {
    CorrespondentRow(
      bank: row[0], largestClaim: row[1], largestDebt: row[2], drawn: row[3], credited: row[4],
      promised: row[5], promisedUntil: row[6])
  }

  mutating func put(_ correspondent: CorrespondentRow) {
    sql.run(
      "REPLACE INTO correspondent (\(Self.correspondentColumns)) VALUES (?, ?, ?, ?, ?, ?, ?)",
      correspondent.bank, correspondent.largestClaim, correspondent.largestDebt,
      correspondent.drawn, correspondent.credited, correspondent.promised,
      correspondent.promisedUntil)
  }

  func creditLine(_ id: StatementID) -> CreditLineRow? {
    sql.first(
      "SELECT \(Self.creditLineColumns) FROM credit_line WHERE id = ?", id, read: readCreditLine)
  }

  func latestCreditLine(from creditor: PartyName, to debtor: PartyName) -> CreditLineRow? {
    sql.first(
      """
      SELECT \(Self.creditLineColumns) FROM credit_line WHERE creditor = ? AND debtor = ?
      ORDER BY most DESC, valid_until DESC, id DESC LIMIT 1
      """, creditor, debtor, read: readCreditLine)
  }

  private static let creditLineColumns =
    "id, creditor, debtor, most, valid_from, valid_until, statement, proof"

  private func readCreditLine(_ row: SQLRow) -> CreditLineRow {
    CreditLineRow(
      id: row[0], creditor: row[1], debtor: row[2], limit: row[3], validFrom: row[4],
      validUntil: row[5], statement: row[6], proof: row[7])
  }

  mutating func put(_ line: CreditLineRow) {
    sql.run(
      "REPLACE INTO credit_line (\(Self.creditLineColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      line.id, line.creditor, line.debtor, line.limit, line.validFrom, line.validUntil,
      line.statement.bytes, line.proof)
  }

  func collected(_ transfer: StatementID) -> CollectedRow? {
    sql.first(
      "SELECT \(Self.collectedColumns) FROM collected WHERE transfer = ?", transfer,
      read: readCollected)
  }

  func collected(from bank: PartyName, above: UInt64, upTo: UInt64) -> [CollectedRow] {
    sql.all(
      """
      WITH RECURSIVE sizes (number) AS
        (SELECT 0 UNION ALL SELECT number + 1 FROM sizes WHERE number < \(Self.largestSize))
      SELECT \(Self.collectedColumns) FROM sizes CROSS JOIN collected
      WHERE bank = ? AND size = number AND total > ? AND total < ? + (1 << number)
        AND total - net < ? ORDER BY total, transfer
      """, bank, above, upTo, upTo, read: readCollected)
  }

  func collected(of payment: Digest) -> [CollectedRow] {
    sql.all(
      "SELECT \(Self.collectedColumns) FROM collected WHERE payment = ? ORDER BY total, transfer",
      payment, read: readCollected)
  }

  /// No amount has more binary digits.
  private static let largestSize = size(of: Amount.largestMinor)

  /// How many binary digits a number has.
  private static func size(of number: UInt64) -> Int {
    UInt64.bitWidth - number.leadingZeroBitCount
  }

  private static let collectedColumns =
    "transfer, bank, payment, net, total, statement, proof, credit"

  private func readCollected(_ row: SQLRow) -> CollectedRow {
    CollectedRow(
      transfer: row[0], bank: row[1], payment: row[2], net: row[3], total: row[4],
      statement: row[5], proof: row[6], credit: row[7])
  }

  mutating func put(_ collected: CollectedRow) {
    sql.run(
      """
      REPLACE INTO collected (\(Self.collectedColumns), size)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """, collected.transfer, collected.bank, collected.payment, collected.net, collected.total,
      collected.statement.bytes, collected.proof, collected.credit.bytes,
      Self.size(of: collected.net))
  }
}
