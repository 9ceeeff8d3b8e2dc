// receipts.proof: an inclusion proof out of the tiles of a log of ten million entries, compared with reading
// and hashing as many tiles.

import Foundation
import Measurement
import PaymentCrypto
import PaymentModel
import Receipts

extension Figure {
  static let receiptsProof = Figure(name: "receipts.proof") {
    let tiles = try TenMillionTiles()
    let size = TenMillionTiles.size
    let source = TileFolder(tiles.folder.url.path)
    let tree = try TileTree(source, size: size)
    // From all over the log, the same ones again and again.
    let indices = (0..<16).map { $0 * (size / 16) + 4321 }
    var tileCount = 0
    for index in indices {
      let proof = try required(tree.inclusionProof(of: index))
      try MerkleTree.verifyInclusion(
        of: TenMillionTiles.leafHash(index), at: index, inTreeOf: size, path: proof.path,
        root: tree.root)
      tileCount = max(tileCount, proof.tileCount)
    }
    let files = try indices.map { index in
      try (0..<2).map { level in
        let tile = try required(
          Tile(level: level, index: index >> UInt64(8 * (level + 1)), size: size))
        return tiles.folder.path(tile.path)
      }
    }
    let digest = RawDigest()
    let node = [UInt8](repeating: 1, count: 65)
    let nodesPerTile = Tile.fullWidth - 1
    let seconds = try medianSeconds {
      for index in indices { keep(try tree.inclusionProof(of: index)) }
    } and: {
      for file in files.joined() {
        keep(try required(FileManager.default.contents(atPath: file)))
        for _ in 0..<nodesPerTile { keep(digest.digest(node)) }
      }
    }
    let open = try medianSeconds(rounds: 5) {
      keep(try TileTree(source, size: size))
    } and: {
      keep(digest.digest(node))
    }
    let count = Double(indices.count)
    return Result(
      value: seconds.one / count * 1e3, unit: "ms", baseline: seconds.other / count * 1e3,
      goal: .valueAndMemberAtMost(1, "tiles", 4),
      more: [
        "tiles": Double(tileCount), "openTiles": Double(tree.edgeTileCount),
        "openMilliseconds": open.one * 1e3,
      ])
  }
}
