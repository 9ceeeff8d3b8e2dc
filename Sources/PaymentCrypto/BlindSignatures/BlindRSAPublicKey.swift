// Public keys of blind signatures: read once, checked, and prepared for many calculations.

internal import COpenSSL
public import PaymentModel

extension BlindRSA {
  /// A public key: a modulus of exactly 2048, 3072 or 4096 bits, and the exponent 65537.
  ///
  /// Can be used by many threads at once. Two are equal when their modulus is.
  public struct PublicKey: Sendable {
    /// SubjectPublicKeyInfo in DER with the algorithm rsaEncryption (RFC 3279, section 2.3.1).
    public let derRepresentation: Bytes
    /// The SHA-256 digest of `derRepresentation`.
    public let id: DenominationID
    let modulus: RSAModulus

    /// Takes modulus and exponent as big-endian bytes without leading zeros.
    ///
    /// - Throws: `modulusSize`, `modulusEven`, `publicExponent`.
    public init(modulus: Bytes, exponent: Bytes) throws(CryptoError) {
      let number = BigNumber(bigEndian: modulus)
      let bits = number.bitCount
      guard KeySize.all.contains(where: { $0.bits == bits }), modulus.first != 0 else {
        throw CryptoError(.modulusSize, "an RSA modulus has 2048, 3072 or 4096 bits")
      }
      guard number.isOdd else { throw CryptoError(.modulusEven, "an RSA modulus is even") }
      guard exponent == Self.exponent else {
        throw CryptoError(.publicExponent, "an RSA public exponent is not 65537")
      }
      self.modulus = RSAModulus(number)
      derRepresentation = Self.encode(modulus, algorithm: Self.rsaEncryption)
      id = SHA256.digest(derRepresentation).renamed()
    }

    /// Reads SubjectPublicKeyInfo in DER: rsaEncryption, or id-RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a
    /// salt of 48 bytes (RFC 9578, section 8.2.2). Both give the same key and the same `id`.
    ///
    /// - Throws: `keyEncoding` for another form or another encoding of it, and what
    ///   `init(modulus:exponent:)` throws.
    public init(derRepresentation: Bytes) throws(CryptoError) {
      guard derRepresentation.count <= Self.largestEncodingByteCount,
        let numbers = Self.numbers(in: derRepresentation)
      else { throw Self.malformed }
      try self.init(modulus: numbers.modulus, exponent: numbers.exponent)
      let encodings = [Self.rsaEncryption, Self.rsassaPSS].map {
        Self.encode(numbers.modulus, algorithm: $0)
      }
      guard encodings.contains(derRepresentation) else { throw Self.malformed }
    }

    /// How many bytes the modulus, a blinded message and a signature have.
    public var modulusByteCount: Int { modulus.byteCount }

    /// The modulus as big-endian bytes.
    public var modulusBytes: Bytes { modulus.number.bytes(count: modulus.byteCount) }

    /// SubjectPublicKeyInfo in PEM, as `openssl` reads it.
    public var pemRepresentation: String {
      let letters = Base64.padded.encode(derRepresentation)
      let lines = stride(from: 0, to: letters.count, by: 64).map {
        String(decoding: letters[$0..<min($0 + 64, letters.count)], as: UTF8.self)
      }
      return (["-----BEGIN PUBLIC KEY-----"] + lines + ["-----END PUBLIC KEY-----", ""])
        .joined(separator: "\n")
    }

    /// 65537 as big-endian bytes.
    static let exponent: Bytes = [1, 0, 1]

    private static let largestEncodingByteCount = 1024

    private static var malformed: CryptoError {
      CryptoError(.keyEncoding, "not an RSA public key in the encoding that is accepted")
    }

    private static func encode(_ modulus: Bytes, algorithm: Bytes) -> Bytes {
      let key = DER.sequence(DER.integer(modulus), DER.integer(exponent))
      return DER.sequence(algorithm, DER.bitString(key))
    }

    /// Modulus and exponent of any RSA key that libcrypto can read.
    private static func numbers(in der: Bytes) -> (modulus: Bytes, exponent: Bytes)? {
      let key = der.withUnsafeBufferPointer { der in
        var position = der.baseAddress
        return d2i_PUBKEY(nil, &position, der.count)
      }
      defer { EVP_PKEY_free(key) }
      guard let key, [EVP_PKEY_RSA, EVP_PKEY_RSA_PSS].contains(EVP_PKEY_get_base_id(key)) else {
        ERR_clear_error()
        return nil
      }
      return (number("n", of: key), number("e", of: key))
    }

    /// A public number of an RSA key, as big-endian bytes without leading zeros.
    static func number(_ name: String, of key: OpaquePointer) -> Bytes {
      var handle: OpaquePointer?
      requireSuccess(EVP_PKEY_get_bn_param(key, name, &handle), "EVP_PKEY_get_bn_param")
      let number = BigNumber(owning: required(handle, "EVP_PKEY_get_bn_param"))
      return number.bytes(count: (number.bitCount + 7) / 8)
    }

    private static let rsaEncryption = DER.sequence(
      DER.objectIdentifier([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]), DER.null)

    private static let rsassaPSS: Bytes = {
      let sha384 = DER.sequence(
        DER.objectIdentifier([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02]))
      let mgf1 = DER.objectIdentifier([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08])
      return DER.sequence(
        DER.objectIdentifier([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a]),
        DER.sequence(
          DER.tagged(0, sha384), DER.tagged(1, DER.sequence(mgf1, sha384)),
          DER.tagged(2, DER.integer([48]))))
    }()
  }
}

extension BlindRSA.PublicKey: Hashable {
  public static func == (left: Self, right: Self) -> Bool { left.id == right.id }
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

extension BlindRSA.PublicKey {
  /// RSASSA-PSS-VERIFY with SHA-384 (RFC 8017, section 8.1.2; RFC 9474, section 4.5): whether `signature`
  /// is this key's signature of the prepared message under its variant.
  ///
  /// The signature has exactly the size of the modulus and is below it; the salt has exactly the size that
  /// the variant says.
  public func isValid(signature: Bytes, for message: BlindRSA.PreparedMessage) -> Bool {
    isValid(signature, for: message, BigNumberContext())
  }

  func isValid(
    _ signature: Bytes, for message: BlindRSA.PreparedMessage,
    _ context: borrowing BigNumberContext
  ) -> Bool {
    guard signature.count == modulus.byteCount else { return false }
    let number = BigNumber(bigEndian: signature)
    guard number.isLess(than: modulus.number) else { return false }
    let encoded = modulus.publicPower(of: number, context).bytes(count: modulus.byteCount)
    return encoding(message.variant).isValid(encoded, for: message.bytes)
  }

  func encoding(_ variant: BlindRSA.Variant) -> PSSEncoding {
    PSSEncoding(byteCount: modulus.byteCount, saltByteCount: variant.saltByteCount)
  }
}
