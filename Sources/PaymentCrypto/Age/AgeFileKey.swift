// The key of one file, from which header and payload derive theirs.

public import PaymentModel

extension Age {
  /// 16 bytes that a header wraps for each recipient.
  public struct FileKey: ~Copyable, Sendable {
    public static let byteCount = 16

    let secret: SecretBytes

    /// Takes 16 bytes.
    ///
    /// - Throws: `ageKeySize` for another number of bytes.
    public init(copying secret: borrowing SecretBytes) throws(CryptoError) {
      guard secret.count == Self.byteCount else {
        throw CryptoError(.ageKeySize, "an age file key has 16 bytes")
      }
      self.init(checked: secret.copy())
    }

    init(checked secret: consuming SecretBytes) {
      self.secret = secret
    }

    /// A fresh key.
    public static func generate(from entropy: inout some Entropy) -> FileKey {
      FileKey(checked: SecretBytes(count: byteCount, from: &entropy))
    }

    /// A secret that only who opens the file can derive.
    ///
    /// - Parameters:
    ///   - salt: for example the payload nonce.
    ///   - info: what the secret is for; age itself uses `header` and `payload`.
    public borrowing func derive(salt: Bytes, info: Bytes, count: Int) -> SecretBytes {
      HKDF.derive(secret: secret, salt: salt, info: info, count: count)
    }

    /// Lends the 16 bytes.
    public borrowing func withSpan<Result: ~Copyable, Failure: Error>(
      _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try secret.withSpan(body)
    }

    /// What authenticates the header.
    borrowing func headerKey() -> SecretBytes {
      derive(salt: [], info: Bytes("header".utf8), count: HMACSHA256.byteCount)
    }

    /// What seals the chunks behind this payload nonce.
    borrowing func payloadKey(nonce: Bytes) -> SecretBytes {
      derive(salt: nonce, info: Bytes("payload".utf8), count: ChaCha20Poly1305.keyByteCount)
    }
  }
}
