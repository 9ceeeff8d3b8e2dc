// The hashes of a log of ten million entries, as the files that a web server would serve.

import Foundation
import Measurement
import PaymentCrypto
import PaymentModel
import Receipts

/// A folder with the hash tiles of a log. Entry `i` is `i` as eight bytes.
final class TenMillionTiles {
  static let size: UInt64 = 10_000_000

  let folder: TemporaryFolder
  private var rows: [Bytes]
  private var counts: [UInt64]

  init() throws {
    folder = try TemporaryFolder()
    let levels = 3
    rows = [Bytes](repeating: [], count: levels)
    counts = [UInt64](repeating: 0, count: levels)
    for index in 0..<Self.size { try add(Self.leafHash(index), level: 0) }
    for level in 0..<levels where !rows[level].isEmpty { try write(level) }
  }

  static func leafHash(_ index: UInt64) -> Digest { MerkleTree.leafHash(Bytes(bigEndian: index)) }

  private func add(_ hash: Digest, level: Int) throws {
    rows[level] += hash.bytes
    guard rows[level].count == Tile.fullWidth * Digest.byteCount else { return }
    let above = try required(
      MerkleSubtree(rows[level])?.hash(level: Tile.height, index: 0))
    try write(level)
    if level + 1 < rows.count { try add(above, level: level + 1) }
  }

  private func write(_ level: Int) throws {
    let tile = try required(Tile(level: level, index: counts[level], size: Self.size))
    let file = folder.url.appending(path: tile.path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(rows[level]).write(to: file)
    rows[level].removeAll(keepingCapacity: true)
    counts[level] += 1
  }
}
