// What a log shows as static files agrees with its rows, whenever it was killed.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("The static files of a log")
struct LogTilesTests {
  let world: World
  let folder: TemporaryFolder

  init() throws {
    world = try World()
    folder = try TemporaryFolder()
  }

  func log(over store: (any Store<any LogRows>)? = nil) throws -> TransparencyLog {
    TransparencyLog(
      signer: world.logSigner, store: store ?? world.logStore,
      embedded: EmbeddedWitness(signer: world.witnessSigner), quorum: 1, trust: world.trust,
      clock: world.clock, tiles: try LogTiles(folder: folder.path))
  }

  func entries(_ numbers: Range<Int>) -> [LogEntry] {
    numbers.map { LogEntry(slot: .none, statement: identifier("statement \($0)")) }
  }

  /// The folder has exactly the files of its checkpoint's size, and partial ones of smaller sizes that no full
  /// one replaces; all as the rows say.
  func expectFiles(size: UInt64, _ comment: Comment? = nil) throws {
    let rows = world.logStore.snapshot()
    let files = try folder.files().filter { $0.key.hasPrefix("tile/") }
    let note = try SignedNote(try folder.contents("checkpoint"))
    let checkpoint = try LogPolicy(world.trust).verify(note).checkpoint
    #expect(checkpoint.size == size, comment)
    #expect(checkpoint.root == rows.root(ofSize: size), comment)
    var expected: Set<String> = []
    for level in 0...7 {
      var index: UInt64 = 0
      while let tile = Tile(level: level, index: index, size: size) {
        expected.insert(tile.path)
        if level == 0 { expected.insert(tile.entriesPath) }
        index += 1
      }
    }
    #expect(expected.isSubset(of: files.keys), comment)
    for (path, bytes) in files {
      guard !expected.contains(path) else { continue }
      // A partial tile of an earlier checkpoint: the beginning of the one that is there.
      let base = path.split(separator: ".p/")[0]
      let wider = try #require(expected.first { $0.hasPrefix("\(base).p/") }, "\(path)")
      #expect(try folder.contents(wider).starts(with: bytes), "\(path)")
    }
    let tree = try TileTree(TileFolder(folder.path), size: size)
    #expect(tree.root == checkpoint.root, comment)
    #expect(try tree.entries(in: 0..<size) == rows.entries(in: 0..<size), comment)
  }

  @Test("grows with the log, and a full tile takes the place of its partial ones")
  func grows() async throws {
    let log = try log()
    var size = 0
    for count in [0, 1, 2, 252, 1, 1, 255, 1, 700, 3] {
      if count == 0 {
        _ = try await log.checkpoint()
      } else {
        try await log.append(entries(size..<size + count))
      }
      size += count
      try await log.settle()
      try expectFiles(size: UInt64(size))
    }
    let files = try folder.files()
    #expect(files["tile/0/000"]?.count == 8192)
    #expect(files["tile/entries/000"]?.count == 256 * 66)
    #expect(files["tile/1/000.p/4"]?.count == 128)
    #expect(!files.keys.contains { $0.hasPrefix("tile/0/000.p") })
    #expect(!files.keys.contains { $0.hasSuffix(".new") })
  }

  @Test("shows verdicts with their proofs, and the keys of commits")
  func deliveries() async throws {
    let log = try log()
    let verifier = VerdictVerifier(world.trust)
    var entropy = SeededEntropy(seed: 5)
    let keys = Bytes("sealed keys".utf8)
    for (number, isCommit) in [true, false, true].enumerated() {
      let process: ProcessID = identifier("process \(number)")
      let claim = Verdict(
        process: process,
        decision: isCommit ? .commit(keyBundle: SHA256.digest(keys)) : .abort(.timeout),
        decidedAt: World.start, evidence: identifier("e"))
      let verdict = world.coordinator.sign(claim, entropy: &entropy)
      if number == 2 {
        // Its identifier was there before it was published.
        let id = try UnverifiedStatement(verdict.bytes).id
        try await log.append([LogEntry(slot: .verdict(of: process), statement: id)])
        try await log.settle()
      }
      guard
        case .done = await log.publish(
          verdict, process: process,
          bundle: isCommit ? Sealed(keys, digest: SHA256.digest(keys)) : nil)
      else {
        Issue.record("not published")
        return
      }
      // It goes with the next entry then.
      if number == 2 { try await log.append(entries(0..<1)) }
      try await log.settle()
      // The verdict, the sealed keys, and the proof up to the end.
      let file = try folder.contents("verdict/\(process)")
      let lines = file.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
      try #require(lines.count == 3)
      #expect(Bytes(lines[0]) == verdict.bytes)
      let sealed = try #require(Data(base64Encoded: Data(lines[1])))
      #expect(Bytes(sealed) == (isCommit ? keys : []))
      let shown = LoggedVerdict(verdict: Signed(Bytes(lines[0])), proof: Bytes(lines[2]))
      let read = try verifier.verify(shown, of: process, by: world.coordinator.issuer.key)
      #expect(read.stated.claim == claim)
      #expect(try await FolderLogSource(at: folder.path).verdict(of: process) == shown)
    }
  }

  @Test("is caught up from the rows, wherever it was left")
  func caughtUp() async throws {
    let first = try log()
    try await first.append(entries(0..<300))
    try await first.settle()
    let early = try folder.contents("checkpoint")
    try await first.append(entries(300..<700))
    try await first.settle()
    // The checkpoint was not replaced any more: tiles are there that nobody promises.
    try folder.write(early, to: "checkpoint")
    try folder.write([1, 2, 3], to: "tile/0/002.p/188.new")
    try await settled()
    try expectFiles(size: 700, "killed before the checkpoint")
    // Damage at the right edge, or a checkpoint that is none: all is made again.
    for damage in ["tile/1/000.p/2", "checkpoint"] {
      try folder.write([1, 2, 3], to: damage)
      try folder.remove("tile/entries/000")
      try await settled()
      try expectFiles(size: 700, "\(damage)")
    }
    try FileManager.default.removeItem(atPath: folder.path)
    try await settled()
    try expectFiles(size: 700, "all of it")
  }

  /// A log that is started and shows what it has.
  private func settled() async throws {
    let log = try log()
    _ = try await log.checkpoint()
    try await log.settle()
  }

  @Test("a log whose files show more than its rows hold signs nothing")
  func oldRows() async throws {
    let old = MemoryStore<any LogRows>(MemoryLogRows())
    // Each log has done with the folder before the next one begins.
    let earlier = try self.log(over: old)
    _ = try await earlier.checkpoint()
    try await earlier.settle()
    let log = try log()
    try await log.append(entries(0..<5))
    try await log.settle()
    let behind = try self.log(over: old)
    for _ in 0..<2 {
      await #expect(throws: ReceiptsError(.logBehind, "")) {
        try await behind.append(entries(5..<20))
      }
    }
    #expect(old.snapshot().size == 0)
    try expectFiles(size: 5)
  }

  @Test("answers go on when files cannot be written, and say so when it is asked for them")
  func unwritable() async throws {
    let log = try log()
    try folder.write([1], to: "tile")
    try await log.append(entries(0..<3))
    await #expect(throws: ReceiptsError(.tileFiles, "")) { try await log.settle() }
    try folder.remove("tile")
    try await log.append(entries(3..<4))
    try await log.settle()
    try expectFiles(size: 4)
  }

  @Test("files that could not be written are written later, though no entry is added")
  func writtenLater() async throws {
    let log = try log()
    try folder.write([1], to: "tile")
    try await log.append(entries(0..<3))
    for _ in 0..<2 {
      await #expect(throws: ReceiptsError(.tileFiles, "")) { try await log.settle() }
    }
    try folder.remove("tile")
    try await log.settle()
    try expectFiles(size: 3)
    // Without anybody who waits for the files, a round that adds nothing is enough.
    try FileManager.default.removeItem(atPath: "\(folder.path)/tile")
    try folder.write([1], to: "tile")
    try await log.append(entries(3..<4))
    await #expect(throws: ReceiptsError(.tileFiles, "")) { try await log.settle() }
    try folder.remove("tile")
    _ = try await log.checkpoint()
    let deadline = ContinuousClock.now + .seconds(20)
    while try Checkpoint(text: SignedNote(folder.contents("checkpoint")).text).size < 4 {
      try #require(ContinuousClock.now < deadline)
      world.clock.set(world.clock.now().adding(seconds: 1))
      try await Task.sleep(for: .milliseconds(1))
    }
    try expectFiles(size: 4)
  }

  @Test("whoever waits for the files does not wait for rounds that came later")
  func settlesAmongRounds() async throws {
    let log = try log()
    try await log.append(entries(0..<1))
    let adding = Task {
      var size = 1
      while !Task.isCancelled {
        try await log.append(entries(size..<size + 1))
        size += 1
      }
    }
    for _ in 0..<5 { try await log.settle() }
    adding.cancel()
    try await adding.value
    try await log.settle()
    try expectFiles(size: world.logStore.snapshot().size)
  }

  @Test("a checkpoint that is there and cannot be read is not taken for none")
  func unreadableCheckpoint() async throws {
    let first = try log()
    try await first.append(entries(0..<3))
    try await first.settle()
    let path = "\(folder.path)/checkpoint"
    let old = MemoryStore<any LogRows>(MemoryLogRows())
    func expectRefusal(_ what: Comment) async throws {
      let log = try log(over: old)
      await #expect(throws: ReceiptsError(.tileFiles, ""), what) {
        try await log.append(entries(7..<8))
      }
      #expect(old.snapshot().size == 0, what)
    }
    try FileManager.default.moveItem(atPath: path, toPath: path + "-kept")
    try FileManager.default.createSymbolicLink(
      atPath: path, withDestinationPath: path + "-kept")
    try await expectRefusal("a link")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    try await expectRefusal("a folder")
    try FileManager.default.removeItem(atPath: path)
    #expect(mkfifo(path, 0o600) == 0)
    try await expectRefusal("a pipe")
    try FileManager.default.removeItem(atPath: path)
    try folder.write(
      Bytes(repeating: 0x0A, count: SignedNote.largestByteCount + 1), to: "checkpoint")
    try await expectRefusal("too large")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + "-kept", toPath: path)
    await #expect(throws: ReceiptsError(.logBehind, "")) {
      try await log(over: old).append(entries(7..<8))
    }
  }

  @Test("folders have the mode of the outermost, and files can be read by whoever reaches them")
  func modes() async throws {
    let path = "\(folder.path)/public"
    let tiles = try LogTiles(folder: path)
    func mode(_ name: String) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: name)[.posixPermissions] as? Int
    }
    #expect(try mode(path) == 0o700)
    let log = TransparencyLog(
      signer: world.logSigner, store: world.logStore,
      embedded: EmbeddedWitness(signer: world.witnessSigner), quorum: 1, trust: world.trust,
      clock: world.clock, tiles: tiles)
    try await log.append(entries(0..<3))
    try await log.settle()
    #expect(try mode("\(path)/tile/0/000.p") == 0o700)
    #expect(try (mode("\(path)/checkpoint") ?? 0) & 0o400 == 0o400)
  }
}
