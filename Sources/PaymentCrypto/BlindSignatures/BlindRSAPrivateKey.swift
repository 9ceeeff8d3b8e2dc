// Private keys of blind signatures: the signer's side.

internal import COpenSSL
public import PaymentModel

extension BlindRSA {
  /// A private key. It cannot be copied or printed.
  ///
  /// Can be used by many threads at once; each call has a context of its own.
  public struct PrivateKey: ~Copyable, @unchecked Sendable {
    public let publicKey: PublicKey
    private let key: PrivateKeyHandle

    /// A fresh key from libcrypto's generator. Takes a tenth of a second to some seconds.
    public static func generate(_ size: KeySize = .bits2048) -> PrivateKey {
      let context = required(
        EVP_PKEY_CTX_new_from_name(nil, "RSA", nil), "EVP_PKEY_CTX_new_from_name")
      defer { EVP_PKEY_CTX_free(context) }
      var key: OpaquePointer?
      requireSuccess(EVP_PKEY_keygen_init(context), "EVP_PKEY_keygen_init")
      requireSuccess(
        EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(size.bits)),
        "EVP_PKEY_CTX_set_rsa_keygen_bits")
      requireSuccess(EVP_PKEY_generate(context, &key), "EVP_PKEY_generate")
      let handle = PrivateKeyHandle(required(key, "EVP_PKEY_generate"))
      guard let publicKey = try? handle.publicKey() else {
        fatalError("libcrypto failed: it made another RSA key than it was asked for")
      }
      return PrivateKey(publicKey: publicKey, key: handle)
    }

    /// Reads an unencrypted PKCS#8 key in DER, and checks that all its numbers belong together. Takes up to a
    /// quarter of a second.
    ///
    /// - Throws: `keyEncoding`; `privateKeyInconsistent`, also for a key without the numbers of the Chinese
    ///   remainder theorem or with more than two primes; what `PublicKey.init(modulus:exponent:)` throws.
    public init(pkcs8DER der: borrowing SecretBytes) throws(CryptoError) {
      try self.init(PrivateKeyHandle(pkcs8DER: der), isChecked: true)
    }

    /// Reads an unencrypted PKCS#8 key in PEM (`BEGIN PRIVATE KEY`). Otherwise as `init(pkcs8DER:)`.
    public init(pkcs8PEM pem: borrowing SecretBytes) throws(CryptoError) {
      try self.init(PrivateKeyHandle(pkcs8PEM: pem), isChecked: true)
    }

    /// Reads a key whose numbers may be wrong. For tests that show what the check before release is for.
    package init(uncheckedPKCS8DER der: borrowing SecretBytes) throws(CryptoError) {
      try self.init(PrivateKeyHandle(pkcs8DER: der), isChecked: false)
    }

    private init(_ key: PrivateKeyHandle, isChecked: Bool) throws(CryptoError) {
      let publicKey = try key.publicKey()
      guard !isChecked || key.isConsistent else {
        throw CryptoError(
          .privateKeyInconsistent, "the numbers of an RSA private key do not belong together")
      }
      self.publicKey = publicKey
      self.key = key
    }

    private init(publicKey: PublicKey, key: PrivateKeyHandle) {
      self.publicKey = publicKey
      self.key = key
    }

    /// The key as unencrypted PKCS#8 in DER.
    public borrowing func pkcs8DER() -> SecretBytes { key.pkcs8DER() }

    /// BlindSign (RFC 9474, section 4.3) for each blinded message, in order. All or none are signed.
    ///
    /// Every result is checked, s^e = m, before any is released: a fault in the calculation would give the key
    /// away.
    ///
    /// - Throws: `unexpectedInputSize` unless each has exactly the size of the modulus, `representativeOutOfRange` unless
    ///   each is below it, `signingFailure`.
    public borrowing func blindSign(_ blindedMessages: [Bytes]) throws(CryptoError) -> [Bytes] {
      let modulus = publicKey.modulus
      for blinded in blindedMessages {
        guard blinded.count == modulus.byteCount else {
          throw CryptoError(.unexpectedInputSize, "a blinded message has the size of the modulus")
        }
        guard BigNumber(bigEndian: blinded).isLess(than: modulus.number) else {
          throw CryptoError(
            .representativeOutOfRange, "a blinded message is not below the modulus")
        }
      }
      let operation = PrivateOperation(key, byteCount: modulus.byteCount)
      let context = BigNumberContext()
      var signatures: [Bytes] = []
      signatures.reserveCapacity(blindedMessages.count)
      for blinded in blindedMessages {
        guard let signature = operation.apply(to: blinded),
          modulus.publicPower(of: BigNumber(bigEndian: signature), context)
            .isEqual(to: BigNumber(bigEndian: blinded))
        else {
          throw CryptoError(.signingFailure, "the private operation failed; nothing is released")
        }
        signatures.append(signature)
      }
      return signatures
    }
  }
}

/// An RSA private key of libcrypto. Built once, read by all threads.
private final class PrivateKeyHandle: @unchecked Sendable {
  let pointer: OpaquePointer

  /// The largest encoding that is read, in bytes. A key of 4096 bits has less than half of it.
  private static let largestEncodingByteCount = 8192

  private static var malformed: CryptoError {
    CryptoError(.keyEncoding, "not an unencrypted private key in PKCS#8")
  }

  /// Takes over the key.
  init(_ pointer: OpaquePointer) {
    self.pointer = pointer
  }

  convenience init(pkcs8DER der: borrowing SecretBytes) throws(CryptoError) {
    guard der.count <= Self.largestEncodingByteCount else { throw Self.malformed }
    let information: OpaquePointer? = der.withPointer { start in
      var position: UnsafePointer<UInt8>? = start
      let information = d2i_PKCS8_PRIV_KEY_INFO(nil, &position, der.count)
      guard position == start + der.count else {
        PKCS8_PRIV_KEY_INFO_free(information)
        return nil
      }
      return information
    }
    try self.init(information)
  }

  convenience init(pkcs8PEM pem: borrowing SecretBytes) throws(CryptoError) {
    guard pem.count <= Self.largestEncodingByteCount else { throw Self.malformed }
    let information: OpaquePointer? = pem.withPointer { start in
      let reader = required(BIO_new_mem_buf(start, Int32(pem.count)), "BIO_new_mem_buf")
      defer { BIO_free(reader) }
      return foil_pem_read_pkcs8(reader)
    }
    try self.init(information)
  }

  private convenience init(_ information: OpaquePointer?) throws(CryptoError) {
    defer { PKCS8_PRIV_KEY_INFO_free(information) }
    guard let information, let key = EVP_PKCS82PKEY(information) else {
      ERR_clear_error()
      throw Self.malformed
    }
    self.init(key)
    guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA else {
      throw CryptoError(.keyEncoding, "not an RSA private key")
    }
  }

  deinit { EVP_PKEY_free(pointer) }

  func publicKey() throws(CryptoError) -> BlindRSA.PublicKey {
    try BlindRSA.PublicKey(
      modulus: BlindRSA.PublicKey.number("n", of: pointer),
      exponent: BlindRSA.PublicKey.number("e", of: pointer))
  }

  /// Whether all eight numbers are there, are no more, and belong together.
  var isConsistent: Bool {
    let context = required(EVP_PKEY_CTX_new(pointer, nil), "EVP_PKEY_CTX_new")
    defer {
      EVP_PKEY_CTX_free(context)
      ERR_clear_error()
    }
    let needed = [
      "d", "rsa-factor1", "rsa-factor2", "rsa-exponent1", "rsa-exponent2", "rsa-coefficient1",
    ]
    return needed.allSatisfy(has) && !has("rsa-factor3") && EVP_PKEY_check(context) == 1
  }

  private func has(_ name: String) -> Bool {
    var handle: OpaquePointer?
    defer { BN_clear_free(handle) }
    return EVP_PKEY_get_bn_param(pointer, name, &handle) == 1
  }

  func pkcs8DER() -> SecretBytes {
    let information = required(EVP_PKEY2PKCS8(pointer), "EVP_PKEY2PKCS8")
    defer { PKCS8_PRIV_KEY_INFO_free(information) }
    var encoded: UnsafeMutablePointer<UInt8>?
    let count = Int(i2d_PKCS8_PRIV_KEY_INFO(information, &encoded))
    let start = required(count > 0 ? encoded : nil, "i2d_PKCS8_PRIV_KEY_INFO")
    defer { foil_clear_free(start, count) }
    return SecretBytes(copying: UnsafeBufferPointer(start: start, count: count).span)
  }
}

/// The private operation without padding, on one context for many messages. One for each call.
private struct PrivateOperation: ~Copyable {
  private let context: OpaquePointer
  private let byteCount: Int

  init(_ key: PrivateKeyHandle, byteCount: Int) {
    context = required(EVP_PKEY_CTX_new(key.pointer, nil), "EVP_PKEY_CTX_new")
    requireSuccess(EVP_PKEY_decrypt_init(context), "EVP_PKEY_decrypt_init")
    requireSuccess(
      EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), "EVP_PKEY_CTX_set_rsa_padding")
    self.byteCount = byteCount
  }

  deinit { EVP_PKEY_CTX_free(context) }

  borrowing func apply(to message: Bytes) -> Bytes? {
    var result = Bytes(repeating: 0, count: byteCount)
    var count = byteCount
    guard EVP_PKEY_decrypt(context, &result, &count, message, message.count) == 1,
      count == byteCount
    else {
      ERR_clear_error()
      return nil
    }
    return result
  }
}
