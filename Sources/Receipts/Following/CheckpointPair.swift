// Two checkpoints of one log, compared: one history, or two.

public import PaymentCrypto
public import PaymentModel

/// Two checkpoints that one log has signed, the smaller one first.
public struct CheckpointPair: Hashable, Sendable {
  /// What a comparison says.
  public enum Answer: Hashable, Sendable {
    /// The smaller log is the beginning of the larger one.
    case consistent
    /// The log has shown two histories.
    case splitView(SplitView)
  }

  public let smaller: Checkpoint
  public let larger: Checkpoint
  private let smallerNote: SignedNote
  private let largerNote: SignedNote

  /// Takes two checkpoints in any order, and verifies the log's signature on each. What witnesses say is
  /// another question: `LogPolicy.verify`.
  ///
  /// - Throws: what `LogPolicy.verify` throws for the log's own signature; `otherLog` when the checkpoints
  ///   are of two logs.
  public init(
    _ first: SignedNote, _ second: SignedNote, by policy: LogPolicy
  ) throws(ReceiptsError) {
    let (one, other) = (try policy.signedByLog(first), try policy.signedByLog(second))
    guard one.origin.utf8.elementsEqual(other.origin.utf8) else {
      throw ReceiptsError(.otherLog, "the checkpoints are of two logs")
    }
    let isInOrder = one.size <= other.size
    (smaller, larger) = isInOrder ? (one, other) : (other, one)
    // Lines of strangers are no part of what is proven.
    let (kept, otherKept) = (policy.stripped(first), policy.stripped(second))
    (smallerNote, largerNote) = isInOrder ? (kept, otherKept) : (otherKept, kept)
  }

  /// The answer, where the checkpoints alone give one: of equal sizes, or when one of the logs is empty.
  public var answerWithoutProof: Answer? {
    if smaller.size == larger.size {
      return answer(prefixRoot: larger.root, path: [])
    }
    return smaller.size == 0 ? answer(prefixRoot: MerkleTree.emptyRoot, path: []) : nil
  }

  /// The answer that a consistency proof gives.
  ///
  /// A proof that does not lead to the larger checkpoint says nothing about the log: whoever made the
  /// proof may have made a mistake. Nor does it where the smaller size is a power of two, because such a
  /// proof does not tell the smaller root.
  ///
  /// - Parameter proof: of RFC 6962, section 2.1.2, from the smaller to the larger size.
  /// - Throws: `sourceMismatch`.
  public func compare(by proof: [Digest]) throws(ReceiptsError) -> Answer {
    if let answer = answerWithoutProof { return answer }
    let roots = ConsistencyRoots(
      from: smaller.size, to: larger.size, proof: proof, subtree: smaller.root)
    guard let roots, roots.new == larger.root else {
      throw ReceiptsError(
        .sourceMismatch, "the proof does not lead to the checkpoint of \(larger.size) entries")
    }
    return answer(prefixRoot: roots.old, path: proof)
  }

  /// The answer that stored subtrees of the larger tree give.
  ///
  /// - Throws: `sourceMismatch` when they are those of another tree.
  public func compare(with nodes: some MerkleNodes) throws(ReceiptsError) -> Answer {
    if let answer = answerWithoutProof { return answer }
    guard nodes.root(ofSize: larger.size) == larger.root,
      let path = nodes.consistencyProof(from: smaller.size, to: larger.size)
    else {
      throw ReceiptsError(
        .sourceMismatch, "the tree is not that of the checkpoint of \(larger.size) entries")
    }
    return answer(prefixRoot: nodes.root(ofSize: smaller.size), path: path)
  }

  /// The answer that a source of the log gives, out of a number of subtrees that grows with the logarithm
  /// of the size.
  ///
  /// - Throws: `sourceMismatch`, and what `LogSource.node` throws.
  public func compare(with source: any LogSource) async throws(ReceiptsError) -> Answer {
    if let answer = answerWithoutProof { return answer }
    let wanted = WantedNodes()
    _ = wanted.root(ofSize: larger.size)
    _ = wanted.root(ofSize: smaller.size)
    _ = wanted.consistencyProof(from: smaller.size, to: larger.size)
    var found = FoundNodes()
    for place in wanted.places where found.hashes[place] == nil {
      found.hashes[place] = try await source.node(
        level: place.level, index: place.index, in: larger.size)
    }
    return try compare(with: found)
  }

  private func answer(prefixRoot: Digest, path: [Digest]) -> Answer {
    guard prefixRoot != smaller.root else { return .consistent }
    return .splitView(
      SplitView(smaller: smallerNote, larger: largerNote, prefixRoot: prefixRoot, path: path))
  }
}

/// Where a subtree stands.
private struct NodePlace: Hashable {
  let level: Int
  let index: UInt64
}

/// Notes which subtrees are asked for, and answers anything.
private final class WantedNodes: MerkleNodes {
  private(set) var places: [NodePlace] = []

  func node(level: Int, index: UInt64) -> Digest {
    places.append(NodePlace(level: level, index: index))
    return MerkleTree.emptyRoot
  }
}

/// Subtrees that have been fetched.
private struct FoundNodes: MerkleNodes {
  var hashes: [NodePlace: Digest] = [:]

  /// Anything for what was not fetched: then no root is the right one.
  func node(level: Int, index: UInt64) -> Digest {
    hashes[NodePlace(level: level, index: index)] ?? MerkleTree.emptyRoot
  }
}
