// A witness with rows of its own, in the log's process or behind whatever carries its answers.

import PaymentCrypto
public import PaymentModel

/// A witness over rows of its own.
///
/// It has seen of each log one growing history: a checkpoint is cosigned only when it continues the last
/// one, and the new state is durable before the cosignature leaves. One that shares the log's disk
/// protects from the log's mistakes, not from whoever copies back both.
public final class LocalWitness: Witness {
  public var key: NoteKey { signer.key }

  private let signer: NoteSigner
  private let logs: [NoteKey]
  private let store: any Store<any LogRows>
  private let clock: any WallClock

  /// - Parameters:
  ///   - signer: the witness's own, for cosignatures.
  ///   - logs: the keys of the logs that it watches.
  ///   - store: where it keeps what it has seen.
  public init(
    signer: NoteSigner, logs: [NoteKey], store: any Store<any LogRows>, clock: any WallClock
  ) {
    self.signer = signer
    self.logs = logs
    self.store = store
    self.clock = clock
  }

  public func cosign(
    _ note: SignedNote, from oldSize: UInt64, proof: [Digest]
  ) async -> WitnessAnswer {
    do throws(ReceiptsError) {
      let checkpoint = try Checkpoint(text: note.text)
      guard
        logs.contains(where: { log in
          log.name.utf8.elementsEqual(checkpoint.origin.utf8)
            && note.signatures.contains { log.isValid($0, for: note.text) }
        })
      else { throw ReceiptsError(.unknownLog, "no watched log has signed the checkpoint") }
      let lastSize = try await store.transact { rows throws(ReceiptsError) in
        let last = try WitnessRules.last(of: checkpoint.origin, in: rows)
        let lastSize = last?.size ?? 0
        guard lastSize == oldSize else { return lastSize }
        try WitnessRules.requireContinued(from: last, to: checkpoint, proof: proof)
        if last != checkpoint {
          rows.setCosignedCheckpoint(checkpoint.text, of: checkpoint.origin)
        }
        return lastSize
      }
      guard lastSize == oldSize else { return .otherSize(lastSize) }
      return .cosigned(signer.sign(note.text, at: clock.now()))
    } catch {
      return .refused(error)
    }
  }
}
