// An order is withdrawn without having been handed in: it is aborted at once, and nobody is asked.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct EngineCancellationTests {
  private struct Order {
    let submission: PurchaseSubmission
    let process: ProcessID
    let customer: ModelCustomer

    init(in world: ModelWorld) throws {
      submission = world.order(goods: [0, 1])
      process = ModelWorld.process(of: submission)
      customer = try #require(world.modelCustomer(of: process))
    }

    func cancel(
      in engine: Engine, key: SigningKeyValue? = nil, with cancellation: Signed<Cancellation>? = nil
    ) async throws {
      try await engine.cancel(
        submission.order, oneTimeKey: key ?? customer.oneTimeKey,
        cancellation ?? customer.cancellation(of: process))
    }
  }

  @Test func anOrderThatWasNeverHandedInIsAbortedAtOnce() async throws {
    let driver = EngineDriver()
    let order = try Order(in: driver.world)
    let engine = driver.engine()
    try await order.cancel(in: engine)
    let outcome = try await engine.outcome(of: order.process)
    #expect(outcome.decision == .abort(.cancelled))
    #expect(driver.world.log.verdict(of: order.process) == outcome.verdict.verdict)
    let file = try await engine.file(of: order.process)
    #expect(file.cancellation?.signed == order.customer.cancellation(of: order.process))
    #expect(
      file.definition.activities.map(\.verb) == [.recordAbort] && file.submission == nil)
    #expect(driver.world.banks.allSatisfy { $0.faults.requests.isEmpty })
    #expect(driver.world.merchants.allSatisfy { $0.faults.requests.isEmpty })

    // Once more, and to another engine, it changes nothing; the order is what it is.
    let records = try await driver.records(of: order.process)
    try await order.cancel(in: engine)
    let other = driver.engine()
    try await order.cancel(in: other)
    #expect(try await other.submit(order.submission).process == order.process)
    #expect(try await other.outcome(of: order.process).decision == .abort(.cancelled))
    #expect(try await driver.records(of: order.process) == records)
  }

  @Test func anOrderThatWasHandedInIsWithdrawnTheSameWay() async throws {
    let driver = EngineDriver()
    let order = try Order(in: driver.world)
    order.customer.faults.always(.decide, .silent)
    let engine = driver.engine()
    _ = try await engine.submit(order.submission)
    try await order.cancel(in: engine)
    #expect(try await engine.outcome(of: order.process).decision == .abort(.cancelled))
    #expect(try await engine.file(of: order.process).submission == order.submission)

    // A verdict stands.
    let done = try Order(in: driver.world)
    _ = try await engine.submit(done.submission)
    #expect(try await engine.outcome(of: done.process).decision.isCommit)
    try await done.cancel(in: engine)
    try await done.cancel(in: driver.engine())
    #expect(try await engine.outcome(of: done.process).decision.isCommit)
  }

  @Test func nobodyElseCan() async throws {
    let driver = EngineDriver()
    let order = try Order(in: driver.world)
    let other = try Order(in: driver.world)
    let engine = driver.engine()
    let attempts: [(SigningKeyValue?, Signed<Cancellation>)] = [
      (nil, other.customer.cancellation(of: order.process)),
      (other.customer.oneTimeKey, other.customer.cancellation(of: order.process)),
      (nil, order.customer.cancellation(of: other.process)),
      (nil, Signed(Bytes(repeating: 0, count: SubmissionLimits.statement + 1))),
    ]
    for (key, cancellation) in attempts {
      await #expect {
        try await order.cancel(in: engine, key: key, with: cancellation)
      } throws: { ($0 as? CoordinatorError)?.code == .notEntitled }
    }
    #expect(driver.transactionCount == 0)
    await #expect {
      try await engine.cancel(order.process, order.customer.cancellation(of: order.process))
    } throws: { ($0 as? CoordinatorError)?.code == .unknownProcess }
  }

  /// At once with the order that is handed in: whoever is first, there is one process and one verdict.
  @Test(arguments: 1...8) func atOnceWithTheOrder(seed: UInt64) async throws {
    let driver = EngineDriver(seed: seed)
    let order = try Order(in: driver.world)
    let engine = driver.engine()
    async let cancelled: Void = order.cancel(in: engine)
    async let submitted = engine.submit(order.submission)
    #expect(try await submitted.process == order.process)
    try await cancelled
    _ = try await engine.outcome(of: order.process)
    let records = try await driver.records(of: order.process)
    #expect(records.filter { $0.kind == .begin }.count == 1)
    #expect(records.filter { $0.kind == .verdict }.count == 1)
    #expect(driver.world.log.verdictCount == 1)
    #expect(
      !driver.world.banks[0].isHolding && driver.world.merchants.allSatisfy { !$0.isHolding })
  }

  /// One row holds its beginning and its abort: a program that dies then leaves nothing undecided, and the customer
  /// comes again or does not.
  @Test(arguments: [true, false]) func aCrashAfterTheBeginning(comesAgain: Bool) async throws {
    let driver = EngineDriver()
    let order = try Order(in: driver.world)
    let kill = KillSwitch(at: 0, beforeWrite: false)
    let first = driver.engine(hook: kill.hook, killedAt: kill)
    let attempt = Task { try? await order.cancel(in: first) }
    try await eventually("killed") { kill.hasKilled }
    try await eventually("begun") {
      driver.store.snapshot().rows(of: order.process).count == 1
    }
    #expect(
      try await driver.records(of: order.process).map(\.kind) == [.begin, .verdict, .intent])
    await first.stop()
    attempt.cancel()

    let second = driver.engine()
    #expect(await second.recover().resumed == [order.process])
    if comesAgain { try await order.cancel(in: second) }
    #expect(try await second.outcome(of: order.process).decision == .abort(.cancelled))
    #expect(driver.world.log.verdictCount == 1)
  }
}
