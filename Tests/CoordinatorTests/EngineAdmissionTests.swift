// Who is taken on, who is not, and what that costs.

import Conformance
import Coordinator
import PaymentModel
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct EngineAdmissionTests {
  /// An order that would not be admitted any more may have been taken on. Whoever could not look does not say no.
  @Test func aRefusalThatCouldNotBeLookedUpIsNone() async throws {
    let driver = EngineDriver()
    let submission = driver.world.order(goods: [0])
    let first = driver.engine()
    let accepted = try await first.submit(submission)
    #expect(try await first.outcome(of: accepted.process).decision.isCommit)
    await first.quiesce()

    let engine = driver.engine(notary: CountingNotary(base: driver.world.notary, admits: false))
    driver.world.log.setReachable(false)
    await #expect {
      try await engine.submit(submission)
    } throws: { ($0 as? CoordinatorError)?.code == .logUnreachable }
    driver.world.log.setReachable(true)
    #expect(try await engine.submit(submission) == accepted)
    await #expect {
      try await engine.submit(driver.world.order(goods: [0]))
    } throws: { ($0 as? CoordinatorError)?.code == .notAdmitted }
    await engine.quiesce()
  }

  @Test func whoeverIsRefusedAsBusyCostsNoSignatureCheck() async throws {
    let driver = EngineDriver()
    driver.world.banks[0].faults.always(.reserve, .unreachable)
    let notary = CountingNotary(base: driver.world.notary, admits: true)
    let engine = driver.engine(
      limits: CoordinatorLimits(mostUndecidedProcesses: 2), notary: notary)
    let orders = (0..<3).map { _ in driver.world.order(goods: [0]) }
    let accepted = try await engine.submit(orders[0])
    _ = try await engine.submit(orders[1])
    let admissions = notary.admissions
    await #expect {
      try await engine.submit(orders[2])
    } throws: { ($0 as? CoordinatorError)?.code == .busy }
    #expect(try await engine.submit(orders[0]) == accepted)
    #expect(notary.admissions == admissions)
    await engine.quiesce()
  }

  /// Anybody can sign orders, and ask about them or withdraw them.
  @Test func soManyOrdersAsMayBeAreAbortedAtATime() async throws {
    let driver = EngineDriver()
    let world = driver.world
    world.log.faults.always(.publish, .unreachable)
    let engine = driver.engine()
    let orders = (0..<257).map { _ in world.order(goods: [0]) }
    let withdrawn = orders.prefix(100)
    for order in withdrawn { try await cancel(order, in: engine, world) }
    world.clock.advance(seconds: 605)
    let asking = try orders.dropFirst(100).dropLast().map { order in
      let key = try customer(of: order, in: world).oneTimeKey
      return Task { try await engine.verdictOrAbort(for: order.order, oneTimeKey: key) }
    }
    try await eventually("all are under way") { await engine.activity().openProcesses == 256 }
    let last = try #require(orders.last)
    let key = try customer(of: last, in: world).oneTimeKey
    await #expect {
      try await engine.verdictOrAbort(for: last.order, oneTimeKey: key)
    } throws: { ($0 as? CoordinatorError)?.code == .busy }
    await #expect {
      try await cancel(last, in: engine, world)
    } throws: { ($0 as? CoordinatorError)?.code == .busy }
    // Whoever was among them is answered, and so is whoever buys.
    try await cancel(orders[0], in: engine, world)
    _ = try await engine.submit(world.order(goods: [0]))

    world.log.faults.always(.publish, nil)
    for order in orders.dropLast() { try await engine.retry(ModelWorld.process(of: order)) }
    for task in asking { #expect(try await task.value != .undecided) }
    for order in withdrawn {
      let outcome = try await engine.outcome(of: ModelWorld.process(of: order))
      #expect(outcome.decision == .abort(.cancelled))
    }
    #expect(try await engine.verdictOrAbort(for: last.order, oneTimeKey: key) != .undecided)
    await engine.quiesce()
  }

  /// The log refuses these verdicts for ever, for example because another coordinator has taken their slots. Others
  /// are aborted all the same, also after a restart.
  @Test func abortsThatNeverEndKeepNoOtherFromBeingAborted() async throws {
    let driver = EngineDriver()
    let world = driver.world
    world.log.faults.always(.publish, .refused(.conflict))
    let limits = CoordinatorLimits(mostPresentedOrders: 4)
    let engine = driver.engine(limits: limits)
    let stuck = (0..<4).map { _ in world.order(goods: [0]) }
    for order in stuck { try await cancel(order, in: engine, world) }
    try await eventually("an operator is called about each") {
      await engine.activity().operatorCalls == 4
    }
    world.log.faults.always(.publish, nil)
    let next = world.order(goods: [0])
    try await cancel(next, in: engine, world)
    #expect(
      try await engine.outcome(of: ModelWorld.process(of: next)).decision == .abort(.cancelled))
    await engine.quiesce()

    world.log.faults.always(.publish, .refused(.conflict))
    let second = driver.engine(limits: limits)
    #expect(await second.recover().resumed.count == 4)
    let last = world.order(goods: [0])
    try await cancel(last, in: second, world)
    world.log.faults.always(.publish, nil)
    for order in stuck + [last] {
      let process = ModelWorld.process(of: order)
      try await second.retry(process)
      #expect(try await second.outcome(of: process).decision == .abort(.cancelled))
    }
    // None is counted that has ended.
    for _ in 0..<5 { try await cancel(world.order(goods: [0]), in: second, world) }
    await second.quiesce()
  }

  private func customer(
    of order: PurchaseSubmission, in world: ModelWorld
  ) throws -> ModelCustomer {
    try #require(world.modelCustomer(of: ModelWorld.process(of: order)))
  }

  private func cancel(
    _ order: PurchaseSubmission, in engine: Engine, _ world: ModelWorld
  ) async throws {
    let customer = try customer(of: order, in: world)
    try await engine.cancel(
      order.order, oneTimeKey: customer.oneTimeKey,
      customer.cancellation(of: ModelWorld.process(of: order)))
  }

  /// It has its verdict, and a cancellation changes nothing.
  @Test func whatWasOnlyPresentedNeedsNoCancellation() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let submission = world.order(goods: [0])
    let process = ModelWorld.process(of: submission)
    let customer = try #require(world.modelCustomer(of: process))
    world.log.faults.always(.publish, .unreachable)
    let engine = driver.engine()
    world.clock.advance(seconds: 605)
    let asking = Task {
      try await engine.verdictOrAbort(for: submission.order, oneTimeKey: customer.oneTimeKey)
    }
    try await eventually("it has begun") { await engine.activity().openProcesses == 1 }
    try await engine.cancel(process, customer.cancellation(of: process))
    world.log.faults.always(.publish, nil)
    try await engine.retry(process)
    #expect(try await asking.value != .undecided)
    #expect(try await engine.outcome(of: process).decision == .abort(.timeout))
    await engine.quiesce()
  }
}

/// A notary that counts what it is asked to admit, and may refuse all of it.
private final class CountingNotary: Notary {
  private let base: ModelNotary
  private let admits: Bool
  private let count = Mutex(0)

  init(base: ModelNotary, admits: Bool) {
    self.base = base
    self.admits = admits
  }

  var admissions: Int { count.withLock { $0 } }

  var key: Thumbprint { base.key }

  func process(of order: Signed<Order>) -> ProcessID? { base.process(of: order) }

  func admit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder {
    count.withLock { $0 += 1 }
    guard admits else { throw NotAdmitted(code: "deadline", message: "too late") }
    return try base.admit(submission, at: time)
  }

  func readmit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder {
    try base.readmit(submission, at: time)
  }

  func read<Content: Claim>(
    _ signed: Signed<Content>, by signatory: Signatory, at time: Timestamp
  ) throws(NotAdmitted) -> Stated<Content> {
    try base.read(signed, by: signatory, at: time)
  }

  func sign<Content: Claim>(_ claim: Content, nonce: Nonce) -> Signed<Content> {
    base.sign(claim, nonce: nonce)
  }

  func digest(_ bytes: Bytes) -> Digest { base.digest(bytes) }
}
