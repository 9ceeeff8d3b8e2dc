// One X.509 certificate as libcrypto reads it.

internal import COpenSSL
internal import PaymentModel

/// A certificate that could be read. Nothing about it has been verified.
final class Certificate {
  let handle: OpaquePointer
  /// The certificate as it was given.
  let der: Bytes

  /// Reads one certificate in DER (RFC 5280), and nothing behind it.
  ///
  /// - Throws: `certificateSize`, `certificateEncoding`.
  init(_ der: Bytes) throws(CryptoError) {
    guard der.count <= CertificateChain.largestByteCount else {
      throw CryptoError(.certificateSize, "a certificate has more than 16 KiB")
    }
    let handle = der.withUnsafeBufferPointer { der in
      var position = der.baseAddress
      return d2i_X509(nil, &position, der.count)
    }
    ERR_clear_error()
    guard let handle else { throw Self.malformed }
    self.handle = handle
    self.der = der
    // The one encoding of what was read: no BER, and nothing that follows.
    guard Self.encoding({ i2d_X509(handle, $0) }) == der, X509_get_version(handle) == 2,
      X509_get_extension_flags(handle) & UInt32(EXFLAG_INVALID) == 0
    else { throw Self.malformed }
  }

  deinit { X509_free(handle) }

  /// Reads several.
  static func all(_ certificates: [Bytes]) throws(CryptoError) -> [Certificate] {
    var read: [Certificate] = []
    for der in certificates { read.append(try Certificate(der)) }
    return read
  }

  /// Reads the certificates of authorities that are trusted.
  ///
  /// - Throws: `certificateCount` unless there are 1 to 64, `certificateSize`, `certificateEncoding`,
  ///   `certificateAnchor`.
  static func anchors(_ certificates: [Bytes]) throws(CryptoError) -> [Certificate] {
    guard (1...CertificateChain.mostAnchors).contains(certificates.count) else {
      throw CryptoError(
        .certificateCount, "1 to \(CertificateChain.mostAnchors) anchors are trusted")
    }
    let anchors = try all(certificates)
    guard anchors.allSatisfy({ $0.isAuthority && $0.hasBoundedKey }) else {
      throw CryptoError(.certificateAnchor, "an anchor is not an authority's certificate")
    }
    return anchors
  }

  private static var malformed: CryptoError {
    CryptoError(.certificateEncoding, "not an X.509 certificate of version 3 in DER")
  }

  /// SubjectPublicKeyInfo in DER, as it stands in the certificate.
  var subjectPublicKeyInfo: Bytes {
    Self.encoding { i2d_X509_PUBKEY(X509_get_X509_PUBKEY(handle), $0) }
  }

  /// Whether its basic constraints make it an authority's.
  var isAuthority: Bool { X509_check_ca(handle) == 1 }

  /// Whether its key may sign for a person: no key usage, or one with digitalSignature; and no extended key usage, or
  /// one with clientAuth, emailProtection or any.
  var maySign: Bool {
    let extended = X509_get_extended_key_usage(handle)
    let personal = UInt32(XKU_SSL_CLIENT | XKU_SMIME | XKU_ANYEKU)
    return X509_get_key_usage(handle) & UInt32(KU_DIGITAL_SIGNATURE) != 0
      && (extended == .max || extended & personal != 0)
  }

  /// Whether verifying with its key takes a time that is bounded well.
  var hasBoundedKey: Bool {
    guard let key = X509_get0_pubkey(handle) else {
      ERR_clear_error()
      return false
    }
    return [EVP_PKEY_RSA, EVP_PKEY_EC, EVP_PKEY_ED25519].contains(EVP_PKEY_get_base_id(key))
      && EVP_PKEY_get_bits(key) <= Self.mostKeyBits
  }

  private static let mostKeyBits: Int32 = 8192

  /// The subject's distinguished name in the form of RFC 2253, in UTF-8.
  ///
  /// - Throws: `certificateSubject` when it is empty, longer than 1024 bytes, or has a character that is not
  ///   meant to be seen.
  func subject() throws(CryptoError) -> String {
    let output = required(BIO_new(BIO_s_mem()), "BIO_new")
    defer { BIO_free(output) }
    let isPrinted = foil_print_name(output, X509_get_subject_name(handle)) >= 0
    ERR_clear_error()
    var text = Bytes(repeating: 0, count: Self.longestSubject + 1)
    let count = Int(BIO_read(output, &text, Int32(text.count)))
    guard isPrinted, (1...Self.longestSubject).contains(count),
      let subject = String(validating: text.prefix(count), as: UTF8.self),
      subject.unicodeScalars.allSatisfy(Self.isVisible)
    else {
      throw CryptoError(.certificateSubject, "the subject of a certificate is not a readable name")
    }
    return subject
  }

  private static let longestSubject = 1024

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    default: !scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  /// What one of libcrypto's encoders writes.
  static func encoding(_ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32)
    -> Bytes
  {
    let count = encode(nil)
    guard count > 0 else {
      ERR_clear_error()
      return []
    }
    return Bytes(unsafeUninitializedCapacity: Int(count)) { buffer, written in
      buffer.initialize(repeating: 0)
      var position = buffer.baseAddress
      written = max(0, Int(encode(&position)))
    }
  }
}

/// A list of certificates as libcrypto takes them. It owns the list; whoever makes it keeps the
/// certificates.
struct CertificateList: ~Copyable {
  let handle: OpaquePointer

  init(_ certificates: some Collection<Certificate>) {
    handle = required(OPENSSL_sk_new_null(), "OPENSSL_sk_new_null")
    for certificate in certificates {
      guard OPENSSL_sk_push(handle, UnsafeRawPointer(certificate.handle)) > 0 else {
        fatalError("libcrypto failed: OPENSSL_sk_push")
      }
    }
  }

  deinit { OPENSSL_sk_free(handle) }
}
