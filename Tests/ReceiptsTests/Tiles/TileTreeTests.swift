// Proofs out of tiles are the proofs of the tree, and read few of them.

import PaymentCrypto
import PaymentModel
import Receipts
import Synchronization
import Testing

@Suite("Proofs from tiles")
struct TileTreeTests {
  @Test("paths are those of the specification")
  func paths() throws {
    #expect(Tile(level: 0, index: 1_234_067).path == "tile/0/x001/x234/067")
    #expect(Tile(level: 2, index: 0).path == "tile/2/000")
    #expect(Tile(level: 0, index: 999).path == "tile/0/999")
    #expect(Tile(level: 1, index: 1000).path == "tile/1/x001/000")
    #expect(Tile(level: 0, index: 273, width: 112).entriesPath == "tile/entries/273.p/112")
    #expect(Tile(level: 0, index: 1001, width: 1).path == "tile/0/x001/001.p/1")
  }

  @Test("a log of 70,000 entries has the tiles that the specification counts")
  func example() {
    let size: UInt64 = 70_000
    func widths(_ level: Int) -> [Int] {
      (0..<400).compactMap { Tile(level: level, index: $0, size: size)?.width }
    }
    #expect(widths(0) == Array(repeating: 256, count: 273) + [112])
    #expect(widths(1) == [256, 17])
    #expect(widths(2) == [1])
    #expect(widths(3).isEmpty)
    #expect(Tile(level: 0, index: 0, size: 256)?.isFull == true)
    #expect(Tile(level: 1, index: 0, size: 256)?.width == 1)
    #expect(Tile(level: 8, index: 0, size: .max) == nil)
    #expect(Tile(level: 0, index: .max, size: .max) == nil)
  }

  @Test("roots and proofs of all sizes up to 300, and of some beyond, are those of the tree")
  func proofs() throws {
    let entries = (0..<70_000).map { number in
      LogEntry(slot: .none, statement: identifier("\(number % 7)"))
    }
    let tree = MerkleLevels(entries.map(\.leafHash))
    let source = TreeTiles(tree, entries)
    for size in Array(UInt64(0)...300) + [511, 512, 513, 65_535, 65_536, 65_537, 70_000] {
      let tiles = try TileTree(source, size: size)
      #expect(tiles.root == tree.root(ofSize: size))
      for index in Set([0, 1, size / 3, size / 2, size &- 2, size &- 1, size]).sorted() {
        let proof = try tiles.inclusionProof(of: index)
        #expect(proof?.path == tree.auditPath(of: index, in: size), "\(index) of \(size)")
        #expect((proof?.tileCount ?? 0) <= 3)
        let consistency = try tiles.consistencyProof(from: index)
        #expect(
          consistency?.path == tree.consistencyProof(from: index, to: size), "\(index) to \(size)")
        guard index <= size else { continue }
        #expect(try tiles.root(ofSize: index) == tree.root(ofSize: index))
      }
      #expect(try tiles.root(ofSize: size + 1) == nil)
    }
    let tiles = try TileTree(source, size: 70_000)
    #expect(try tiles.entries(in: 250..<600) == Array(entries[250..<600]))
    #expect(try tiles.entries(in: 69_990..<80_000) == Array(entries[69_990...]))
    #expect(try tiles.entries(in: 7..<7).isEmpty)
  }

  @Test("a log of ten million entries takes three tiles to open and two for a proof")
  func tenMillion() throws {
    let source = SameTiles()
    let size: UInt64 = 10_000_000
    let tree = try TileTree(source, size: size)
    #expect(tree.edgeTileCount == 3)
    #expect(source.count == 3)
    for index in [0, 1, 65_535, 4_999_999, 9_961_472, size - 1] {
      let before = source.count
      let proof = try #require(try tree.inclusionProof(of: index))
      #expect(proof.tileCount == source.count - before)
      #expect(proof.tileCount <= 2)
      try MerkleTree.verifyInclusion(
        of: SameTiles.leafHash, at: index, inTreeOf: size, path: proof.path, root: tree.root)
    }
    for old in [1, 255, 256, 4_999_999, size - 1] {
      let proof = try #require(try tree.consistencyProof(from: old))
      #expect(proof.tileCount <= 3)
      try MerkleTree.verifyConsistency(
        from: old, root: try #require(try tree.root(ofSize: old)), to: size, root: tree.root,
        proof: proof.path)
    }
  }

  @Test("missing, short and wrong tiles are found out")
  func wrongTiles() throws {
    let entries = (0..<600).map { LogEntry(slot: .none, statement: identifier("\($0)")) }
    let tree = MerkleLevels(entries.map(\.leafHash))
    for tile in [
      Tile(level: 0, index: 1), Tile(level: 0, index: 2, width: 88),
      Tile(level: 1, index: 0, width: 2),
    ] {
      for damage in TreeTiles.Damage.allCases where damage != .wrongEntry {
        let source = TreeTiles(tree, entries, damaged: tile, by: damage)
        let missing = ReceiptsError(.tileMissing, "")
        if tile == Tile(level: 0, index: 1) {
          let opened = try TileTree(source, size: 600)
          #expect(opened.root == tree.root)
          if damage == .otherHash {
            let path = try #require(try opened.inclusionProof(of: 300)).path
            #expect(throws: CryptoError.self) {
              try MerkleTree.verifyInclusion(
                of: entries[300].leafHash, at: 300, inTreeOf: 600, path: path, root: opened.root)
            }
          } else {
            #expect(throws: missing) { try opened.inclusionProof(of: 300) }
            #expect(throws: missing) { try opened.entries(in: 300..<301) }
          }
        } else if damage == .otherHash {
          #expect(try TileTree(source, size: 600).root != tree.root)
        } else {
          #expect(throws: missing) { try TileTree(source, size: 600) }
        }
      }
    }
    let source = TreeTiles(tree, entries, damaged: Tile(level: 0, index: 1), by: .wrongEntry)
    #expect(throws: ReceiptsError(.notIncluded, "")) {
      try TileTree(source, size: 600).entries(in: 256..<257)
    }
  }
}

/// The tiles of a tree in memory, one of them damaged.
struct TreeTiles: TileSource {
  enum Damage: CaseIterable {
    case missing, short, odd, otherHash, wrongEntry
  }

  let tree: MerkleLevels
  let entries: [LogEntry]
  let damaged: Tile?
  let damage: Damage

  init(
    _ tree: MerkleLevels, _ entries: [LogEntry], damaged: Tile? = nil, by damage: Damage = .missing
  ) {
    self.tree = tree
    self.entries = entries
    self.damaged = damaged
    self.damage = damage
  }

  func hashes(of tile: Tile) -> Bytes? {
    let first = tile.index * 256
    var bytes = (first..<first + UInt64(tile.width))
      .reduce(into: Bytes()) { $0 += tree.node(level: 8 * tile.level, index: $1).bytes }
    guard tile == damaged else { return bytes }
    switch damage {
    case .missing: return nil
    case .short: return bytes.dropLast(32)
    case .odd: return bytes.dropLast()
    case .otherHash: bytes[bytes.count - 1] ^= 1
    case .wrongEntry: break
    }
    return bytes
  }

  func entries(of tile: Tile) -> Bytes? {
    let first = Int(tile.index) * 256
    var bytes = entries[first..<first + tile.width]
      .reduce(into: Bytes()) { $0 += [0, 64] + $1.bytes }
    if tile == damaged, damage == .wrongEntry { bytes[bytes.count - 1] ^= 1 }
    return bytes
  }
}

/// The tiles of a log of any size whose entries are all the same, made when they are asked for.
final class SameTiles: TileSource {
  static let leafHash = MerkleTree.leafHash(Bytes(repeating: 7, count: 64))

  private let read = Mutex(0)
  var count: Int { read.withLock { $0 } }

  func hashes(of tile: Tile) -> Bytes? {
    read.withLock { $0 += 1 }
    let hash = (0..<8 * tile.level).reduce(Self.leafHash) { hash, _ in
      MerkleTree.nodeHash(hash, hash)
    }
    return Bytes(Array(repeating: hash.bytes, count: tile.width).joined())
  }

  func entries(of tile: Tile) -> Bytes? { nil }
}
