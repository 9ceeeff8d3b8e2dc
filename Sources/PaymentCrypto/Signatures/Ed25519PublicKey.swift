// Ed25519 public keys: checked once when made, then only used.

internal import CSodium
public import PaymentModel

extension Ed25519 {
  /// A public key that every verifier reads in the same way.
  public struct PublicKey: Hashable, Sendable {
    /// The 32 bytes of RFC 8032, section 5.1.2.
    public let bytes: Bytes

    /// Takes 32 bytes that are the canonical encoding of a point of the prime-order subgroup other than the
    /// identity.
    ///
    /// - Throws: `keySize` or `keyPoint`.
    public init(_ bytes: Bytes) throws(CryptoError) {
      guard bytes.count == Ed25519.publicKeyByteCount else {
        throw CryptoError(.keySize, "an Ed25519 public key has 32 bytes")
      }
      guard Self.isInPrimeOrderSubgroup(bytes) else {
        throw CryptoError(.keyPoint, "not an Ed25519 public key of the prime-order subgroup")
      }
      self.bytes = bytes
    }

    /// The key that belongs to a seed; it is a good one by construction.
    init(derived bytes: Bytes) {
      self.bytes = bytes
    }

    /// Whether `signature` (64 bytes) is this key's signature of the message.
    ///
    /// S < ℓ; R canonical and not of low order; the equation without cofactor (RFC 8032, section 5.1.7).
    /// Can be called from many threads at once.
    public func isValid(signature: Bytes, for message: Bytes) -> Bool {
      message.withUnsafeBufferPointer { isValid(signature: signature, for: $0) }
    }

    /// Whether `signature` (64 bytes) is this key's signature of the message.
    public func isValid(signature: Bytes, for message: Span<UInt8>) -> Bool {
      message.withUnsafeBufferPointer { isValid(signature: signature, for: $0) }
    }

    private func isValid(signature: Bytes, for message: UnsafeBufferPointer<UInt8>) -> Bool {
      guard signature.count == Ed25519.signatureByteCount else { return false }
      LibSodium.start()
      return crypto_sign_ed25519_verify_detached(
        signature, message.baseAddress, UInt64(message.count), bytes) == 0
    }

    /// (ℓ + 1)·P = P holds for the prime-order subgroup only. libsodium refuses points that are not
    /// canonical, not on the curve or of low order, but its own test of the subgroup looks at one
    /// coordinate and lets through points with a component of order two.
    private static func isInPrimeOrderSubgroup(_ point: Bytes) -> Bool {
      LibSodium.start()
      var product = Bytes(repeating: 0, count: point.count)
      return crypto_scalarmult_ed25519_noclamp(&product, groupOrderPlusOne, point) == 0
        && product == point
    }

    /// ℓ + 1 = 2^252 + 27742317777372353535851937790883648494, least significant byte first.
    private static let groupOrderPlusOne: Bytes = [
      0xee, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
      0x14,
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ]
  }
}

extension Ed25519.PublicKey {
  /// SubjectPublicKeyInfo in DER (RFC 8410, section 4).
  public var derRepresentation: Bytes {
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00] + bytes
  }

  /// SubjectPublicKeyInfo in PEM, as `openssl pkeyutl -verify -pubin` reads it.
  public var pemRepresentation: String {
    "-----BEGIN PUBLIC KEY-----\n\(Base64.padded.string(derRepresentation))\n-----END PUBLIC KEY-----\n"
  }

  /// The RFC 7638 thumbprint of the key as a JWK (RFC 8037, appendix A.3).
  public var thumbprint: Thumbprint {
    let jwk = #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64.url.string(bytes))"}"#
    return SHA256.digest(Bytes(jwk.utf8)).renamed()
  }
}

extension Ed25519.PublicKey: CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public var description: String { bytes.hex }
}
