// The rule of a witness, on its rows. Runs inside one transaction.

import PaymentCrypto
import PaymentModel

enum WitnessRules {
  /// The last checkpoint that a witness has cosigned of a log; `nil` when it has seen none.
  ///
  /// - Parameter known: a checkpoint that it may be, so that it need not be read.
  static func last(
    of origin: String, known: Checkpoint? = nil, in rows: any LogRows
  ) throws(ReceiptsError) -> Checkpoint? {
    guard let text = rows.cosignedCheckpoint(of: origin) else { return nil }
    if let known, known.text == text { return known }
    return try Checkpoint(text: text)
  }

  /// Moves on to a checkpoint that continues the last one.
  ///
  /// - Parameter proof: that the log of the last one is the beginning of the checkpoint's.
  /// - Throws: `inconsistent` for a smaller size, another root of the same size, or a wrong proof.
  static func advance(
    from last: Checkpoint?, to checkpoint: Checkpoint, proof: [Digest], in rows: inout any LogRows
  ) throws(ReceiptsError) {
    do throws(CryptoError) {
      try MerkleTree.verifyConsistency(
        from: last?.size ?? 0, root: last?.root ?? MerkleTree.emptyRoot, to: checkpoint.size,
        root: checkpoint.root, proof: proof)
    } catch {
      throw ReceiptsError(.inconsistent, "the checkpoint does not continue: \(error.message)")
    }
    if last != checkpoint { rows.setCosignedCheckpoint(checkpoint.text, of: checkpoint.origin) }
  }
}
