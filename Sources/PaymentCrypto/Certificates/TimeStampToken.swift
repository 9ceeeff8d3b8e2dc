// Time-stamp tokens of RFC 3161: an authority says that a digest was there at a time.

internal import COpenSSL
public import PaymentModel

/// What a verified token says. Only verification makes one.
public struct TimeStamp: Hashable, Sendable {
  /// What was stamped existed no later than that: the token's time and its accuracy, rounded up to seconds.
  public let noLaterThan: Timestamp
  /// The distinguished name of the authority whose key has signed (RFC 2253, at most 1024 bytes).
  public let authority: String
  /// The certificate of the trusted authority that the chain ends at, in DER.
  public let anchor: Bytes
}

/// A token as somebody presents it: a `TimeStampToken` of RFC 3161, section 2.4.2, in DER. Nothing about it has been
/// verified.
///
/// Verification is by libcrypto, with the path validation of `CertificateChain` at the token's own time. The signer's
/// certificate, and those between it and an anchor, must be in the token. Nonce and policy are not looked at: who
/// shows a token has not asked for it just now. Whoever has the authority's key after it expired can date a token
/// back; who trusts an authority trusts it to destroy such keys.
public struct TimeStampToken: Hashable, Sendable {
  /// The largest token that is read: 32 KiB.
  public static let largestByteCount = 32_768

  /// The token in DER.
  public let der: Bytes

  /// - Throws: `timeStampSize`.
  public init(_ der: Bytes) throws(CryptoError) {
    guard der.count <= Self.largestByteCount else {
      throw CryptoError(.timeStampSize, "a time stamp has more than 32 KiB")
    }
    self.der = der
  }

  /// Verifies the token.
  ///
  /// - Parameters:
  ///   - digest: SHA-256 of what was stamped.
  ///   - anchors: certificates of authorities that are trusted for time, in DER.
  /// - Throws: in this order the codes of anchors as `CertificateChain.verify` has them; `timeStampFormat`;
  ///   `timeStampDigest`; `timeStampSigner` unless one signer's certificate is there; `timeStampAlgorithm` unless it
  ///   signs with SHA-256, SHA-384 or SHA-512; `certificateSize` and `certificateEncoding` of the certificates in the
  ///   token; `certificateKey`; `certificateSubject`; the codes of the path; `timeStampSignature`.
  public func verify(
    over digest: Digest, anchors: [Bytes]
  ) throws(CryptoError) -> TimeStamp {
    let trusted = try Certificate.anchors(anchors)
    let content = try SignedContent(der)
    defer { ERR_clear_error() }
    let info = try content.info()
    guard info.digest == digest else {
      throw CryptoError(.timeStampDigest, "the time stamp is over something else")
    }
    let signer = try content.signer()
    let others = try content.certificates()
    guard ([signer] + others).allSatisfy(\.hasBoundedKey) else {
      throw CryptoError(
        .certificateKey, "a key in the time stamp is of a kind that is not accepted")
    }
    let authority = try signer.subject()
    let path = try CertificatePath.find(
      from: signer, through: others, to: trusted, at: info.time, for: .timeStamping)
    guard let anchor = path.last, content.isSigned(below: trusted, at: info.time) else {
      throw CryptoError(.timeStampSignature, "the signature of the time stamp is not valid")
    }
    return TimeStamp(noLaterThan: info.noLaterThan, authority: authority, anchor: anchor.der)
  }
}

/// A token as libcrypto reads it.
private final class SignedContent {
  private let handle: UnsafeMutablePointer<PKCS7>

  /// - Throws: `timeStampFormat` for anything but one signed content.
  init(_ der: Bytes) throws(CryptoError) {
    let (handle, readCount) = der.withUnsafeBufferPointer { der in
      var position = der.baseAddress
      let handle = d2i_PKCS7(nil, &position, der.count)
      return (handle, der.baseAddress.flatMap { start in position.map { $0 - start } })
    }
    ERR_clear_error()
    guard let handle else { throw Self.malformed }
    self.handle = handle
    // Nothing may follow.
    guard readCount == der.count, OBJ_obj2nid(handle.pointee.type) == NID_pkcs7_signed,
      handle.pointee.d.sign != nil
    else { throw Self.malformed }
  }

  deinit { PKCS7_free(handle) }

  static var malformed: CryptoError {
    CryptoError(.timeStampFormat, "not a time-stamp token of RFC 3161")
  }

  /// What is signed.
  struct Info {
    /// `nil` when it was not made with SHA-256.
    let digest: Digest?
    /// The token's time, rounded down to seconds.
    let time: Timestamp
    let noLaterThan: Timestamp
  }

  /// - Throws: `timeStampFormat`.
  func info() throws(CryptoError) -> Info {
    guard let info = PKCS7_to_TS_TST_INFO(handle) else { throw Self.malformed }
    defer { TS_TST_INFO_free(info) }
    guard TS_TST_INFO_get_version(info) == 1,
      let time = GeneralizedTime(TS_TST_INFO_get_time(info)),
      let accuracySeconds = Self.wholeSeconds(TS_TST_INFO_get_accuracy(info)),
      let imprint = TS_TST_INFO_get_msg_imprint(info)
    else { throw Self.malformed }
    let seconds = time.seconds + (time.hasFraction ? 1 : 0) + accuracySeconds
    return Info(
      digest: Self.digest(imprint), time: Timestamp(seconds: time.seconds),
      noLaterThan: Timestamp(seconds: seconds))
  }

  private static func digest(_ imprint: OpaquePointer) -> Digest? {
    var algorithm: OpaquePointer?
    X509_ALGOR_get0(&algorithm, nil, nil, TS_MSG_IMPRINT_get_algo(imprint))
    guard OBJ_obj2nid(algorithm) == NID_sha256, let message = TS_MSG_IMPRINT_get_msg(imprint)
    else { return nil }
    return Digest(
      UnsafeBufferPointer(
        start: ASN1_STRING_get0_data(message), count: Int(ASN1_STRING_length(message))))
  }

  /// How exact the token says to be, rounded up; `nil` for what RFC 3161 does not allow, or worse than a day.
  private static func wholeSeconds(_ accuracy: OpaquePointer?) -> Int64? {
    guard let accuracy else { return 0 }
    func number(
      _ value: UnsafePointer<ASN1_INTEGER>?, _ range: ClosedRange<Int64>
    ) -> Int64? {
      guard let value else { return 0 }
      var number: Int64 = 0
      guard ASN1_INTEGER_get_int64(&number, value) == 1, range.contains(number) else { return nil }
      return number
    }
    guard let seconds = number(TS_ACCURACY_get_seconds(accuracy), 0...86_400),
      let milliseconds = number(TS_ACCURACY_get_millis(accuracy), 1...999),
      let microseconds = number(TS_ACCURACY_get_micros(accuracy), 1...999)
    else { return nil }
    return seconds + (milliseconds + microseconds > 0 ? 1 : 0)
  }

  // MARK: - Who has signed

  /// - Throws: `timeStampSigner`, `timeStampAlgorithm`, and those of `Certificate`.
  func signer() throws(CryptoError) -> Certificate {
    let infos = PKCS7_get_signer_info(handle)
    guard OPENSSL_sk_num(infos) == 1, let signers = PKCS7_get0_signers(handle, nil, 0) else {
      throw CryptoError(.timeStampSigner, "the time stamp lacks its signer's certificate")
    }
    defer { OPENSSL_sk_free(signers) }
    var algorithm: UnsafeMutablePointer<X509_ALGOR>?
    var digest: OpaquePointer?
    PKCS7_SIGNER_INFO_get0_algs(
      OPENSSL_sk_value(infos, 0)?.assumingMemoryBound(to: PKCS7_SIGNER_INFO.self), nil, &algorithm,
      nil)
    X509_ALGOR_get0(&digest, nil, nil, algorithm)
    guard [NID_sha256, NID_sha384, NID_sha512].contains(OBJ_obj2nid(digest)) else {
      throw CryptoError(.timeStampAlgorithm, "the time stamp is signed with another hash function")
    }
    let certificates = try Self.certificates(in: signers)
    guard let signer = certificates.first, certificates.count == 1 else {
      throw CryptoError(.timeStampSigner, "the time stamp lacks its signer's certificate")
    }
    return signer
  }

  /// All certificates in the token.
  func certificates() throws(CryptoError) -> [Certificate] {
    try Self.certificates(in: handle.pointee.d.sign.pointee.cert)
  }

  private static func certificates(in list: OpaquePointer?) throws(CryptoError) -> [Certificate] {
    var certificates: [Certificate] = []
    for number in 0..<max(0, OPENSSL_sk_num(list)) {
      guard certificates.count < CertificateChain.mostCertificates else {
        throw CryptoError(.certificateCount, "more certificates in a time stamp than are read")
      }
      let handle = OPENSSL_sk_value(list, number).map { OpaquePointer($0) }
      certificates.append(try Certificate(Certificate.encoding { i2d_X509(handle, $0) }))
    }
    return certificates
  }

  /// Whether the signature holds, and its signed attributes name the certificate (RFC 5816).
  func isSigned(below trusted: [Certificate], at time: Timestamp) -> Bool {
    let store = required(X509_STORE_new(), "X509_STORE_new")
    defer { X509_STORE_free(store) }
    for anchor in trusted {
      requireSuccess(X509_STORE_add_cert(store, anchor.handle), "X509_STORE_add_cert")
    }
    CertificatePath.restrict(
      required(X509_STORE_get0_param(store), "X509_STORE_get0_param"), at: time)
    return TS_RESP_verify_signature(handle, nil, store, nil) == 1
  }
}

/// A GeneralizedTime as RFC 3161, section 2.4.2, has it: `YYYYMMDDhhmmss[.s…]Z`.
private struct GeneralizedTime {
  /// Since 1970, rounded down.
  let seconds: Int64
  let hasFraction: Bool

  init?(_ time: UnsafePointer<ASN1_GENERALIZEDTIME>?) {
    guard let time, ASN1_GENERALIZEDTIME_check(time) == 1 else { return nil }
    let text = UnsafeBufferPointer(
      start: ASN1_STRING_get0_data(time), count: Int(ASN1_STRING_length(time)))
    guard text.count >= 15, text.last == UInt8(ascii: "Z"), let epoch = ASN1_TIME_set(nil, 0) else {
      return nil
    }
    defer { ASN1_STRING_free(epoch) }
    var (days, rest): (Int32, Int32) = (0, 0)
    guard ASN1_TIME_diff(&days, &rest, epoch, time) == 1 else { return nil }
    seconds = Int64(days) * 86_400 + Int64(rest)
    hasFraction = text.count > 15
  }
}
