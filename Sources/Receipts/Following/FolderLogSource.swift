// A log served as files, as any web server can serve them (C2SP tlog-tiles).

import Foundation
import PaymentCrypto
public import PaymentModel

/// A folder in the layout of C2SP tlog-tiles:
///
///     checkpoint
///     tile/<level>/<N>[.p/<width>]     hashes of 32 bytes: 256, or fewer in a partial tile
///     tile/entries/<N>[.p/<width>]     entries, each after its length in two bytes
///
/// where N is written in groups of three digits, all but the last after an `x`: `x001/x234/067`. Beside
/// them `verdict/<process>` holds the verdict of a process, by its 64 hexadecimal digits, its sealed keys, and
/// the proof that it is in the log. Where a partial tile is missing, a wider one stands for it. Where a hash tile
/// is missing, the entries below it are hashed.
public struct FolderLogSource: LogSource {
  /// Entries of a bundle, hashes of a tile.
  private static let tileWidth = UInt64(Tile.fullWidth)
  /// How deep a hash is looked for among entries: 2^20 of them.
  private static let deepestLevelFromEntries = 20

  private let folder: String

  public init(at path: String) {
    folder = path
  }

  public func checkpoint() async throws(ReceiptsError) -> Bytes {
    guard let bytes = try read("checkpoint", atMost: SignedNote.largestByteCount) else {
      throw ReceiptsError(.sourceUnavailable, "\(folder) has no checkpoint")
    }
    return bytes
  }

  public func verdict(
    of process: ProcessID
  ) async throws(ReceiptsError) -> LoggedVerdict? {
    let name = LogTiles.verdictPath(of: process)
    guard let bytes = try read(name, atMost: DeliveryFile.largestByteCount) else { return nil }
    return try DeliveryFile(bytes).verdict
  }

  // MARK: - Entries

  public func entries(
    _ range: Range<UInt64>, in size: UInt64
  ) async throws(ReceiptsError) -> [Bytes] {
    guard range.upperBound <= size else {
      throw ReceiptsError(.sourceUnavailable, "the log has only \(size) entries")
    }
    var entries: [Bytes] = []
    var next = range.lowerBound
    while next < range.upperBound {
      let index = next / Self.tileWidth
      let first = index * Self.tileWidth
      let end = Int(min(range.upperBound - first, Self.tileWidth))
      let bundle = try bundle(index, of: end, in: size)
      entries += bundle[Int(next - first)..<end].map(\.bytes)
      next = first + UInt64(end)
    }
    return entries
  }

  /// The entries of a bundle that holds so many at least.
  private func bundle(
    _ index: UInt64, of count: Int, in size: UInt64
  ) throws(ReceiptsError) -> [LogEntry] {
    for tile in Self.tiles(level: 0, index: index, of: count, in: size) {
      let name = tile.entriesPath
      guard let bytes = try read(name, atMost: tile.width * EntryBundle.recordByteCount)
      else { continue }
      guard let entries = EntryBundle.entries(bytes, count: tile.width) else {
        throw ReceiptsError(.sourceForm, "\(name) does not hold \(tile.width) entries of 64 bytes")
      }
      return entries
    }
    let wanted = Tile(level: 0, index: index, width: count).entriesPath
    throw ReceiptsError(.sourceUnavailable, "\(folder) has no \(wanted), and none that is wider")
  }

  /// The tiles that may hold the first hashes of a tile, so many of them: as it stands in the tree of that
  /// size, full, and then every other one that is wide enough. Which widths a log has written depends on
  /// the sizes at which it did.
  private static func tiles(level: Int, index: UInt64, of count: Int, in size: UInt64) -> [Tile] {
    let own = Tile(level: level, index: index, size: size)?.width ?? Tile.fullWidth
    let others = (count..<Tile.fullWidth).filter { $0 != own }
    return ([own] + (own < Tile.fullWidth ? [Tile.fullWidth] : []) + others)
      .map { Tile(level: level, index: index, width: $0) }
  }

  // MARK: - Hashes

  public func node(
    level: Int, index: UInt64, in size: UInt64
  ) async throws(ReceiptsError) -> Digest {
    // Only a tree of 2^64 entries has a subtree of level 64.
    guard (0..<UInt64.bitWidth).contains(level), index < size >> UInt64(level) else {
      throw ReceiptsError(.sourceUnavailable, "the tree of \(size) entries has no such subtree")
    }
    if let hash = try hashOfTiles(level: level, index: index, in: size) { return hash }
    guard level <= Self.deepestLevelFromEntries else {
      throw ReceiptsError(.sourceUnavailable, "\(folder) lacks hash tiles")
    }
    var frontier = MerkleFrontier()
    var next = index << UInt64(level)
    // The subtree is complete, so that its end is no larger than the size.
    let end = next + (1 << UInt64(level))
    while next < end {
      let stop = next + min(end - next, Self.tileWidth - next % Self.tileWidth)
      for entry in try await entries(next..<stop, in: size) {
        frontier.append(MerkleTree.leafHash(entry))
      }
      next = stop
    }
    return frontier.root
  }

  /// A subtree's hash out of the tile that holds it, or holds those below it; `nil` when no such tile is
  /// there.
  private func hashOfTiles(
    level: Int, index: UInt64, in size: UInt64
  ) throws(ReceiptsError) -> Digest? {
    let height = UInt64(level % Tile.height)
    // The hashes of the tile's lowest row below this one.
    let first = index << height
    let start = Int(first % Self.tileWidth)
    let end = start + (1 << Int(height))
    let tiles = Self.tiles(
      level: level / Tile.height, index: first / Self.tileWidth, of: end, in: size)
    for tile in tiles {
      let byteCount = tile.width * Digest.byteCount
      guard let bytes = try read(tile.path, atMost: byteCount) else { continue }
      guard bytes.count == byteCount else {
        throw ReceiptsError(.sourceForm, "\(tile.path) does not hold \(tile.width) hashes")
      }
      let hashes = stride(from: 0, to: byteCount, by: Digest.byteCount).compactMap {
        Digest(bytes[$0..<$0 + Digest.byteCount])
      }
      return MerkleTree.root(of: hashes[start..<end])
    }
    return nil
  }

  // MARK: - Files

  /// The content of a file of this folder; `nil` when there is no such file.
  ///
  /// - Throws: `sourceForm` when it is larger; `sourceUnavailable` when it cannot be read.
  private func read(_ name: String, atMost limit: Int) throws(ReceiptsError) -> Bytes? {
    // Whatever has the name, opening it does not wait.
    let descriptor = unsafe open("\(folder)/\(name)", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      guard errno == ENOENT || errno == ENOTDIR else {
        throw ReceiptsError(.sourceUnavailable, "cannot open \(folder)/\(name)")
      }
      return nil
    }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw ReceiptsError(.sourceUnavailable, "\(folder)/\(name) is no file")
    }
    do {
      var content = Bytes()
      while content.count <= limit,
        let more = try file.read(upToCount: limit + 1 - content.count), !more.isEmpty
      {
        content += more
      }
      guard content.count <= limit else {
        throw ReceiptsError(.sourceForm, "\(name) is larger than \(limit) bytes")
      }
      return content
    } catch let error as ReceiptsError {
      throw error
    } catch {
      throw ReceiptsError(.sourceUnavailable, "cannot read \(folder)/\(name)")
    }
  }
}
