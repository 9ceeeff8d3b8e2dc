// Ed25519 private keys: a seed, wiped at the end.

internal import CSodium
public import PaymentModel

extension Ed25519 {
  /// A private key. It cannot be copied or printed.
  public struct PrivateKey: ~Copyable, Sendable {
    public let publicKey: PublicKey
    /// Seed and public key, as libsodium wants them.
    private let seedAndPublicKey: SecretBytes

    /// The key of a seed (RFC 8032, section 5.1.5).
    ///
    /// - Throws: `keySize` unless the seed has 32 bytes.
    public init(seed: borrowing SecretBytes) throws(CryptoError) {
      guard seed.count == Ed25519.seedByteCount else {
        throw CryptoError(.keySize, "an Ed25519 seed has 32 bytes")
      }
      self.init(checkedSeed: seed)
    }

    private init(checkedSeed seed: borrowing SecretBytes) {
      LibSodium.start()
      var publicKey = Bytes(repeating: 0, count: Ed25519.publicKeyByteCount)
      seedAndPublicKey = SecretBytes(count: Int(crypto_sign_ed25519_SECRETKEYBYTES)) {
        (output: UnsafeMutablePointer<UInt8>) in
        seed.withPointer { _ = crypto_sign_ed25519_seed_keypair(&publicKey, output, $0) }
      }
      self.publicKey = PublicKey(derived: publicKey)
    }

    /// A fresh key.
    public static func generate(from entropy: inout some Entropy) -> PrivateKey {
      PrivateKey(checkedSeed: SecretBytes(count: Ed25519.seedByteCount, from: &entropy))
    }

    /// The signature of the message: 64 bytes, always the same.
    public borrowing func sign(_ message: Bytes) -> Bytes {
      var signature = Bytes(repeating: 0, count: Ed25519.signatureByteCount)
      seedAndPublicKey.withPointer { key in
        _ = message.withUnsafeBufferPointer { message in
          crypto_sign_ed25519_detached(
            &signature, nil, message.baseAddress, UInt64(message.count), key)
        }
      }
      return signature
    }

    /// Lends the seed: 32 bytes.
    public borrowing func withSeed<Result: ~Copyable, Failure: Error>(
      _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      try seedAndPublicKey.withBytes { (bytes) throws(Failure) -> Result in
        try body(UnsafeBufferPointer(rebasing: bytes[..<Ed25519.seedByteCount]).span)
      }
    }
  }
}
