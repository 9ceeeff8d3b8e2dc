// Chains of X.509 certificates, verified against what one trusts and nothing else.

internal import COpenSSL
public import PaymentModel

/// A chain of certificates as somebody presents it: the leaf first, then the authority of each. Nothing about
/// it has been verified.
///
/// Verification is the path validation of RFC 5280, section 6, by libcrypto, with these choices:
///
/// - No network, no revocation lists, no certificates of the operating system. What is trusted is handed in.
/// - The time is handed in. A certificate that was revoked before it expired is not noticed: who trusts an
///   authority trusts it to say so elsewhere.
/// - `X509_V_FLAG_X509_STRICT`, and security level 2: RSA from 2048 bits on, curves from 224 bits on, no SHA-1.
/// - An anchor may be any authority's certificate, signed by itself or not.
/// - Every certificate that is presented must be on the path, in its order.
public struct CertificateChain: Sendable {
  /// The most certificates of a chain.
  public static let mostCertificates = 8
  /// The most bytes of one certificate.
  public static let largestByteCount = 16_384
  /// The most anchors.
  public static let mostAnchors = 64

  /// The certificates in DER.
  public let certificates: [Bytes]

  /// Takes certificates in DER, the leaf first.
  ///
  /// - Throws: `certificateCount` unless there are 1 to 8; `certificateSize` for one of more than 16 KiB.
  public init(_ certificates: [Bytes]) throws(CryptoError) {
    guard (1...Self.mostCertificates).contains(certificates.count) else {
      throw CryptoError(.certificateCount, "a chain has 1 to \(Self.mostCertificates) certificates")
    }
    guard certificates.allSatisfy({ $0.count <= Self.largestByteCount }) else {
      throw CryptoError(.certificateSize, "a certificate has more than 16 KiB")
    }
    self.certificates = certificates
  }

  /// Verifies the chain.
  ///
  /// - Parameters:
  ///   - anchors: certificates of authorities that are trusted, in DER.
  ///   - time: when all certificates of the path must be valid.
  /// - Throws: in this order `certificateCount` unless there are 1 to 64 anchors; `certificateSize` and
  ///   `certificateEncoding` of anchors, then of the chain; `certificateAnchor`; `certificateLeaf`;
  ///   `certificateKey`; `certificateSubject`; then as libcrypto finds it first `certificateUntrusted`,
  ///   `certificateNotYetValid`, `certificateExpired`, `certificateSignature`, `certificatePath` for all
  ///   else; `certificateOrder`.
  public func verify(
    anchors: [Bytes], at time: Timestamp
  ) throws(CryptoError) -> CertifiedKey {
    guard (1...Self.mostAnchors).contains(anchors.count) else {
      throw CryptoError(.certificateCount, "1 to \(Self.mostAnchors) anchors are trusted")
    }
    let trusted = try Self.read(anchors)
    let presented = try Self.read(certificates)
    guard trusted.allSatisfy({ $0.isAuthority && $0.hasBoundedKey }) else {
      throw CryptoError(.certificateAnchor, "an anchor is not an authority's certificate")
    }
    let leaf = presented[0]
    guard !leaf.isAuthority, leaf.maySign else {
      throw CryptoError(.certificateLeaf, "the first certificate is not for signing")
    }
    guard presented.dropFirst().allSatisfy(\.hasBoundedKey) else {
      throw CryptoError(.certificateKey, "an authority's key is of a kind that is not accepted")
    }
    let key = try CertificateKey(leaf.subjectPublicKeyInfo)
    let subject = try leaf.subject()
    let path = try Self.path(from: leaf, through: presented, to: trusted, at: time)
    guard path.count >= presented.count,
      zip(path, presented).allSatisfy({ $0.der == $1.der }), let anchor = path.last
    else {
      throw CryptoError(.certificateOrder, "the certificates are not the path, in its order")
    }
    return CertifiedKey(
      subject: subject, key: key, anchor: anchor.der, anchorSubject: try anchor.subject())
  }

  private static func read(_ certificates: [Bytes]) throws(CryptoError) -> [Certificate] {
    var read: [Certificate] = []
    for der in certificates { read.append(try Certificate(der)) }
    return read
  }

  /// The path that libcrypto finds and verifies, the leaf first and an anchor last.
  private static func path(
    from leaf: Certificate, through presented: [Certificate], to trusted: [Certificate],
    at time: Timestamp
  ) throws(CryptoError) -> [Certificate] {
    let store = required(X509_STORE_new(), "X509_STORE_new")
    defer { X509_STORE_free(store) }
    for anchor in trusted {
      requireSuccess(X509_STORE_add_cert(store, anchor.handle), "X509_STORE_add_cert")
    }
    let others = CertificateList(presented.dropFirst())
    let context = required(X509_STORE_CTX_new(), "X509_STORE_CTX_new")
    defer {
      X509_STORE_CTX_free(context)
      ERR_clear_error()
    }
    requireSuccess(
      X509_STORE_CTX_init(context, store, leaf.handle, others.handle), "X509_STORE_CTX_init")
    let parameters = required(X509_STORE_CTX_get0_param(context), "X509_STORE_CTX_get0_param")
    let flags = X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN
    requireSuccess(
      X509_VERIFY_PARAM_set_flags(parameters, UInt(flags)), "X509_VERIFY_PARAM_set_flags")
    X509_VERIFY_PARAM_set_depth(parameters, Int32(mostCertificates))
    X509_VERIFY_PARAM_set_auth_level(parameters, securityLevel)
    X509_VERIFY_PARAM_set_time(parameters, Int(time.wholeSeconds))
    guard X509_verify_cert(context) == 1 else { throw failure(of: context) }
    let known = presented + trusted
    let chain = required(X509_STORE_CTX_get0_chain(context), "X509_STORE_CTX_get0_chain")
    return (0..<OPENSSL_sk_num(chain)).compactMap { number in
      let handle = OPENSSL_sk_value(chain, number).map { OpaquePointer($0) }
      return known.first { X509_cmp($0.handle, handle) == 0 }
    }
  }

  private static let securityLevel: Int32 = 2

  private static func failure(of context: OpaquePointer) -> CryptoError {
    let error = X509_STORE_CTX_get_error(context)
    let words = String(cString: X509_verify_cert_error_string(Int(error)))
    let code: CryptoError.Code =
      switch error {
      case X509_V_ERR_CERT_NOT_YET_VALID: .certificateNotYetValid
      case X509_V_ERR_CERT_HAS_EXPIRED: .certificateExpired
      case X509_V_ERR_CERT_SIGNATURE_FAILURE: .certificateSignature
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
        X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_UNTRUSTED:
        .certificateUntrusted
      default: .certificatePath
      }
    return CryptoError(code, "the certificate chain does not verify: \(words)")
  }
}

extension Timestamp {
  /// The seconds since 1970, rounded down.
  fileprivate var wholeSeconds: Int64 {
    milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0)
  }
}
