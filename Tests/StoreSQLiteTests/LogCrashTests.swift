// A log that is killed at any moment goes on from a prefix of what it did, which holds all that it answered.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import StoreSQLite
import Programs
import Testing

@Suite struct LogCrashTests {
  /// The work of the child process: four tasks log entries, every checkpoint that was answered is noted.
  @Test(
    .enabled(if: LogChild.folder != nil, "runs only as a child process of aPowerLossLosesNoAnswer"))
  func child() async throws {
    let path = try #require(LogChild.folder)
    let log = try LogChild.log(over: SQLiteStore.log(in: StateFolder(at: path)))
    await withTaskGroup { group in
      for task in 0..<4 {
        group.addTask {
          for number in stride(from: task, to: LogChild.entryCount, by: 4) {
            await LogChild.include(number, in: log, noting: path)
          }
        }
      }
    }
    kill(getpid(), SIGKILL)
  }

  @Test(.enabled(if: Program.strace.isPresent, "strace is not installed"))
  func aPowerLossLosesNoAnswer() async throws {
    let folder = try TemporaryFolder()
    let state = "\(folder.path)/state"
    let trace = try await LogChild.trace(state: state, output: "\(folder.path)/trace")
    var random = SeededRandom()
    print("power loss of a log with seed \(random.seed)")
    var disk = LossyDisk()
    var beforeLastSync: [String: [UInt8]] = [:]
    var answers = Bytes()
    var looks = 0
    var lost = 0
    for call in trace.calls {
      if case .sync("log.sqlite-wal") = call { beforeLastSync = disk.durable }
      guard case .append("answers", let line) = call else {
        disk.apply(call)
        continue
      }
      answers += line
      looks += 1
      guard looks.isMultiple(of: LogChild.entryCount / 8) else { continue }
      let answered = LogChild.answers(answers)
      let left = disk.afterPowerLoss { Bool.random(using: &random) }
      let missing = try await LogChild.missing(answered, in: left)
      #expect(missing == 0, "seed \(random.seed)")
      if try await LogChild.missing(answered, in: beforeLastSync) > 0 { lost += 1 }
    }
    #expect(looks == LogChild.entryCount)
    // Without the last sync answers would be lost: the disk does forget.
    #expect(lost > 0)
  }

  /// At each point around each commit, with static files beside the database.
  @Test(arguments: 1...6)
  func killedAroundACommitItGoesOnFromAPrefix(batch: Int) async throws {
    for isBefore in [true, false] {
      let folder = try TemporaryFolder()
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = folder.path as String, batch = batch as Int, isBefore = isBefore as Bool] in
        let point: DurabilityPoint =
          isBefore ? .willCommit(batch: batch) : .didCommit(batch: batch)
        let store = try SQLiteStore(SQLiteSchema.log, in: StateFolder(at: path)) {
          if $0 == point { kill(getpid(), SIGKILL) }
        }
        let log = try LogChild.log(over: store, tiles: "\(path)/files")
        // Enough to fill a tile, so that files of several levels are written.
        for round in 0..<9 {
          await LogChild.include(round, count: 100, in: log, noting: path)
          try await log.settle()
        }
      }
      let answered = LogChild.answers(
        (try? Bytes(Data(contentsOf: URL(filePath: "\(folder.path)/answers")))) ?? [])
      #expect(answered.count == batch - 1)
      let store = try SQLiteStore.log(in: StateFolder(at: folder.path))
      let size = await store.read { $0.size }
      #expect(size == UInt64(isBefore ? 100 * (batch - 1) : 100 * batch))
      let signed = await store.read { $0.signedCheckpoint }
      // What each round before showed, and nothing else: no log has run since.
      let shown = try await expectPromised("\(folder.path)/files", by: store)
      #expect(shown == (batch == 1 ? nil : UInt64(100 * (batch - 1))))

      let log = try LogChild.log(over: store, tiles: "\(folder.path)/files")
      let note = try await log.checkpoint()
      #expect(size == 0 || note.bytes == signed, "one size is signed once")
      #expect(await LogChild.missing(answered, in: store) == 0)
      try await log.settle()
      try await expectFiles("\(folder.path)/files", show: store)
      await LogChild.include(50, count: 100, in: log, noting: folder.path)
      try await log.settle()
      try await expectFiles("\(folder.path)/files", show: store)
      try await store.close()
    }
  }

  /// Killed at no point in particular, while files are written.
  @Test func killedAnywhereTheFilesAgreeWithTheRows() async throws {
    let folder = try TemporaryFolder()
    var random = SeededRandom()
    print("killed log with seed \(random.seed)")
    var lastSize: UInt64 = 0
    for turn in 0..<4 {
      let microseconds = random.number(1_000..<60_000)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = folder.path as String, turn = turn as Int, microseconds = microseconds as Int] in
        let log = try LogChild.log(
          over: SQLiteStore.log(in: StateFolder(at: path)), tiles: "\(path)/files")
        Thread.detachNewThread {
          usleep(UInt32(microseconds))
          kill(getpid(), SIGKILL)
        }
        for round in 0..<100_000 {
          await LogChild.include(turn * 100_000 + round, count: 7, in: log, noting: path)
        }
      }
      let answered = LogChild.answers(
        (try? Bytes(Data(contentsOf: URL(filePath: "\(folder.path)/answers")))) ?? [])
      let store = try SQLiteStore.log(in: StateFolder(at: folder.path))
      let size = await store.read { $0.size }
      #expect(size >= lastSize && size.isMultiple(of: 7), "seed \(random.seed)")
      #expect(await LogChild.missing(answered, in: store) == 0, "seed \(random.seed)")
      _ = try await expectPromised("\(folder.path)/files", by: store)
      let log = try LogChild.log(over: store, tiles: "\(folder.path)/files")
      _ = try await log.checkpoint()
      try await log.settle()
      try await expectFiles("\(folder.path)/files", show: store)
      lastSize = size
      try await store.close()
    }
  }

  /// What the checkpoint in the folder promises is there, and is what the rows hold. Returns its size; `nil` when
  /// there is no checkpoint yet.
  private func expectPromised(
    _ path: String, by store: SQLiteStore<any LogRows>
  ) async throws -> UInt64? {
    let files = TileFolder(path)
    guard FileManager.default.fileExists(atPath: "\(path)/checkpoint") else { return nil }
    let note = try SignedNote(try #require(files.checkpoint()))
    let checkpoint = try Checkpoint(text: note.text)
    let size = checkpoint.size
    let (rowCount, root, entries) = await store.read { rows in
      (
        rows.size, size <= rows.size ? rows.root(ofSize: size) : nil,
        rows.entries(in: 0..<size)
      )
    }
    #expect(size <= rowCount && checkpoint.root == root)
    let tree = try TileTree(files, size: size)
    #expect(tree.root == root)
    #expect(try tree.entries(in: 0..<size) == entries)
    return size
  }

  private func expectFiles(
    _ path: String, show store: SQLiteStore<any LogRows>
  ) async throws {
    let files = TileFolder(path)
    let checkpoint = try Checkpoint(text: SignedNote(try #require(files.checkpoint())).text)
    let (size, root, entries) = await store.read { rows in
      (rows.size, rows.root(ofSize: rows.size), rows.entries(in: 0..<rows.size))
    }
    #expect(checkpoint.size == size && checkpoint.root == root)
    let tree = try TileTree(files, size: size)
    #expect(tree.root == root)
    #expect(try tree.entries(in: 0..<size) == entries)
  }
}

@Suite struct LogSyncTests {
  /// What the log promises about its cost: one commit that writes for each round, whatever is in it.
  @Test func aRoundIsOneCommit() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore.log(in: StateFolder(at: folder.path))
    let log = try LogChild.log(over: store)
    for number in 1...10 {
      await LogChild.include(number, in: log, noting: folder.path)
      #expect(store.counters.commits == number)
    }
    // What is there already costs none.
    _ = try await log.checkpoint()
    await LogChild.include(3, in: log, noting: folder.path)
    #expect(store.counters.commits == 10)
    // Many at once share.
    await withTaskGroup { group in
      for number in 100..<164 {
        group.addTask { await LogChild.include(number, in: log, noting: folder.path) }
      }
    }
    #expect(store.counters.commits < 10 + 32)
    #expect(await store.read { $0.size } == 74)
  }
}

/// The log of these tests, in this process or in a child.
private enum LogChild {
  static let entryCount = 48

  /// Tells a child process where to work.
  static let variable = "FOIL_LOG_CHILD"
  static var folder: String? { ProcessInfo.processInfo.environment[variable] }

  static func log(
    over store: any Store<any LogRows>, tiles: String? = nil
  ) throws -> TransparencyLog {
    func key(_ seed: UInt8) throws -> Ed25519.PrivateKey {
      try Ed25519.PrivateKey(seed: SecretBytes(copying: Bytes(repeating: seed, count: 32)))
    }
    let root = StatementSigner(party: try party("root.example"), key: try key(1))
    var entropy = SeededEntropy(seed: 1)
    let list = TrustList(
      madeAt: Timestamp(seconds: 1),
      keys: [
        TrustedKey(
          party: root.issuer.party, role: .trustRoot,
          key: try #require(SigningKeyValue(root.publicKey.bytes)),
          validFrom: Timestamp(seconds: 0), validUntil: Timestamp(seconds: 9))
      ], witnessQuorum: 0)
    return TransparencyLog(
      signer: NoteSigner(party: try party("log.example"), purpose: .note, key: try key(2)),
      store: store,
      embedded: EmbeddedWitness(
        signer: NoteSigner(
          party: try party("witness.example"), purpose: .cosignature, key: try key(3))),
      quorum: 1, trust: try TrustStore(TrustStore.sign(list, with: root, entropy: &entropy)),
      clock: StillClock(), tiles: try tiles.map { try LogTiles(folder: $0) })
  }

  private static func party(_ name: String) throws -> PartyName { try #require(PartyName(name)) }

  static func statement(_ number: Int) -> StatementID {
    SHA256.digest(Bytes("\(number)".utf8)).renamed()
  }

  /// Logs entries and notes what was answered: the first one, where it stands, and below which checkpoint.
  static func include(
    _ number: Int, count: Int = 1, in log: TransparencyLog, noting path: String
  ) async {
    let entries = (0..<count).map {
      LogEntry(slot: .none, statement: statement(number * 1000 + $0))
    }
    guard let proof = try? await log.include(entries).first,
      let checkpoint = try? Checkpoint(text: proof.checkpoint.text)
    else { return }
    let line = Bytes(
      "\(number) \(proof.index) \(checkpoint.size) \(checkpoint.root.hex)\n".utf8)
    let file = open("\(path)/answers", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    _ = write(file, line, line.count)
    _ = close(file)
  }

  struct Answer {
    let statement: StatementID
    let index: UInt64
    let size: UInt64
    let root: Digest
  }

  static func answers(_ text: Bytes) -> [Answer] {
    String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 4, let number = Int(words[0]), let index = UInt64(words[1]),
        let size = UInt64(words[2]), let root = Digest(hex: words[3])
      else { return nil }
      return Answer(statement: statement(number * 1000), index: index, size: size, root: root)
    }
  }

  /// How many answers a store does not bear out.
  static func missing(_ answers: [Answer], in store: SQLiteStore<any LogRows>) async -> Int {
    await store.read { rows in
      answers.count { answer in
        rows.index(of: answer.statement) != answer.index || answer.size > rows.size
          || rows.root(ofSize: answer.size) != answer.root
      }
    }
  }

  /// How many answers are not borne out by a database that is opened from these files.
  static func missing(_ answers: [Answer], in files: [String: [UInt8]]) async throws -> Int {
    let folder = try TemporaryFolder()
    for (file, bytes) in files where ["log.sqlite", "log.sqlite-wal"].contains(file) {
      try Data(bytes).write(to: URL(filePath: "\(folder.path)/\(file)"))
    }
    let store = try SQLiteStore.log(in: StateFolder(at: folder.path))
    let missing = await missing(answers, in: store)
    // A log that starts there goes on without contradicting what is there.
    _ = try await log(over: store).checkpoint()
    try await store.close()
    return missing
  }

  /// Runs `child` of this same test program under strace.
  static func trace(state: String, output: String) async throws -> SystemCallTrace {
    _ = try await Program.strace.run(
      SystemCallTrace.straceArguments + [
        "-o", output, CommandLine.arguments[0], "--testing-library", "swift-testing", "--filter",
        "LogCrashTests/child",
      ], environment: [variable: state])
    let text = try String(decoding: Data(contentsOf: URL(filePath: output)), as: UTF8.self)
    return SystemCallTrace(text, folder: state)
  }
}

/// A clock that stands still.
private struct StillClock: WallClock {
  func now() -> Timestamp { Timestamp(seconds: 5) }
  func sleep(until time: Timestamp) async {}
}
