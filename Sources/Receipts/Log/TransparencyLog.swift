// The log itself: entries in, proofs out.

public import Evidence
import PaymentCrypto
public import PaymentModel

/// An append-only log of statements' identifiers, whose every proof stands under a checkpoint that
/// witnesses have cosigned.
///
/// Everything that it answers is durable. Many callers at once share their checkpoints.
public final class TransparencyLog: Sendable {
  /// The key that verifies the log's checkpoints. Its name is the log's origin.
  public let key: NoteKey

  let store: any Store<any LogRows>
  let trust: TrustStore
  let clock: any WallClock
  private let rounds: CheckpointRounds

  /// - Parameters:
  ///   - signer: the log's own.
  ///   - witnesses: who is asked to cosign.
  ///   - quorum: how many of them must have cosigned before anything is answered.
  ///   - trust: whose verdicts and keysets get a slot.
  public init(
    signer: NoteSigner, store: any Store<any LogRows>, witnesses: [any Witness], quorum: Int,
    trust: TrustStore, clock: any WallClock
  ) {
    key = signer.key
    self.store = store
    self.trust = trust
    self.clock = clock
    rounds = CheckpointRounds(
      signer: signer, store: store, witnesses: witnesses, quorum: quorum, clock: clock)
  }

  /// Adds entries that are not there yet, durably, and tells where each stands.
  ///
  /// - Throws: `slotTaken` when an exclusive slot holds another statement; then none is added.
  public func append(_ entries: [LogEntry]) async throws(ReceiptsError) -> [UInt64] {
    try await store.transact { rows throws(ReceiptsError) in
      try LogRules.append(entries, to: &rows)
    }
  }

  /// Adds entries that are not there yet and proves them all under one witnessed checkpoint, in the order
  /// of `entries`.
  ///
  /// - Throws: `slotTaken`, `unwitnessed`, `logBehind`.
  public func include(_ entries: [LogEntry]) async throws(ReceiptsError) -> [LogProof] {
    let indices = try await append(entries)
    let checkpoint = try await rounds.checkpoint(covering: (indices.max() ?? 0) + 1)
    return try await prove(indices, under: checkpoint)
  }

  /// The proof that a statement stands in the log; `nil` when it does not.
  ///
  /// - Throws: `unwitnessed`, `logBehind`.
  public func proof(of statement: StatementID) async throws(ReceiptsError) -> LogProof? {
    guard let index = await store.read({ $0.index(of: statement) }) else { return nil }
    return try await prove(index)
  }

  /// A witnessed checkpoint over all entries that are there now.
  ///
  /// - Throws: `unwitnessed`, `logBehind`.
  public func checkpoint() async throws(ReceiptsError) -> SignedNote {
    try await rounds.checkpoint(covering: await store.read { $0.size })
  }

  /// The proof that the log of one size is the beginning of the log of another; `nil` when it does not
  /// have so many entries.
  public func consistencyProof(from oldSize: UInt64, to size: UInt64) async -> [Digest]? {
    await store.read { rows in
      size <= rows.size ? rows.consistencyProof(from: oldSize, to: size) : nil
    }
  }

  /// The entry at an index.
  public func entry(at index: UInt64) async -> LogEntry? {
    await store.read { $0.entry(at: index) }
  }

  func prove(_ index: UInt64) async throws(ReceiptsError) -> LogProof {
    let checkpoint = try await rounds.checkpoint(covering: index + 1)
    return try await store.read { rows throws(ReceiptsError) in
      try LogRules.proof(of: index, under: checkpoint, in: rows)
    }
  }

  private func prove(
    _ indices: [UInt64], under checkpoint: SignedNote
  ) async throws(ReceiptsError) -> [LogProof] {
    try await store.read { rows throws(ReceiptsError) in
      var proofs: [LogProof] = []
      for index in indices {
        proofs.append(try LogRules.proof(of: index, under: checkpoint, in: rows))
      }
      return proofs
    }
  }
}
