// A store that fails ends its process; a process that is killed has answered nothing that is not there.

import Coordinator
import Foundation
import PaymentModel
import StoreSQLite
import Testing

@Suite struct FailureTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// What a child process has been told, one number to a line.
  func answered() throws -> [Int] {
    let file = URL(filePath: "\(folder.path)/answers")
    return try String(decoding: Data(contentsOf: file), as: UTF8.self)
      .split(separator: "\n").compactMap { Int($0) }
  }

  @Test func aRowOperationThatFailsEndsTheProcess() async throws {
    let result = await #expect(
      processExitsWith: .exitCode(74), observing: [\.standardErrorContent]
    ) { [path = folder.path as String] in
      let store = try NoteStore.notes(at: path)
      await store.transact { $0.put(1, String(repeating: "secret", count: 20)) }
      print("answered")
    }
    let line = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(line.contains("foil: error: CHECK constraint failed"))
    #expect(!line.contains("secret"))
  }

  /// It is not taken for a row that is there.
  @Test func aJournalRowWithoutRecordsEndsTheProcess() async throws {
    let result = await #expect(
      processExitsWith: .exitCode(74), observing: [\.standardErrorContent]
    ) { [path = folder.path as String] in
      let store = try SQLiteStore<any JournalRows>.journal(in: StateFolder(at: path))
      let name = Bytes(repeating: 1, count: 32)
      let (process, chain) = try (#require(ProcessID(name)), #require(Digest(name)))
      _ = await store.transact {
        $0.append(
          JournalRow(process: process, sequence: 0, kinds: [], records: [], chain: chain))
      }
    }
    let line = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(line.contains("foil: error: CHECK constraint failed"))
  }

  @Test func aTextThatWouldBeCutEndsTheProcess() async {
    await #expect(processExitsWith: .exitCode(74)) { [path = folder.path as String] in
      let store = try NoteStore.notes(at: path)
      await store.transact { $0.put(1, "whole\u{0}rest") }
    }
  }

  @Test func aCommitThatFailsEndsTheProcessAndAnswersNobody() async throws {
    await #expect(processExitsWith: .exitCode(74)) { [path = folder.path as String] in
      let store = try NoteStore.notes(at: path)
      await answer(1, in: path) { await store.transact { $0.put(1) } }
      await answer(2, in: path) { await store.transact { $0.put(2, "", after: 99) } }
    }
    #expect(try answered() == [1])
    let store = try NoteStore.notes(at: folder.path)
    #expect(await store.read { $0.numbers() } == [1])
  }

  /// It would go on from where the inner one has left it.
  @Test func aQueryWithinItselfEndsTheProcess() async {
    await #expect(processExitsWith: .exitCode(74)) { [path = folder.path as String] in
      let store = try NoteStore.notes(at: path)
      await store.transact { $0.put(1) }
      _ = await store.read { $0.numbersWithinNumbers() }
    }
  }

  @Test func aQueryWithAnotherNumberOfValuesEndsTheProcess() async {
    await #expect(processExitsWith: .exitCode(74)) { [path = folder.path as String] in
      let store = try NoteStore.notes(at: path)
      _ = await store.read { $0.numbersWithTooManyValues() }
    }
  }

  @Test func aReadThatWritesEndsTheProcess() async {
    await #expect(processExitsWith: .exitCode(74)) { [path = folder.path as String] in
      let store = try NoteStore.notes(at: path)
      await store.read { rows in
        var rows = rows
        rows.put(1)
      }
    }
  }

  @Test func aFullDiskEndsTheProcessAndAnswersNobody() async throws {
    await #expect(processExitsWith: .exitCode(74)) { [path = folder.path as String] in
      let store = try NoteStore.notes(at: path)
      // From now on no file grows beyond this many bytes.
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 200_000, rlim_max: 200_000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      for number in 0..<1000 {
        await answer(number, in: path) { await store.transact { $0.put(number) } }
      }
    }
    let answered = try answered()
    #expect(answered.count > 10)
    let store = try NoteStore.notes(at: folder.path)
    let numbers = await store.read { $0.numbers() }
    #expect(Set(answered).isSubset(of: numbers))
    // The one that failed may be there or not; nobody was told.
    #expect(numbers.count <= answered.count + 1)
  }

  @Test(arguments: [true, false])
  func useAfterCloseEndsTheProcess(isRead: Bool) async throws {
    await #expect(processExitsWith: .exitCode(74)) {
      [path = folder.path as String, isRead = isRead as Bool] in
      let store = try NoteStore.notes(at: path)
      try await store.close()
      if isRead {
        _ = await store.read { $0.numbers() }
      } else {
        await store.transact { $0.put(1) }
      }
    }
  }

  @Test func killedBeforeTheCommitNothingIsThere() async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String] in
      try await fill(path, killedAt: .willCommit(batch: 5))
    }
    #expect(try answered() == [1, 2, 3, 4])
    let store = try NoteStore.notes(at: folder.path)
    #expect(await store.read { $0.numbers() } == [1, 2, 3, 4])
  }

  @Test func killedAfterTheCommitItIsThereUnanswered() async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String] in
      try await fill(path, killedAt: .didCommit(batch: 5))
    }
    #expect(try answered() == [1, 2, 3, 4])
    let store = try NoteStore.notes(at: folder.path)
    #expect(await store.read { $0.numbers() } == [1, 2, 3, 4, 5])
  }
}

/// Does the work, then notes in a file that it was answered.
func answer(_ number: Int, in path: String, _ work: () async -> Void) async {
  await work()
  let line = Array("\(number)\n".utf8)
  let file = open("\(path)/answers", O_WRONLY | O_CREAT | O_APPEND, 0o600)
  _ = write(file, line, line.count)
  _ = close(file)
}

/// Puts notes one after another until it is killed at that point.
private func fill(_ path: String, killedAt point: DurabilityPoint) async throws {
  let store = try NoteStore.notes(at: path) { if $0 == point { kill(getpid(), SIGKILL) } }
  for number in 1...9 {
    await answer(number, in: path) { await store.transact { $0.put(number) } }
  }
}
