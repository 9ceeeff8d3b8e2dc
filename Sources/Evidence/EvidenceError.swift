// What can be wrong with evidence: one code for each check.

import PaymentModel

/// A check of this module failed. Compared by its code; the message is for people.
///
/// When several checks fail, the first of them in this order decides:
///
/// 1. the size of the whole, then the canonical JSON around it, byte by byte from the front;
/// 2. its members, as they are read: missing, of another type, too long, of a bad value; when all have
///    been read, those that are unknown;
/// 3. the payload: canonical JSON, then `kind`, `issuer`, `nonce`;
/// 4. the number of signatures, then for each of them: canonical header, its members, `alg`, `kid`,
///    `typ`, the signature's size; then who signed and in which order;
/// 5. what is asked for: kind, party, key, role, time, the set of signers;
/// 6. the signatures themselves;
/// 7. the content of the claim.
///
/// The message may name a member that was sent in, never its value.
public struct EvidenceError: Error, Sendable, Equatable {
  public let code: Code
  public let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }

  /// The same failure, with the place where it happened in front.
  func inside(_ place: String) -> EvidenceError {
    EvidenceError(code, "\(place): \(message)")
  }

  /// Which check failed. Open: later versions may add codes.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
  }
}

extension EvidenceError: CustomStringConvertible {
  public var description: String { message }
}

extension EvidenceError {
  init(_ error: ClaimError) {
    switch error.reason {
    case .missing: self.init(.memberMissing, "member \(error.member) is missing")
    case .wrongType: self.init(.memberType, "member \(error.member) has another type")
    case .badValue:
      self.init(.memberValue, "member \(error.member) has a value that is not allowed")
    case .tooLong: self.init(.memberLength, "member \(error.member) is too long")
    case .unknown: self.init(.memberUnknown, "member \(error.member) is not known here")
    }
  }
}

extension EvidenceError.Code {
  // Canonical JSON
  /// More bytes than are read.
  public static let jsonSize = Self(rawValue: "json-size")
  /// The text ends too early.
  public static let jsonTruncated = Self(rawValue: "json-truncated")
  /// The outermost value is not an object.
  public static let jsonNotAnObject = Self(rawValue: "json-not-an-object")
  /// A byte stands where the grammar does not allow it, white space included.
  public static let jsonSyntax = Self(rawValue: "json-syntax")
  /// Bytes follow the outermost object.
  public static let jsonTrailing = Self(rawValue: "json-trailing")
  /// Arrays and objects are nested more than 16 deep.
  public static let jsonDepth = Self(rawValue: "json-depth")
  /// `null` is not used.
  public static let jsonNull = Self(rawValue: "json-null")
  /// A number has a sign, a leading zero, a fraction or an exponent.
  public static let jsonNumberForm = Self(rawValue: "json-number-form")
  /// A number is above 2^53 − 1.
  public static let jsonNumberRange = Self(rawValue: "json-number-range")
  /// An escape that JCS would not write.
  public static let jsonEscape = Self(rawValue: "json-escape")
  /// A control character that is not escaped.
  public static let jsonControlCharacter = Self(rawValue: "json-control-character")
  /// Bytes that are not UTF-8.
  public static let jsonUTF8 = Self(rawValue: "json-utf8")
  /// A member's name is empty, longer than 64, or has other characters than A–Z, a–z, 0–9 and `_`.
  public static let jsonName = Self(rawValue: "json-name")
  /// Members are not in the order of their names' bytes.
  public static let jsonNameOrder = Self(rawValue: "json-name-order")
  /// Two members of one object have the same name.
  public static let jsonNameTwice = Self(rawValue: "json-name-twice")

  // Members
  /// A member that must be there is not.
  public static let memberMissing = Self(rawValue: "member-missing")
  /// A member has a value of another type.
  public static let memberType = Self(rawValue: "member-type")
  /// A member's value is not allowed.
  public static let memberValue = Self(rawValue: "member-value")
  /// A member's value is too long.
  public static let memberLength = Self(rawValue: "member-length")
  /// A member that nobody asked for.
  public static let memberUnknown = Self(rawValue: "member-unknown")

  // Structure of a statement
  /// The kind is not in the registry.
  public static let kindUnknown = Self(rawValue: "kind-unknown")
  /// No signature, or more than 16.
  public static let signatureCount = Self(rawValue: "signature-count")
  /// `alg` is not `Ed25519`.
  public static let algorithm = Self(rawValue: "algorithm")
  /// `typ` is not that of the payload's kind.
  public static let headerType = Self(rawValue: "header-type")
  /// A signature has not exactly 64 bytes.
  public static let signatureSize = Self(rawValue: "signature-size")
  /// The first signature is not by the key that the payload names as its issuer's.
  public static let issuerNotFirst = Self(rawValue: "issuer-not-first")
  /// Two signatures are by the same key.
  public static let signerTwice = Self(rawValue: "signer-twice")
  /// The signatures after the first are not in the order of their keys' thumbprints.
  public static let signerOrder = Self(rawValue: "signer-order")

  // Verification
  /// The statement is of another kind than the one asked for.
  public static let kindMismatch = Self(rawValue: "kind-mismatch")
  /// The issuer is another party than the one asked for.
  public static let partyMismatch = Self(rawValue: "party-mismatch")
  /// The statement names another key than the one that it is verified with.
  public static let keyMismatch = Self(rawValue: "key-mismatch")
  /// The bytes of a key are not an Ed25519 public key.
  public static let keyInvalid = Self(rawValue: "key-invalid")
  /// The statement carries other signatures than those that can be verified here.
  public static let signersMismatch = Self(rawValue: "signers-mismatch")
  /// A signature does not verify.
  public static let signatureInvalid = Self(rawValue: "signature-invalid")

  // Trust
  /// The trust store does not list the key.
  public static let keyUnknown = Self(rawValue: "key-unknown")
  /// The key is listed for another use.
  public static let keyRole = Self(rawValue: "key-role")
  /// The key's time has not begun.
  public static let keyNotYetValid = Self(rawValue: "key-not-yet-valid")
  /// The key's time is over.
  public static let keyExpired = Self(rawValue: "key-expired")
  /// The list is not signed by a trust root that it lists itself.
  public static let trustRootUnlisted = Self(rawValue: "trust-root-unlisted")
  /// The list is signed by another root than the pinned one.
  public static let trustRootPin = Self(rawValue: "trust-root-pin")
  /// One key is listed twice: one key has one use.
  public static let trustKeyTwice = Self(rawValue: "trust-key-twice")
  /// A customer is listed: one-time keys are not in lists.
  public static let trustCustomer = Self(rawValue: "trust-customer")
  /// The bytes of a recipient are not an age recipient.
  public static let recipientInvalid = Self(rawValue: "recipient-invalid")
  /// A key is revoked by a party that it does not belong to.
  public static let revocationNotEntitled = Self(rawValue: "revocation-not-entitled")
  /// A party has two recipients for one use.
  public static let trustRecipientTwice = Self(rawValue: "trust-recipient-twice")
  /// More witnesses are demanded than are listed.
  public static let trustQuorum = Self(rawValue: "trust-quorum")

  // Orders
  /// An order has no parts, or more than its tree can hold.
  public static let partCount = Self(rawValue: "part-count")
  /// A part is said to be at a place that its order's tree does not have.
  public static let partIndex = Self(rawValue: "part-index")
  /// A part does not hang below its order's root.
  public static let partPath = Self(rawValue: "part-path")
}
