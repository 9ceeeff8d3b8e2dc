// Proofs checked: that a leaf is in a tree, and that a tree is the beginning of another.

public import PaymentModel

extension MerkleTree {
  /// Checks that a leaf is in the tree of that size and root (RFC 9162, section 2.1.3.2).
  ///
  /// - Parameters:
  ///   - leafHash: what `MerkleTree.leafHash` gives for the entry. Hash the entry yourself: a hash out of
  ///     foreign hands may be an interior node.
  ///   - index: which leaf, from 0.
  ///   - size: how many leaves the tree has.
  ///   - path: from the leaf's sibling up to the root's child.
  /// - Throws: `merkleIndex` for an index not below the size, `merklePathLength`, `merkleRoot`.
  public static func verifyInclusion(
    of leafHash: Digest, at index: UInt64, inTreeOf size: UInt64, path: [Digest], root: Digest
  ) throws(CryptoError) {
    guard index < size else {
      throw CryptoError(.merkleIndex, "the index is not below the size of the tree")
    }
    let inner = innerCount(index, size)
    guard path.count == inner + borderCount(index, inner) else {
      throw CryptoError(
        .merklePathLength, "the inclusion path does not have the length it must have")
    }
    let hash = climb(from: leafHash, at: index, inner: path[..<inner], border: path[inner...])
    guard hash == root else {
      throw CryptoError(.merkleRoot, "the inclusion path does not lead to the root")
    }
  }

  /// Checks that the tree of `oldSize` and `oldRoot` is the beginning of the tree of `size` and `root`
  /// (RFC 9162, section 2.1.4.2).
  ///
  /// The empty tree is the beginning of every tree, and every tree of itself; both with an empty proof.
  ///
  /// - Throws: `merkleIndex` when the old tree is larger, `merklePathLength`, `merkleRoot`.
  public static func verifyConsistency(
    from oldSize: UInt64, root oldRoot: Digest, to size: UInt64, root: Digest, proof: [Digest]
  ) throws(CryptoError) {
    guard oldSize <= size else {
      throw CryptoError(.merkleIndex, "the tree is smaller than it was before")
    }
    guard oldSize > 0, oldSize < size else {
      guard proof.isEmpty else {
        throw CryptoError(.merklePathLength, "this consistency proof must be empty")
      }
      guard oldSize < size || oldRoot == root, oldSize > 0 || oldRoot == emptyRoot else {
        throw CryptoError(.merkleRoot, "one size with two roots")
      }
      return
    }
    // The proof begins with the largest complete subtree at the old tree's right edge, unless that is the
    // old tree.
    let shift = oldSize.trailingZeroBitCount
    let isSubtree = oldSize & (oldSize - 1) == 0
    let inner = innerCount(oldSize - 1, size) - shift
    let start = isSubtree ? 0 : 1
    guard proof.count == start + inner + borderCount(oldSize - 1, inner + shift) else {
      throw CryptoError(
        .merklePathLength, "the consistency proof does not have the length it must have")
    }
    let seed = isSubtree ? oldRoot : proof[0]
    let index = (oldSize - 1) >> UInt64(shift)
    let innerPath = proof[start..<(start + inner)]
    let borderPath = proof[(start + inner)...]
    let leftOnly = zip(0..., innerPath).filter { level, _ in index >> UInt64(level) & 1 == 1 }
      .map(\.1)
    guard (leftOnly + borderPath).reduce(seed, { nodeHash($1, $0) }) == oldRoot,
      climb(from: seed, at: index, inner: innerPath, border: borderPath) == root
    else {
      throw CryptoError(.merkleRoot, "the consistency proof does not lead to both roots")
    }
  }

  /// How many levels a leaf climbs until its subtree reaches the right edge of the tree.
  private static func innerCount(_ index: UInt64, _ size: UInt64) -> Int {
    UInt64.bitWidth - (index ^ (size - 1)).leadingZeroBitCount
  }

  /// How many left siblings it meets from there to the root.
  private static func borderCount(_ index: UInt64, _ inner: Int) -> Int {
    inner == UInt64.bitWidth ? 0 : (index >> UInt64(inner)).nonzeroBitCount
  }

  private static func climb(
    from hash: Digest, at index: UInt64, inner: ArraySlice<Digest>, border: ArraySlice<Digest>
  ) -> Digest {
    var hash = hash
    for (level, sibling) in inner.enumerated() {
      let isLeftChild = index >> UInt64(level) & 1 == 0
      hash = isLeftChild ? nodeHash(hash, sibling) : nodeHash(sibling, hash)
    }
    for sibling in border { hash = nodeHash(sibling, hash) }
    return hash
  }
}

extension CryptoError.Code {
  /// A leaf's index is not below the tree's size, or a tree is larger than its successor.
  public static let merkleIndex = Self(rawValue: "merkle-index")
  /// A proof has more or fewer hashes than index and size demand.
  public static let merklePathLength = Self(rawValue: "merkle-path-length")
  /// A proof does not lead to the root.
  public static let merkleRoot = Self(rawValue: "merkle-root")
}
