// Money comes in from outside.

import PaymentModel

enum CreditRule {
  /// Credits an account from the clearing account, once for each reference.
  ///
  /// - Throws: `accountUnknown`; `referenceConflict` when the reference stands for something else;
  ///   `amountOverflow` when the bank would owe more than can be counted.
  static func apply(
    _ amount: Amount, to name: AccountName, reference: Digest, at time: Timestamp,
    rows: inout any BankRows
  ) throws(ECashError) {
    guard rows.account(name) != nil else {
      throw ECashError(.accountUnknown, "no such account")
    }
    let minor = Int64(amount.minor)
    let lines = [
      LedgerBalance(account: .clearing, minor: -minor),
      LedgerBalance(account: .holder(name), minor: minor),
    ]
    if let posted = rows.posting(.credit, reference: reference) {
      guard posted.lines == Ledger.merged(lines) else {
        throw ECashError(.referenceConflict, "the reference was used for another credit")
      }
      return
    }
    guard rows.balance(of: .clearing) - minor >= -Int64(Amount.largestMinor) else {
      throw ECashError(.amountOverflow, "the bank cannot owe that much")
    }
    try Ledger.post(.credit, reference: reference, at: time, lines: lines, in: &rows)
  }
}
