// What a log shows as static files, for any web server (C2SP tlog-tiles; Docs/Formats/Log.md).
//
//   checkpoint                        the last checkpoint, replaced when all that it promises is there
//   tile/<level>/<index>[.p/<width>]  hashes
//   tile/entries/<index>[.p/<width>]  entries
//   verdict/<process>                 the verdict of a process, its sealed keys, and the proof that it is in the log

import PaymentCrypto
import PaymentModel

/// A folder in which a log shows itself. It is written from the log's rows and can be made again from them.
public struct LogTiles: Sendable {
  static let checkpointPath = "checkpoint"

  /// Where the folder is.
  public let path: String
  private let files: StaticFiles

  /// Makes the folder, with mode 0700, when it is missing. Folders below get the mode that it has.
  ///
  /// - Throws: `tileFiles` when it cannot be made.
  public init(folder path: String) throws(ReceiptsError) {
    self.path = path
    files = StaticFiles(path)
    try files.make()
  }

  static func verdictPath(of process: ProcessID) -> String { "verdict/\(process.hex)" }

  /// The checkpoint that the folder shows, where it is one.
  ///
  /// - Throws: `tileFiles` when there is something that cannot be read.
  func shown() throws(ReceiptsError) -> SignedNote? {
    let bytes = try files.find(Self.checkpointPath, atMost: SignedNote.largestByteCount)
    return bytes.flatMap { try? SignedNote($0) }
  }

  /// Whether the folder has the hashes along the right edge of a checkpoint.
  func hasEdge(of checkpoint: Checkpoint) -> Bool {
    let tree = try? TileTree(TileFolder(path), size: checkpoint.size)
    return tree?.root == checkpoint.root
  }

  /// Writes a tile with its entries or hashes, durably. A full tile takes the place of the partial ones.
  func write(_ tile: TileContent) throws(ReceiptsError) {
    try files.write(tile.files)
    guard tile.tile.isFull else { return }
    for file in tile.files { files.removeFolder(file.name + ".p") }
  }

  /// Writes what the log serves about processes, durably.
  func write(_ deliveries: [ShownDelivery]) throws(ReceiptsError) {
    try files.write(
      deliveries.map { (name: Self.verdictPath(of: $0.process), bytes: $0.file.bytes) })
  }

  /// Shows a checkpoint, whose tiles and deliveries are all there.
  func show(_ note: SignedNote) throws(ReceiptsError) {
    try files.write([(Self.checkpointPath, note.bytes)])
  }
}

/// A tile as it is written.
struct TileContent: Sendable {
  let tile: Tile
  let files: [(name: String, bytes: Bytes)]

  /// The content of a tile of a log with enough entries, out of its rows.
  init(_ tile: Tile, in rows: any LogRows) {
    self.tile = tile
    let first = tile.index << UInt64(Tile.height)
    let range = first..<first + UInt64(tile.width)
    var hashes = Bytes()
    hashes.reserveCapacity(tile.width * Digest.byteCount)
    guard tile.level == 0 else {
      for index in range {
        hashes += rows.node(level: Tile.height * tile.level, index: index).bytes
      }
      files = [(tile.path, hashes)]
      return
    }
    let entries = rows.entries(in: range)
    for entry in entries { hashes += entry.leafHash.bytes }
    files = [(tile.entriesPath, EntryBundle.bytes(entries)), (tile.path, hashes)]
  }

  /// The tiles of one level that a log of `size` entries has and a log of `oldSize` has not, or has in part.
  static func tiles(
    level: Int, from oldSize: UInt64, to size: UInt64
  ) -> Range<UInt64> {
    let shift = UInt64(Tile.height * level)
    let (old, new) = (oldSize >> shift, size >> shift)
    guard new > old else { return 0..<0 }
    let width = UInt64(Tile.fullWidth)
    return (old / width)..<((new - 1) / width + 1)
  }
}

/// What the log serves about a process, as it is written.
struct ShownDelivery: Sendable {
  let process: ProcessID
  let file: DeliveryFile

  /// - Parameter size: that of the checkpoint.
  init?(
    _ process: ProcessID, under note: SignedNote, size: UInt64, in rows: any LogRows
  ) {
    guard let delivery = rows.delivery(of: process),
      let index = rows.index(in: .verdict(of: process)),
      let path = rows.auditPath(of: index, in: size)
    else { return nil }
    self.process = process
    let proof = LogProof(index: index, path: path, checkpoint: note)
    file = DeliveryFile(
      verdict: LoggedVerdict(verdict: Signed(delivery.verdict), proof: proof.bytes),
      bundle: delivery.bundle)
  }
}
