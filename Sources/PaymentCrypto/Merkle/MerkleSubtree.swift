// The levels above a row of hashes, computed at once: what a stored tile stands for.

public import PaymentModel

/// The hashes of up to 256 neighbouring nodes of a tree, the first of them at a multiple of 256, and of all
/// complete subtrees above them.
public struct MerkleSubtree: Sendable {
  /// How many nodes are in the lowest row at most.
  public static let largestWidth = 256

  /// The hashes of each level one after another, 32 bytes each; level `l` has `width >> l` of them.
  private let levels: [Bytes]

  /// How many nodes the lowest row has.
  public let width: Int

  /// Takes the hashes of the lowest row one after another: `nil` unless they are 1 to 256 times 32 bytes.
  public init?(_ hashes: Bytes) {
    guard !hashes.isEmpty, hashes.count.isMultiple(of: Digest.byteCount),
      hashes.count <= Self.largestWidth * Digest.byteCount
    else { return nil }
    width = hashes.count / Digest.byteCount
    var levels = [hashes]
    let state = DigestState(.sha256)
    while let row = levels.last, row.count >= 2 * Digest.byteCount {
      levels.append(Self.parents(of: row, using: state))
    }
    self.levels = levels
  }

  /// The hash of the subtree over the nodes index · 2^level ..< (index + 1) · 2^level of the lowest row;
  /// `nil` when they are not all there.
  public func hash(level: Int, index: Int) -> Digest? {
    guard levels.indices.contains(level), index >= 0,
      index < levels[level].count / Digest.byteCount
    else { return nil }
    return Digest(levels[level][(index * Digest.byteCount)..<((index + 1) * Digest.byteCount)])
  }

  /// The hashes of pairs (`MerkleTree.nodeHash`); a last one without a partner has none.
  private static func parents(of row: Bytes, using state: DigestState) -> Bytes {
    let pair = 2 * Digest.byteCount
    let count = row.count / pair
    return Bytes(unsafeUninitializedCapacity: count * Digest.byteCount) { output, filled in
      var input = Bytes(repeating: 0x01, count: 1 + pair)
      input.withUnsafeMutableBytes { input in
        row.withUnsafeBytes { row in
          for index in 0..<count {
            state.restart()
            UnsafeMutableRawBufferPointer(rebasing: input[1...])
              .copyMemory(
                from: UnsafeRawBufferPointer(rebasing: row[(index * pair)...].prefix(pair)))
            state.update(UnsafeRawBufferPointer(input))
            if let start = output.baseAddress {
              state.finish(into: start + index * Digest.byteCount)
            }
          }
        }
      }
      filled = count * Digest.byteCount
    }
  }
}
