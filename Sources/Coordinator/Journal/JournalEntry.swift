// A record with its time, and what of it can be shown to everybody.

public import PaymentModel

/// A record of a process's journal with the time at which the coordinator came to it.
///
/// The time is that of the step, not that of the disk: what is not forced becomes durable later. People read
/// it, in lists, drawings and counters; a replay does not see it.
public struct JournalEntry: Hashable, Sendable {
  public let at: Timestamp
  public let record: JournalRecord

  public init(at: Timestamp, record: JournalRecord) {
    self.at = at
    self.record = record
  }

  /// The entry with every sealed content replaced by its digest: what a chain is made over, so that an
  /// exported journal proves its own chain.
  ///
  /// - Parameter digest: SHA-256.
  public func shown(digest: (Bytes) -> Digest) -> JournalEntry {
    JournalEntry(at: at, record: record.shown(digest: digest))
  }

  /// Entries as a row holds them: each its time, its record's length, and its record.
  package static func bytes(of entries: [JournalEntry]) -> Bytes {
    ByteWriter.bytes { writer in
      for entry in entries {
        writer.time(entry.at)
        writer.blob { entry.record.write(to: &$0) }
      }
    }
  }

  /// Reads entries to the last byte.
  ///
  /// - Throws: `malformed-record`.
  package static func read(_ bytes: Bytes) throws(CoordinatorError) -> [JournalEntry] {
    var reader = ByteReader(bytes)
    var entries: [JournalEntry] = []
    while !reader.isAtEnd { entries.append(try JournalEntry(from: &reader)) }
    return entries
  }

  private init(from reader: inout ByteReader) throws(CoordinatorError) {
    at = try reader.time()
    record = try JournalRecord(try reader.blob(atMost: JournalRecord.largest))
  }
}

extension JournalRecord {
  /// Whether something in it can only be read by somebody else.
  var holdsSealed: Bool {
    switch self {
    case .begin(let begin):
      if case .submission(let submission) = begin.source {
        !submission.instruments.isEmpty
      } else {
        false
      }
    case .result(_, .deposited): true
    case .verdict(let verdict):
      if case .commit = verdict.ruling { true } else { false }
    default: false
    }
  }

  /// The record with the digest of each sealed content in its place.
  fileprivate func shown(digest: (Bytes) -> Digest) -> JournalRecord {
    func shown<Content>(_ sealed: Sealed<Content>) -> Sealed<Content> {
      Sealed(digest(sealed.bytes).bytes, digest: sealed.digest)
    }
    switch self {
    case .begin(let begin):
      guard case .submission(let submission) = begin.source else { return self }
      return .begin(
        BeginRecord(
          source: .submission(
            PurchaseSubmission(
              order: submission.order, parts: submission.parts, offers: submission.offers,
              instruments: submission.instruments.map { shown($0) }, terms: submission.terms)),
          template: begin.template, definition: begin.definition, at: begin.at,
          nonce: begin.nonce))
    case .result(let number, .deposited(let key)):
      return .result(
        number,
        .deposited(
          EscrowedKey(
            deposit: key.deposit, heldUntil: key.heldUntil, key: shown(key.key),
            acceptance: key.acceptance)))
    case .verdict(let verdict):
      guard case .commit(let bundle) = verdict.ruling else { return self }
      return .verdict(
        VerdictRecord(
          ruling: .commit(bundle: shown(bundle)), decidedAt: verdict.decidedAt,
          nonce: verdict.nonce, evidenceSalt: verdict.evidenceSalt, evidence: verdict.evidence))
    default: return self
    }
  }
}
