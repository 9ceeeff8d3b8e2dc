// Every answer follows a sync, shown on the system calls of a real process: the writes that were not
// synced when an answer was given are dropped, and the answer's row must be there nevertheless.
//
// Killing a process cannot show that, because the page cache survives it.

import Foundation
import PaymentModel
import StoreSQLite
import Programs
import Testing

@Suite struct PowerLossTests {
  /// Tier 2 has enough transactions for checkpoints, which copy the write-ahead log into the database.
  static let hasCheckpoints = ProcessInfo.processInfo.environment["FOIL_TIER"] == "2"
  static let transactions = hasCheckpoints ? 6400 : 40

  /// The work of the child process: four tasks share the transactions, every answer is noted.
  @Test(
    .enabled(
      if: Tracing.childFolder != nil, "runs only as a child process of everyAnswerFollowsASync"))
  func child() async throws {
    let path = try #require(Tracing.childFolder)
    let store = try NoteStore.notes(at: path)
    await withTaskGroup { group in
      for task in 0..<4 {
        group.addTask {
          for number in stride(from: task, to: Self.transactions, by: 4) {
            await answer(number, in: path) { await store.transact { $0.put(number, "kept") } }
          }
        }
      }
    }
    try #"{"commits": \#(store.counters.commits)}"#.write(
      toFile: "\(path)/counters", atomically: false, encoding: .utf8)
    kill(getpid(), SIGKILL)
  }

  @Test(.enabled(if: Program.strace.isPresent, "strace is not installed"))
  func everyAnswerFollowsASync() async throws {
    let folder = try TemporaryFolder()
    let state = "\(folder.path)/state"
    let trace = try await Self.traceChild(of: folder, state: state)
    var random = SeededRandom()
    print("power loss with seed \(random.seed)")

    var disk = LossyDisk()
    var beforeLastSync: [String: [UInt8]] = [:]
    var answered: [Int] = []
    var syncs = 0
    var checkpoints = 0
    var lost = 0
    for call in trace.calls {
      if case .sync(let file) = call, file == "notes.sqlite-wal" {
        beforeLastSync = disk.durable
        syncs += 1
      }
      if case .sync("notes.sqlite") = call, !answered.isEmpty { checkpoints += 1 }
      guard case .append("answers", let line) = call else {
        disk.apply(call)
        continue
      }
      answered.append(try #require(Int(String(decoding: line.dropLast(), as: UTF8.self))))
      // Opening a database takes a while: ten answers are looked at.
      guard answered.count.isMultiple(of: Self.transactions / 10) else { continue }
      let left = disk.afterPowerLoss { Bool.random(using: &random) }
      let numbers = try await Self.numbers(in: left)
      #expect(Set(answered).isSubset(of: numbers), "seed \(random.seed)")
      let earlier = try await Self.numbers(in: beforeLastSync)
      if !Set(answered).isSubset(of: earlier) { lost += 1 }
    }
    #expect(answered.sorted() == Array(0..<Self.transactions))
    #expect(checkpoints > 0 || !Self.hasCheckpoints)
    // Without the last sync answers would be lost: the disk does forget.
    #expect(lost > 0)
    // One sync for each commit, a few for the schema and the log's header, few for each checkpoint.
    let counters = try JSONDecoder().decode(
      [String: Int].self, from: Data(contentsOf: URL(filePath: "\(state)/counters")))
    let commits = try #require(counters["commits"])
    #expect(commits <= Self.transactions)
    #expect(
      (commits...commits + 6 + commits / 100).contains(syncs),
      "\(syncs) syncs for \(commits) commits")
  }

  /// Runs `child` of this same test program under strace.
  private static func traceChild(
    of folder: TemporaryFolder, state: String
  ) async throws -> SystemCallTrace {
    let output = "\(folder.path)/trace"
    _ = try await Program.strace.run(
      SystemCallTrace.straceArguments + [
        "-o", output, CommandLine.arguments[0], "--testing-library", "swift-testing", "--filter",
        "PowerLossTests/child",
      ], environment: [Tracing.childVariable: state])
    let text = try String(decoding: Data(contentsOf: URL(filePath: output)), as: UTF8.self)
    return SystemCallTrace(text, folder: state)
  }

  /// The notes in a database that is opened from these files. The shared memory is made anew.
  private static func numbers(in files: [String: [UInt8]]) async throws -> Set<Int> {
    let folder = try TemporaryFolder()
    for (file, bytes) in files where ["notes.sqlite", "notes.sqlite-wal"].contains(file) {
      try Data(bytes).write(to: URL(filePath: "\(folder.path)/\(file)"))
    }
    let store = try NoteStore.notes(at: folder.path)
    return Set(await store.read { $0.numbers() })
  }
}

/// How this test program runs itself under strace.
private enum Tracing {
  /// Tells a child process where to work.
  static let childVariable = "FOIL_STORE_CHILD"
  static var childFolder: String? { ProcessInfo.processInfo.environment[childVariable] }
}
