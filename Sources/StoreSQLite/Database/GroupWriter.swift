// Group commit: whoever waits for a sync shares it.
//
//   transact ─┐
//   transact ─┼→ waiting → BEGIN, body, body, body, COMMIT → answer, answer, answer
//   transact ─┘     ↑ a batch grows here while whoever of this program is ready to run does, and while a sync runs
//
// Each body of several runs under a savepoint of its own. A body that throws is undone to its savepoint, the
// others do not notice. A batch that does not commit ends the process: nobody gets an answer.

import GRDB
import Synchronization

/// Runs transactions one after another on the writer's thread of one database, many to a commit.
///
/// Every waiting transaction has a task that is suspended for it, so the queue is as long as there are
/// such tasks; whoever makes tasks for others limits them. A batch is limited, so that the first of a
/// long queue need not wait for the last.
final class GroupWriter<Rows>: Sendable {
  /// Runs a body and tells what came of it.
  typealias Transaction = @Sendable (inout Rows) -> Ending

  /// What came of a body.
  struct Ending: Sendable {
    /// Whether its changes stay.
    let isKept: Bool
    /// Gives the answer to the task that waits for it. Called when the batch is durable.
    let answer: @Sendable () -> Void
  }

  private struct State: Sendable {
    var waiting: [Transaction] = []
    var isDraining = false
    var counters = StoreCounters()
  }

  private let database: DatabasePool
  private let makeRows: @Sendable (SQLConnection) -> Rows
  private let hook: DurabilityHook?
  private let onFailure: StoreFailure.Handler
  private let state = Mutex(State())

  /// How many transactions share a commit at most.
  static var largestBatch: Int { 1024 }

  init(
    _ database: DatabasePool, hook: DurabilityHook?, onFailure: @escaping StoreFailure.Handler,
    makeRows: @escaping @Sendable (SQLConnection) -> Rows
  ) {
    self.database = database
    self.hook = hook
    self.onFailure = onFailure
    self.makeRows = makeRows
  }

  var counters: StoreCounters {
    state.withLock { state in
      var counters = state.counters
      counters.waiting = state.waiting.count
      return counters
    }
  }

  /// Takes the transaction into the next batch.
  func submit(_ transaction: @escaping Transaction) {
    let isFirst = state.withLock { state in
      state.waiting.append(transaction)
      defer { state.isDraining = true }
      return !state.isDraining
    }
    guard isFirst else { return }
    // A task's turn comes when those who are ready now have run: they may come into the batch. Who has a low priority
    // keeps nobody else waiting, who may come after him.
    Task(priority: max(Task.currentPriority, .medium)) {
      database.asyncWriteWithoutTransaction { self.drain(in: $0) }
    }
  }

  /// Returns when all that was submitted before has been answered.
  func settle() async {
    guard state.withLock({ $0.isDraining }) else { return }
    await withCheckedContinuation { continuation in
      submit { _ in Ending(isKept: true) { continuation.resume() } }
    }
  }

  private func drain(in database: Database) {
    while let batch = nextBatch() { commit(batch, in: database) }
  }

  /// The next batch; `nil` when nobody waits, and then the next to come starts a new drain.
  private func nextBatch() -> [Transaction]? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.isDraining = false
        return nil
      }
      let batch = Array(state.waiting.prefix(Self.largestBatch))
      state.waiting.removeFirst(batch.count)
      return batch
    }
  }

  private func commit(_ batch: [Transaction], in database: Database) {
    let connection = SQLConnection(database, onFailure: onFailure)
    let number = state.withLock { state in
      state.counters.batches += 1
      return state.counters.batches
    }
    var changes = 0
    connection.control("BEGIN IMMEDIATE")
    let endings = batch.map { transaction in
      let changesBefore = database.totalChangesCount
      let ending = run(transaction, isAlone: batch.count == 1, on: connection)
      if ending.isKept { changes += database.totalChangesCount - changesBefore }
      return ending
    }
    hook?(.willCommit(batch: number))
    connection.control("COMMIT")
    state.withLock { state in
      state.counters.transactions += batch.count
      if changes > 0 { state.counters.commits += 1 }
    }
    hook?(.didCommit(batch: number))
    for ending in endings { ending.answer() }
    hook?(.didAnswer(batch: number))
  }

  /// A body that is alone needs no savepoint: what it leaves is the whole transaction.
  private func run(
    _ transaction: Transaction, isAlone: Bool, on connection: SQLConnection
  ) -> Ending {
    if !isAlone { connection.control("SAVEPOINT body") }
    var rows = makeRows(connection)
    let ending = transaction(&rows)
    switch (isAlone, ending.isKept) {
    case (true, true): break
    case (true, false):
      connection.control("ROLLBACK")
      connection.control("BEGIN IMMEDIATE")
    case (false, let isKept):
      if !isKept { connection.control("ROLLBACK TO body") }
      connection.control("RELEASE body")
    }
    return ending
  }
}
