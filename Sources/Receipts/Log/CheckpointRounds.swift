// How a log gets its checkpoints witnessed: one round at a time, shared by everybody who waits.

import PaymentCrypto
import PaymentModel

/// Signs checkpoints and collects cosignatures.
///
/// Whoever needs a checkpoint over its entry waits for a round that began after the entry was durable; all
/// who wait share it. A round:
/// 1. one transaction signs the state of the rows, or takes the stored signature of that size again;
/// 2. the witnesses are asked, all at once;
/// 3. one transaction stores the checkpoint with its cosignatures.
///
/// The first round of a process asks the witnesses about the checkpoint that was signed last, before it
/// signs anything: a log on an old copy of its rows learns it there, and signs nothing more.
actor CheckpointRounds {
  private let signer: NoteSigner
  private let store: any Store<any LogRows>
  private let witnesses: [any Witness]
  private let quorum: Int
  private let clock: any WallClock

  private var published: (note: SignedNote, size: UInt64)?
  private var running: Task<Result<Void, ReceiptsError>, Never>?
  private var isUpToDate = false

  init(
    signer: NoteSigner, store: any Store<any LogRows>, witnesses: [any Witness], quorum: Int,
    clock: any WallClock
  ) {
    self.signer = signer
    self.store = store
    self.witnesses = witnesses
    self.quorum = quorum
    self.clock = clock
  }

  /// A witnessed checkpoint over at least `size` entries, which are durable.
  func checkpoint(covering size: UInt64) async throws(ReceiptsError) -> SignedNote {
    while true {
      if let published, published.size >= size { return published.note }
      if let running {
        // It may have begun before our entries were there, and its failure is not ours.
        _ = await running.value
        continue
      }
      let round = Task { await self.round() }
      running = round
      try await round.value.get()
    }
  }

  private func round() async -> Result<Void, ReceiptsError> {
    defer { running = nil }
    do throws(ReceiptsError) {
      if !isUpToDate { try await catchUp() }
      let signer = signer
      let now = clock.now()
      let signed = try await store.transact { rows throws(ReceiptsError) in
        try LogRules.signCheckpoint(with: signer, in: &rows, at: now)
      }
      try await publish(signed)
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  /// Loads what was published, and makes sure that no witness knows more of this log than its rows do.
  private func catchUp() async throws(ReceiptsError) {
    let stored = await store.read { ($0.signedCheckpoint, $0.publishedCheckpoint) }
    if let bytes = stored.1 {
      let note = try SignedNote(bytes)
      published = (note, try Checkpoint(text: note.text).size)
    }
    // The empty log has one root only: signing it says nothing new.
    let empty = Checkpoint(origin: signer.key.name, size: 0, root: MerkleTree.emptyRoot).text
    let note: SignedNote
    if let bytes = stored.0 {
      note = try SignedNote(bytes)
    } else {
      note = SignedNote(text: empty, signatures: [signer.sign(empty, at: clock.now())])
    }
    _ = try await cosignatures(of: note)
    isUpToDate = true
  }

  private func publish(_ signed: SignedNote) async throws(ReceiptsError) {
    let note = signed.adding(try await cosignatures(of: signed))
    await store.transact { $0.setPublishedCheckpoint(note.bytes) }
    published = (note, try Checkpoint(text: note.text).size)
  }

  /// What at least a quorum of the witnesses answers.
  private func cosignatures(of note: SignedNote) async throws(ReceiptsError) -> [NoteSignature] {
    let checkpoint = try Checkpoint(text: note.text)
    let lastSize = min(published?.size ?? 0, checkpoint.size)
    let store = store
    let answers = await withTaskGroup(of: WitnessAnswer.self) { group in
      for witness in witnesses {
        group.addTask {
          await Self.ask(witness, to: note, checkpoint, from: lastSize, store: store)
        }
      }
      var answers: [WitnessAnswer] = []
      for await answer in group { answers.append(answer) }
      return answers
    }
    var signatures: [NoteSignature] = []
    for answer in answers {
      switch answer {
      case .cosigned(let signature): signatures.append(signature)
      case .otherSize(let size) where size > checkpoint.size:
        throw ReceiptsError(.logBehind, "a witness has seen \(size) entries of this log")
      case .refused(let error) where error.code == .inconsistent:
        throw ReceiptsError(.logBehind, "a witness has seen other entries of this log")
      case .otherSize, .refused, .unknown: continue
      }
    }
    guard signatures.count >= quorum else {
      throw ReceiptsError(.unwitnessed, "\(signatures.count) of \(quorum) witnesses have answered")
    }
    return signatures.sorted { ($0.name, $0.keyID) < ($1.name, $1.keyID) }
  }

  /// Asks one witness, once more from where it says that it stands.
  private static func ask(
    _ witness: any Witness, to note: SignedNote, _ checkpoint: Checkpoint, from lastSize: UInt64,
    store: any Store<any LogRows>
  ) async -> WitnessAnswer {
    var answer = await cosign(note, checkpoint, from: lastSize, witness, store)
    if case .otherSize(let size) = answer, size <= checkpoint.size {
      answer = await cosign(note, checkpoint, from: size, witness, store)
    }
    guard case .cosigned(let signature) = answer else { return answer }
    guard witness.key.time(of: signature, on: note.text) != nil else {
      return .unknown("the cosignature does not verify")
    }
    return answer
  }

  private static func cosign(
    _ note: SignedNote, _ checkpoint: Checkpoint, from size: UInt64, _ witness: any Witness,
    _ store: any Store<any LogRows>
  ) async -> WitnessAnswer {
    let proof = await store.read { $0.consistencyProof(from: size, to: checkpoint.size) }
    return await witness.cosign(note, from: size, proof: proof ?? [])
  }
}
