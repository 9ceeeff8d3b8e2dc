// Banks pay each other what they owe, outside of the books: here it is booked.

import PaymentCrypto
import PaymentModel

enum SettleRule {
  /// Books a payment between this bank and another, once for each reference.
  ///
  /// What is paid is owed no more, and what is received is owed by the other bank no more, so the limits are
  /// free again by as much. A bank may be paid before it has been shown all transfers.
  ///
  /// - Throws: `correspondentUnknown`; `currency`; `referenceConflict` when the reference stands for something
  ///   else; `notOwed` when more is paid than is owed; `amountOverflow`.
  static func apply(
    _ amount: Amount, _ direction: Bank.SettlementDirection, _ other: PartyName, reference: Digest,
    at time: Timestamp, rows: inout any BankRows
  ) throws(ECashError) {
    guard rows.correspondent(other) != nil else {
      throw ECashError(.correspondentUnknown, "the bank does not clear with that bank")
    }
    guard rows.latestKeyset()?.currency == amount.currency else {
      throw ECashError(.currency, "the bank keeps no money in that currency")
    }
    let account = LedgerAccount.correspondent(other)
    let minor = direction == .paid ? -Int64(amount.minor) : Int64(amount.minor)
    let lines = [
      LedgerBalance(account: account, minor: minor),
      LedgerBalance(account: .clearing, minor: -minor),
    ]
    let key = Self.reference(reference, with: other)
    if let posted = rows.posting(.settlement, reference: key) {
      guard posted.lines == Ledger.merged(lines) else {
        throw ECashError(.referenceConflict, "the reference was used for another settlement")
      }
      return
    }
    guard direction == .received || rows.balance(of: account) >= -minor else {
      throw ECashError(.notOwed, "less than that is owed to the other bank")
    }
    let largest = Int64(Amount.largestMinor)
    guard abs(rows.balance(of: account) + minor) <= largest,
      abs(rows.balance(of: .clearing) - minor) <= largest
    else { throw ECashError(.amountOverflow, "the bank cannot owe that much") }
    try Ledger.post(.settlement, reference: key, at: time, lines: lines, in: &rows)
  }

  /// H("foil/settlement/v1\n" ‖ length of the bank's name (1 byte) ‖ bank ‖ reference).
  private static func reference(_ reference: Digest, with other: PartyName) -> Digest {
    let bank = Bytes(other.text.utf8)
    return SHA256.digest(
      Bytes("foil/settlement/v1\n".utf8), [UInt8(bank.count)], bank, reference.bytes)
  }
}
