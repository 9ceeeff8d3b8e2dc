// The log itself: entries in, proofs out.

public import Evidence
import PaymentCrypto
public import PaymentModel

/// An append-only log of statements' identifiers, whose every proof stands under a checkpoint that
/// witnesses have cosigned.
///
/// Everything that it answers is durable. Many callers at once share one transaction and one checkpoint
/// (`LogRounds`).
public final class TransparencyLog: Sendable {
  /// The key that verifies the log's checkpoints. Its name is the log's origin.
  public let key: NoteKey
  /// How many entries are read at once at most.
  public static let largestRange = 4096
  /// How many remote witnesses are asked at most: their lines, that of the log and that of an embedded witness are
  /// what a note can have.
  public static let largestWitnessCount = SignedNote.largestSignatureCount - 2

  let store: any Store<any LogRows>
  let trust: TrustStore
  let clock: any WallClock
  let rounds: LogRounds
  private let mirror: TileMirror?

  /// - Parameters:
  ///   - signer: the log's own.
  ///   - store: in the hands of this log alone.
  ///   - embedded: a witness whose state lives in `store` and moves on in the log's own transactions.
  ///   - witnesses: who else is asked to cosign. A key counts once; those behind the first
  ///     `largestWitnessCount` are not asked.
  ///   - quorum: how many of all these must have cosigned before anything is answered. Where there are
  ///     `witnesses`, one of them must have in any case.
  ///   - witnessTimeoutSeconds: how long `witnesses` are waited for.
  ///   - trust: whose verdicts and keysets get a slot.
  ///   - tiles: where the log shows itself as static files.
  public init(
    signer: NoteSigner, store: any Store<any LogRows>, embedded: EmbeddedWitness? = nil,
    witnesses: [any Witness] = [], quorum: Int, witnessTimeoutSeconds: Int64 = 10,
    trust: TrustStore, clock: any WallClock, tiles: LogTiles? = nil
  ) {
    key = signer.key
    self.store = store
    self.trust = trust
    self.clock = clock
    let mirror = tiles.map { [key] in
      TileMirror(tiles: $0, key: key, store: store, clock: clock)
    }
    self.mirror = mirror
    rounds = LogRounds(
      hands: LogHands(log: signer, witness: embedded), store: store,
      council: WitnessCouncil(
        witnesses: witnesses, embedded: embedded?.key, quorum: quorum,
        timeoutSeconds: witnessTimeoutSeconds, clock: clock),
      mirror: mirror, clock: clock)
  }

  // MARK: - Entries in

  /// Adds entries that are not there yet, and tells where each stands.
  ///
  /// - Throws: `slotTaken` when an exclusive slot holds another statement, and then none is added;
  ///   `unwitnessed`, after which they may be there; `logBehind`; `tileFiles` when it cannot be told what the
  ///   static files show, and then none is added.
  @discardableResult
  public func append(_ entries: [LogEntry]) async throws(ReceiptsError) -> [UInt64] {
    try await include(entries).map(\.index)
  }

  /// Adds entries that are not there yet and proves them all under one witnessed checkpoint, in the order
  /// of `entries`.
  ///
  /// - Throws: as `append(_:)`.
  public func include(_ entries: [LogEntry]) async throws(ReceiptsError) -> [LogProof] {
    try await rounds.answer(LogRequest(entries)).proofs
  }

  // MARK: - Proofs out

  /// A witnessed checkpoint over all entries that are there now.
  ///
  /// - Throws: `unwitnessed`, `logBehind`, `tileFiles`.
  public func checkpoint() async throws(ReceiptsError) -> SignedNote {
    try await rounds.answer(LogRequest([])).checkpoint
  }

  /// The proof that a statement stands in the log; `nil` when it does not.
  ///
  /// - Throws: `unwitnessed`, `logBehind`, `tileFiles`.
  public func proof(of statement: StatementID) async throws(ReceiptsError) -> LogProof? {
    guard let index = await store.read({ $0.index(of: statement) }) else { return nil }
    return try await proof(of: index)
  }

  /// The proof of what stands in an exclusive slot; `nil` when nothing does.
  ///
  /// - Throws: `unwitnessed`, `logBehind`, `tileFiles`.
  public func proof(in slot: LogSlot) async throws(ReceiptsError) -> LogProof? {
    guard let index = await store.read({ $0.index(in: slot) }) else { return nil }
    return try await proof(of: index)
  }

  /// The proof of the entry at an index; `nil` when there is none.
  ///
  /// - Throws: `unwitnessed`, `logBehind`, `tileFiles`.
  public func proof(of index: UInt64) async throws(ReceiptsError) -> LogProof? {
    guard index < (await store.read { $0.size }) else { return nil }
    let note = try await rounds.checkpoint(covering: index + 1)
    let size = try Checkpoint(text: note.text).size
    return await store.read { rows in
      rows.auditPath(of: index, in: size).map {
        LogProof(index: index, path: $0, checkpoint: note)
      }
    }
  }

  // What follows is limited to the entries below the last checkpoint that a quorum has cosigned since this log was
  // started: `checkpoint()` has one cosigned.

  /// The proof that the log of one size is the beginning of the log of another; `nil` when no published
  /// checkpoint has so many entries.
  public func consistencyProof(from oldSize: UInt64, to size: UInt64) async -> [Digest]? {
    guard size <= (await rounds.publishedSize) else { return nil }
    return await store.read { $0.consistencyProof(from: oldSize, to: size) }
  }

  /// The entry at an index; `nil` when no published checkpoint covers it.
  public func entry(at index: UInt64) async -> LogEntry? {
    guard index < (await rounds.publishedSize) else { return nil }
    return await store.read { $0.entry(at: index) }
  }

  /// The entries of a range that a published checkpoint covers, the first `largestRange` at most.
  public func entries(in range: Range<UInt64>) async -> [LogEntry] {
    let range = range.clamped(to: 0..<(await rounds.publishedSize))
    let count = min(range.upperBound - range.lowerBound, UInt64(Self.largestRange))
    return await store.read {
      $0.entries(in: range.lowerBound..<range.lowerBound + count)
    }
  }

  // MARK: - Static files

  /// Returns when the static files show the log's last checkpoint. Before the store is closed this must have
  /// returned.
  ///
  /// - Throws: `tileFiles` when they cannot be written. They are caught up when they can.
  public func settle() async throws(ReceiptsError) {
    try await mirror?.settle()
  }
}
