// Follows a log: mirrors every entry, and believes a checkpoint only when it has hashed all of them.

public import PaymentModel

/// A mirror of one log that checks what it copies.
///
/// It verifies each checkpoint by its policy, fetches the entries that are new, hashes them on top of its
/// own, and moves on when the root is the signed one. That the log only grew follows: the old entries are
/// its own. What contradicts is kept as a proof that anybody can verify (`SplitView`).
public final class LogFollower: Sendable {
  /// The most entries that one step fetches, unless said otherwise.
  public static let entriesPerStep = 4096
  /// The most entries that are fetched for one checkpoint, unless said otherwise: 2^24.
  public static let entriesPerCheckpoint = 1 << 24

  /// The log's name.
  public let origin: String
  private let policy: LogPolicy
  private let source: any LogSource
  private let store: any Store<any FollowerRows>
  private let entriesPerStep: UInt64
  private let entriesPerCheckpoint: UInt64

  /// - Parameters:
  ///   - origin: which log, as its checkpoints name it.
  ///   - policy: its keys, and how many of which witnesses must have cosigned.
  ///   - source: where to fetch it from.
  ///   - store: where the mirror is kept; it holds nothing else.
  ///   - entriesPerStep: the most entries that one step fetches; at least 1.
  ///   - entriesPerCheckpoint: the most entries that are fetched before a checkpoint over them is verified.
  public init(
    origin: String, policy: LogPolicy, source: any LogSource,
    store: any Store<any FollowerRows>, entriesPerStep: Int = LogFollower.entriesPerStep,
    entriesPerCheckpoint: Int = LogFollower.entriesPerCheckpoint
  ) {
    self.origin = origin
    self.policy = policy
    self.source = source
    self.store = store
    self.entriesPerStep = UInt64(clamping: max(1, entriesPerStep))
    self.entriesPerCheckpoint = UInt64(clamping: entriesPerCheckpoint)
  }

  /// What one step did.
  public enum Step: Hashable, Sendable {
    /// The source shows nothing that is new.
    case upToDate(UInt64)
    /// The source shows an earlier state of the same history, of so many entries.
    case behind(UInt64)
    /// So many entries of so many are there; the next step goes on.
    case fetched(UInt64, of: UInt64)
    /// All entries of this checkpoint are there and verified.
    case verified(Checkpoint)
    /// The log has shown two histories. The proof is kept; the mirror stays where it was.
    case splitView(SplitView)
  }

  /// Looks at the source's checkpoint, and goes on by at most `entriesPerStep` entries. Whatever it throws,
  /// nothing that was verified is lost. A checkpoint whose entries are not served is put aside, so that the
  /// next step follows whatever the source shows then.
  ///
  /// - Parameter now: by the follower's clock; it is kept with proofs that are found.
  /// - Throws: what `LogSource`, `SignedNote` and `LogPolicy.verify` throw; `otherLog` when the
  ///   checkpoint is that of another log; `sourceCount` and `sourceForm` when the entries are not what was
  ///   asked for; `sourceReach` when there are more than `entriesPerCheckpoint`; `sourceMismatch` when they are not those of the checkpoint, which may be the source's
  ///   fault or the log's.
  public func step(at now: Timestamp) async throws(ReceiptsError) -> Step {
    if let goal = try await goal() {
      // What is under way does not wait for the source to show something better.
      let seen = try? await look(at: now)
      if let seen, case .splitView(let proof) = seen.sight, seen.isNews {
        return .splitView(proof)
      }
      return try await fetch(goal, at: now)
    }
    let seen = try await look(at: now)
    switch seen.sight {
    case .splitView(let proof):
      return .splitView(proof)
    case .known:
      let size = try await checkpoint()?.size ?? 0
      return seen.size < size ? .behind(seen.size) : .upToDate(size)
    case .newer:
      // What too few witnesses have seen is kept as a doubt, and not followed.
      if let refusal = seen.refusal { throw refusal }
      guard let goal = try await goal() else {
        return .upToDate(try await checkpoint()?.size ?? 0)
      }
      return try await fetch(goal, at: now)
    }
  }

  /// How a checkpoint stands to the mirror.
  public enum Comparison: Hashable, Sendable {
    /// It is a state of the history that was verified.
    case consistent
    /// It is newer than the mirror. It is kept and compared when the mirror has come that far, unless 16
    /// smaller ones are kept.
    case newer
    /// The log has shown two histories. The proof is kept.
    case splitView(SplitView)
  }

  /// Compares a checkpoint that came by another way, such as a receipt's, with the mirror.
  ///
  /// - Parameter now: by the follower's clock; it is kept with a proof that is found.
  /// - Throws: what `LogPolicy.verify` throws for the log's own signature; `otherLog`.
  public func compare(
    _ note: SignedNote, at now: Timestamp
  ) async throws(ReceiptsError) -> Comparison {
    _ = try ownCheckpoint(of: note)
    switch try await take(policy.stripped(note), isVerified: false, at: now).sight {
    case .known: return .consistent
    case .newer: return .newer
    case .splitView(let proof): return .splitView(proof)
    }
  }

  // MARK: - What is known

  /// The last verified checkpoint; `nil` before the first one.
  public func checkpoint() async throws(ReceiptsError) -> Checkpoint? {
    try await store.read { rows throws(ReceiptsError) in
      try FollowerRules.lastVerified(in: rows)?.checkpoint
    }
  }

  /// Proofs that the log has shown two histories, in the order in which they were found; at most 16.
  public func splitViews() async throws(ReceiptsError) -> [SplitView] {
    try await store.read { rows throws(ReceiptsError) in
      var proofs: [SplitView] = []
      for kept in rows.splitViews { proofs.append(try SplitView(kept.proof)) }
      return proofs
    }
  }

  /// Everything that a monitor finds in the mirror, and in statements that are handed in.
  ///
  /// - Parameter now: by the clock of whoever asks.
  /// - Throws: what `LogMonitor.examine` throws.
  public func examine(
    _ statements: [WatchedStatement] = [], with monitor: LogMonitor, at now: Timestamp
  ) async throws(ReceiptsError) -> MonitorReport {
    try await store.read { rows throws(ReceiptsError) in
      try monitor.examine(statements, of: self.origin, in: rows, at: now)
    }
  }

  /// The verdict that the source serves for a process, to be examined with others; `nil` when it serves
  /// none. Whether its log proof is any good is what a monitor looks into.
  ///
  /// - Parameter receivedAt: now.
  /// - Throws: what `LogSource.verdict` throws.
  public func servedVerdict(
    of process: ProcessID, receivedAt: Timestamp
  ) async throws(ReceiptsError) -> WatchedStatement? {
    guard let served = try await source.verdict(of: process) else { return nil }
    return WatchedStatement(
      served.verdict.bytes, receivedAt: receivedAt, proofBytes: served.proof)
  }

  // MARK: - Steps

  private func ownCheckpoint(of note: SignedNote) throws(ReceiptsError) -> Checkpoint {
    let checkpoint = try policy.signedByLog(note)
    guard checkpoint.origin.utf8.elementsEqual(origin.utf8) else {
      throw ReceiptsError(.otherLog, "the checkpoint is that of another log")
    }
    return checkpoint
  }

  private typealias Goal = (note: SignedNote, checkpoint: Checkpoint, have: UInt64)

  private func goal() async throws(ReceiptsError) -> Goal? {
    try await store.read { rows throws(ReceiptsError) in try FollowerRules.goal(in: rows) }
  }

  /// What the source's checkpoint means, its size, whether what it shows was not kept yet, and why it is
  /// not followed.
  private func look(
    at now: Timestamp
  ) async throws(ReceiptsError) -> (
    sight: FollowerRules.Sight, isNews: Bool, size: UInt64, refusal: ReceiptsError?
  ) {
    let note = try SignedNote(try await source.checkpoint())
    let size = try ownCheckpoint(of: note).size
    var refusal: ReceiptsError?
    do throws(ReceiptsError) {
      _ = try policy.verify(note)
      try requireReach(of: size, from: try await checkpoint()?.size ?? 0)
    } catch {
      refusal = error
    }
    let taken = try await take(policy.stripped(note), isVerified: refusal == nil, at: now)
    return (taken.sight, taken.isNews, size, refusal)
  }

  /// What cannot be verified yet takes up room: there is an end to it.
  private func requireReach(of size: UInt64, from verified: UInt64) throws(ReceiptsError) {
    guard size <= verified || size - verified <= entriesPerCheckpoint else {
      throw ReceiptsError(
        .sourceReach, "a checkpoint of \(size) entries is more than \(entriesPerCheckpoint) ahead")
    }
  }

  private func take(
    _ note: SignedNote, isVerified: Bool, at now: Timestamp
  ) async throws(ReceiptsError) -> (sight: FollowerRules.Sight, isNews: Bool) {
    let seen = try await store.read { rows throws(ReceiptsError) in
      let sight = try FollowerRules.look(at: note, in: rows)
      guard case .splitView(let proof) = sight else { return (sight, sight != .known) }
      return (sight, FollowerRules.isNews(proof, in: rows))
    }
    // Most of the time there is nothing to write.
    guard seen.1 else { return seen }
    let sight = try await store.transact { rows throws(ReceiptsError) in
      try FollowerRules.take(note, isVerified: isVerified, at: now, in: &rows)
    }
    return (sight, true)
  }

  private func fetch(_ goal: Goal, at now: Timestamp) async throws(ReceiptsError) -> Step {
    let size = goal.checkpoint.size
    let count = min(size - min(goal.have, size), entriesPerStep)
    let entries: [LogEntry]
    do throws(ReceiptsError) {
      entries = try await self.entries(goal.have..<goal.have + count, in: size)
    } catch {
      try await store.transact { rows throws(ReceiptsError) in
        try FollowerRules.abandon(goal.note, in: &rows)
      }
      throw error
    }
    let progress = try await store.transact { rows throws(ReceiptsError) in
      try FollowerRules.extend(entries, from: goal.have, for: goal.note, at: now, in: &rows)
    }
    switch progress {
    case .overtaken: return .fetched(goal.have, of: size)
    case .fetched(let have, let size): return .fetched(have, of: size)
    case .verified(let checkpoint): return .verified(checkpoint)
    case .mismatch: return .splitView(try await explain(goal.note, at: now))
    }
  }

  private func entries(
    _ range: Range<UInt64>, in size: UInt64
  ) async throws(ReceiptsError) -> [LogEntry] {
    let served = range.isEmpty ? [] : try await source.entries(range, in: size)
    guard served.count == range.count else {
      throw ReceiptsError(
        .sourceCount, "the source gave \(served.count) entries of \(range.count)")
    }
    var entries: [LogEntry] = []
    for bytes in served {
      guard bytes.count == LogEntry.byteCount,
        let slot = LogSlot(Bytes(bytes.prefix(Digest.byteCount))),
        let statement = StatementID(bytes.suffix(Digest.byteCount))
      else { throw ReceiptsError(.sourceForm, "an entry does not have 64 bytes") }
      entries.append(LogEntry(slot: slot, statement: statement))
    }
    return entries
  }

  /// Why the entries do not lead to the checkpoint: because the log has signed two histories, or because
  /// the source does not serve what the log has signed. Only the first can be shown.
  private func explain(
    _ note: SignedNote, at now: Timestamp
  ) async throws(ReceiptsError) -> SplitView {
    let last = try await store.read { rows throws(ReceiptsError) in
      try FollowerRules.lastVerified(in: rows)?.note
    }
    guard let last else {
      throw ReceiptsError(.sourceMismatch, "the entries are not those of the checkpoint")
    }
    let pair = try CheckpointPair(last, note, by: policy)
    guard case .splitView(let proof) = try await pair.compare(with: source) else {
      throw ReceiptsError(.sourceMismatch, "the entries are not those of the checkpoint")
    }
    await store.transact { FollowerRules.keep(proof, at: now, in: &$0) }
    return proof
  }
}
