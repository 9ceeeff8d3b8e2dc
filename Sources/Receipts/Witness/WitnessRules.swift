// The rule of a witness, on its rows. Runs inside one transaction.

import PaymentCrypto
import PaymentModel

enum WitnessRules {
  /// Moves on to a checkpoint that continues the last one, and returns the size before. Nothing changes when
  /// that is not `oldSize`.
  ///
  /// - Parameter proof: that the log of `oldSize` is the beginning of the checkpoint's.
  /// - Throws: `inconsistent` for a smaller size, another root of the same size, or a wrong proof.
  static func advance(
    to checkpoint: Checkpoint, from oldSize: UInt64, proof: [Digest], in rows: inout any LogRows
  ) throws(ReceiptsError) -> UInt64 {
    let text = checkpoint.text
    let stored = rows.cosignedCheckpoint(of: checkpoint.origin)
    let last = try stored.map(Checkpoint.init(text:))
    let lastSize = last?.size ?? 0
    guard lastSize == oldSize else { return lastSize }
    do throws(CryptoError) {
      try MerkleTree.verifyConsistency(
        from: lastSize, root: last?.root ?? MerkleTree.emptyRoot, to: checkpoint.size,
        root: checkpoint.root, proof: proof)
    } catch {
      throw ReceiptsError(.inconsistent, "the checkpoint does not continue: \(error.message)")
    }
    if stored != text { rows.setCosignedCheckpoint(text, of: checkpoint.origin) }
    return lastSize
  }
}
