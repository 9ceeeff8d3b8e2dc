// Calls for an operator stand in the journal: every program that reads it knows them, until the activity
// succeeds.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct OperatorCallTests {
  private static let policy = RetryPolicy(
    firstPauseMilliseconds: 10, longestPauseMilliseconds: 10, operatorAfterAttempts: 3)

  /// Advances the clock until it is so.
  private func eventually(
    _ what: String, in world: ModelWorld, _ isTrue: @Sendable () async throws -> Bool
  ) async throws {
    try await CoordinatorTests.eventually(what) {
      world.clock.advance(to: world.clock.now().adding(milliseconds: 5))
      return try await isTrue()
    }
  }

  @Test func everyProgramKnowsThemUntilTheActivitySucceeds() async throws {
    let driver = EngineDriver()
    let world = driver.world
    world.banks[0].faults.always(.post, .unreachable)
    let engine = driver.engine(policy: Self.policy)
    let process = try await engine.submit(world.order(goods: [0])).process
    // It is written although nothing that is forced comes.
    try await eventually("the call is durable", in: world) {
      driver.store.snapshot().rows(of: process).contains { $0.kinds.contains(.called) }
    }
    await engine.quiesce()

    // Somebody else looks, and asks nobody.
    let asked = world.banks[0].faults.requests.count
    let reader = driver.engine()
    let status = try await reader.status(of: process)
    #expect(status.needsOperator.map(\.rawValue) == ["post/bank-a.example"])
    let call = try #require(status.state.calls.first)
    #expect(call.attempts == 3)
    #expect(status.calledAt(call.activity) == status.file.times.last)
    #expect(world.banks[0].faults.requests.count == asked)

    // In the next run nobody is called again for the same.
    let next = driver.engine(policy: Self.policy)
    #expect(await next.recover().resumed == [process])
    try await eventually("asked often", in: world) {
      world.banks[0].faults.requests.count > asked + 10
    }
    #expect(await next.activity().operatorCalls == 0)
    let records = try await driver.records(of: process)
    #expect(records.count { $0.kind == .called } == 1)

    world.banks[0].faults.always(.post, nil)
    try await next.retry(process)
    #expect(try await next.outcome(of: process).decision.isCommit)
    #expect(try await next.status(of: process).needsOperator.isEmpty)
    #expect(try await driver.engine().status(of: process).needsOperator.isEmpty)
    await next.quiesce()
  }

  /// A refusal after the verdict breaks a promise: the process ends, and somebody must take it further.
  @Test func aBrokenPromiseStays() throws {
    var driver = try MachineDriver(goods: [0])
    driver.run { driver in driver.asked.contains { driver.activity($0).verb == .post } }
    let post = driver.numbers(.post)[0]
    driver.answer(post, .ended(.refused(.invalid, driver.exhibit())))
    driver.run()
    #expect(driver.machine.state.phase == .ended(wasCommitted: true))
    #expect(driver.machine.state.calls == [OperatorCall(activity: post, attempts: 1)])
    #expect(try driver.replayed().machine.state == driver.machine.state)
  }

  /// Only a verdict that goes on being refused, or an activity after it, calls for somebody, and each once.
  @Test func journalsWithOtherCallsAreRefused() throws {
    var driver = try MachineDriver(goods: [0])
    driver.run { driver in driver.asked.contains { driver.activity($0).verb == .post } }
    let post = driver.numbers(.post)[0]
    let called = JournalRecord.called(OperatorCall(activity: post, attempts: 12))
    let verdict = try #require(driver.records.firstIndex { $0.kind == .verdict })
    func replay(_ records: [JournalRecord]) throws -> ProcessState {
      try ProcessMachine(
        definition: driver.machine.definition, terms: driver.machine.terms, replaying: records
      ).state
    }
    #expect(try replay(driver.records + [called]).calls.count == 1)
    let reserve = OperatorCall(activity: driver.numbers(.reserve)[0], attempts: 12)
    let void = OperatorCall(activity: driver.numbers(.void)[0], attempts: 12)
    for records in [
      driver.records + [called, called], driver.records + [.called(reserve)],
      driver.records + [.called(void)], Array(driver.records[..<verdict]) + [called],
      driver.records + [.called(OperatorCall(activity: 10_000, attempts: 12))],
    ] {
      #expect { try replay(records) } throws: {
        ($0 as? CoordinatorError)?.code == .brokenJournal
      }
    }
  }

  @Test func theTimelineShowsThem() throws {
    var driver = try MachineDriver(goods: [0])
    driver.run { driver in driver.asked.contains { driver.activity($0).verb == .post } }
    let post = driver.numbers(.post)[0]
    let begin = driver.now
    var entries = driver.records.map { JournalEntry(at: begin, record: $0) }
    entries.append(
      JournalEntry(
        at: begin.adding(milliseconds: 61_000),
        record: .called(OperatorCall(activity: post, attempts: 12))))
    let timeline = ProcessTimeline(driver.machine.definition, entries: entries)
    let span = try #require(timeline.spans.first { $0.number == post })
    #expect(span.calledAt == begin.adding(seconds: 61) && span.attempts == 12)
    #expect(timeline.text().contains("asked 12 times, operator called at 61,000"))
    #expect(timeline.svg().contains("operator called at 61,000"))
  }
}
