// A witness whose state lives among the rows of the log that it watches.

import PaymentCrypto
import PaymentModel

/// A witness that moves on and cosigns in the very transaction in which the log signs.
///
/// What it has seen is durable together with what it has seen it of, and no cosignature costs a sync of its
/// own. It keeps the log from contradicting itself. It does not keep the log from running on from an old copy,
/// which it shares; for that a log needs a `Witness` elsewhere.
public struct EmbeddedWitness: Sendable {
  private let signer: NoteSigner

  /// The key that verifies its cosignatures.
  public var key: NoteKey { signer.key }

  /// - Parameter signer: the witness's own, for cosignatures.
  public init(signer: NoteSigner) {
    self.signer = signer
  }

  /// Cosigns a checkpoint of the log that the rows hold. The log keeps the checkpoint as the last one that the
  /// witness has cosigned, in the same transaction.
  ///
  /// - Parameters:
  ///   - text: that of the checkpoint.
  ///   - last: what it has cosigned last; `nil` when it has seen nothing.
  ///   - nodes: the hashes of that log.
  /// - Throws: `logBehind` when the witness has seen more, or something else.
  func cosign(
    _ checkpoint: Checkpoint, _ text: Bytes, after last: Checkpoint?, nodes: some MerkleNodes,
    at time: Timestamp
  ) throws(ReceiptsError) -> NoteSignature {
    let proof = nodes.consistencyProof(from: last?.size ?? 0, to: checkpoint.size)
    do {
      try WitnessRules.requireContinued(from: last, to: checkpoint, proof: proof ?? [])
    } catch {
      throw ReceiptsError(.logBehind, "the witness has seen other entries of this log")
    }
    return signer.sign(text, at: time)
  }
}
