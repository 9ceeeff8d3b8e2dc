// Proofs between any two sizes up to 300: all of them in tier 2, some out of a seed in tier 1.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

@Suite("Proofs of all sizes up to 300")
struct ProofPropertyTests {
  static let isTier2 = ProcessInfo.processInfo.environment["FOIL_TIER"] == "2"

  let levels = MerkleLevels((0..<300).map { MerkleTree.leafHash(Bytes(bigEndian: UInt64($0))) })
  let roots: [Digest]

  init() {
    let levels = levels
    roots = (0...300).map { levels.root(ofSize: UInt64($0)) }
  }

  /// Numbers below a bound: all of them, or the edges and some out of the entropy.
  func some(below bound: Int, _ entropy: inout SeededEntropy) -> [Int] {
    guard !Self.isTier2 else { return Array(0..<bound) }
    let random = entropy.bytes(8)
    let drawn = (0..<4).map { (Int(random[2 * $0]) << 8 | Int(random[2 * $0 + 1])) % bound }
    return Array(Set([0, 1 % bound, bound / 2, bound - 1] + drawn)).sorted()
  }

  @Test("every leaf is included at its own index, in its own size, by its own path only")
  func inclusion() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    for size in 1...300 {
      for index in some(below: size, &entropy) {
        let path = try #require(levels.auditPath(of: UInt64(index), in: UInt64(size)))
        func isIncluded(_ index: Int, _ size: Int, _ path: [Digest], _ root: Digest) -> Bool {
          let leaf = levels.node(level: 0, index: UInt64(min(index, 299)))
          return
            (try? MerkleTree.verifyInclusion(
              of: leaf, at: UInt64(index), inTreeOf: UInt64(size), path: path, root: root)) != nil
        }
        let place: Comment = "seed \(seed): \(index) in \(size)"
        #expect(isIncluded(index, size, path, roots[size]), place)
        #expect(!isIncluded(index, size, path, roots[size - 1]), place)
        #expect(!isIncluded(size, size, path, roots[size]), place)
        guard size > 1 else { continue }
        #expect(!isIncluded(index, size, [], roots[size]), place)
        #expect(!isIncluded(index ^ 1, size, path, roots[size]), place)
      }
    }
  }

  @Test("every tree is the beginning of every later one, with its own root and proof only")
  func consistency() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    for size in 1...300 {
      for old in some(below: size, &entropy) {
        let proof = try #require(levels.consistencyProof(from: UInt64(old), to: UInt64(size)))
        func isBeginning(_ oldRoot: Digest, _ root: Digest, _ proof: [Digest]) -> Bool {
          (try? MerkleTree.verifyConsistency(
            from: UInt64(old), root: oldRoot, to: UInt64(size), root: root, proof: proof)) != nil
        }
        let place: Comment = "seed \(seed): \(old) to \(size)"
        #expect(isBeginning(roots[old], roots[size], proof), place)
        #expect(!isBeginning(roots[old + 1], roots[size], proof), place)
        #expect(!isBeginning(roots[old], roots[size], proof + [roots[0]]), place)
        guard old > 0 else { continue }
        #expect(!isBeginning(roots[old], roots[size - 1], proof), place)
        #expect(!isBeginning(roots[old], roots[size], proof.dropLast()), place)
        let changedPlace = Int(entropy.bytes(1)[0]) % proof.count
        var changed = proof
        changed[changedPlace] = roots[0]
        #expect(!isBeginning(roots[old], roots[size], changed), place)
      }
    }
  }
}
