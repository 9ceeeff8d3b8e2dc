// age recipients: the public X25519 key that a file is sealed to.

public import PaymentModel

extension Age {
  /// A public key: the u-coordinate of a point, canonical and not of low order.
  public struct Recipient: Hashable, Sendable {
    public static let byteCount = 32

    /// The number, least significant byte first.
    public let bytes: Bytes

    /// Takes 32 bytes.
    ///
    /// - Throws: `ageRecipient` for another number of bytes, `ageRecipientNotCanonical` for a number that is not below
    ///   2^255 − 19, `ageRecipientLowOrder` for a point with which everybody shares the same secret.
    public init(_ bytes: Bytes) throws(CryptoError) {
      guard bytes.count == Self.byteCount else { throw Self.malformed }
      guard X25519.isCanonical(bytes) else {
        throw CryptoError(.ageRecipientNotCanonical, "an age recipient is not canonical")
      }
      guard !X25519.isLowOrder(bytes) else {
        throw CryptoError(.ageRecipientLowOrder, "an age recipient is of low order")
      }
      self.bytes = bytes
    }

    /// Reads `age1…`: lower case, without white space around it.
    ///
    /// - Throws: `ageRecipient` for another text, and what `init(_:)` throws.
    public init(encoded text: String) throws(CryptoError) {
      let letters = Bytes(text.utf8)
      guard let decoded = Bech32.ageRecipient.decode(letters.span) else { throw Self.malformed }
      try self.init(decoded.withBytes { Bytes($0) })
    }

    /// The recipient of an identity; it is a good one by construction.
    init(derived bytes: Bytes) {
      self.bytes = bytes
    }

    /// `age1…`, which stock `age -r` reads.
    public var encoded: String {
      Bech32.ageRecipient.encode(bytes.span).withBytes { String(decoding: $0, as: UTF8.self) }
    }

    private static var malformed: CryptoError {
      CryptoError(.ageRecipient, "not an age recipient")
    }
  }
}

extension Age.Recipient: CustomStringConvertible {
  public var description: String { encoded }
}
