// On what grounds a card is issued: the bank's credit, or the wish of an account holder, signed.

import PaymentCrypto
public import PaymentModel

/// What a card will pay with, and who says so.
public enum CardGrounds: Hashable, Sendable {
  /// Credit of the bank up to so many minor units, on the word of the bank's operator.
  case credit(limit: UInt64)
  /// The money of an account, on the word of the account's key.
  case account(CardRequest)
}

/// An account holder asks for one card that pays out of the account.
public struct CardRequest: Hashable, Sendable {
  public let account: AccountName
  /// Tells requests apart: each gives one card.
  public let nonce: Nonce
  /// From then on no card is issued for it.
  public let validUntil: Timestamp
  /// By the account's key over `message(for:at:nonce:validUntil:)`: 64 bytes.
  public let signature: Bytes

  public init(account: AccountName, nonce: Nonce, validUntil: Timestamp, signature: Bytes) {
    self.account = account
    self.nonce = nonce
    self.validUntil = validUntil
    self.signature = signature
  }

  /// What the account's key signs: "foil/card-request/v2\n" ‖ nonce ‖ validUntil (8 bytes, big-endian, milliseconds) ‖
  /// length of the bank's name (1 byte) ‖ bank ‖ account. Whatever else the same key signs begins with other bytes.
  public static func message(
    for account: AccountName, at bank: PartyName, nonce: Nonce, validUntil: Timestamp
  ) -> Bytes {
    let name = Bytes(bank.text.utf8)
    return Bytes("foil/card-request/v2\n".utf8) + nonce.bytes
      + Bytes(bigEndian: UInt64(bitPattern: validUntil.milliseconds)) + [UInt8(name.count)] + name
      + Bytes(account.text.utf8)
  }

  private func message(at bank: PartyName) -> Bytes {
    Self.message(for: account, at: bank, nonce: nonce, validUntil: validUntil)
  }

  func isSigned(by key: SigningKeyValue, at bank: PartyName) -> Bool {
    guard signature.count == 64, let key = try? Ed25519.PublicKey(key.bytes) else { return false }
    return key.isValid(signature: signature, for: message(at: bank))
  }

  /// By which the bank knows that a card was issued for it.
  func digest(at bank: PartyName) -> Digest {
    SHA256.digest(message(at: bank))
  }
}
