// How keys come and go while a trust list holds, and what a trustee takes into its care.

/// A party takes a further key into use, for the role of the key that signs this. The new key signs, too,
/// so that nobody registers a key that it does not have.
///
/// It counts for statements that stand behind it in the log, from `validFrom` until `validUntil`, and no longer
/// than the key that registered it.
public struct KeyRegistration: Claim {
  public static let kind = StatementKind.keyRegistration

  public let role: Role
  public let key: SigningKeyValue
  public let validFrom: Timestamp
  /// The first moment at which the key is not valid any more.
  public let validUntil: Timestamp

  public init(role: Role, key: SigningKeyValue, validFrom: Timestamp, validUntil: Timestamp) {
    self.role = role
    self.key = key
    self.validFrom = validFrom
    self.validUntil = validUntil
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    role = try reader.choice("role")
    key = try reader.identifier("key")
    validFrom = try reader.timestamp("validFrom")
    validUntil = try reader.timestamp("validUntil")
    guard validFrom < validUntil else { throw ClaimError("validUntil", .badValue) }
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.choice("role", role)
    writer.identifier("key", key)
    writer.timestamp("validFrom", validFrom)
    writer.timestamp("validUntil", validUntil)
  }

  public static var isCosigned: Bool { true }
  public var cosigners: [SigningKeyValue] { [key] }
}

/// A key is not to be believed from a moment on.
///
/// It looks forward only: statements that stand in the log before it keep their worth.
public struct Revocation: Claim {
  public static let kind = StatementKind.revocation

  /// What is revoked.
  public enum Subject: Hashable, Sendable {
    /// A key that signs statements, by its thumbprint.
    case key(Thumbprint)
    /// A denomination's key; by its bank only.
    case denomination(DenominationID)
  }

  /// Why, as far as everybody may know.
  public enum Reason: String, CaseIterable, Sendable {
    case compromised
    case lost
    case superseded
    case ceased
  }

  public let subject: Subject
  public let from: Timestamp
  public let reason: Reason

  public init(_ subject: Subject, from: Timestamp, reason: Reason) {
    self.subject = subject
    self.from = from
    self.reason = reason
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    if reader.has("denomination") {
      subject = .denomination(try reader.identifier("denomination"))
    } else {
      subject = .key(try reader.identifier("key"))
    }
    from = try reader.timestamp("from")
    reason = try reader.choice("reason")
  }

  public func write(to writer: inout some ClaimWriter) {
    switch subject {
    case .key(let key): writer.identifier("key", key)
    case .denomination(let denomination): writer.identifier("denomination", denomination)
    }
    writer.timestamp("from", from)
    writer.choice("reason", reason)
  }
}

/// A trustee holds a share of a good's key for one process (escrow by k of n), and signs over which
/// dealing.
public struct ShareAcceptance: Claim {
  public static let kind = StatementKind.shareAcceptance

  public let process: ProcessID
  public let offer: StatementID
  /// SHA-256 of all commitments of the dealing, in their order.
  public let commitments: Digest
  /// Which share it is, from 1.
  public let index: Int
  /// How many shares restore the key.
  public let threshold: Int
  /// How many shares there are.
  public let shareCount: Int

  public init(
    process: ProcessID, offer: StatementID, commitments: Digest, index: Int, threshold: Int,
    shareCount: Int
  ) {
    self.process = process
    self.offer = offer
    self.commitments = commitments
    self.index = index
    self.threshold = threshold
    self.shareCount = shareCount
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    offer = try reader.identifier("offer")
    commitments = try reader.identifier("commitments")
    shareCount = try reader.number("shareCount", in: 1...255)
    threshold = try reader.number("threshold", in: 1...shareCount)
    index = try reader.number("index", in: 1...shareCount)
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("offer", offer)
    writer.identifier("commitments", commitments)
    writer.number("index", UInt64(index))
    writer.number("threshold", UInt64(threshold))
    writer.number("shareCount", UInt64(shareCount))
  }

  public var prev: [StatementID] { [process.renamed(), offer] }
}
