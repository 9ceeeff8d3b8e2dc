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

  /// The log's name.
  public let origin: String
  private let policy: LogPolicy
  private let source: any LogSource
  private let store: any Store<any FollowerRows>
  private let entriesPerStep: UInt64

  /// - Parameters:
  ///   - origin: which log, as its checkpoints name it.
  ///   - policy: its keys, and how many of which witnesses must have cosigned.
  ///   - source: where to fetch it from.
  ///   - store: where the mirror is kept; it holds nothing else.
  ///   - entriesPerStep: the most entries that one step fetches; at least 1.
  public init(
    origin: String, policy: LogPolicy, source: any LogSource,
    store: any Store<any FollowerRows>, entriesPerStep: Int = LogFollower.entriesPerStep
  ) {
    self.origin = origin
    self.policy = policy
    self.source = source
    self.store = store
    self.entriesPerStep = UInt64(clamping: max(1, entriesPerStep))
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

  /// Goes on by at most `entriesPerStep` entries. Whatever it throws, nothing that was verified is lost,
  /// and the next step tries again.
  ///
  /// - Throws: what `LogSource`, `SignedNote` and `LogPolicy.verify` throw; `otherLog` when the
  ///   checkpoint is that of another log; `sourceCount` and `sourceForm` when the entries are not what was
  ///   asked for; `sourceMismatch` when they are not those of the checkpoint, which may be the source's
  ///   fault or the log's.
  public func step() async throws(ReceiptsError) -> Step {
    let goal = try await store.read { rows throws(ReceiptsError) in
      try FollowerRules.goal(in: rows)
    }
    if let goal { return try await fetch(goal) }
    let note = try SignedNote(try await source.checkpoint())
    let shown = try ownCheckpoint(of: note)
    let verification = Result { () throws(ReceiptsError) in try policy.verify(note) }
    let isVerified = (try? verification.get()) != nil
    switch try await take(note, isVerified: isVerified) {
    case .splitView(let proof):
      return .splitView(proof)
    case .known:
      let size = try await checkpoint()?.size ?? 0
      return shown.size < size ? .behind(shown.size) : .upToDate(size)
    case .newer:
      // What too few witnesses have seen is kept as a doubt, and not followed.
      _ = try verification.get()
      let goal = try await store.read { rows throws(ReceiptsError) in
        try FollowerRules.goal(in: rows)
      }
      guard let goal else { return .upToDate(try await checkpoint()?.size ?? 0) }
      return try await fetch(goal)
    }
  }

  /// How a checkpoint stands to the mirror.
  public enum Comparison: Hashable, Sendable {
    /// It is a state of the history that was verified.
    case consistent
    /// It is newer than the mirror. It is kept and compared when the mirror has come that far, unless 16
    /// others are kept already.
    case newer
    /// The log has shown two histories. The proof is kept.
    case splitView(SplitView)
  }

  /// Compares a checkpoint that came by another way, such as a receipt's, with the mirror.
  ///
  /// - Throws: what `LogPolicy.verify` throws for the log's own signature; `otherLog`.
  public func compare(_ note: SignedNote) async throws(ReceiptsError) -> Comparison {
    _ = try ownCheckpoint(of: note)
    switch try await take(note, isVerified: false) {
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
      for bytes in rows.splitViews { proofs.append(try SplitView(bytes)) }
      return proofs
    }
  }

  /// Everything that a monitor finds in the mirror, and in statements that are handed in.
  ///
  /// - Throws: what `LogMonitor.examine` throws.
  public func examine(
    _ statements: [WatchedStatement] = [], with monitor: LogMonitor
  ) async throws(ReceiptsError) -> MonitorReport {
    try await store.read { rows throws(ReceiptsError) in
      try monitor.examine(statements, of: self.origin, in: rows)
    }
  }

  /// The verdict that the source serves for a process, to be examined with others; `nil` when it serves
  /// none.
  ///
  /// - Parameter receivedAt: now.
  /// - Throws: what `LogSource.verdict` and `LogProof` throw.
  public func servedVerdict(
    of process: ProcessID, receivedAt: Timestamp
  ) async throws(ReceiptsError) -> WatchedStatement? {
    guard let served = try await source.verdict(of: process) else { return nil }
    return WatchedStatement(
      served.verdict.bytes, receivedAt: receivedAt, proof: try LogProof(served.proof))
  }

  // MARK: - Steps

  private func ownCheckpoint(of note: SignedNote) throws(ReceiptsError) -> Checkpoint {
    let checkpoint = try policy.signedByLog(note)
    guard checkpoint.origin.utf8.elementsEqual(origin.utf8) else {
      throw ReceiptsError(.otherLog, "the checkpoint is that of another log")
    }
    return checkpoint
  }

  private func take(
    _ note: SignedNote, isVerified: Bool
  ) async throws(ReceiptsError) -> FollowerRules.Sight {
    let sight = try await store.read { rows throws(ReceiptsError) in
      try FollowerRules.look(at: note, in: rows)
    }
    // Most of the time there is nothing to write.
    guard sight != .known else { return sight }
    return try await store.transact { rows throws(ReceiptsError) in
      try FollowerRules.take(note, isVerified: isVerified, in: &rows)
    }
  }

  private func fetch(
    _ goal: (note: SignedNote, checkpoint: Checkpoint, have: UInt64)
  ) async throws(ReceiptsError) -> Step {
    let size = goal.checkpoint.size
    let count = min(size - min(goal.have, size), entriesPerStep)
    let entries = try await entries(goal.have..<goal.have + count, in: size)
    let progress = try await store.transact { rows throws(ReceiptsError) in
      try FollowerRules.extend(entries, at: goal.have, for: goal.note, in: &rows)
    }
    switch progress {
    case .overtaken: return .fetched(goal.have, of: size)
    case .fetched(let have, let size): return .fetched(have, of: size)
    case .verified(let checkpoint): return .verified(checkpoint)
    case .mismatch: return .splitView(try await explain(goal.note))
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
  private func explain(_ note: SignedNote) async throws(ReceiptsError) -> SplitView {
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
    await store.transact { FollowerRules.keep(proof, in: &$0) }
    return proof
  }
}
