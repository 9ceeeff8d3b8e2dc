// Where tiles come from.

public import PaymentModel

/// The tiles of a log, wherever they are kept. Nothing about them is believed. Reading waits for the disk:
/// it is not for the cooperative threads.
public protocol TileSource: Sendable {
  /// The hashes of a tile one after another, 32 bytes each; `nil` when there is no such tile.
  ///
  /// What is longer than the tile is read as its beginning: a full tile serves for a partial one.
  func hashes(of tile: Tile) -> Bytes?

  /// The entry bundle below a tile of level 0; `nil` when there is none.
  func entries(of tile: Tile) -> Bytes?
}

/// The tiles in a folder, as `LogTiles` writes them.
public struct TileFolder: TileSource {
  /// The largest file that is read.
  private static let largestByteCount = Tile.fullWidth * EntryBundle.recordByteCount

  private let files: StaticFiles

  /// - Parameter path: of a folder that exists.
  public init(_ path: String) {
    files = StaticFiles(path)
  }

  public func hashes(of tile: Tile) -> Bytes? { read(tile, \.path) }

  public func entries(of tile: Tile) -> Bytes? { read(tile, \.entriesPath) }

  /// The checkpoint that the folder shows; `nil` when it shows none.
  public func checkpoint() -> Bytes? {
    files.read(LogTiles.checkpointPath, atMost: SignedNote.largestByteCount)
  }

  /// A partial tile may have made place for the full one.
  private func read(_ tile: Tile, _ path: KeyPath<Tile, String>) -> Bytes? {
    files.read(tile[keyPath: path], atMost: Self.largestByteCount)
      ?? (tile.isFull
        ? nil : files.read(tile.full[keyPath: path], atMost: Self.largestByteCount))
  }
}
