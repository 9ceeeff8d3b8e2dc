// The right edge of a growing tree in memory, so that a log that appends reads no hashes.

import PaymentCrypto
import PaymentModel

/// The complete subtrees along a tree's right edge as it was, and all that were completed since.
///
/// Proofs about the entries that were added since, and the proof that the tree continues the one that it was,
/// need no other subtree.
struct RightEdge: Sendable {
  /// The tree as it is now.
  private(set) var frontier: MerkleFrontier
  /// For each level the consecutive hashes that are held, and the index of the first.
  private var levels: [Level]

  private struct Level: Sendable {
    let first: UInt64
    var hashes: [Digest]
  }

  /// The edge of a tree that was not changed yet.
  init(_ frontier: MerkleFrontier) {
    self.frontier = frontier
    let size = frontier.size
    var subtrees = frontier.subtrees[...]
    levels = (0...(UInt64.bitWidth - size.leadingZeroBitCount)).map { level in
      let index = size >> UInt64(level)
      guard index & 1 == 1, let subtree = subtrees.popLast() else {
        return Level(first: index, hashes: [])
      }
      return Level(first: index - 1, hashes: [subtree])
    }
  }

  /// The edge of the tree that the rows hold.
  init(of rows: any LogRows) {
    let size = rows.size
    let subtrees = (0..<UInt64.bitWidth).reversed().filter { size >> UInt64($0) & 1 == 1 }
      .map { rows.node(level: $0, index: (size >> UInt64($0)) - 1) }
    self.init(MerkleFrontier(size: size, subtrees: subtrees) ?? MerkleFrontier())
  }

  var size: UInt64 { frontier.size }

  /// Adds a leaf's hash and returns the hashes of the subtrees that it completes, the leaf first.
  mutating func append(_ leafHash: Digest) -> [Digest] {
    var completed: [Digest] = []
    frontier.append(leafHash) { _, _, hash in completed.append(hash) }
    for (level, hash) in completed.enumerated() {
      if level == levels.count { levels.append(Level(first: 0, hashes: [])) }
      levels[level].hashes.append(hash)
    }
    return completed
  }

  /// The hash of a subtree that is held.
  fileprivate func hash(level: Int, index: UInt64) -> Digest? {
    guard level < levels.count, index >= levels[level].first else { return nil }
    let offset = index - levels[level].first
    return offset < levels[level].hashes.count ? levels[level].hashes[Int(offset)] : nil
  }
}

/// Hashes from the right edge, and those that it does not hold from the rows.
struct EdgeAndRows: MerkleNodes {
  let edge: RightEdge
  let rows: any LogRows

  func node(level: Int, index: UInt64) -> Digest {
    edge.hash(level: level, index: index) ?? rows.node(level: level, index: index)
  }
}
