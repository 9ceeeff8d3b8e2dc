// What an engine tells somebody who measures it.

import Conformance
import Coordinator
import PaymentModel
import Synchronization
import Testing

/// Keeps all observations. Its clock goes on by one with each reading.
private final class Recorder: EngineObserver {
  private let state = Mutex<(observations: [EngineObservation], clock: UInt64)>(([], 0))

  var observations: [EngineObservation] { state.withLock { $0.observations } }

  func nanoseconds() -> UInt64 {
    state.withLock {
      $0.clock += 1
      return $0.clock
    }
  }

  func observe(_ observation: EngineObservation) {
    state.withLock { $0.observations.append(observation) }
  }

  /// How often an activity with that verb came to each ending.
  func attempts(_ verb: Verb) -> [AttemptEnding: Int] {
    observations.reduce(into: [:]) { counts, observation in
      if case .attempted(verb, let ending, let duration) = observation {
        #expect(duration > 0)
        counts[ending, default: 0] += 1
      }
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct EngineObserverTests {
  @Test func aCommitIsCountedOnce() async throws {
    let driver = EngineDriver()
    let recorder = Recorder()
    let engine = driver.engine(observer: recorder)
    let process = try await engine.submit(driver.world.order(goods: [0, 1], banks: [0])).process
    _ = try await engine.outcome(of: process)
    let seen = recorder.observations
    #expect(seen.count { $0 == .begun } == 1 && !seen.contains(.resumed))
    let endings = seen.filter { if case .ended = $0 { true } else { false } }
    #expect(
      endings == [.ended(reason: nil, verdictAfterMilliseconds: 0, endedAfterMilliseconds: 0)])
    for (verb, count) in [
      (Verb.reserve, 1), (.deposit, 2), (.decide, 1), (.post, 1), (.confirm, 2),
    ] {
      #expect(recorder.attempts(verb) == [.done: count], "\(verb)")
    }
    let counters = await engine.activity()
    let rows = seen.compactMap { observation -> Int? in
      if case .wrote(let rows, let duration) = observation, duration > 0 { rows } else { nil }
    }
    #expect(rows.count == counters.batches && rows.reduce(0, +) == counters.rows)
    let loads = seen.compactMap { observation -> EngineLoad? in
      if case .load(let load) = observation { load } else { nil }
    }
    // One as each batch begins, and one when nothing is open any more.
    #expect(loads.count == counters.batches + 1)
    #expect(loads.dropLast().allSatisfy { $0.openProcesses == 1 })
    #expect(loads.last?.openProcesses == 0 && loads.last?.requests == 0)
    #expect(counters.calls == 0 && counters.attempts == counters.endedProcesses * 9)
  }

  @Test func anAbortSaysWhy() async throws {
    let driver = EngineDriver()
    let recorder = Recorder()
    driver.world.merchants[0].setStock("none left", to: 0)
    let engine = driver.engine(observer: recorder)
    let order = driver.world.order(goods: [0], banks: [0], stock: "none left")
    let process = try await engine.submit(order).process
    #expect(try await engine.outcome(of: process).decision == .abort(.refused))
    #expect(recorder.attempts(.deposit) == [.refused: 1])
    #expect(
      recorder.observations.contains(
        .ended(reason: .refused, verdictAfterMilliseconds: 0, endedAfterMilliseconds: 0)))
  }

  /// A commit, and an abort: the process ends without her, and whoever looks sees it.
  @Test(arguments: [true, false])
  func aCustomerThatCannotBeTold(isCommit: Bool) async throws {
    let driver = EngineDriver()
    let recorder = Recorder()
    let order = driver.world.order(goods: [0], banks: [0])
    let process = ModelWorld.process(of: order)
    let customer = try #require(driver.world.modelCustomer(of: process))
    customer.faults.always(.notify, .unreachable)
    if !isCommit { customer.refuseDelivery() }
    let engine = driver.engine(
      policy: RetryPolicy(firstPauseMilliseconds: 1, longestPauseMilliseconds: 1),
      observer: recorder)
    _ = try await engine.submit(order)
    try await eventually("the end") {
      driver.world.clock.advance(to: driver.world.clock.now().adding(milliseconds: 1))
      return driver.hasEnded(process)
    }
    let outcome = try await engine.outcome(of: process)
    #expect(outcome.decision.isCommit == isCommit)
    #expect(customer.faults.requests.count { $0 == .notify } == 6 && customer.verdicts.isEmpty)
    #expect(recorder.observations.count { $0 == .gaveUp(.notify) } == 1)
    #expect(recorder.attempts(.notify) == [.unknown: 6])
    let counters = await engine.activity()
    #expect(counters.givenUp == 1 && counters.operatorCalls == 0)
    let status = try await engine.status(of: process)
    #expect(status.needsOperator.isEmpty && status.state.activities.contains(.unreached))
    #expect(ProcessTimeline(status.file).text().contains("could not be told"))
    // She asks herself.
    #expect(
      try await engine.verdictOrAbort(for: order.order, oneTimeKey: customer.oneTimeKey)
        == .decided(outcome.verdict))
  }

  @Test func aCallForAnOperatorAndARestart() async throws {
    let driver = EngineDriver()
    let first = Recorder()
    driver.world.banks[0].faults.always(.post, .unreachable)
    let engine = driver.engine(
      policy: RetryPolicy(firstPauseMilliseconds: 1, operatorAfterAttempts: 1), observer: first)
    let process = try await engine.submit(driver.world.order(goods: [0], banks: [0])).process
    try await eventually("an operator is called") {
      await engine.activity().operatorCalls == 1
    }
    #expect(first.observations.contains(.operatorCalled(.post)))
    #expect((first.attempts(.post)[.unknown] ?? 0) >= 1)
    let called = try await engine.status(of: process)
    #expect(called.needsOperator.map(\.rawValue).allSatisfy { $0.hasPrefix("post/") })
    #expect(called.needsOperator.count == 1 && (called.attempts ?? []).contains { $0 >= 1 })
    await engine.quiesce()

    // The call outlasts the restart, and is not made again.
    let second = Recorder()
    let restarted = driver.engine(observer: second)
    #expect(try await restarted.status(of: process).needsOperator == called.needsOperator)
    driver.world.banks[0].faults.always(.post, nil)
    try await restarted.retry(process)
    _ = try await restarted.outcome(of: process)
    #expect(second.observations.count { $0 == .resumed } == 1)
    #expect(!second.observations.contains(.begun))
    #expect(second.attempts(.post) == [.done: 1])
    #expect(try await restarted.status(of: process).needsOperator.isEmpty)
    #expect(!second.observations.contains(.operatorCalled(.post)))
  }
}
