// Another bank has paid into an account here: its signed transfer is money, up to what it may owe.

import Evidence
import PaymentCrypto
import PaymentModel

enum ClearingRule {
  /// Credits an account here with a transfer of another bank, once.
  ///
  /// What names the credit is bank, process and payee, because an order pays a payee through a bank once: a
  /// bank that signed twice has paid once.
  ///
  /// - Parameter limit: how much the other bank may owe, in minor units.
  /// - Throws: `accountUnknown`; `currency`; `referenceConflict` when another sum was credited for it;
  ///   `clearingLimit`.
  static func apply(
    _ transfer: Stated<Transfer>, limit: UInt64, at time: Timestamp, rows: inout any BankRows
  ) throws(ECashError) -> Amount {
    let claim = transfer.claim
    guard rows.account(claim.payee.account) != nil else {
      throw ECashError(.accountUnknown, "no such account")
    }
    guard rows.latestKeyset()?.currency == claim.amount.currency else {
      throw ECashError(.currency, "the bank keeps no money in that currency")
    }
    let amount = claim.net
    let other = LedgerAccount.correspondent(transfer.issuer.party)
    let minor = Int64(amount.minor)
    let lines = [
      LedgerBalance(account: other, minor: -minor),
      LedgerBalance(account: .holder(claim.payee.account), minor: minor),
    ]
    let reference = reference(to: transfer)
    if let posted = rows.posting(.clearing, reference: reference) {
      guard posted.lines == Ledger.merged(lines) else {
        throw ECashError(.referenceConflict, "another sum was credited for this transfer")
      }
      return amount
    }
    guard rows.balance(of: other) - minor >= -Int64(limit) else {
      throw ECashError(.clearingLimit, "the other bank would owe more than it may")
    }
    try Ledger.post(.clearing, reference: reference, at: time, lines: lines, in: &rows)
    return amount
  }

  /// H("foil/clearing/v1\n" ‖ process ‖ length of the bank's name (1 byte) ‖ bank ‖ account).
  private static func reference(to transfer: Stated<Transfer>) -> Digest {
    let bank = Bytes(transfer.issuer.party.text.utf8)
    return SHA256.digest(
      Bytes("foil/clearing/v1\n".utf8), transfer.claim.process.bytes, [UInt8(bank.count)], bank,
      Bytes(transfer.claim.payee.account.text.utf8))
  }
}
