// Accounts come into being.

import PaymentModel

enum OpenAccountRule {
  /// Opens an account for a key. The same again changes nothing.
  ///
  /// - Throws: `accountExists` when the name belongs to another key.
  static func apply(
    _ name: AccountName, key: SigningKeyValue, at time: Timestamp, rows: inout any BankRows
  ) throws(ECashError) {
    if let account = rows.account(name) {
      guard account.key == key else {
        throw ECashError(.accountExists, "the account belongs to another key")
      }
      return
    }
    rows.put(AccountRow(name: name, key: key, openedAt: time))
  }
}
