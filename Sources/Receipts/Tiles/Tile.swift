// Tiles: the hashes and the entries of a log in files of up to 256 (C2SP tlog-tiles).

import PaymentModel

/// The place of a tile: up to 256 neighbouring hashes of one level, or the entries below those of level 0.
///
/// Tile `n` of level `l` has the hashes of the subtrees of 256^l entries with the indices n · 256 ..<
/// n · 256 + width. A tile that is not full is the last one of its level and is named by its width.
public struct Tile: Hashable, Sendable {
  /// How many levels of the tree a tile spans.
  public static let height = 8
  /// How many hashes a full tile has.
  public static let fullWidth = 256
  /// The highest level of a log with less than 2^64 entries.
  public static let largestLevel = 7

  /// 0 for the hashes of entries.
  public let level: Int
  /// Which tile of its level, from 0.
  public let index: UInt64
  /// How many hashes or entries it has: 1 to 256.
  public let width: Int

  /// - Precondition: `level` is 0 to 7 and `width` 1 to 256.
  public init(level: Int, index: UInt64, width: Int = fullWidth) {
    precondition((0...Self.largestLevel).contains(level) && (1...Self.fullWidth).contains(width))
    self.level = level
    self.index = index
    self.width = width
  }

  /// The tile of a level and index in a log of `size` entries; `nil` when the log has no hash there.
  public init?(level: Int, index: UInt64, size: UInt64) {
    guard (0...Self.largestLevel).contains(level) else { return nil }
    let count = size >> UInt64(Self.height * level)
    let first = index.multipliedReportingOverflow(by: UInt64(Self.fullWidth))
    guard !first.overflow, first.partialValue < count else { return nil }
    self.init(
      level: level, index: index,
      width: Int(min(count - first.partialValue, UInt64(Self.fullWidth))))
  }

  public var isFull: Bool { width == Self.fullWidth }

  /// The same tile when it is full.
  public var full: Tile { Tile(level: level, index: index) }

  /// Where the hashes stand: `tile/<level>/<index>`, and for a partial tile `.p/<width>` behind it.
  public var path: String { "tile/\(level)/\(name)" }

  /// Where the entries of a tile of level 0 stand: `tile/entries/<index>` and the like.
  public var entriesPath: String { "tile/entries/\(name)" }

  /// Three digits for each element of the path, an `x` before all but the last: 1234067 is `x001/x234/067`.
  private var name: String {
    var rest = index
    var elements: [String] = []
    repeat {
      let digits = String(rest % 1000)
      let padded = String(repeating: "0", count: 3 - digits.count) + digits
      elements.append(elements.isEmpty ? padded : "x" + padded)
      rest /= 1000
    } while rest > 0
    let name = elements.reversed().joined(separator: "/")
    return isFull ? name : "\(name).p/\(width)"
  }
}

/// Entries in one file: before each its length in two bytes, most significant first (C2SP tlog-tiles, entry
/// bundles).
enum EntryBundle {
  private static let length = Bytes([0, UInt8(LogEntry.byteCount)])
  static let recordByteCount = 2 + LogEntry.byteCount

  static func bytes(_ entries: [LogEntry]) -> Bytes {
    var bytes = Bytes()
    bytes.reserveCapacity(entries.count * recordByteCount)
    for entry in entries {
      bytes += length
      bytes += entry.bytes
    }
    return bytes
  }

  /// The entries of a bundle; `nil` unless it holds exactly `count` entries of this log's size.
  static func entries(_ bytes: Bytes, count: Int) -> [LogEntry]? {
    guard bytes.count == count * recordByteCount else { return nil }
    var entries: [LogEntry] = []
    for start in stride(from: 0, to: bytes.count, by: recordByteCount) {
      let entry = bytes[(start + 2)..<(start + recordByteCount)]
      guard bytes[start..<(start + 2)].elementsEqual(length),
        let slot = LogSlot(Bytes(entry.prefix(Digest.byteCount))),
        let statement = StatementID(entry.dropFirst(Digest.byteCount))
      else { return nil }
      entries.append(LogEntry(slot: slot, statement: statement))
    }
    return entries
  }
}
