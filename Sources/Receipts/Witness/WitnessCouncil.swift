// How a log asks its remote witnesses, all at once, and counts what they answer.

import PaymentCrypto
import PaymentModel

/// The witnesses of one log, and how many of them it takes.
struct WitnessCouncil: Sendable {
  let witnesses: [any Witness]
  /// The witness whose cosignature a checkpoint has before anybody is asked.
  let embedded: NoteKey?
  /// How many cosignatures it takes, that of the embedded witness included.
  let quorum: Int

  /// What the remote witnesses answer. With that of the embedded witness it is a quorum.
  ///
  /// A line that a checkpoint has of the embedded witness was made in the log's own transaction, or will be:
  /// it is counted and not looked at.
  ///
  /// - Parameter lastSize: where most witnesses are believed to be.
  /// - Throws: `logBehind` when one has seen more, or something else; `unwitnessed`.
  func cosignatures(
    of note: SignedNote, lastSize: UInt64, store: any Store<any LogRows>
  ) async throws(ReceiptsError) -> [NoteSignature] {
    let present = embedded == nil ? 0 : 1
    var signatures: [NoteSignature] = []
    if !witnesses.isEmpty {
      let checkpoint = try Checkpoint(text: note.text)
      for answer in await answers(to: note, checkpoint, lastSize: lastSize, store: store) {
        switch answer {
        case .cosigned(let signature):
          // Whoever is listed twice counts once.
          if !signatures.contains(where: { $0.isOfSameKey(as: signature) }) {
            signatures.append(signature)
          }
        case .otherSize(let size) where size > checkpoint.size:
          throw ReceiptsError(.logBehind, "a witness has seen \(size) entries of this log")
        case .refused(let error) where error.code == .inconsistent:
          throw ReceiptsError(.logBehind, "a witness has seen other entries of this log")
        case .otherSize, .refused, .unknown: continue
        }
      }
    }
    guard signatures.count + present >= quorum else {
      throw ReceiptsError(
        .unwitnessed, "\(signatures.count + present) of \(quorum) witnesses have answered")
    }
    return signatures.sorted { ($0.name, $0.keyID) < ($1.name, $1.keyID) }
  }

  private func answers(
    to note: SignedNote, _ checkpoint: Checkpoint, lastSize: UInt64,
    store: any Store<any LogRows>
  ) async -> [WitnessAnswer] {
    await withTaskGroup(of: WitnessAnswer.self) { group in
      for witness in witnesses {
        group.addTask {
          await Self.ask(
            witness, to: note, checkpoint, from: min(lastSize, checkpoint.size), store: store)
        }
      }
      var answers: [WitnessAnswer] = []
      for await answer in group { answers.append(answer) }
      return answers
    }
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
