// Those who wait for an engine: for a process, until they are cancelled, and for readers, before stores are closed.

import Conformance
import Coordinator
import PaymentModel
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct EngineWaitingTests {
  /// Whoever gives up hears it at once; the process and the others who wait for it do not notice.
  @Test func whoeverIsCancelledWaitsNoLonger() async throws {
    let driver = EngineDriver()
    driver.world.banks[0].faults.always(.reserve, .unreachable)
    let engine = driver.engine(
      policy: RetryPolicy(
        firstPauseMilliseconds: 10, longestPauseMilliseconds: 10, operatorAfterAttempts: 1000))
    let process = try await engine.submit(driver.world.order(goods: [0])).process

    let patient = Task { try await engine.outcome(of: process) }
    let others: [Task<ProcessOutcome, any Error>] = [
      Task { try await engine.outcome(of: process) },
      Task { try await engine.verdict(of: process) },
    ]
    try await Task.sleep(for: .milliseconds(20))
    for other in others { other.cancel() }
    let late = Task {
      withUnsafeCurrentTask { unsafe $0?.cancel() }
      return try await engine.outcome(of: process)
    }
    for other in others + [late] {
      let error = await #expect(throws: CoordinatorError.self) { try await other.value }
      #expect(error?.code == .waitCancelled)
    }

    driver.world.banks[0].faults.always(.reserve, nil)
    try await engine.retry(process)
    #expect(try await patient.value.decision.isCommit)
    // What has ended is told to everybody.
    #expect(try await engine.outcome(of: process).decision.isCommit)
    await engine.quiesce()
  }

  /// Many requests leave at once, some are not answered and some have not left: after the end nobody is asked any
  /// more, and another engine goes on with all of them.
  @Test(arguments: [false, true]) func nobodyIsAskedAfterTheEnd(isSilent: Bool) async throws {
    let driver = EngineDriver()
    let world = driver.world
    if isSilent { world.merchants[0].faults.always(.deposit, .silent) }
    let engine = driver.engine()
    let orders = (0..<100).map { _ in world.order(goods: [0]) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for order in orders { group.addTask { _ = try await engine.submit(order) } }
      try await group.waitForAll()
    }
    await engine.quiesce()
    await engine.quiesce()
    func asked() -> Int {
      world.banks[0].faults.requests.count + world.merchants[0].faults.requests.count
    }
    let before = asked()
    for _ in 0..<100 { await Task.yield() }
    try await Task.sleep(for: .milliseconds(20))
    #expect(asked() == before)

    world.merchants[0].faults.always(.deposit, nil)
    let second = driver.engine()
    _ = await second.recover()
    for order in orders {
      #expect(try await second.outcome(of: ModelWorld.process(of: order)).decision.isCommit)
    }
    await second.quiesce()
  }

  @Test func storesCanBeClosedWhenNobodyReads() async throws {
    let driver = EngineDriver()
    let first = driver.engine()
    let process = try await first.submit(driver.world.order(goods: [0])).process
    _ = try await first.outcome(of: process)
    await first.quiesce()

    let slow = SlowReads(store: driver.store)
    let engine = driver.engine(journal: slow)
    _ = try await engine.status(of: process)
    slow.holdNext()
    let reader = Task { try await engine.status(of: process) }
    try await eventually("somebody reads") { slow.waitingCount == 1 }
    let hasQuiesced = Mutex(false)
    let end = Task {
      await engine.quiesce()
      hasQuiesced.withLock { $0 = true }
    }
    try await eventually("the engine stops") {
      do throws(CoordinatorError) {
        _ = try await engine.processes(atMost: 1, onlyOpen: false)
        return false
      } catch {
        return error.code == .stopped
      }
    }
    // It would have come back by now.
    for _ in 0..<100 { await Task.yield() }
    try await Task.sleep(for: .milliseconds(20))
    #expect(!hasQuiesced.withLock { $0 })
    slow.letGo()
    await end.value
    #expect(try await reader.value.state.hasEnded)

    // Nobody begins to read afterwards.
    let reads = slow.count
    for question in [0, 1, 2] {
      let error = await #expect(throws: CoordinatorError.self) {
        switch question {
        case 0: _ = try await engine.status(of: process)
        case 1: _ = try await engine.journal(of: process)
        default: _ = try await engine.processes(atMost: 1, onlyOpen: false)
        }
      }
      #expect(error?.code == .stopped)
    }
    #expect(slow.count == reads)
  }
}

/// A store of which one read can be held up.
private final class SlowReads: Store {
  private struct State {
    var holdsNext = false
    var count = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let store: MemoryStore<any JournalRows>
  private let state = Mutex(State())

  init(store: MemoryStore<any JournalRows>) { self.store = store }

  var count: Int { state.withLock { $0.count } }
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  func holdNext() { state.withLock { $0.holdsNext = true } }

  func letGo() {
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for reader in waiting { reader.resume() }
  }

  func transact<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (inout any JournalRows) throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    try await store.transact(body)
  }

  func read<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (any JournalRows) throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    await withCheckedContinuation { reader in
      let isHeld = state.withLock { state in
        state.count += 1
        guard state.holdsNext else { return false }
        state.holdsNext = false
        state.waiting.append(reader)
        return true
      }
      if !isHeld { reader.resume() }
    }
    return try await store.read(body)
  }
}
