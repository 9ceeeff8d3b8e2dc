// Blinding factors: the secret r that hides a message from its signer.

public import PaymentModel

extension BlindRSA {
  /// r: a number in [1, n) without a common factor with n.
  ///
  /// A wallet derives it from its seed, so that nothing secret needs storing: the same r gives the same
  /// blinded message and the same inverse again.
  public struct BlindingFactor: ~Copyable, Sendable {
    /// Big-endian bytes, as many as the modulus has.
    let bytes: SecretBytes

    /// Takes big-endian bytes, as many as the modulus of the key has.
    ///
    /// - Throws: `unexpectedInputSize` for another number of bytes, `blindingError` for zero or for a number that is not
    ///   below the modulus.
    public init(copying bytes: borrowing SecretBytes, for key: PublicKey) throws(CryptoError) {
      guard bytes.count == key.modulusByteCount else {
        throw CryptoError(.unexpectedInputSize, "a blinding factor has the size of the modulus")
      }
      guard Self.isInRange(bytes, for: key) else {
        throw CryptoError(.blindingError, "a blinding factor is not between zero and the modulus")
      }
      self.bytes = bytes.copy()
    }

    private init(checked bytes: consuming SecretBytes) {
      self.bytes = bytes
    }

    /// The factor that a secret and its purpose give: the same again each time.
    ///
    /// Candidates are HKDF(secret, info ‖ number of the try as eight bytes), as many bytes as the modulus has;
    /// the first is taken that lies in [1, n) and shares no factor with n. More than half of all do.
    ///
    /// - Parameter info: what makes this use unlike all others; at most 1016 bytes.
    /// - Throws: `blindingError` when 128 tries fail, which no honest key makes happen.
    public static func derive(
      secret: borrowing SecretBytes, info: Bytes, for key: PublicKey
    ) throws(CryptoError) -> BlindingFactor {
      try first(for: key) { attempt in
        HKDF.derive(
          secret: secret, info: info + Bytes(bigEndian: attempt), count: key.modulusByteCount)
      }
    }

    /// A random factor.
    ///
    /// - Throws: `blindingError` when 128 tries fail, which no honest key makes happen.
    public static func random(
      for key: PublicKey, from entropy: inout some Entropy
    ) throws(CryptoError) -> BlindingFactor {
      try first(for: key) { _ in SecretBytes(count: key.modulusByteCount, from: &entropy) }
    }

    private static let largestAttemptCount: UInt64 = 128

    /// The first candidate that will do.
    private static func first(
      for key: PublicKey, of candidate: (UInt64) -> SecretBytes
    ) throws(CryptoError) -> BlindingFactor {
      let context = BigNumberContext()
      for attempt in 0..<largestAttemptCount {
        let bytes = candidate(attempt)
        if isInRange(bytes, for: key),
          key.modulus.isCoprime(BigNumber(bigEndian: bytes), context)
        {
          return BlindingFactor(checked: bytes)
        }
      }
      throw CryptoError(.blindingError, "no blinding factor was found for a key")
    }

    private static func isInRange(_ bytes: borrowing SecretBytes, for key: PublicKey) -> Bool {
      let number = BigNumber(bigEndian: bytes)
      return !number.isZero && number.isLess(than: key.modulus.number)
    }
  }
}
