// Path validation by libcrypto, with all of its freedom taken away.

internal import COpenSSL
internal import PaymentModel

enum CertificatePath {
  /// What the key of the leaf is for.
  enum Purpose {
    case signing
    /// Time stamps (RFC 3161, section 2.3): nothing but the critical extended key usage timeStamping.
    case timeStamping
  }

  /// The path that libcrypto finds and verifies, the leaf first and an anchor last.
  ///
  /// - Throws: as libcrypto finds it first `certificateUntrusted`, `certificateNotYetValid`,
  ///   `certificateExpired`, `certificateSignature`, `certificatePath` for all else.
  static func find(
    from leaf: Certificate, through presented: [Certificate], to trusted: [Certificate],
    at time: Timestamp, for purpose: Purpose = .signing
  ) throws(CryptoError) -> [Certificate] {
    let store = required(X509_STORE_new(), "X509_STORE_new")
    defer { X509_STORE_free(store) }
    for anchor in trusted {
      requireSuccess(X509_STORE_add_cert(store, anchor.handle), "X509_STORE_add_cert")
    }
    let others = CertificateList(presented)
    let context = required(X509_STORE_CTX_new(), "X509_STORE_CTX_new")
    defer {
      X509_STORE_CTX_free(context)
      ERR_clear_error()
    }
    requireSuccess(
      X509_STORE_CTX_init(context, store, leaf.handle, others.handle), "X509_STORE_CTX_init")
    let parameters = required(X509_STORE_CTX_get0_param(context), "X509_STORE_CTX_get0_param")
    restrict(parameters, at: time)
    if purpose == .timeStamping {
      requireSuccess(
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_TIMESTAMP_SIGN),
        "X509_STORE_CTX_set_purpose")
    }
    guard X509_verify_cert(context) == 1 else { throw failure(of: context) }
    let known = [leaf] + presented + trusted
    let chain = required(X509_STORE_CTX_get0_chain(context), "X509_STORE_CTX_get0_chain")
    return (0..<OPENSSL_sk_num(chain)).compactMap { number in
      let handle = OPENSSL_sk_value(chain, number).map { OpaquePointer($0) }
      return known.first { X509_cmp($0.handle, handle) == 0 }
    }
  }

  /// Strict rules, a bound on the length, a level of security, and the time that is handed in.
  static func restrict(_ parameters: OpaquePointer, at time: Timestamp) {
    let flags = X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN
    requireSuccess(
      X509_VERIFY_PARAM_set_flags(parameters, UInt(flags)), "X509_VERIFY_PARAM_set_flags")
    X509_VERIFY_PARAM_set_depth(parameters, Int32(CertificateChain.mostCertificates))
    X509_VERIFY_PARAM_set_auth_level(parameters, securityLevel)
    X509_VERIFY_PARAM_set_time(parameters, Int(time.wholeSeconds))
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
