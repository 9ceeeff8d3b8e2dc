// Stanzas of an age header: the file key, wrapped for one recipient.

public import PaymentModel

extension Age {
  /// One stanza: its arguments, of which the first is the type, and a body.
  public struct Stanza: Hashable, Sendable {
    /// Visible ASCII, at least one.
    public let arguments: [String]
    public let body: Bytes

    /// The type of the stanza, for example `X25519`.
    public var type: String { arguments.first ?? "" }

    init(arguments: [String], body: Bytes) {
      self.arguments = arguments
      self.body = body
    }

    static let x25519 = "X25519"
    static let scrypt = "scrypt"

    /// How many letters a full line of a body has.
    static let lineLetterCount = 64

    /// The lines of the stanza. The last line of the body is shorter than 64 letters, if need be empty.
    var bytes: Bytes {
      var text = Bytes("-> \(arguments.joined(separator: " "))\n".utf8)
      var letters = Base64.unpadded.encode(body)[...]
      while letters.count >= Self.lineLetterCount {
        text += letters.prefix(Self.lineLetterCount) + [UInt8(ascii: "\n")]
        letters = letters.dropFirst(Self.lineLetterCount)
      }
      return text + letters + [UInt8(ascii: "\n")]
    }
  }
}

extension Age.Stanza {
  /// The file key, wrapped with a fresh ephemeral key for the recipient.
  init(
    wrapping fileKey: borrowing Age.FileKey, for recipient: Age.Recipient,
    from entropy: inout some Entropy
  ) {
    let ephemeral = SecretBytes(count: X25519.byteCount, from: &entropy)
    let share = X25519.publicKey(of: ephemeral)
    guard let shared = X25519.sharedSecret(scalar: ephemeral, point: recipient.bytes) else {
      preconditionFailure("a recipient is never of low order")
    }
    var cipher = Self.wrapCipher(shared: shared, share: share, recipient: recipient)
    let body = fileKey.withSpan { cipher.seal($0, nonce: Self.wrapNonce) }
    self.init(arguments: [Self.x25519, Base64.unpadded.string(share)], body: body)
  }

  /// The file key that this stanza wraps for the identity, or `nil` when it is of another type or for another
  /// identity.
  func unwrap(with identity: borrowing Age.Identity) throws(CryptoError) -> Age.FileKey? {
    guard type == Self.x25519 else { return nil }
    let share = try x25519Share()
    guard let shared = X25519.sharedSecret(scalar: identity.scalar, point: share) else {
      throw Self.lowOrder
    }
    var cipher = Self.wrapCipher(shared: shared, share: share, recipient: identity.recipient)
    guard let fileKey = cipher.open(body.span, nonce: Self.wrapNonce) else { return nil }
    return Age.FileKey(checked: fileKey)
  }

  /// The ephemeral share of an X25519 stanza, whose arguments and body have the sizes that they must have.
  func x25519Share() throws(CryptoError) -> Bytes {
    guard type == Self.x25519, arguments.count == 2,
      let share = Base64.unpadded.decode(arguments[1].utf8), share.count == X25519.byteCount,
      body.count == Age.FileKey.byteCount + ChaCha20Poly1305.tagByteCount
    else { throw CryptoError(.ageStanza, "an X25519 stanza is malformed") }
    return share
  }

  static var lowOrder: CryptoError {
    CryptoError(.ageShareLowOrder, "the ephemeral share of an X25519 stanza is of low order")
  }

  /// A wrap key is used once, so its nonce is zero.
  private static let wrapNonce = Bytes(repeating: 0, count: ChaCha20Poly1305.nonceByteCount)

  private static func wrapCipher(
    shared: borrowing SecretBytes, share: Bytes, recipient: Age.Recipient
  ) -> ChaCha20Poly1305 {
    let key = HKDF.derive(
      secret: shared, salt: share + recipient.bytes,
      info: Bytes("age-encryption.org/v1/X25519".utf8), count: ChaCha20Poly1305.keyByteCount)
    return ChaCha20Poly1305(key: key)
  }
}
