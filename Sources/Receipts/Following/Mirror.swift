// What a monitor reads out of a follower's rows: the verified part, and nothing else.

import PaymentCrypto
import PaymentModel

/// The verified part of a mirror.
struct Mirror {
  private let rows: any FollowerRows
  private let policy: LogPolicy
  /// The log, where its name is that of a party.
  private let log: PartyName?
  /// The last verified checkpoint.
  let last: (note: SignedNote, checkpoint: Checkpoint, witnessedAt: Timestamp?)?

  /// - Throws: what `SignedNote` and `Checkpoint` throw.
  init(_ rows: any FollowerRows, origin: String, policy: LogPolicy) throws(ReceiptsError) {
    self.rows = rows
    self.policy = policy
    log = PartyName(origin)
    last = try FollowerRules.lastVerified(in: rows).map { note, checkpoint in
      (note, checkpoint, try? policy.verify(note).witnessedAt)
    }
  }

  private var size: UInt64 { last?.checkpoint.size ?? 0 }

  func entry(at index: UInt64) -> LogEntry? { index < size ? rows.entry(at: index) : nil }

  /// Where a statement stands, ascending; the first places.
  func places(of statement: StatementID) -> [UInt64] {
    rows.indices(of: statement, atMost: LogMonitor.mostPlaces).filter { $0 < size }
  }

  /// Where a statement stands in its slot, as far as that can be told.
  enum Place {
    case at(UInt64)
    case nowhere
    /// There are too many entries to look at all of them.
    case unknown
  }

  /// The first place of a statement in its slot. In an exclusive slot there are few entries; elsewhere a
  /// statement may stand anywhere.
  func place(of statement: LogMonitor.Witnessed) -> Place {
    let entry = LogEntry(slot: statement.slot, statement: statement.id)
    let most = LogMonitor.mostPlaces
    let places =
      statement.slot.isExclusive
      ? rows.indices(in: statement.slot, atMost: most)
      : rows.indices(of: statement.id, atMost: most)
    if let place = places.first(where: { $0 < size && rows.entry(at: $0) == entry }) {
      return .at(place)
    }
    return places.count < most ? .nowhere : .unknown
  }

  /// When a witness had seen the log with an entry, as far as the mirror knows.
  func witnessedAt(covering index: UInt64) -> Timestamp? {
    guard index < size, let bytes = rows.checkpoint(covering: index + 1) else { return nil }
    return (try? policy.verify(SignedNote(bytes)))?.witnessedAt
  }

  /// A checkpoint without a statement that every witness of it saw after a time; `nil` when there is none.
  ///
  /// Of the checkpoints without the statement it is the last one: no later one is known not to hold it.
  func checkpointWithout(_ statement: LogMonitor.Witnessed, after time: Timestamp) -> Bytes? {
    let first: UInt64
    switch place(of: statement) {
    case .at(let place): first = place
    case .nowhere: first = size
    case .unknown: return nil
    }
    guard let bytes = rows.checkpoint(within: first),
      let note = try? SignedNote(bytes),
      let seen = (try? policy.verify(note))?.witnessedAt, seen > time
    else { return nil }
    return bytes
  }

  /// An entry, and the proof that it stands in the log.
  func evidence(of index: UInt64) -> [Bytes]? {
    guard let last, let entry = entry(at: index),
      let path = rows.auditPath(of: index, in: last.checkpoint.size)
    else { return nil }
    return [entry.bytes, LogProof(index: index, path: path, checkpoint: last.note).bytes]
  }

  /// Entries in slots that were taken, and the proofs of two histories that the follower has kept.
  func repeatedSlots(atMost count: Int) -> [LogAlarm] {
    let kept = rows.splitViews.map { kept in
      alarm(try? SplitView(kept.proof), kept.proof, receivedAt: kept.foundAt)
    }
    let repeated = rows.repeats(from: 0, atMost: count).compactMap { index -> LogAlarm? in
      guard let entry = entry(at: index),
        let first = rows.indices(in: entry.slot, atMost: 1).first,
        let one = evidence(of: first), let other = evidence(of: index)
      else { return nil }
      return LogAlarm(
        .slotTwice, "entries \(first) and \(index) stand in one slot", atFault: log,
        evidence: one + other)
    }
    return kept + repeated
  }

  /// The alarm when the log has signed a checkpoint that contradicts the mirror.
  func splitView(with note: SignedNote, receivedAt: Timestamp) -> LogAlarm? {
    guard let log, let checkpoint = try? policy.signedByLog(note),
      checkpoint.origin.utf8.elementsEqual(log.text.utf8),
      case .splitView(let view) = try? FollowerRules.look(at: policy.stripped(note), in: rows)
    else { return nil }
    return alarm(view, view.bytes, receivedAt: receivedAt)
  }

  /// Names the log where its key was valid, and else nobody.
  private func alarm(_ view: SplitView?, _ proof: Bytes, receivedAt: Timestamp) -> LogAlarm {
    let isBlamed = view?.blamesLog(by: policy, receivedAt: receivedAt) ?? false
    return LogAlarm(
      .splitView, Self.twoHistories, atFault: isBlamed ? log : nil, evidence: [proof])
  }

  private static let twoHistories = "the log has shown two histories"
}
