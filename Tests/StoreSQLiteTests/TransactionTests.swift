// Transactions: all or nothing, one after another, visible to whoever asks afterwards.

import Foundation
import PaymentModel
import StoreSQLite
import Synchronization
import Testing

@Suite struct TransactionTests {
  struct Refused: Error, Equatable {
    let number: Int
  }

  let folder: TemporaryFolder
  let store: NoteStore

  init() throws {
    folder = try TemporaryFolder()
    store = try .notes(at: folder.path)
  }

  @Test func answersWithWhatTheBodyReturns() async {
    let text = await store.transact { rows in
      rows.put(1, "one")
      return rows.text(1)
    }
    #expect(text == "one")
    #expect(await store.read { $0.text(1) } == "one")
    #expect(await store.read { $0.text(2) } == nil)
  }

  @Test func aThrowingBodyLeavesNothing() async {
    await #expect(throws: Refused(number: 7)) {
      try await store.transact { rows throws(Refused) in
        rows.put(1)
        throw Refused(number: 7)
      }
    }
    #expect(await store.read { $0.numbers() } == [])
    #expect(store.counters.commits == 0)
    await store.transact { $0.put(1) }
    #expect(await store.read { $0.numbers() } == [1])
  }

  @Test func aReadThrowsWhatItsBodyThrows() async {
    await #expect(throws: Refused(number: 3)) {
      try await store.read { rows throws(Refused) in throw Refused(number: 3) }
    }
  }

  @Test func aReadSeesEveryTransactionThatHasReturned() async {
    await withTaskGroup { group in
      for task in 0..<8 {
        group.addTask { [store] in
          for number in 0..<10 {
            let key = 100 * task + number
            await store.transact { $0.put(key, "\(key)") }
            #expect(await store.read { $0.text(key) } == "\(key)")
          }
        }
      }
    }
    #expect(await store.read { $0.numbers().count } == 80)
  }

  @Test func aReadSeesOneState() async {
    let started = DispatchSemaphore(value: 0)
    let changed = DispatchSemaphore(value: 0)
    async let counts = store.read { rows in
      let before = rows.numbers().count
      started.signal()
      changed.wait()
      return [before, rows.numbers().count]
    }
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        started.wait()
        continuation.resume()
      }
    }
    await store.transact { $0.put(1) }
    changed.signal()
    #expect(await counts == [0, 0])
    #expect(await store.read { $0.numbers() } == [1])
  }

  @Test func aCancelledTaskGetsItsAnswer() async {
    let task = Task { [store] in
      while !Task.isCancelled { await Task.yield() }
      await store.transact { $0.put(1, "answered") }
      return await store.read { $0.text(1) }
    }
    task.cancel()
    #expect(await task.value == "answered")
  }

  @Test func queryTextOfAValueStaysAValue() async {
    let text = "'); DROP TABLE note; -- é e\u{301} \u{1F600}"
    await store.transact { $0.put(1, text) }
    let stored = await store.read { $0.text(1) }
    #expect(stored.map { Array($0.utf8) } == Array(text.utf8))
  }
}
