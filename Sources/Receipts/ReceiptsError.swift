// What can go wrong in this module: one code for each check.

/// A check of this module failed. Compared by its code; the message is for people.
public struct ReceiptsError: Error, Sendable, Hashable {
  public let code: Code
  public let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public static func == (left: Self, right: Self) -> Bool { left.code == right.code }

  public func hash(into hasher: inout Hasher) { hasher.combine(code) }

  /// Which check failed. Open: later versions may add codes.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
  }
}

extension ReceiptsError: CustomStringConvertible {
  public var description: String { message }
}

extension ReceiptsError.Code {
  // Signed notes, in the order in which they are checked
  /// A note is larger than 128 KiB.
  public static let noteSize = Self(rawValue: "note-size")
  /// A note is not UTF-8 or has a control character other than the line feed.
  public static let noteCharacters = Self(rawValue: "note-characters")
  /// A note does not consist of a text, an empty line, and signature lines.
  public static let noteFormat = Self(rawValue: "note-format")
  /// A note has more than 16 signatures.
  public static let noteSignatureCount = Self(rawValue: "note-signature-count")
  /// A line below a note is no signature line.
  public static let noteSignatureLine = Self(rawValue: "note-signature-line")
  /// A note's verifier key is malformed.
  public static let noteKey = Self(rawValue: "note-key")
  /// A signature of a known key does not verify.
  public static let noteSignature = Self(rawValue: "note-signature")

  // Checkpoints and proofs
  /// A checkpoint's text is malformed.
  public static let checkpointFormat = Self(rawValue: "checkpoint-format")
  /// No known key of the log that the checkpoint names has signed it.
  public static let checkpointUnsigned = Self(rawValue: "checkpoint-unsigned")
  /// Fewer of the trusted witnesses than demanded have cosigned a checkpoint.
  public static let witnessQuorum = Self(rawValue: "witness-quorum")
  /// A policy file is malformed; the message names the line.
  public static let policyFormat = Self(rawValue: "policy-format")
  /// The log's key was not valid when the checkpoint was witnessed.
  public static let logKeyWindow = Self(rawValue: "log-key-window")
  /// A proof is not a `tlog-proof@v1`.
  public static let proofFormat = Self(rawValue: "proof-format")
  /// A proof does not show that the entry is in the log.
  public static let notIncluded = Self(rawValue: "not-included")

  // The log
  /// The slot holds another statement already, or the statement stands in another slot.
  public static let slotTaken = Self(rawValue: "slot-taken")
  /// A statement is not what the log was told it is.
  public static let notAdmitted = Self(rawValue: "not-admitted")
  /// A key bundle is too large or is not the one that its verdict names.
  public static let bundleMismatch = Self(rawValue: "bundle-mismatch")
  /// The log's rows lie behind what a witness has seen or its static files show: an old copy. It must not go
  /// on.
  public static let logBehind = Self(rawValue: "log-behind")
  /// Too few witnesses have answered.
  public static let unwitnessed = Self(rawValue: "unwitnessed")

  // Tiles
  /// A tile that a proof needs is not there, or too small.
  public static let tileMissing = Self(rawValue: "tile-missing")
  /// The log's static files cannot be written, or what they show cannot be read.
  public static let tileFiles = Self(rawValue: "tile-files")

  // Witnesses
  /// A witness does not know the log, or its key has not signed the checkpoint.
  public static let unknownLog = Self(rawValue: "unknown-log")
  /// A log has rolled back, or rewritten what it had shown before.
  public static let inconsistent = Self(rawValue: "inconsistent")

  // Receipts
  /// A receipt is larger than 4 MiB.
  public static let receiptSize = Self(rawValue: "receipt-size")
  /// A receipt is not the canonical JSON of a receipt.
  public static let receiptFormat = Self(rawValue: "receipt-format")

  // Openings of masks
  /// An opening is larger than 256 KiB.
  public static let openingSize = Self(rawValue: "opening-size")
  /// An opening is not the canonical JSON of one.
  public static let openingFormat = Self(rawValue: "opening-format")
  /// An opening has no salt.
  public static let openingWithoutSalt = Self(rawValue: "opening-without-salt")
  /// An opening has no certificate.
  public static let openingWithoutCertificate = Self(rawValue: "opening-without-certificate")
  /// An opening has no signature.
  public static let openingWithoutSignature = Self(rawValue: "opening-without-signature")
  /// An opening is for another purchase.
  public static let openingProcess = Self(rawValue: "opening-process")
  /// The order that an opening is for is not proven.
  public static let openingOrder = Self(rawValue: "opening-order")
  /// The certificates of an opening lead to no trusted registrar.
  public static let openingRegistrar = Self(rawValue: "opening-registrar")
  /// A certificate of an opening was not valid when the order was seen.
  public static let openingCertificateTime = Self(rawValue: "opening-certificate-time")
  /// The certificates of an opening do not verify.
  public static let openingCertificate = Self(rawValue: "opening-certificate")
  /// Salt and identity key are not what the mask commits to.
  public static let openingMask = Self(rawValue: "opening-mask")
  /// The identity key has not signed for the purchase.
  public static let openingSignature = Self(rawValue: "opening-signature")
}
