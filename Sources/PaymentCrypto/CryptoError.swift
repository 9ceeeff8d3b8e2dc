// What can go wrong in this module: one code for each check.

/// A check of this module failed. Compared by its code; the message is for people.
///
/// It never carries a secret, nor bytes of the value that failed.
public struct CryptoError: Error, Sendable, Equatable {
  public let code: Code
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }

  /// Which check failed. Open: later versions may add codes.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
  }
}

extension CryptoError: CustomStringConvertible {
  public var description: String { message }
}

extension CryptoError.Code {
  // Secrets at rest
  /// A key file has not exactly 32 bytes.
  public static let keyFileSize = Self(rawValue: "key-file-size")
  /// Passphrase parameters have no readable form.
  public static let passphraseParameters = Self(rawValue: "passphrase-parameters")
  /// Passphrase parameters ask for less or more work than is allowed.
  public static let passphraseWork = Self(rawValue: "passphrase-work")
  /// The passphrase function could not get the memory that it needs.
  public static let passphraseMemory = Self(rawValue: "passphrase-memory")
  /// A sealed value does not open: wrong key, wrong row, or changed.
  public static let sealedValue = Self(rawValue: "sealed-value")

  // Ed25519
  /// A public key or a seed has not exactly 32 bytes.
  public static let keySize = Self(rawValue: "key-size")
  /// A public key is not canonical, of low order, or not in the prime-order subgroup.
  public static let keyPoint = Self(rawValue: "key-point")

  // RSABSSA, named as in RFC 9474
  /// The message representative shares a factor with the modulus (RFC 9474, "invalid input").
  public static let invalidInput = Self(rawValue: "invalid-input")
  /// The blinding factor has no inverse (RFC 9474, "blinding error").
  public static let blindingError = Self(rawValue: "blinding-error")
  /// A blinded message, signature or blinding factor has not the size of the modulus (RFC 9474, "unexpected
  /// input size").
  public static let unexpectedInputSize = Self(rawValue: "unexpected-input-size")
  /// A blinded message is not below the modulus (RFC 9474, "invalid message length" of BlindSign).
  public static let representativeOutOfRange = Self(rawValue: "representative-out-of-range")
  /// The private operation gave a wrong result, which is withheld (RFC 9474, "signing failure").
  public static let signingFailure = Self(rawValue: "signing-failure")
  /// The unblinded signature does not verify (RFC 9474, "invalid signature").
  public static let invalidSignature = Self(rawValue: "invalid-signature")
  /// A salt has not the size that its variant asks for.
  public static let variantSize = Self(rawValue: "variant-size")
  /// A modulus has not exactly 2048, 3072 or 4096 bits.
  public static let modulusSize = Self(rawValue: "modulus-size")
  /// A modulus is even.
  public static let modulusEven = Self(rawValue: "modulus-even")
  /// A public exponent is not 65537.
  public static let publicExponent = Self(rawValue: "public-exponent")
  /// A key is not in the one encoding that is accepted.
  public static let keyEncoding = Self(rawValue: "key-encoding")
  /// The numbers of a private key do not belong together.
  public static let privateKeyInconsistent = Self(rawValue: "private-key-inconsistent")

  // age
  /// An identity is not 32 bytes, or not written as `AGE-SECRET-KEY-1…`.
  public static let ageIdentity = Self(rawValue: "age-identity")
  /// A recipient is not 32 bytes, or not written as `age1…`.
  public static let ageRecipient = Self(rawValue: "age-recipient")
  /// A recipient is not below 2^255 − 19.
  public static let ageRecipientNotCanonical = Self(rawValue: "age-recipient-not-canonical")
  /// A recipient is of low order.
  public static let ageRecipientLowOrder = Self(rawValue: "age-recipient-low-order")
  /// The first line is not that of age v1.
  public static let ageVersion = Self(rawValue: "age-version")
  /// A header does not follow the grammar.
  public static let ageHeaderGrammar = Self(rawValue: "age-header-grammar")
  /// A file ends within its header or its payload nonce.
  public static let ageHeaderTruncated = Self(rawValue: "age-header-truncated")
  /// A header is larger than is read.
  public static let ageHeaderSize = Self(rawValue: "age-header-size")
  /// Bytes follow where only a header should be.
  public static let ageHeaderTrailing = Self(rawValue: "age-header-trailing")
  /// A passphrase stanza is not the only stanza.
  public static let ageScryptNotAlone = Self(rawValue: "age-scrypt-not-alone")
  /// An X25519 stanza has another number of arguments, another share or another body than it must.
  public static let ageStanza = Self(rawValue: "age-stanza")
  /// The ephemeral share of an X25519 stanza is of low order.
  public static let ageShareLowOrder = Self(rawValue: "age-share-low-order")
  /// The ephemeral share of an X25519 stanza is not below 2^255 − 19.
  public static let ageShareNotCanonical = Self(rawValue: "age-share-not-canonical")
  /// The ephemeral share of an X25519 stanza is on the twist of the curve.
  public static let ageShareNotOnCurve = Self(rawValue: "age-share-not-on-curve")
  /// A container has other stanzas than exactly one of X25519.
  public static let ageNotSoleStanza = Self(rawValue: "age-not-sole-stanza")
  /// No stanza opens with the identity.
  public static let ageNoMatch = Self(rawValue: "age-no-match")
  /// The header's authentication code is wrong.
  public static let ageHeaderMAC = Self(rawValue: "age-header-mac")
  /// A file key has not 16 bytes, or a payload nonce not 16.
  public static let ageKeySize = Self(rawValue: "age-key-size")
  /// A chunk of the payload is not authentic.
  public static let ageChunk = Self(rawValue: "age-chunk")
  /// The payload ends before its last chunk.
  public static let agePayloadTruncated = Self(rawValue: "age-payload-truncated")
  /// The last chunk is empty, and others precede it.
  public static let ageEmptyLastChunk = Self(rawValue: "age-empty-last-chunk")
  /// Bytes follow the last chunk.
  public static let agePayloadTrailing = Self(rawValue: "age-payload-trailing")
  /// One chunk opens both as the last and as an inner one.
  public static let ageDualFlagChunk = Self(rawValue: "age-dual-flag-chunk")
  /// The content is larger than the caller allows.
  public static let ageTooLarge = Self(rawValue: "age-too-large")

  // Certificates
  /// A chain has no certificate or more than 8, or there is no anchor or more than 64.
  public static let certificateCount = Self(rawValue: "certificate-count")
  /// A certificate has more than 16 KiB.
  public static let certificateSize = Self(rawValue: "certificate-size")
  /// A certificate is not X.509 version 3 in DER.
  public static let certificateEncoding = Self(rawValue: "certificate-encoding")
  /// An anchor is not an authority's certificate.
  public static let certificateAnchor = Self(rawValue: "certificate-anchor")
  /// The first certificate is an authority's, or its key is not for signing.
  public static let certificateLeaf = Self(rawValue: "certificate-leaf")
  /// A certified key is of a kind or size that is not accepted.
  public static let certificateKey = Self(rawValue: "certificate-key")
  /// A subject is empty, too long, or not readable.
  public static let certificateSubject = Self(rawValue: "certificate-subject")
  /// No path leads to an anchor.
  public static let certificateUntrusted = Self(rawValue: "certificate-untrusted")
  /// A certificate on the path is not valid yet at that time.
  public static let certificateNotYetValid = Self(rawValue: "certificate-not-yet-valid")
  /// A certificate on the path is not valid any more at that time.
  public static let certificateExpired = Self(rawValue: "certificate-expired")
  /// A signature on the path is wrong.
  public static let certificateSignature = Self(rawValue: "certificate-signature")
  /// Another rule of path validation is broken.
  public static let certificatePath = Self(rawValue: "certificate-path")
  /// A certificate was presented that is not on the path, or not in its order.
  public static let certificateOrder = Self(rawValue: "certificate-order")

  // Time stamps
  /// A time-stamp token has more than 32 KiB.
  public static let timeStampSize = Self(rawValue: "time-stamp-size")
  /// A time-stamp token is not one of RFC 3161.
  public static let timeStampFormat = Self(rawValue: "time-stamp-format")
  /// A time stamp is over another digest, or not over one by SHA-256.
  public static let timeStampDigest = Self(rawValue: "time-stamp-digest")
  /// A time-stamp token does not hold the certificate of its only signer.
  public static let timeStampSigner = Self(rawValue: "time-stamp-signer")
  /// A time stamp is signed with a hash function that is not accepted.
  public static let timeStampAlgorithm = Self(rawValue: "time-stamp-algorithm")
  /// The signature of a time stamp is not valid.
  public static let timeStampSignature = Self(rawValue: "time-stamp-signature")
}
