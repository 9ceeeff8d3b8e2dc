// The tree of an order: each party is shown its own part, and nothing tells how many others there are.

public import PaymentModel
import PaymentCrypto

/// The parts of an order below one root.
///
/// The tree is that of RFC 6962, section 2.1, over SHA-256. The entry of a part is
/// SHA-256(32-byte salt ‖ the part in canonical JSON), with a salt of its own. There are 64 entries, or the
/// next power of two that holds all parts; parts stand at random places, and random digests in all others.
public struct OrderCommitment: Sendable {
  /// How many entries a tree has at least and at most.
  public static let entryCounts = 64...4096

  public let root: Digest
  /// How many entries the tree has.
  public let entryCount: Int
  /// The parts in the order in which they were given, each with what ties it to the root.
  public let parts: [CommittedPart]

  /// - Throws: `partCount` without parts, or for more than 4096.
  public init(_ parts: [OrderPart], entropy: inout some Entropy) throws(EvidenceError) {
    guard (1...Self.entryCounts.upperBound).contains(parts.count) else {
      throw EvidenceError(.partCount, "an order has 1 to \(Self.entryCounts.upperBound) parts")
    }
    var entryCount = Self.entryCounts.lowerBound
    while entryCount < parts.count { entryCount *= 2 }
    let places = entropy.permutation(of: entryCount).prefix(parts.count)
    var entries = (0..<entryCount).map { _ in entropy.bytes(Digest.byteCount) }
    var salted: [(part: Bytes, salt: Salt, place: Int)] = []
    for (part, place) in zip(parts, places) {
      let bytes = CanonicalJSON.encode { part.write(to: &$0) }
      let salt = Salt(from: &entropy)
      entries[place] = CommittedPart.entry(salt, bytes)
      salted.append((bytes, salt, place))
    }
    let tree = MerkleLevels(entries.map(MerkleTree.leafHash))
    root = tree.root
    self.entryCount = entryCount
    self.parts = salted.map { part, salt, place in
      CommittedPart(
        part: part, salt: salt, index: place,
        path: tree.auditPath(of: UInt64(place), in: UInt64(entryCount)) ?? [])
    }
  }
}

extension CommittedPart {
  /// What hangs in the order's tree: SHA-256(salt ‖ part).
  static func entry(_ salt: Salt, _ part: Bytes) -> Bytes {
    SHA256.digest(salt.bytes, part).bytes
  }

  /// Checks that this part hangs below the order's root, and reads it.
  ///
  /// - Throws: in this order `partIndex`, `partPath`, and the codes of canonical JSON and its members.
  public func verify(against order: Order) throws(EvidenceError) -> OrderPart {
    guard (0..<order.entryCount).contains(index) else {
      throw EvidenceError(.partIndex, "the order's tree has no entry \(index)")
    }
    do {
      try MerkleTree.verifyInclusion(
        of: MerkleTree.leafHash(Self.entry(salt, part)), at: UInt64(index),
        inTreeOf: UInt64(order.entryCount), path: path, root: order.root)
    } catch {
      throw EvidenceError(.partPath, "the part does not hang below the order's root")
    }
    do {
      return try CanonicalJSON.decode(part) { reader throws(ClaimError) in
        try OrderPart(from: &reader)
      }
    } catch {
      throw error.inside("part")
    }
  }
}

extension Entropy {
  /// The numbers below `count` in a random order, each order as likely as any other.
  fileprivate mutating func permutation(of count: Int) -> [Int] {
    var numbers = Array(0..<count)
    for last in numbers.indices.dropFirst().reversed() {
      numbers.swapAt(last, number(below: last + 1))
    }
    return numbers
  }

  /// By rejection of what lies above the largest multiple of `bound`.
  private mutating func number(below bound: Int) -> Int {
    let bound = UInt64(bound)
    while true {
      let drawn = bytes(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      if drawn < UInt64.max - UInt64.max % bound { return Int(drawn % bound) }
    }
  }
}
