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
/// them `verdict/<process>` and `verdict/<process>.tlog-proof` hold the verdict of a process, by its 64
/// hexadecimal digits, and the proof that it is in the log. Where a hash tile is missing, the entries below
/// it are hashed.
public struct FolderLogSource: LogSource {
  /// Entries of a bundle, hashes of a tile.
  static let tileWidth: UInt64 = 256
  private static let tileHeight = 8
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
    let name = "verdict/\(process.hex)"
    guard let verdict = try read(name, atMost: LoggedVerdict.largestVerdict),
      let proof = try read("\(name).tlog-proof", atMost: LoggedVerdict.largestProof)
    else { return nil }
    return LoggedVerdict(verdict: Signed(verdict), proof: proof)
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
      let tile = next / Self.tileWidth
      let first = tile * Self.tileWidth
      let end = min(range.upperBound - first, Self.tileWidth)
      let bundle = try bundle(tile, in: size)
      guard bundle.count >= Int(end) else {
        throw ReceiptsError(.sourceForm, "an entry bundle holds too few entries")
      }
      entries += bundle[Int(next - first)..<Int(end)]
      next = first + end
    }
    return entries
  }

  /// A bundle as it stands in the tree of that size, or the full one that took its place.
  private func bundle(_ tile: UInt64, in size: UInt64) throws(ReceiptsError) -> [Bytes] {
    let width = min(size - tile * Self.tileWidth, Self.tileWidth)
    let path = "tile/entries/\(Self.path(of: tile))"
    let entryByteCount = 2 + LogEntry.byteCount
    func read(_ name: String, _ width: UInt64) throws(ReceiptsError) -> [Bytes]? {
      let byteCount = Int(width) * entryByteCount
      guard let bytes = try self.read(name, atMost: byteCount) else { return nil }
      guard bytes.count == byteCount else {
        throw ReceiptsError(.sourceForm, "\(name) does not hold \(width) entries")
      }
      var entries: [Bytes] = []
      for start in stride(from: 0, to: byteCount, by: entryByteCount) {
        guard bytes[start] == 0, bytes[start + 1] == UInt8(LogEntry.byteCount) else {
          throw ReceiptsError(.sourceForm, "an entry in \(name) does not have 64 bytes")
        }
        entries.append(Bytes(bytes[start + 2..<start + entryByteCount]))
      }
      return entries
    }
    if width < Self.tileWidth, let entries = try read("\(path).p/\(width)", width) {
      return entries
    }
    guard let entries = try read(path, Self.tileWidth) else {
      throw ReceiptsError(.sourceUnavailable, "\(folder) has no \(path) of \(width) entries")
    }
    return entries
  }

  // MARK: - Hashes

  public func node(
    level: Int, index: UInt64, in size: UInt64
  ) async throws(ReceiptsError) -> Digest {
    let (end, overflow) = (index + 1).multipliedReportingOverflow(by: 1 << UInt64(level))
    guard !overflow, end <= size else {
      throw ReceiptsError(.sourceUnavailable, "the tree of \(size) entries has no such subtree")
    }
    if let hash = try hashOfTiles(level: level, index: index, in: size) { return hash }
    guard level <= Self.deepestLevelFromEntries else {
      throw ReceiptsError(.sourceUnavailable, "\(folder) lacks hash tiles")
    }
    var frontier = MerkleFrontier()
    var next = index << UInt64(level)
    while next < end {
      let stop = min(end, (next / Self.tileWidth + 1) * Self.tileWidth)
      for entry in try await entries(next..<stop, in: size) {
        frontier.append(MerkleTree.leafHash(entry))
      }
      next = stop
    }
    return frontier.root
  }

  /// A subtree's hash out of the tile that holds it, or holds those below it; `nil` when that tile is not
  /// there.
  private func hashOfTiles(
    level: Int, index: UInt64, in size: UInt64
  ) throws(ReceiptsError) -> Digest? {
    let tileLevel = level / Self.tileHeight
    let height = UInt64(level % Self.tileHeight)
    // The hashes of the tile's lowest row below this one.
    let first = index << height
    let tile = first / Self.tileWidth
    let start = Int(first % Self.tileWidth)
    guard let hashes = try hashes(of: tile, at: tileLevel, in: size) else { return nil }
    let end = start + (1 << Int(height))
    guard hashes.count >= end else {
      throw ReceiptsError(.sourceForm, "a hash tile holds too few hashes")
    }
    return MerkleTree.root(of: hashes[start..<end])
  }

  private func hashes(
    of tile: UInt64, at level: Int, in size: UInt64
  ) throws(ReceiptsError) -> [Digest]? {
    let rowCount = size >> UInt64(Self.tileHeight * level)
    let width = min(rowCount - tile * Self.tileWidth, Self.tileWidth)
    let path = "tile/\(level)/\(Self.path(of: tile))"
    func read(_ name: String, _ width: UInt64) throws(ReceiptsError) -> [Digest]? {
      let byteCount = Int(width) * Digest.byteCount
      guard let bytes = try self.read(name, atMost: byteCount) else { return nil }
      guard bytes.count == byteCount else {
        throw ReceiptsError(.sourceForm, "\(name) does not hold \(width) hashes")
      }
      return stride(from: 0, to: byteCount, by: Digest.byteCount).compactMap {
        Digest(bytes[$0..<$0 + Digest.byteCount])
      }
    }
    if width < Self.tileWidth, let hashes = try read("\(path).p/\(width)", width) { return hashes }
    return try read(path, Self.tileWidth)
  }

  // MARK: - Files

  /// A tile's number in groups of three digits.
  static func path(of tile: UInt64) -> String {
    func group(_ number: UInt64) -> String { String(String(1000 + number).dropFirst()) }
    var path = group(tile % 1000)
    var rest = tile / 1000
    while rest > 0 {
      path = "x\(group(rest % 1000))/\(path)"
      rest /= 1000
    }
    return path
  }

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
