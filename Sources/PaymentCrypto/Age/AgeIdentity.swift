// age identities: the private X25519 key that opens a file.

public import PaymentModel

extension Age {
  /// A private key: 32 bytes, clamped when used. 32 strings of bytes open the same files; they stay as
  /// they came, because a digest may commit to them.
  public struct Identity: ~Copyable, Sendable {
    public static let byteCount = 32

    /// Where files are sealed to that this identity opens.
    public let recipient: Recipient
    let scalar: SecretBytes

    /// Takes 32 bytes.
    ///
    /// - Throws: `ageIdentity` for another number of bytes.
    public init(copying scalar: borrowing SecretBytes) throws(CryptoError) {
      guard scalar.count == Self.byteCount else { throw Self.malformed }
      self.init(checked: scalar.copy())
    }

    /// Reads `AGE-SECRET-KEY-1…`: ASCII, upper case, without white space around it.
    ///
    /// - Throws: `ageIdentity`.
    public init(encoded text: borrowing SecretBytes) throws(CryptoError) {
      let decoded = text.withSpan { Bech32.ageIdentity.decode($0) }
      guard let scalar = decoded, scalar.count == Self.byteCount else { throw Self.malformed }
      self.init(checked: scalar)
    }

    private init(checked scalar: consuming SecretBytes) {
      recipient = Recipient(derived: X25519.publicKey(of: scalar))
      self.scalar = scalar
    }

    /// A fresh identity.
    public static func generate(from entropy: inout some Entropy) -> Identity {
      Identity(checked: SecretBytes(count: byteCount, from: &entropy))
    }

    /// `AGE-SECRET-KEY-1…` in ASCII, which stock `age -d -i` reads.
    public borrowing func encoded() -> SecretBytes {
      scalar.withSpan { Bech32.ageIdentity.encode($0) }
    }

    /// Lends the 32 bytes.
    public borrowing func withSpan<Result: ~Copyable, Failure: Error>(
      _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try scalar.withSpan(body)
    }

    private static var malformed: CryptoError {
      CryptoError(.ageIdentity, "not an age identity")
    }
  }
}
