// How a log asks its remote witnesses, all at once, and counts what they answer.

import PaymentCrypto
import PaymentModel

/// The witnesses of one log, and how many of them it takes.
struct WitnessCouncil: Sendable {
  /// Those that are asked, each key once.
  let witnesses: [any Witness]
  /// How many of these must cosign a checkpoint. That of an embedded witness comes on top.
  let remoteQuorum: Int

  private let timeoutSeconds: Int64
  private let clock: any WallClock

  /// - Parameters:
  ///   - witnesses: a witness with the key of another one, or of the embedded one, is left out, and so are those
  ///     behind the first `TransparencyLog.largestWitnessCount`.
  ///   - embedded: the witness whose cosignature a checkpoint has before anybody is asked. It is counted and not
  ///     looked at: it was made in the log's own transaction, or will be.
  ///   - quorum: how many cosignatures it takes, that of the embedded witness included. Where there are remote
  ///     witnesses, one of them at least.
  ///   - timeoutSeconds: how long their answers are waited for.
  init(
    witnesses: [any Witness], embedded: NoteKey?, quorum: Int, timeoutSeconds: Int64,
    clock: any WallClock
  ) {
    var keys = embedded.map { [$0] } ?? []
    var asked: [any Witness] = []
    for witness in witnesses where asked.count < TransparencyLog.largestWitnessCount {
      guard !keys.contains(where: { $0.isSameLine(as: witness.key) }) else { continue }
      keys.append(witness.key)
      asked.append(witness)
    }
    self.witnesses = asked
    remoteQuorum = max(quorum - (embedded == nil ? 0 : 1), asked.isEmpty ? 0 : 1)
    self.timeoutSeconds = timeoutSeconds
    self.clock = clock
  }

  /// The cosignatures of a quorum of the remote witnesses, as soon as it is complete.
  ///
  /// - Parameter lastSize: where most witnesses are believed to be.
  /// - Throws: `logBehind` when one has seen more, or something else; `unwitnessed`.
  func cosignatures(
    of note: SignedNote, lastSize: UInt64, store: any Store<any LogRows>
  ) async throws(ReceiptsError) -> [NoteSignature] {
    try await gather(remoteQuorum, of: note, lastSize: lastSize, store: store)
  }

  /// Has a checkpoint cosigned by so many remote witnesses that one of them was in every earlier quorum. The
  /// embedded witness does not count: an old copy of the rows has its state in it.
  ///
  /// - Throws: `logBehind` when one has seen more, or something else; `unwitnessed` when too few answer.
  func requireNotAhead(
    of note: SignedNote, store: any Store<any LogRows>
  ) async throws(ReceiptsError) {
    let intersecting = witnesses.isEmpty ? 0 : witnesses.count - remoteQuorum + 1
    _ = try await gather(
      max(remoteQuorum, intersecting), of: note, lastSize: 0, store: store)
  }

  /// So many cosignatures, each of another witness. Nobody is waited for any longer then.
  private func gather(
    _ needed: Int, of note: SignedNote, lastSize: UInt64, store: any Store<any LogRows>
  ) async throws(ReceiptsError) -> [NoteSignature] {
    var signatures: [NoteSignature] = []
    if !witnesses.isEmpty {
      let checkpoint = try Checkpoint(text: note.text)
      // A witness that never answers must hold up nobody, not even when it ignores that it is cancelled: so these
      // are no child tasks.
      let (answers, incoming) = AsyncStream.makeStream(of: WitnessAnswer?.self)
      var tasks: [Task<Void, Never>] = witnesses.map { witness in
        Task {
          let answer = await Self.ask(
            witness, to: note, checkpoint, from: min(lastSize, checkpoint.size), store: store)
          incoming.yield(answer)
        }
      }
      let end = clock.now().adding(seconds: timeoutSeconds)
      tasks.append(
        Task { [clock] in
          await clock.sleep(until: end)
          incoming.yield(nil)
        })
      defer { for task in tasks { task.cancel() } }
      var missing = witnesses.count
      for await answer in answers {
        // The time is over.
        guard let answer else { break }
        missing -= 1
        switch answer {
        case .cosigned(let signature): signatures.append(signature)
        case .otherSize(let size) where size > checkpoint.size:
          throw ReceiptsError(.logBehind, "a witness has seen \(size) entries of this log")
        case .refused(let error) where error.code == .inconsistent:
          throw ReceiptsError(.logBehind, "a witness has seen other entries of this log")
        case .otherSize, .refused, .unknown: break
        }
        if signatures.count >= needed || missing == 0 { break }
      }
    }
    guard signatures.count >= needed else {
      throw ReceiptsError(
        .unwitnessed, "\(signatures.count) of \(needed) remote witnesses have answered")
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

extension NoteKey {
  /// Whether a signature line that is meant for one of the keys is meant for the other, too.
  fileprivate func isSameLine(as other: NoteKey) -> Bool {
    keyID == other.keyID && name.utf8.elementsEqual(other.name.utf8)
  }
}
