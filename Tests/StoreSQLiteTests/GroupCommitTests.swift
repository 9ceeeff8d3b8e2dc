// Group commit: who waits together shares a sync, and nothing else.

import Foundation
import PaymentModel
import StoreSQLite
import Synchronization
import Testing

@Suite struct GroupCommitTests {
  struct Refused: Error {}

  let folder: TemporaryFolder
  let store: NoteStore

  init() throws {
    folder = try TemporaryFolder()
    store = try .notes(at: folder.path)
  }

  /// Returns when the writer is busy with a transaction that goes on until `count` others wait.
  func holdWriter(until count: Int) async {
    await withCheckedContinuation { isHeld in
      Task { [store] in
        await store.transact { _ in
          isHeld.resume()
          // Beside all other tests it can take a while until all have come.
          let deadline = Date(timeIntervalSinceNow: 180)
          while store.counters.waiting < count, Date() < deadline { usleep(200) }
        }
      }
    }
  }

  @Test func sixtyFourTransactionsThatWaitTogetherShareOneCommit() async {
    await holdWriter(until: 64)
    await withTaskGroup { group in
      for number in 0..<64 {
        group.addTask { [store] in await store.transact { $0.put(number) } }
      }
    }
    #expect(await store.read { $0.numbers() } == Array(0..<64))
    #expect(store.counters.commits == 1)
    #expect(store.counters.transactions == 65)
    #expect(store.counters.waiting == 0)
  }

  /// Begins a transaction that comes when others of its priority are ready to run, who keep all their threads busy
  /// until the flag is up, so many seconds at most.
  private static func putBehindOthers(
    of priority: TaskPriority, in store: NoteStore, until flag: Flag, atMost seconds: Int
  ) async -> Task<Void, Never> {
    let areReady = Flag()
    let put = Task(priority: priority) {
      while !areReady.isUp {}
      await store.transact { $0.put(1) }
    }
    let end = ContinuousClock.now + .seconds(seconds)
    for _ in 0..<4 * ProcessInfo.processInfo.activeProcessorCount {
      Task(priority: priority) { while !flag.isUp, ContinuousClock.now < end {} }
    }
    areReady.raise()
    while store.counters.waiting == 0, store.counters.transactions == 0 { await Task.yield() }
    return put
  }

  /// Also a transaction whose batch has not begun.
  @Test func whatWasSubmittedIsAnsweredBeforeTheStoreCloses() async throws {
    try await store.close()
    await #expect(processExitsWith: .success) { [path = folder.path as String] in
      let store = try NoteStore.notes(at: path)
      let put = await Self.putBehindOthers(of: .high, in: store, until: Flag(), atMost: 1)
      try await store.close()
      await put.value
    }
    let store = try NoteStore.notes(at: folder.path)
    #expect(await store.read { $0.numbers() } == [1])
  }

  @Test func whoHasALowPriorityKeepsNobodyWaiting() async throws {
    try await store.close()
    await #expect(processExitsWith: .success) { [path = folder.path as String] in
      let store = try NoteStore.notes(at: path)
      let isAnswered = Flag()
      let begin = ContinuousClock.now
      let low = await Self.putBehindOthers(
        of: .background, in: store, until: isAnswered, atMost: 30)
      await store.transact { $0.put(2) }
      #expect(ContinuousClock.now - begin < .seconds(30))
      isAnswered.raise()
      await low.value
    }
  }

  @Test func aBodyThatThrowsDisturbsNoOther() async {
    await holdWriter(until: 30)
    await withTaskGroup { group in
      for number in 0..<30 {
        group.addTask { [store] in
          do {
            try await store.transact { rows throws(Refused) in
              rows.put(number)
              if number.isMultiple(of: 3) { throw Refused() }
            }
            #expect(!number.isMultiple(of: 3))
          } catch {
            #expect(number.isMultiple(of: 3))
          }
        }
      }
    }
    #expect(await store.read { $0.numbers() } == (0..<30).filter { !$0.isMultiple(of: 3) })
  }

  @Test func eachBodySeesThoseBeforeItInTheBatch() async {
    await holdWriter(until: 40)
    await withTaskGroup { group in
      for _ in 0..<40 {
        group.addTask { [store] in
          await store.transact { rows in rows.put(rows.numbers().count) }
        }
      }
    }
    #expect(await store.read { $0.numbers() } == Array(0..<40))
  }

  @Test func aTransactionThatOnlyLooksNeedsNoSync() async {
    for _ in 0..<5 { _ = await store.transact { $0.numbers() } }
    #expect(store.counters.commits == 0)
    #expect(store.counters.transactions == 5)
  }
}

/// Something that has come about.
private final class Flag: Sendable {
  private let value = Mutex(false)

  var isUp: Bool { value.withLock { $0 } }

  func raise() { value.withLock { $0 = true } }
}
