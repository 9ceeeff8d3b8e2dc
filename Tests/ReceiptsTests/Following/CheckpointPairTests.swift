// Two checkpoints, and what a proof says about them.

import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("Two checkpoints of one log")
struct CheckpointPairTests {
  let world: World
  let policy: LogPolicy

  init() throws {
    world = try World()
    policy = LogPolicy(world.trust)
  }

  func log(_ count: Int, fork: Int? = nil) -> ServedLog {
    ServedLog(world, (0..<count).map { "\($0)\($0 >= fork ?? count ? " fork" : "")" })
  }

  @Test("every two of 40 states are consistent in either order, by proof and by tree")
  func consistent() throws {
    let log = log(40)
    let notes = (0...40).map { log.note($0) }
    for small in 0...40 {
      for large in small...40 {
        let pair = try CheckpointPair(notes[large], notes[small], by: policy)
        #expect(try pair == CheckpointPair(notes[small], notes[large], by: policy))
        let proof = try #require(
          log.leaves.consistencyProof(from: UInt64(small), to: UInt64(large)))
        #expect(try pair.compare(by: proof) == .consistent)
        #expect(try pair.compare(with: log.leaves) == .consistent)
      }
    }
  }

  @Test("a fork is proven, and a proof of something else proves nothing")
  func forks() throws {
    for small in 1..<24 {
      let (mine, theirs) = (log(small, fork: small - 1), log(24))
      let pair = try CheckpointPair(mine.note(), theirs.note(), by: policy)
      let proof = try #require(theirs.leaves.consistencyProof(from: UInt64(small), to: 24))
      guard case .splitView(let view) = try pair.compare(with: theirs.leaves) else {
        Issue.record("a fork at \(small) was not found")
        return
      }
      #expect(try view.verify(by: policy) == "log.example")
      if small.nonzeroBitCount > 1 {
        #expect(try pair.compare(by: proof) == .splitView(view))
      } else {
        // The proof leaves out the smaller root, so that nobody can say which of the two is wrong.
        #expect(throws: ReceiptsError(.sourceMismatch, "")) { try pair.compare(by: proof) }
      }
      for wrong in [[], proof + proof, proof.dropLast(), proof.map { _ in identifier("junk") }] {
        #expect(throws: ReceiptsError(.sourceMismatch, "")) { try pair.compare(by: wrong) }
      }
      // The tree of the smaller one's history is not the tree of the larger checkpoint.
      #expect(throws: ReceiptsError(.sourceMismatch, "")) {
        try pair.compare(with: log(24, fork: small - 1).leaves)
      }
    }
  }

  @Test("one size needs no proof, and two logs are not compared")
  func sizes() throws {
    let pair = try CheckpointPair(log(7).note(), log(7).note(at: .init(seconds: 9)), by: policy)
    #expect(pair.answerWithoutProof == .consistent)
    let other = try CheckpointPair(log(7).note(), log(7, fork: 3).note(), by: policy)
    guard case .splitView(let view) = other.answerWithoutProof else {
      Issue.record("one size with two roots")
      return
    }
    #expect(try view.verify(by: policy) == "log.example")
    let second = try World.noteSigner("second.example", .note)
    let both = LogPolicy(
      logs: policy.logs
        + [LogPolicy.Key(second.key, from: World.validFrom, until: World.validUntil)],
      witnesses: [], witnessQuorum: 0)
    let text = Checkpoint(origin: "second.example", size: 7, root: identifier("root")).text
    let note = SignedNote(text: text, signatures: [second.sign(text, at: World.start)])
    #expect(throws: ReceiptsError(.otherLog, "")) {
      try CheckpointPair(log(7).note(), note, by: both)
    }
  }

  @Test("the roots that a proof leads to are the defined ones, for sizes up to 300")
  func roots() throws {
    // Pairs out of a seed: all of them are 45,000 proofs.
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    let log = log(300)
    let leaves = log.leaves
    for _ in 0..<(ProcessInfo.processInfo.environment["FOIL_TIER"] == "2" ? 5000 : 150) {
      let random = entropy.bytes(4)
      let large = 2 + (Int(random[0]) << 8 | Int(random[1])) % 299
      let small = 1 + (Int(random[2]) << 8 | Int(random[3])) % (large - 1)
      let proof = try #require(leaves.consistencyProof(from: UInt64(small), to: UInt64(large)))
      try MerkleTree.verifyConsistency(
        from: UInt64(small), root: leaves.root(ofSize: UInt64(small)), to: UInt64(large),
        root: leaves.root(ofSize: UInt64(large)), proof: proof)
      let pair = try CheckpointPair(log.note(small), log.note(large), by: policy)
      #expect(try pair.compare(by: proof) == .consistent, "seed \(seed): \(small) to \(large)")
      let changed = proof.indices.map { place in
        var changed = proof
        changed[place] = identifier("changed")
        return changed
      }
      for wrong in changed {
        // It leads to another tree, whatever it says of the smaller one.
        #expect(throws: ReceiptsError(.sourceMismatch, ""), "seed \(seed): \(small) to \(large)") {
          try pair.compare(by: wrong)
        }
      }
    }
  }
}

@Suite("A log out of files")
struct FolderLogSourceTests {
  let world: World
  let folder = FileManager.default.temporaryDirectory.appending(path: "tiles-\(UUID())")

  init() throws { world = try World() }

  func log(_ count: Int) -> ServedLog { ServedLog(world, (0..<count).map { "entry \($0)" }) }

  func withFolder(_ body: () async throws -> Void) async throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body()
  }

  @Test("a folder of tiles says what the log says", arguments: [1, 255, 256, 257, 700])
  func reads(count: Int) async throws {
    let log = log(count)
    try await withFolder {
      try log.write(to: folder)
      let source = FolderLogSource(at: folder.path)
      #expect(try await source.checkpoint() == log.note().bytes)
      let size = UInt64(count)
      #expect(try await source.entries(0..<size, in: size) == log.entries.map(\.bytes))
      for range in [0..<1, size / 2..<size, size - 1..<size, size..<size] {
        #expect(
          try await source.entries(range, in: size)
            == log.entries[Int(range.lowerBound)..<Int(range.upperBound)].map(\.bytes))
      }
      for level in 0..<10 where size >> UInt64(level) > 0 {
        for index in Set([0, (size >> UInt64(level)) - 1]).sorted() {
          #expect(
            try await source.node(level: level, index: index, in: size)
              == log.leaves.node(level: level, index: index), "\(level)/\(index)")
        }
      }
      await #expect(throws: ReceiptsError(.sourceUnavailable, "")) {
        try await source.entries(0..<size + 1, in: size)
      }
      await #expect(throws: ReceiptsError(.sourceUnavailable, "")) {
        try await source.node(level: 10, index: 0, in: size)
      }
      let store = MemoryStore<any FollowerRows>(MemoryFollowerRows())
      let follower = LogFollower(
        origin: "log.example", policy: LogPolicy(world.trust), source: source, store: store)
      #expect(try await follower.step(at: World.start) == .verified(log.checkpoint()))
    }
  }

  @Test("without hash tiles the entries are hashed; a full tile stands for a partial one")
  func fallbacks() async throws {
    try await withFolder {
      try log(600).write(to: folder, hashTiles: false)
      let pair = try CheckpointPair(
        log(300).note(), log(600).note(), by: LogPolicy(world.trust))
      #expect(try await pair.compare(with: FolderLogSource(at: folder.path)) == .consistent)
      // The log has grown, and its partial tile of 88 entries is gone.
      try FileManager.default.removeItem(at: folder.appending(path: "tile"))
      try log(768).write(to: folder)
      let source = FolderLogSource(at: folder.path)
      #expect(
        try await source.entries(500..<600, in: 600) == log(600).entries[500...].map(\.bytes))
      #expect(try await pair.compare(with: source) == .consistent)
    }
  }

  @Test("a partial tile of a width that was never written is found in a wider one")
  func widerTiles() async throws {
    try await withFolder {
      // Between 300 and 340 entries there was no round that wrote tiles.
      try log(340).write(to: folder)
      let source = FolderLogSource(at: folder.path)
      let size: UInt64 = 320
      #expect(
        try await source.entries(250..<320, in: size) == log(320).entries[250...].map(\.bytes))
      let pair = try CheckpointPair(
        log(300).note(), log(320).note(), by: LogPolicy(world.trust))
      #expect(try await pair.compare(with: source) == .consistent)
      // The hash tiles do without the entries. What is beyond all tiles is not there.
      try FileManager.default.removeItem(at: folder.appending(path: "tile/entries"))
      #expect(try await pair.compare(with: source) == .consistent)
      await #expect(throws: ReceiptsError(.sourceUnavailable, "")) {
        try await source.node(level: 0, index: 341, in: 350)
      }
    }
  }

  @Test("sizes and places up to the largest number are refused, and stop nothing")
  func hostileSizes() async throws {
    try await withFolder {
      try log(300).write(to: folder)
      let sources: [any LogSource] = [FolderLogSource(at: folder.path), log(300).source()]
      for source in sources {
        for (level, index) in [
          (0, UInt64.max), (0, .max - 1), (1, .max >> 1), (8, .max >> 9), (62, 1), (63, 0), (63, 1),
          (64, 0), (-1, 0),
        ] {
          await #expect(throws: ReceiptsError(.sourceUnavailable, ""), "\(level)/\(index)") {
            try await source.node(level: level, index: index, in: .max)
          }
        }
        await #expect(throws: ReceiptsError(.sourceUnavailable, "")) {
          try await source.entries(UInt64.max - 9..<UInt64.max, in: .max)
        }
      }
      let small = log(300).note()
      let text = Checkpoint(origin: "log.example", size: .max, root: identifier("root")).text
      let large = SignedNote(
        text: text, signatures: [world.logSigner.sign(text, at: World.start)])
      let pair = try CheckpointPair(small, large, by: LogPolicy(world.trust))
      await #expect(throws: ReceiptsError(.sourceUnavailable, "")) {
        _ = try await pair.compare(with: sources[0])
      }
    }
  }

  @Test("tiles of another length, of other entries, or that are no files are refused")
  func refuses() async throws {
    try await withFolder {
      try log(300).write(to: folder)
      let source = FolderLogSource(at: folder.path)
      func put(_ name: String, _ bytes: Bytes) throws {
        try Data(bytes).write(to: folder.appending(path: name))
      }
      let bundle = try Bytes(Data(contentsOf: folder.appending(path: "tile/entries/000")))
      var long = bundle
      long[1] = 65
      for wrong in [[], bundle.dropLast(), bundle + [0], bundle + bundle, long] {
        try put("tile/entries/000", Bytes(wrong))
        await #expect(throws: ReceiptsError(.sourceForm, "")) {
          try await source.entries(0..<9, in: 300)
        }
      }
      try FileManager.default.removeItem(at: folder.appending(path: "tile/entries/000"))
      await #expect(throws: ReceiptsError(.sourceUnavailable, "")) {
        try await source.entries(0..<9, in: 300)
      }
      try FileManager.default.createDirectory(
        at: folder.appending(path: "tile/entries/000"), withIntermediateDirectories: false)
      await #expect(throws: ReceiptsError(.sourceUnavailable, "")) {
        try await source.entries(0..<9, in: 300)
      }
      try put("tile/0/000", [1, 2, 3])
      await #expect(throws: ReceiptsError(.sourceForm, "")) {
        try await source.node(level: 0, index: 0, in: 300)
      }
      try put("checkpoint", Bytes(repeating: 1, count: SignedNote.largestByteCount + 1))
      await #expect(throws: ReceiptsError(.sourceForm, "")) { try await source.checkpoint() }
    }
  }

  @Test("large tile numbers are written in groups of three digits")
  func paths() async throws {
    try await withFolder {
      // Entry 256 · 1,234,067 of a log that has one entry more.
      let index: UInt64 = 256 * 1_234_067
      let entry = ServedLog.entry("far away")
      let name = folder.appending(path: "tile/entries/x001/x234/067.p/1")
      try FileManager.default.createDirectory(
        at: name.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data([0, 64] + entry.bytes).write(to: name)
      let source = FolderLogSource(at: folder.path)
      #expect(try await source.entries(index..<index + 1, in: index + 1) == [entry.bytes])
    }
  }

  @Test("a verdict is served with its proof, or not at all")
  func verdicts() async throws {
    try await withFolder {
      let process: ProcessID = identifier("process")
      let source = FolderLogSource(at: folder.path)
      let name = folder.appending(path: "verdict/\(process.hex)")
      try FileManager.default.createDirectory(
        at: name.deletingLastPathComponent(), withIntermediateDirectories: true)
      #expect(try await source.verdict(of: process) == nil)
      for keys in ["", "AQID"] {
        try Data("a verdict\n\(keys)\na proof\nof lines\n".utf8).write(to: name)
        #expect(
          try await source.verdict(of: process)
            == LoggedVerdict(
              verdict: Signed(Bytes("a verdict".utf8)), proof: Bytes("a proof\nof lines\n".utf8)))
      }
      let long = Bytes(repeating: 1, count: LoggedVerdict.largestProof + 1)
      let wrong: [Bytes] = [
        [], [1, 2], Bytes("a verdict\nAQID".utf8), Bytes("a verdict\nAQI\na proof".utf8),
        [0x0A, 0x0A] + long, long + [0x0A, 0x0A], Bytes(repeating: 1, count: 1_500_000),
      ]
      for bytes in wrong {
        try Data(bytes).write(to: name)
        await #expect(throws: ReceiptsError(.sourceForm, "")) {
          try await source.verdict(of: process)
        }
      }
    }
  }
}
