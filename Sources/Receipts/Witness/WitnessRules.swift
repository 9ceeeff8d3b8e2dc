// The rule of a witness, on its rows. Runs inside one transaction.

import PaymentCrypto
import PaymentModel

enum WitnessRules {
  /// The last checkpoint that a witness has cosigned of a log; `nil` when it has seen none.
  static func last(
    of origin: String, in rows: any LogRows
  ) throws(ReceiptsError) -> Checkpoint? {
    try rows.cosignedCheckpoint(of: origin).map(Checkpoint.init(text:))
  }

  /// A witness moves on only to a checkpoint that continues the last one.
  ///
  /// - Parameter proof: that the log of the last one is the beginning of the checkpoint's.
  /// - Throws: `inconsistent` for a smaller size, another root of the same size, or a wrong proof.
  static func requireContinued(
    from last: Checkpoint?, to checkpoint: Checkpoint, proof: [Digest]
  ) throws(ReceiptsError) {
    do throws(CryptoError) {
      try MerkleTree.verifyConsistency(
        from: last?.size ?? 0, root: last?.root ?? MerkleTree.emptyRoot, to: checkpoint.size,
        root: checkpoint.root, proof: proof)
    } catch {
      throw ReceiptsError(.inconsistent, "the checkpoint does not continue: \(error.message)")
    }
  }
}
