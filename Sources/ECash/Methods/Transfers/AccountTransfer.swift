// Payment out of an account: the account's key signs one process, one part, one account.

public import PaymentCrypto
public import PaymentModel

/// An account holder's authorisation of one payment.
public struct AccountTransfer: Hashable, Sendable {
  public let account: AccountName
  /// By the account's key over `message(for:from:)`: 64 bytes.
  public let signature: Bytes

  public init(account: AccountName, signature: Bytes) {
    self.account = account
    self.signature = signature
  }

  /// What the account's key signs: "foil/transfer/v1\n" ‖ process ‖ digest of the payment part ‖ account. The
  /// part names bank, method, total and payouts. A statement of the same key begins with other bytes.
  public static func message(for binding: InstrumentBinding, from account: AccountName) -> Bytes {
    Bytes("foil/transfer/v1\n".utf8) + binding.process.bytes + binding.part.bytes
      + Bytes(account.text.utf8)
  }

  static func read(from reader: inout some ClaimReader) throws(ClaimError) -> AccountTransfer {
    AccountTransfer(
      account: try reader.account("account"), signature: try reader.bytes("signature", atMost: 64))
  }

  func write(to writer: inout some ClaimWriter) {
    writer.text("account", account.text)
    writer.bytes("signature", signature)
  }
}

/// An account of the payer and its key.
public final class AccountMeans: PaymentMeans {
  public let account: AccountName
  private let key: Ed25519.PrivateKey

  public init(account: AccountName, key: consuming Ed25519.PrivateKey) {
    self.account = account
    self.key = key
  }

  public var method: PaymentMethod { .transfer }

  /// Asks the account's bank for a card that pays out of it.
  ///
  /// - Parameter validUntil: from then on the bank issues none; at most a day ahead.
  public func cardRequest(
    at bank: PartyName, validUntil: Timestamp, from entropy: inout some Entropy
  ) -> CardRequest {
    let nonce = Nonce(from: &entropy)
    return CardRequest(
      account: account, nonce: nonce, validUntil: validUntil,
      signature: key.sign(
        CardRequest.message(for: account, at: bank, nonce: nonce, validUntil: validUntil)))
  }

  public func write(for binding: InstrumentBinding, to writer: inout some ClaimWriter) {
    AccountTransfer(
      account: account,
      signature: key.sign(AccountTransfer.message(for: binding, from: account))
    ).write(to: &writer)
  }
}
