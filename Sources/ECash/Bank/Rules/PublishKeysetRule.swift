// A period begins: its denominations can be issued and spent from now on.

import PaymentModel

enum PublishKeysetRule {
  /// Puts a keyset's denominations on record. The same keyset again changes nothing.
  ///
  /// - Throws: `keysetConflict` when the period has another keyset, the bank another currency, or a key
  ///   serves in another period.
  static func apply(_ keyset: AcceptedKeyset, rows: inout any BankRows) throws(ECashError) {
    let period = keyset.keyset.period
    if let row = rows.keyset(period: period) {
      guard row.statement == keyset.statement else {
        throw ECashError(.keysetConflict, "the period has another keyset")
      }
      return
    }
    guard rows.latestKeyset().map({ $0.currency == keyset.currency }) ?? true else {
      throw ECashError(.keysetConflict, "the bank has another currency")
    }
    for denomination in keyset.denominations {
      guard rows.denomination(denomination.id) == nil else {
        throw ECashError(.keysetConflict, "a key serves in one period only")
      }
      rows.put(
        DenominationRow(id: denomination.id, period: period, content: denomination.content))
    }
    rows.put(
      KeysetRow(
        period: period, currency: keyset.currency, fees: keyset.keyset.fees,
        statement: keyset.statement))
  }
}
