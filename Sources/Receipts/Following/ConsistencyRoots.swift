// Where a consistency proof leads, whether or not somebody has signed that.

import PaymentCrypto
import PaymentModel

/// The two roots that a consistency proof leads to.
///
/// `MerkleTree.verifyConsistency` says that a proof does not lead to two given roots. This says where it
/// leads instead: a proof that leads to the root of the larger tree tells the root that its beginning has,
/// and so refutes any other.
struct ConsistencyRoots: Hashable {
  /// The root over the first `oldSize` leaves.
  let old: Digest
  /// The root over all of them.
  let new: Digest

  /// Follows a proof of RFC 6962, section 2.1.2.
  ///
  /// - Parameters:
  ///   - oldSize: at least 1 and below `size`.
  ///   - subtree: the root of the old tree, which a proof leaves out where that tree is a complete subtree
  ///     of the new one.
  /// - Returns: `nil` when the proof has more or fewer hashes than the sizes demand.
  init?(from oldSize: UInt64, to size: UInt64, proof: [Digest], subtree: Digest) {
    guard oldSize > 0, oldSize < size else { return nil }
    var rest = proof
    var leaves = 0..<size
    var steps: [(isLeft: Bool, sibling: Digest)] = []
    while leaves.upperBound != oldSize {
      guard let sibling = rest.popLast() else { return nil }
      let middle = Self.middle(of: leaves)
      let isLeft = oldSize <= middle
      steps.append((isLeft, sibling))
      leaves = isLeft ? leaves.lowerBound..<middle : middle..<leaves.upperBound
    }
    var hash = subtree
    if leaves.lowerBound > 0 {
      guard let seed = rest.popLast() else { return nil }
      hash = seed
    }
    guard rest.isEmpty else { return nil }
    var (old, new) = (hash, hash)
    for step in steps.reversed() {
      if step.isLeft {
        new = MerkleTree.nodeHash(new, step.sibling)
      } else {
        old = MerkleTree.nodeHash(step.sibling, old)
        new = MerkleTree.nodeHash(step.sibling, new)
      }
    }
    self.old = old
    self.new = new
  }

  /// Where two or more leaves are split: at the largest power of two below their number.
  private static func middle(of leaves: Range<UInt64>) -> UInt64 {
    let last = leaves.upperBound - leaves.lowerBound - 1
    return leaves.lowerBound + (1 << UInt64(UInt64.bitWidth - 1 - last.leadingZeroBitCount))
  }
}
