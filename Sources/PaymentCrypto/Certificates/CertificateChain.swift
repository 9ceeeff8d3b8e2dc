// Chains of X.509 certificates, verified against what one trusts and nothing else.

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
  /// - Throws: in this order `certificateCount` unless there are 1 to 64 anchors; `certificateSize`,
  ///   `certificateEncoding` and `certificateAnchor` of anchors; the first two of the chain; `certificateLeaf`;
  ///   `certificateKey`; `certificateSubject`; then as libcrypto finds it first `certificateUntrusted`,
  ///   `certificateNotYetValid`, `certificateExpired`, `certificateSignature`, `certificatePath` for all
  ///   else; `certificateOrder`.
  public func verify(
    anchors: [Bytes], at time: Timestamp
  ) throws(CryptoError) -> CertifiedKey {
    let trusted = try Certificate.anchors(anchors)
    let presented = try Certificate.all(certificates)
    let leaf = presented[0]
    guard !leaf.isAuthority, leaf.maySign else {
      throw CryptoError(.certificateLeaf, "the first certificate is not for signing")
    }
    guard presented.dropFirst().allSatisfy(\.hasBoundedKey) else {
      throw CryptoError(.certificateKey, "an authority's key is of a kind that is not accepted")
    }
    let key = try CertificateKey(leaf.subjectPublicKeyInfo)
    let subject = try leaf.subject()
    let path = try CertificatePath.find(
      from: leaf, through: Array(presented.dropFirst()), to: trusted, at: time)
    guard path.count >= presented.count,
      zip(path, presented).allSatisfy({ $0.der == $1.der }), let anchor = path.last
    else {
      throw CryptoError(.certificateOrder, "the certificates are not the path, in its order")
    }
    return CertifiedKey(
      subject: subject, key: key, anchor: anchor.der, anchorSubject: try anchor.subject())
  }
}
