// Merkle trees as in RFC 6962 and RFC 9162, over SHA-256.

public import PaymentModel

/// The Merkle tree of RFC 6962, section 2.1 (RFC 9162, section 2.1), over SHA-256.
///
/// Leaves and interior nodes are hashed with different first bytes, so that no node passes for a leaf.
public enum MerkleTree {
  /// The root of a tree without leaves: SHA-256 of nothing.
  public static let emptyRoot: Digest = SHA256.digest()

  /// The hash of a leaf: SHA-256(0x00 ‖ entry).
  public static func leafHash(_ entry: Bytes) -> Digest {
    SHA256.digest([0x00], entry)
  }

  /// The hash of an interior node: SHA-256(0x01 ‖ left ‖ right).
  public static func nodeHash(_ left: Digest, _ right: Digest) -> Digest {
    SHA256.digest([0x01], left.bytes, right.bytes)
  }

  /// The root over leaf hashes, in their order.
  public static func root(of leafHashes: some Sequence<Digest>) -> Digest {
    var frontier = MerkleFrontier()
    for leafHash in leafHashes { frontier.append(leafHash) }
    return frontier.root
  }

  /// The audit path of one leaf, from its sibling up to the root's child (RFC 6962, section 2.1.1);
  /// `nil` when there is no such leaf.
  public static func auditPath(of index: Int, in leafHashes: [Digest]) -> [Digest]? {
    guard leafHashes.indices.contains(index) else { return nil }
    return MerkleLevels(leafHashes).auditPath(of: UInt64(index), in: UInt64(leafHashes.count))
  }
}
