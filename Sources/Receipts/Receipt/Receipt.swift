// The receipt of one purchase: one file that proves it, with nothing but a trust store.

import Evidence
import PaymentCrypto
public import PaymentModel

/// What a purchase leaves behind: all its statements, each with its place in the log below one witnessed
/// checkpoint, and the parts of the order with their salts. Nothing about it has been verified; see
/// `ReceiptVerification`.
///
/// The file is one object in canonical JSON. Statements stand in it as the JSON objects that they are. A line
/// feed and the bytes of a chunk may follow: then it is a `.complaint`.
///
/// The same form serves any party that hands in evidence: its statements with their places in the log.
/// Whoever holds it knows the whole purchase: its parts and their salts are not for everybody.
public struct Receipt: Hashable, Sendable {
  /// The largest receipt that is read: 4 MiB.
  public static let largestByteCount = 4_194_304
  /// The most statements, parts, and exhibits each.
  public static let largestCount = 4096

  static let format = "foil-receipt/v1"

  /// A statement and where it stands in the log.
  public struct Entry: Hashable, Sendable {
    /// The statement as it was signed.
    public let statement: Bytes
    public let index: UInt64
    /// From the leaf's sibling up to the root's child.
    public let path: [Digest]

    public init(statement: Bytes, index: UInt64, path: [Digest]) {
      self.statement = statement
      self.index = index
      self.path = path
    }
  }

  /// Something revealed that proves what somebody did.
  public enum Exhibit: Hashable, Sendable {
    /// The 32 identity bytes that a merchant has deposited as a good's key.
    case revealedKey(deposit: StatementID, identity: Bytes)
    /// The sealed key bundle that a commit names.
    case keyBundle(Bytes)
    /// The 32 bytes of the order's one-time identity, which opens the bundle.
    case oneTimeIdentity(Bytes)
    /// The blind signatures that an issue names, one after another.
    case blindSignatures(issue: StatementID, Bytes)
    /// A customer's address, sealed to the merchant, as an address claim names it.
    case address(claim: StatementID, Bytes)
    /// A chunk of a good: its number, its h_i, its path to the goods root, and the file key. Its bytes are
    /// the receipt's `attachment`.
    case chunk(offer: StatementID, index: UInt64, listed: Digest, path: [Digest], fileKey: Bytes)
    /// A verdict that its coordinator signed and did not log. It counts against the coordinator only, and is none
    /// of the purchase.
    case unlogged(Bytes)
  }

  /// The most time-stamp tokens that ride along.
  public static let mostTimeStamps = 8
  /// The largest key bundle or run of blind signatures among the exhibits, in bytes.
  public static let largestExhibit = 1_048_576
  /// The largest attachment: a chunk of a container with its tag.
  public static let largestAttachment = 65_552

  public let process: ProcessID
  public let entries: [Entry]
  /// The checkpoint that all entries stand below.
  public let checkpoint: SignedNote
  /// A `tlog-proof@v1` of the verdict under an earlier checkpoint, which tells better when it was there.
  public let verdictProof: LogProof?
  public let parts: [CommittedPart]
  public let exhibits: [Exhibit]
  /// SHA-256 of the sealed key bundle that the customer has fetched, if she has.
  public let keyBundle: Digest?
  /// Tokens of RFC 3161 over SHA-256 of the checkpoint's bytes.
  public let timeStamps: [Bytes]
  /// The raw chunk of a `chunk` exhibit.
  public let attachment: Bytes?

  public init(
    process: ProcessID, entries: [Entry], checkpoint: SignedNote, verdictProof: LogProof?,
    parts: [CommittedPart], exhibits: [Exhibit], keyBundle: Digest?, timeStamps: [Bytes] = [],
    attachment: Bytes? = nil
  ) {
    self.process = process
    self.entries = entries
    self.checkpoint = checkpoint
    self.verdictProof = verdictProof
    self.parts = parts
    self.exhibits = exhibits
    self.keyBundle = keyBundle
    self.timeStamps = timeStamps
    self.attachment = attachment
  }

  /// What a time-stamp authority is asked to stamp: SHA-256 of the checkpoint's bytes.
  public var stampedDigest: Digest { SHA256.digest(checkpoint.bytes) }

  /// The receipt with one more time stamp.
  public func adding(timeStamp: Bytes) -> Receipt {
    Receipt(
      process: process, entries: entries, checkpoint: checkpoint, verdictProof: verdictProof,
      parts: parts, exhibits: exhibits, keyBundle: keyBundle, timeStamps: timeStamps + [timeStamp],
      attachment: attachment)
  }
}

/// What goes into a receipt, before the log has proven it.
public struct ReceiptContents: Sendable {
  public let process: ProcessID
  /// The statements as they were signed, of any kind and in any order.
  public let statements: [Bytes]
  /// The verdict as the coordinator handed it on.
  public let verdict: LoggedVerdict?
  public let parts: [CommittedPart]
  public let exhibits: [Receipt.Exhibit]
  public let keyBundle: Digest?
  public let attachment: Bytes?

  public init(
    process: ProcessID, statements: [Bytes], verdict: LoggedVerdict?, parts: [CommittedPart],
    exhibits: [Receipt.Exhibit] = [], keyBundle: Digest? = nil, attachment: Bytes? = nil
  ) {
    self.process = process
    self.statements = statements
    self.verdict = verdict
    self.parts = parts
    self.exhibits = exhibits
    self.keyBundle = keyBundle
    self.attachment = attachment
  }
}

extension TransparencyLog {
  /// Logs what is not logged yet and makes the receipt, with all proofs under one checkpoint.
  ///
  /// Statements that are given twice stand in it once.
  ///
  /// - Throws: `receiptFormat` when the contents hold something that no receipt can hold; `slotTaken`,
  ///   `unwitnessed`, `logBehind`.
  public func receipt(for contents: ReceiptContents) async throws(ReceiptsError) -> Receipt {
    var seen: Set<StatementID> = []
    var statements: [UnverifiedStatement] = []
    for bytes in contents.statements + (contents.verdict.map { [$0.verdict.bytes] } ?? []) {
      let statement = try Receipt.statement(bytes)
      if seen.insert(statement.id).inserted { statements.append(statement) }
    }
    let verdictProof: LogProof?
    if let verdict = contents.verdict {
      verdictProof = try LogProof(verdict.proof)
    } else {
      verdictProof = nil
    }
    var entries: [LogEntry] = []
    for statement in statements {
      entries.append(LogEntry(slot: try Receipt.slot(of: statement), statement: statement.id))
    }
    let proofs = try await include(entries)
    guard let checkpoint = proofs.first?.checkpoint else {
      throw ReceiptsError(.receiptFormat, "a receipt has at least one statement")
    }
    let receipt = Receipt(
      process: contents.process,
      entries: zip(statements, proofs).map {
        Receipt.Entry(statement: $0.bytes, index: $1.index, path: $1.path)
      },
      checkpoint: checkpoint, verdictProof: verdictProof, parts: contents.parts,
      exhibits: contents.exhibits, keyBundle: contents.keyBundle,
      attachment: contents.attachment)
    // What nobody could read is not handed out.
    return try Receipt(receipt.bytes)
  }
}

extension Receipt {
  static func statement(_ bytes: Bytes) throws(ReceiptsError) -> UnverifiedStatement {
    do {
      return try UnverifiedStatement(bytes)
    } catch {
      throw ReceiptsError(.receiptFormat, "not a statement: \(error.message)")
    }
  }

  /// The slot that a statement has in the log, by what it says.
  static func slot(of statement: UnverifiedStatement) throws(ReceiptsError) -> LogSlot {
    do {
      switch statement.kind {
      case .verdict:
        let verdict: Verdict = try statement.unverifiedClaim()
        return .verdict(of: verdict.process)
      case .keyset:
        let keyset: Keyset = try statement.unverifiedClaim()
        return .keyset(of: statement.issuer.party, period: keyset.period)
      default:
        return .none
      }
    } catch {
      throw ReceiptsError(.receiptFormat, "not a \(statement.kind.rawValue): \(error.message)")
    }
  }
}
