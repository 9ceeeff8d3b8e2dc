// Proofs out of tiles: a few files, whatever the size of the log.

import PaymentCrypto
public import PaymentModel

/// A log of one size, read from tiles.
///
/// Its right edge is read when it is opened, one tile for each level, and kept. After that a proof reads at most
/// one tile for each lower level: two in a log of ten million entries.
///
/// Nothing is believed about the tiles but what the root says: compare `root` with that of a verified
/// checkpoint of this size. A proof from wrong tiles does not verify.
public struct TileTree: Sendable {
  /// How many entries the log has.
  public let size: UInt64
  /// The root over all entries.
  public let root: Digest
  /// How many tiles were read to open the tree.
  public let edgeTileCount: Int

  private let source: any TileSource
  private let edge: [Tile: MerkleSubtree]

  /// A proof, and how many tiles were read for it.
  public struct Proof: Sendable {
    public let path: [Digest]
    public let tileCount: Int
  }

  /// Opens the tree of a size and reads its right edge.
  ///
  /// - Throws: `tileMissing` when the source lacks a tile, or has one that is too small.
  public init(_ source: any TileSource, size: UInt64) throws(ReceiptsError) {
    self.source = source
    self.size = size
    let nodes = TileNodes(source, size: size, known: [:])
    root = nodes.root(ofSize: size)
    edge = try nodes.tiles()
    edgeTileCount = edge.count
  }

  /// The audit path of an entry in the tree of all entries (RFC 6962, section 2.1.1); `nil` when there is no
  /// such entry.
  ///
  /// - Throws: `tileMissing`.
  public func inclusionProof(of index: UInt64) throws(ReceiptsError) -> Proof? {
    let nodes = TileNodes(source, size: size, known: edge)
    return try proof(nodes.auditPath(of: index, in: size), from: nodes)
  }

  /// The proof that the log of `oldSize` is the beginning of this one (RFC 6962, section 2.1.2); `nil` when the
  /// old one is larger.
  ///
  /// - Throws: `tileMissing`.
  public func consistencyProof(from oldSize: UInt64) throws(ReceiptsError) -> Proof? {
    let nodes = TileNodes(source, size: size, known: edge)
    return try proof(nodes.consistencyProof(from: oldSize, to: size), from: nodes)
  }

  /// The root over the first `oldSize` entries; `nil` when there are not so many.
  ///
  /// - Throws: `tileMissing`.
  public func root(ofSize oldSize: UInt64) throws(ReceiptsError) -> Digest? {
    guard oldSize <= size else { return nil }
    let nodes = TileNodes(source, size: size, known: edge)
    let root = nodes.root(ofSize: oldSize)
    _ = try nodes.tiles()
    return root
  }

  /// The entries of a range, each checked against the hash in its tile.
  ///
  /// - Throws: `tileMissing`; `notIncluded` when an entry is not the one that was hashed.
  public func entries(in range: Range<UInt64>) throws(ReceiptsError) -> [LogEntry] {
    let range = range.clamped(to: 0..<size)
    var found: [LogEntry] = []
    var index = range.lowerBound
    while index < range.upperBound {
      let number = index >> UInt64(Tile.height)
      let first = number << UInt64(Tile.height)
      let tile = try tile(number)
      let width = first + UInt64(tile.width)
      let entries = try entries(of: tile)
      for place in index..<min(width, range.upperBound) {
        found.append(entries[Int(place - first)])
      }
      index = width
    }
    return found
  }

  private func tile(_ number: UInt64) throws(ReceiptsError) -> Tile {
    guard let tile = Tile(level: 0, index: number, size: size) else {
      throw ReceiptsError(.tileMissing, "the log has no such entries")
    }
    return tile
  }

  private func entries(of tile: Tile) throws(ReceiptsError) -> [LogEntry] {
    let count = tile.width * EntryBundle.recordByteCount
    guard let bytes = source.entries(of: tile), bytes.count >= count,
      let entries = EntryBundle.entries(Bytes(bytes.prefix(count)), count: tile.width)
    else { throw ReceiptsError(.tileMissing, "there is no \(tile.entriesPath)") }
    let nodes = TileNodes(source, size: size, known: edge)
    let first = tile.index << UInt64(Tile.height)
    for (offset, entry) in entries.enumerated() {
      guard nodes.node(level: 0, index: first + UInt64(offset)) == entry.leafHash else {
        _ = try nodes.tiles()
        throw ReceiptsError(.notIncluded, "\(tile.entriesPath) is not what was hashed")
      }
    }
    return entries
  }

  private func proof(
    _ path: [Digest]?, from nodes: TileNodes
  ) throws(ReceiptsError) -> Proof? {
    let count = try nodes.tiles().count
    return path.map { Proof(path: $0, tileCount: count) }
  }
}

/// The nodes of a log out of its tiles. Remembers what it has read, and whether something was missing.
private final class TileNodes: MerkleNodes {
  private let source: any TileSource
  private let size: UInt64
  private let known: [Tile: MerkleSubtree]
  private var read: [Tile: MerkleSubtree] = [:]
  private var missing: Tile?

  init(_ source: any TileSource, size: UInt64, known: [Tile: MerkleSubtree]) {
    self.source = source
    self.size = size
    self.known = known
  }

  /// The tiles that were read.
  ///
  /// - Throws: `tileMissing` when one was missing: nothing that was computed is worth anything.
  func tiles() throws(ReceiptsError) -> [Tile: MerkleSubtree] {
    if let missing { throw ReceiptsError(.tileMissing, "there is no \(missing.path)") }
    return read
  }

  func node(level: Int, index: UInt64) -> Digest {
    let above = level % Tile.height
    let tileLevel = level / Tile.height
    // How many nodes of this level stand in one tile.
    let row = UInt64(Tile.height - above)
    let number = index >> row
    guard let tile = Tile(level: tileLevel, index: number, size: size) else {
      missing = missing ?? Tile(level: min(tileLevel, Tile.largestLevel), index: number)
      return MerkleTree.emptyRoot
    }
    guard let hash = subtree(tile)?.hash(level: above, index: Int(index & (1 << row - 1))) else {
      missing = missing ?? tile
      return MerkleTree.emptyRoot
    }
    return hash
  }

  private func subtree(_ tile: Tile) -> MerkleSubtree? {
    if let subtree = known[tile] ?? read[tile] { return subtree }
    let count = tile.width * Digest.byteCount
    guard let bytes = source.hashes(of: tile), bytes.count >= count,
      let subtree = MerkleSubtree(Bytes(bytes.prefix(count)))
    else { return nil }
    read[tile] = subtree
    return subtree
  }
}
