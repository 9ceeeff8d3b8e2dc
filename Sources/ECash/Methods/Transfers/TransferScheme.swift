// Account transfer at the bank: the money is moved aside within the books, and from there to the payees or
// back.

import PaymentCrypto
public import PaymentModel

/// Payment out of accounts, on the word of the account's key.
public struct TransferScheme: PaymentScheme {
  private let store: any Store<any BankRows>

  /// - Parameter store: the bank's.
  public init(store: any Store<any BankRows>) {
    self.store = store
  }

  public var properties: PaymentMethodProperties { .transfer }

  public func read(
    from reader: inout some ClaimReader
  ) throws(ClaimError) -> AccountTransfer {
    try AccountTransfer.read(from: &reader)
  }

  /// Whoever has not the key learns no more than that: not whether there is such an account.
  public func check(
    _ transfer: AccountTransfer, of payment: OfferedPayment, at time: Timestamp
  ) async throws(PaymentRefusal) -> AccountName {
    // The key of an account never changes, so it can be read before the transaction.
    guard let row = await store.read({ rows in rows.account(transfer.account) }),
      let key = try? Ed25519.PublicKey(row.key.bytes),
      key.isValid(
        signature: transfer.signature,
        for: AccountTransfer.message(for: payment.binding, from: transfer.account))
    else { throw PaymentRefusal(.invalid) }
    return row.name
  }

  public func hold(
    _ account: AccountName, of payment: OfferedPayment, at time: Timestamp,
    in rows: inout any BankRows
  ) throws(ECashError) -> HoldOutcome {
    let source = LedgerAccount.holder(account)
    switch Funds.available(payment.total, on: source, in: rows) {
    case .enough: return .held(HeldMoney(Bytes(account.text.utf8), from: source))
    case .waits(let until): return .waits(until: until)
    case .short: return .refused(.declined)
    }
  }
}
