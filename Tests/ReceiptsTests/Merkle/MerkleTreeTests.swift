// RFC 6962 trees: the reference tree, proofs of others, and all sizes up to 300 against the definition.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

@Suite("Merkle trees")
struct MerkleTreeTests {
  /// The definition of RFC 6962, section 2.1, to the letter.
  static func definedRoot(_ leaves: ArraySlice<Digest>) -> Digest {
    guard let first = leaves.first else { return SHA256.digest() }
    guard leaves.count > 1 else { return first }
    var half = 1
    while half * 2 < leaves.count { half *= 2 }
    let middle = leaves.startIndex + half
    return SHA256.digest(
      [1], definedRoot(leaves[..<middle]).bytes, definedRoot(leaves[middle...]).bytes)
  }

  static let leaves = (0..<300).map { MerkleTree.leafHash(Bytes(bigEndian: UInt64($0))) }

  @Test("the frontier and the stored levels give the defined root for every size up to 300")
  func roots() throws {
    var frontier = MerkleFrontier()
    let levels = MerkleLevels(Self.leaves)
    for size in 0...300 {
      let root = Self.definedRoot(Self.leaves[..<size])
      #expect(frontier.root == root)
      #expect(levels.root(ofSize: UInt64(size)) == root)
      let restored = try #require(
        MerkleFrontier(size: frontier.size, subtrees: frontier.subtrees))
      #expect(restored == frontier)
      if size < 300 { frontier.append(Self.leaves[size]) }
    }
    #expect(MerkleFrontier(size: 3, subtrees: [MerkleTree.emptyRoot]) == nil)
  }

  @Test("every leaf of every size up to 300 is proven, and at no other index or size")
  func inclusion() throws {
    let levels = MerkleLevels(Self.leaves)
    // All leaves of the small trees, a few of the large ones.
    for size in UInt64(1)...300 {
      let root = levels.root(ofSize: size)
      let indices = size <= 40 ? Array(0..<size) : [0, size / 3, size / 2, size - 2, size - 1]
      for index in indices {
        let path = try #require(levels.auditPath(of: index, in: size))
        let leaf = Self.leaves[Int(index)]
        try MerkleTree.verifyInclusion(
          of: leaf, at: index, inTreeOf: size, path: path, root: root)
        for wrong in [index ^ 1, index + 1, size, .max] {
          #expect(throws: CryptoError.self) {
            try MerkleTree.verifyInclusion(
              of: leaf, at: wrong, inTreeOf: size, path: path, root: root)
          }
        }
        #expect(Self.code(of: leaf, index, size, path + [leaf], root) == .merklePathLength)
        #expect(Self.code(of: leaf, index, 0, path, root) == .merkleIndex)
        if !path.isEmpty {
          #expect(Self.code(of: leaf, index, size, path.dropLast(), root) == .merklePathLength)
          #expect(Self.code(of: leaf, index, size, [], root) == .merklePathLength)
          #expect(Self.code(of: path[0], index, size, path, root) == .merkleRoot)
        }
      }
      #expect(levels.auditPath(of: size, in: size) == nil)
    }
    #expect(MerkleTree.auditPath(of: -1, in: Self.leaves) == nil)
    #expect(MerkleTree.auditPath(of: 7, in: Self.leaves) == levels.auditPath(of: 7, in: 300))
  }

  @Test("an interior node does not pass for a leaf")
  func interiorNode() throws {
    let levels = MerkleLevels(Self.leaves)
    let path = try #require(levels.auditPath(of: 0, in: 8))
    let root = levels.root(ofSize: 8)
    // The tree of 4 nodes above 8 leaves has the same root; the size tells them apart.
    let node = levels.node(level: 1, index: 0)
    #expect(Self.code(of: node, 0, 8, Array(path.dropFirst()), root) == .merklePathLength)
    // As an entry the children of a node hash to something else.
    let children = MerkleTree.leafHash(Self.leaves[0].bytes + Self.leaves[1].bytes)
    #expect(Self.code(of: children, 0, 4, Array(path.dropFirst()), root) == .merkleRoot)
  }

  @Test("every tree up to 120 is proven to be the beginning of every later one, and of no other")
  func consistency() throws {
    let levels = MerkleLevels(Self.leaves)
    for size in UInt64(0)...120 {
      let root = levels.root(ofSize: size)
      for old in 0...size where size < 20 || old % 7 == size % 7 || old + 2 > size {
        let oldRoot = levels.root(ofSize: old)
        let proof = try #require(levels.consistencyProof(from: old, to: size))
        try MerkleTree.verifyConsistency(
          from: old, root: oldRoot, to: size, root: root, proof: proof)
        func code(_ oldRoot: Digest, _ root: Digest, _ proof: [Digest]) -> CryptoError.Code? {
          do throws(CryptoError) {
            try MerkleTree.verifyConsistency(
              from: old, root: oldRoot, to: size, root: root, proof: proof)
            return nil
          } catch { return error.code }
        }
        #expect(code(Self.leaves[299], root, proof) == .merkleRoot)
        #expect(code(oldRoot, root, proof + [root]) == .merklePathLength)
        if !proof.isEmpty {
          #expect(code(oldRoot, Self.leaves[299], proof) == .merkleRoot)
          #expect(code(oldRoot, root, []) == .merklePathLength)
        }
      }
      #expect(levels.consistencyProof(from: size + 1, to: size) == nil)
    }
    #expect(throws: CryptoError.self, "the empty tree has one root") {
      try MerkleTree.verifyConsistency(
        from: 0, root: MerkleTree.emptyRoot, to: 0, root: Self.leaves[0], proof: [])
    }
    #expect(throws: CryptoError.self) {
      try MerkleTree.verifyConsistency(
        from: 2, root: levels.root(ofSize: 2), to: 1, root: levels.root(ofSize: 1), proof: [])
    }
  }

  @Test("sizes near 2^64 neither overflow nor pass")
  func extremes() {
    let leaf = Self.leaves[0]
    #expect(Self.code(of: leaf, .max - 1, .max, [], leaf) == .merklePathLength)
    #expect(Self.code(of: leaf, 0, .max, Array(repeating: leaf, count: 64), leaf) == .merkleRoot)
    #expect(throws: CryptoError.self) {
      try MerkleTree.verifyConsistency(
        from: 1 << 63, root: leaf, to: .max, root: leaf, proof: [leaf])
    }
  }

  static func code(
    of leaf: Digest, _ index: UInt64, _ size: UInt64, _ path: [Digest], _ root: Digest
  ) -> CryptoError.Code? {
    do throws(CryptoError) {
      try MerkleTree.verifyInclusion(of: leaf, at: index, inTreeOf: size, path: path, root: root)
      return nil
    } catch { return error.code }
  }
}

/// Proofs and trees of other projects.
@Suite(
  "Merkle trees: vectors of other projects", .enabled(if: PeerVectors.areThere, PeerVectors.hint))
struct MerkleVectorTests {
  struct ReferenceTree: Decodable {
    let leafInputs: [String]
    let rootsBySize: [String]
    let leaf: String
    let node: String

    enum CodingKeys: String, CodingKey {
      case leafInputs = "leaf_inputs_hex"
      case rootsBySize = "roots_by_size"
      case leaf = "leaf_L123456"
      case node = "node_N123_N456"
    }
  }

  struct Inclusion: Decodable {
    let leafIdx: UInt64
    let treeSize: UInt64
    let root: Data?
    let leafHash: Data?
    let proof: [Data]?
    let wantErr: Bool
    let name: String
  }

  @Test("the reference tree of RFC 6962's implementations")
  func referenceTree() throws {
    let vector = try JSONDecoder().decode(
      ReferenceTree.self, from: PeerVectors.data("merkle/rfc6962-reference-tree.json"))
    let leaves = try vector.leafInputs.map {
      MerkleTree.leafHash(try #require(Bytes(hex: $0)))
    }
    for (size, root) in vector.rootsBySize.enumerated() {
      #expect(MerkleTree.root(of: leaves[..<size]).hex == root)
    }
    #expect(MerkleTree.leafHash(Bytes("L123456".utf8)).hex == vector.leaf)
    // The node's children are texts and not digests, which only SHA-256 itself takes.
    #expect(SHA256.digest([1], Bytes("N123N456".utf8)).hex == vector.node)
  }

  @Test("inclusion proofs, good and bad")
  func inclusion() throws {
    let vectors = try JSONDecoder().decode(
      [Inclusion].self, from: PeerVectors.data("merkle/inclusion.json"))
    #expect(vectors.count > 30)
    #expect(vectors.contains { !$0.wantErr })
    for vector in vectors {
      // A hash that has not 32 bytes is no digest; it is refused before any proof is looked at.
      let path = (vector.proof ?? []).compactMap { Digest($0) }
      guard let root = Digest(vector.root ?? Data()), let leaf = Digest(vector.leafHash ?? Data()),
        path.count == vector.proof?.count ?? 0
      else {
        #expect(vector.wantErr, "\(vector.name)")
        continue
      }
      let code = MerkleTreeTests.code(of: leaf, vector.leafIdx, vector.treeSize, path, root)
      #expect((code != nil) == vector.wantErr, "\(vector.name)")
    }
  }
}
