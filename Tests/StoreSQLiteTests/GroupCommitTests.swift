// Group commit: who waits together shares a sync, and nothing else.

import Foundation
import PaymentModel
import StoreSQLite
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

  /// Also a transaction whose batch has not begun.
  @Test func whatWasSubmittedIsAnsweredBeforeTheStoreCloses() async throws {
    try await store.close()
    for round in 0..<20 {
      let store = try NoteStore.notes(at: folder.path)
      let answer = Task { await store.transact { $0.put(round) } }
      while store.counters.waiting == 0, store.counters.transactions == 0 { await Task.yield() }
      try await store.close()
      await answer.value
    }
    let store = try NoteStore.notes(at: folder.path)
    #expect(await store.read { $0.numbers() } == Array(0..<20))
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
