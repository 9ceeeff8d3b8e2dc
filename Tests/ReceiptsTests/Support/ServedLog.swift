// A log whose operator does what it likes: any entries, any checkpoints, all of them signed.

import Foundation
import PaymentCrypto
import PaymentModel
import Receipts

/// Entries and the checkpoints over them.
struct ServedLog {
  let world: World
  var entries: [LogEntry] = [] {
    didSet { leaves = MerkleLevels(entries.map(\.leafHash)) }
  }
  private(set) var leaves = MerkleLevels()

  init(_ world: World) { self.world = world }

  init(_ world: World, _ names: [String]) {
    self.init(world)
    append(names)
  }

  static func entry(_ name: String) -> LogEntry {
    LogEntry(slot: .none, statement: identifier(name))
  }

  mutating func append(_ names: [String]) { entries += names.map(Self.entry) }

  func checkpoint(_ size: Int? = nil) -> Checkpoint {
    let size = UInt64(size ?? entries.count)
    return Checkpoint(origin: "log.example", size: size, root: leaves.root(ofSize: size))
  }

  /// A checkpoint of the first entries, signed by the log and, unless told otherwise, its witness.
  func note(
    _ size: Int? = nil, root: Digest? = nil, at time: Timestamp = World.start,
    witnessed: Bool = true
  ) -> SignedNote {
    let checkpoint = checkpoint(size)
    let text = Checkpoint(
      origin: checkpoint.origin, size: checkpoint.size, root: root ?? checkpoint.root
    ).text
    var signatures = [world.logSigner.sign(text, at: time)]
    if witnessed { signatures.append(world.witnessSigner.sign(text, at: time)) }
    return SignedNote(text: text, signatures: signatures)
  }

  func proof(of index: Int, at time: Timestamp = World.start) throws -> LogProof {
    guard let path = leaves.auditPath(of: UInt64(index), in: UInt64(entries.count)) else {
      throw BadFixture("no entry \(index)")
    }
    return LogProof(index: UInt64(index), path: path, checkpoint: note(at: time))
  }

  func source(_ note: SignedNote? = nil) -> MemoryLogSource {
    MemoryLogSource(note: (note ?? self.note()).bytes, log: entries.map(\.bytes))
  }

  // MARK: - As files

  /// Writes the layout of C2SP tlog-tiles, as its text has it, for the present size.
  func write(to folder: URL, hashTiles: Bool = true) throws {
    func file(_ name: String, _ bytes: Bytes) throws {
      let url = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
    }
    func name(_ kind: String, _ tile: Int, _ width: Int) -> String {
      let digits = String(1_000_000_000 + tile).dropFirst()
      var groups = [digits.prefix(3), digits.dropFirst(3).prefix(3), digits.suffix(3)]
      while groups.count > 1, groups[0] == "000" { groups.removeFirst() }
      let path = groups.dropLast().map { "x\($0)/" }.joined() + groups[groups.count - 1]
      return "tile/\(kind)/\(path)" + (width < 256 ? ".p/\(width)" : "")
    }
    func tiles(_ kind: String, _ items: [Bytes]) throws {
      for start in stride(from: 0, to: items.count, by: 256) {
        let tile = items[start..<min(start + 256, items.count)]
        try file(name(kind, start / 256, tile.count), tile.flatMap { $0 })
      }
    }
    try tiles("entries", entries.map { [0, 64] + $0.bytes })
    var (level, width) = (0, entries.count)
    while hashTiles, width > 0 {
      try tiles(
        "\(level)", (0..<width).map { leaves.node(level: 8 * level, index: UInt64($0)).bytes })
      (level, width) = (level + 1, width >> 8)
    }
    try file("checkpoint", note().bytes)
  }
}

/// A source that answers what a test makes of the answers of another.
struct Twisted: LogSource {
  var log: MemoryLogSource
  var twist: @Sendable ([Bytes]) -> [Bytes] = { $0 }
  var hidesNodes = false

  func checkpoint() async throws(ReceiptsError) -> Bytes { try await log.checkpoint() }

  func entries(_ range: Range<UInt64>, in size: UInt64) async throws(ReceiptsError) -> [Bytes] {
    twist(try await log.entries(range, in: size))
  }

  func node(level: Int, index: UInt64, in size: UInt64) async throws(ReceiptsError) -> Digest {
    hidesNodes ? MerkleTree.emptyRoot : try await log.node(level: level, index: index, in: size)
  }

  func verdict(of process: ProcessID) async throws(ReceiptsError) -> LoggedVerdict? { nil }
}
