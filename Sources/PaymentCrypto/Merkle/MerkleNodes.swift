// Proofs out of stored hashes: a few reads, whatever the size of the tree.

public import PaymentModel

/// The hashes of a tree's complete subtrees, wherever they are stored.
///
/// A subtree of level `l` and index `i` covers the leaves i · 2^l ..< (i + 1) · 2^l. Proofs ask only for
/// subtrees that are complete in a tree of the size asked about.
public protocol MerkleNodes {
  /// The hash of a complete subtree.
  func node(level: Int, index: UInt64) -> Digest
}

extension MerkleNodes {
  /// The root over the first `size` leaves.
  public func root(ofSize size: UInt64) -> Digest {
    size == 0 ? MerkleTree.emptyRoot : hash(of: 0..<size)
  }

  /// The audit path of leaf `index` in the tree of the first `size` leaves, from its sibling up to the
  /// root's child (RFC 6962, section 2.1.1); `nil` when there is no such leaf.
  public func auditPath(of index: UInt64, in size: UInt64) -> [Digest]? {
    guard index < size else { return nil }
    var path: [Digest] = []
    var leaves = 0..<size
    while leaves.upperBound - leaves.lowerBound > 1 {
      let (left, right) = split(leaves)
      path.append(hash(of: index < right.lowerBound ? right : left))
      leaves = index < right.lowerBound ? left : right
    }
    return path.reversed()
  }

  /// The proof that the tree of the first `oldSize` leaves is a prefix of the tree of the first `size`
  /// (RFC 6962, section 2.1.2); `nil` when the old one is larger. Empty when either is empty or both are
  /// equal.
  public func consistencyProof(from oldSize: UInt64, to size: UInt64) -> [Digest]? {
    guard oldSize <= size else { return nil }
    guard oldSize > 0, oldSize < size else { return [] }
    var proof: [Digest] = []
    var leaves = 0..<size
    while leaves.upperBound != oldSize {
      let (left, right) = split(leaves)
      proof.append(hash(of: oldSize <= right.lowerBound ? right : left))
      leaves = oldSize <= right.lowerBound ? left : right
    }
    // The old tree itself needs no mention where it is a subtree of the new one.
    if leaves.lowerBound > 0 { proof.append(hash(of: leaves)) }
    return proof.reversed()
  }

  /// The hash over leaves that form a subtree of some tree, complete or at its right edge.
  private func hash(of leaves: Range<UInt64>) -> Digest {
    let size = leaves.upperBound - leaves.lowerBound
    if size & (size - 1) == 0 {
      let level = size.trailingZeroBitCount
      return node(level: level, index: leaves.lowerBound >> UInt64(level))
    }
    let (left, right) = split(leaves)
    return MerkleTree.nodeHash(hash(of: left), hash(of: right))
  }

  /// Splits two or more leaves at the largest power of two below their number.
  private func split(_ leaves: Range<UInt64>) -> (left: Range<UInt64>, right: Range<UInt64>) {
    let last = leaves.upperBound - leaves.lowerBound - 1
    let middle = leaves.lowerBound + (1 << UInt64(UInt64.bitWidth - 1 - last.leadingZeroBitCount))
    return (leaves.lowerBound..<middle, middle..<leaves.upperBound)
  }
}

/// All complete subtrees of a tree, in memory.
public struct MerkleLevels: MerkleNodes, Hashable, Sendable {
  /// How many leaves there are.
  public var size: UInt64 { frontier.size }

  /// The root over all leaves.
  public var root: Digest { frontier.root }

  private var frontier = MerkleFrontier()
  private var levels: [[Digest]] = []

  /// A tree over leaf hashes.
  public init(_ leafHashes: some Sequence<Digest> = []) {
    for leafHash in leafHashes { append(leafHash) }
  }

  /// Adds the hash of the next leaf.
  public mutating func append(_ leafHash: Digest) {
    frontier.append(leafHash) { level, _, hash in
      if level == levels.count { levels.append([]) }
      levels[level].append(hash)
    }
  }

  /// - Precondition: the subtree is complete.
  public func node(level: Int, index: UInt64) -> Digest {
    levels[level][Int(index)]
  }
}
