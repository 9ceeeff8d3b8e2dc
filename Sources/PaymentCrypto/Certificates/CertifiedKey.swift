// A key that an authority has certified, and what it can have signed.

internal import COpenSSL
public import PaymentModel

/// The key of a verified certificate chain, and whose it is. Only verification makes one.
///
/// Accepted keys, and the one way in which each of them signs:
///
/// - Ed25519 (RFC 8410): checked as `Ed25519.PublicKey` is;
/// - ECDSA on P-256 with SHA-256 (RFC 5480), uncompressed point, signature in DER;
/// - RSA of 2048 to 4096 bits with the exponent 65537 and the algorithm rsaEncryption: RSASSA-PSS (RFC 8017) with
///   SHA-256, MGF1 with SHA-256, and a salt of 32 bytes.
///
/// Not RSASSA-PKCS1-v1_5: one key has one way to sign, and that one's padding has been misread too often.
public struct CertifiedKey: Hashable, Sendable {
  /// The distinguished name that is certified, in the form of RFC 2253: readable, at most 1024 bytes.
  public let subject: String
  /// The certificate of the trusted authority that the chain ends at, in DER.
  public let anchor: Bytes
  /// The distinguished name of that authority.
  public let anchorSubject: String
  private let key: CertificateKey

  init(subject: String, key: CertificateKey, anchor: Bytes, anchorSubject: String) {
    self.subject = subject
    self.key = key
    self.anchor = anchor
    self.anchorSubject = anchorSubject
  }

  /// SubjectPublicKeyInfo in DER, as it stands in the certificate.
  public var subjectPublicKeyInfo: Bytes { key.subjectPublicKeyInfo }

  /// Whether `signature` is this key's signature of the message.
  public func isValid(signature: Bytes, for message: Bytes) -> Bool {
    key.isValid(signature: signature, for: message)
  }
}

/// A public key of a kind that is accepted.
struct CertificateKey: Hashable, Sendable {
  private enum Kind: Hashable, Sendable {
    case ed25519(Ed25519.PublicKey)
    case ecdsaP256
    case rsaPSS(byteCount: Int)
  }

  let subjectPublicKeyInfo: Bytes
  private let kind: Kind

  /// Takes SubjectPublicKeyInfo in DER.
  ///
  /// - Throws: `certificateKey`.
  init(_ subjectPublicKeyInfo: Bytes) throws(CryptoError) {
    self.subjectPublicKeyInfo = subjectPublicKeyInfo
    guard let kind = Self.kind(of: subjectPublicKeyInfo) else {
      throw CryptoError(.certificateKey, "the certified key is of a kind that is not accepted")
    }
    self.kind = kind
  }

  private static func kind(of info: Bytes) -> Kind? {
    if info.starts(with: ed25519Prefix) {
      return (try? Ed25519.PublicKey(Bytes(info.dropFirst(ed25519Prefix.count)))).map(Kind.ed25519)
    }
    guard let key = read(info) else { return nil }
    defer { EVP_PKEY_free(key) }
    if info.starts(with: p256Prefix), info.count == p256Prefix.count + 64 { return .ecdsaP256 }
    guard info.range(of: rsaAlgorithm, within: 8), EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA,
      (2048...4096).contains(EVP_PKEY_get_bits(key)),
      BlindRSA.PublicKey.number("e", of: key) == BlindRSA.PublicKey.exponent
    else { return nil }
    return .rsaPSS(byteCount: Int(EVP_PKEY_get_size(key)))
  }

  func isValid(signature: Bytes, for message: Bytes) -> Bool {
    switch kind {
    case .ed25519(let key): return key.isValid(signature: signature, for: message)
    case .ecdsaP256:
      guard signature.count <= Self.longestECDSASignature else { return false }
      return verify(signature, message, isPSS: false)
    case .rsaPSS(let byteCount):
      guard signature.count == byteCount else { return false }
      return verify(signature, message, isPSS: true)
    }
  }

  private func verify(_ signature: Bytes, _ message: Bytes, isPSS: Bool) -> Bool {
    guard let key = Self.read(subjectPublicKeyInfo) else { return false }
    defer {
      EVP_PKEY_free(key)
      ERR_clear_error()
    }
    let context = required(EVP_MD_CTX_new(), "EVP_MD_CTX_new")
    defer { EVP_MD_CTX_free(context) }
    var parameters: OpaquePointer?
    guard EVP_DigestVerifyInit_ex(context, &parameters, "SHA256", nil, nil, key, nil) == 1 else {
      return false
    }
    if isPSS {
      guard EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
        EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, Self.saltByteCount) == 1
      else { return false }
    }
    return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }

  private static func read(_ info: Bytes) -> OpaquePointer? {
    let key = info.withUnsafeBufferPointer { info in
      var position = info.baseAddress
      return d2i_PUBKEY(nil, &position, info.count)
    }
    ERR_clear_error()
    return key
  }

  private static let saltByteCount: Int32 = 32

  /// Two integers of 33 bytes in a sequence.
  private static let longestECDSASignature = 72

  /// All of an Ed25519 key's encoding before its 32 bytes (RFC 8410, section 4).
  private static let ed25519Prefix: Bytes = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
  ]

  /// All of an uncompressed P-256 key's encoding before its 64 bytes (RFC 5480, section 2).
  private static let p256Prefix: Bytes = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
  ]

  /// The algorithm rsaEncryption (RFC 3279, section 2.3.1).
  private static let rsaAlgorithm = DER.sequence(
    DER.objectIdentifier([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]), DER.null)
}

extension Bytes {
  /// Whether `part` begins at one of the first so many places.
  fileprivate func range(of part: Bytes, within places: Int) -> Bool {
    (0..<places).contains { dropFirst($0).starts(with: part) }
  }
}
