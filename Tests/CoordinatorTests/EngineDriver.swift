// An engine over model participants, with a journal that survives it.

import Conformance
import Coordinator
import PaymentModel
import Synchronization
import Testing

/// A coordinator that can be killed and started again.
final class EngineDriver: Sendable {
  let world: ModelWorld
  let store = MemoryStore<any JournalRows>(MemoryJournalRows())
  private let transactions = Mutex(0)

  init(seed: UInt64 = 1) {
    world = ModelWorld(seed: seed)
  }

  /// An empty journal in a world in which things have happened.
  init(world: ModelWorld) {
    self.world = world
  }

  /// A fresh engine over the same journal and the same world.
  func engine(
    hook: JournalHook = .none, killedAt kill: KillSwitch? = nil,
    journal: (any Store<any JournalRows>)? = nil,
    policy: RetryPolicy = .standard, limits: CoordinatorLimits = .standard,
    templates: [ProcessTemplate] = [.standard], observer: (any EngineObserver)? = nil,
    notary: (any Notary)? = nil, participants: (any Participants)? = nil
  ) -> Engine {
    let seed = world.draw { $0.next() }
    return Engine(
      coordinator: ModelWorld.coordinatorName,
      ports: CoordinatorPorts(
        notary: notary ?? world.notary, examiner: ModelExaminer(), log: world.log,
        participants: participants ?? world, clock: world.clock,
        journal: journal ?? CountingStore(store: store, kill: kill, driver: self),
        makeEntropy: { ModelEntropy(seed: seed) }, observer: observer),
      templates: templates, policy: policy, limits: limits, hook: hook)
  }

  var transactionCount: Int { transactions.withLock { $0 } }

  fileprivate func count() { transactions.withLock { $0 += 1 } }

  /// The records of a process, as they are stored.
  func records(of process: ProcessID) async throws -> [JournalRecord] {
    let rows = await store.read { $0.rows(of: process) }
    return try rows.flatMap { try $0.read().map(\.record) }
  }
}

/// Where to kill an engine: before or after a record of the journal is durable.
final class KillSwitch: Sendable {
  let number: Int
  let isBeforeWrite: Bool
  private let isPulled = Mutex(false)

  init(at number: Int, beforeWrite: Bool) {
    self.number = number
    isBeforeWrite = beforeWrite
  }

  var hasKilled: Bool { isPulled.withLock { $0 } }

  var hook: JournalHook {
    JournalHook(
      beforeWrite: { _, number in if self.isBeforeWrite { self.reach(number) } },
      afterCommit: { _, number in if !self.isBeforeWrite { self.reach(number) } })
  }

  private func reach(_ number: Int) {
    if number == self.number { isPulled.withLock { $0 = true } }
  }
}

/// Counts transactions. Once the engine is killed none comes back.
private struct CountingStore: Store {
  let store: MemoryStore<any JournalRows>
  let kill: KillSwitch?
  let driver: EngineDriver

  func transact<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (inout any JournalRows) throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    await hangIfKilled()
    driver.count()
    return try await store.transact(body)
  }

  func read<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (any JournalRows) throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    try await store.read(body)
  }

  private func hangIfKilled() async {
    guard kill?.hasKilled == true else { return }
    await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
  }
}

/// Waits for something that other tasks bring about.
func eventually(
  _ what: String, _ isTrue: @Sendable () async throws -> Bool
) async throws {
  for _ in 0..<5000 {
    if try await isTrue() { return }
    try await Task.sleep(for: .milliseconds(1))
  }
  Issue.record("never happened: \(what)")
}
