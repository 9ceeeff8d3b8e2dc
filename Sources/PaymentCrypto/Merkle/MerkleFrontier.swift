// A Merkle tree that grows at its right edge, in memory that grows with the logarithm of its size.

public import PaymentModel

/// The complete subtrees along the right edge of a growing tree: enough to add leaves and to know the
/// root, for any number of leaves.
public struct MerkleFrontier: Hashable, Sendable {
  /// How many leaves there are.
  public private(set) var size: UInt64

  /// The roots of the complete subtrees from left to right: one for each bit that is set in `size`, the
  /// largest first.
  public private(set) var subtrees: [Digest]

  /// A tree without leaves.
  public init() {
    size = 0
    subtrees = []
  }

  /// Goes on from a stored state. `nil` unless there is one subtree for each bit set in `size`.
  public init?(size: UInt64, subtrees: [Digest]) {
    guard subtrees.count == size.nonzeroBitCount else { return nil }
    self.size = size
    self.subtrees = subtrees
  }

  /// Adds the hash of the next leaf (`MerkleTree.leafHash`).
  public mutating func append(_ leafHash: Digest) {
    append(leafHash) { _, _, _ in }
  }

  /// Adds the hash of the next leaf and reports each subtree that it completes, the leaf itself first.
  ///
  /// - Parameter completed: takes level (0 for leaves), index on that level, and hash.
  public mutating func append(
    _ leafHash: Digest, completed: (_ level: Int, _ index: UInt64, _ hash: Digest) -> Void
  ) {
    var hash = leafHash
    completed(0, size, hash)
    for level in 0..<size.trailingOnes {
      hash = MerkleTree.nodeHash(subtrees.removeLast(), hash)
      completed(level + 1, size >> UInt64(level + 1), hash)
    }
    subtrees.append(hash)
    size += 1
  }

  /// The root over all leaves so far.
  public var root: Digest {
    guard var hash = subtrees.last else { return MerkleTree.emptyRoot }
    for subtree in subtrees.dropLast().reversed() { hash = MerkleTree.nodeHash(subtree, hash) }
    return hash
  }
}

extension UInt64 {
  /// How many of the lowest bits are ones, up to the first zero.
  fileprivate var trailingOnes: Int { (~self).trailingZeroBitCount }
}
