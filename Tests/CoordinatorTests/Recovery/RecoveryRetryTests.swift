// A log that does not answer keeps recovery back, and nothing longer than it is away.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct RecoveryRetryTests {
  /// Leaves a process that holds the last piece, and one behind it in the queue.
  private func left(_ driver: EngineDriver) async throws -> (holder: ProcessID, waiting: ProcessID)
  {
    let world = driver.world
    world.merchants[0].setStock("shelf", to: 1)
    let victim = driver.engine()
    let orders = (0..<2).map { _ in world.order(goods: [0], stock: "shelf") }
    let processes = orders.map(ModelWorld.process)
    world.modelCustomer(of: processes[0])?.faults.always(.decide, .silent)
    _ = try await victim.submit(orders[0])
    try await eventually("prepared") {
      try await victim.status(of: processes[0]).state.isPrepared
    }
    _ = try await victim.submit(orders[1])
    try await eventually("both have places") { driver.store.snapshot().locks().count == 4 }
    await victim.quiesce()
    world.modelCustomer(of: processes[0])?.faults.always(.decide, nil)
    return (processes[0], processes[1])
  }

  @Test func itIsTriedAgainAfterPausesThatGrow() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let (holder, waiting) = try await left(driver)
    world.log.setReachable(false)
    let engine = driver.engine()
    if case .notBegun = await engine.recovery {} else { Issue.record("it has begun") }
    let before = world.log.questionCount
    #expect(await engine.recover().refusal?.code == .logUnreachable)
    guard case .waiting(let error, 1, let first) = await engine.recovery else {
      Issue.record("it does not wait: \(await engine.recovery)")
      return
    }
    #expect(error.code == .logUnreachable)
    #expect(await "\(engine.recovery)".hasPrefix("not recovered yet: log-unreachable: "))
    let pause = first.milliseconds(since: world.clock.now())
    #expect((125...250).contains(pause))
    // Each attempt waits for its time, and the next one for about twice as long.
    var last = first
    for attempt in 2...6 {
      let now = world.clock.now()
      world.clock.advance(to: last)
      try await eventually("attempt \(attempt)") {
        if case .waiting(_, attempt, _) = await engine.recovery { true } else { false }
      }
      guard case .waiting(_, _, let next) = await engine.recovery else { return }
      let longest = Int64(250) << (attempt - 1)
      #expect((longest / 2...longest).contains(next.milliseconds(since: world.clock.now())))
      #expect(world.clock.now() > now)
      last = next
    }
    #expect(world.log.questionCount == before + 6)

    world.log.setReachable(true)
    world.clock.advance(to: last)
    try await eventually("recovered") {
      if case .done(let report) = await engine.recovery {
        Set(report.resumed) == [holder, waiting] && report.failed.isEmpty
      } else {
        false
      }
    }
    #expect(await engine.recovery.description == "recovered")
    #expect(try await engine.outcome(of: holder).decision.isCommit)
    #expect(try await engine.outcome(of: waiting).decision == .abort(.refused))
    await engine.quiesce()
  }

  /// A newcomer that finds the log there brings everybody back, without waiting for the next attempt: places of
  /// an earlier run would keep it waiting otherwise.
  @Test func aNewcomerIsNotKeptBackByPlacesOfAnEarlierRun() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let (holder, waiting) = try await left(driver)
    world.log.setReachable(false)
    let engine = driver.engine()
    #expect(await engine.recover().refusal?.code == .logUnreachable)
    let newcomer = world.order(goods: [0], stock: "shelf")
    await #expect {
      try await engine.submit(newcomer)
    } throws: { ($0 as? CoordinatorError)?.code == .logUnreachable }
    world.log.setReachable(true)
    // Nobody moves the clock.
    let process = try await engine.submit(newcomer).process
    #expect(try await engine.outcome(of: holder).decision.isCommit)
    #expect(try await engine.outcome(of: waiting).decision == .abort(.refused))
    #expect(try await engine.outcome(of: process).decision == .abort(.refused))
    guard case .done(let report) = await engine.recovery else {
      Issue.record("not recovered: \(await engine.recovery)")
      return
    }
    #expect(report.failed.isEmpty)
    #expect(driver.store.snapshot().locks().isEmpty)
    await engine.quiesce()
  }

  @Test func aStoppedEngineTriesNoMore() async throws {
    let driver = EngineDriver()
    let world = driver.world
    _ = try await left(driver)
    world.log.setReachable(false)
    let engine = driver.engine()
    #expect(await engine.recover().refusal?.code == .logUnreachable)
    await engine.quiesce()
    let asked = world.log.questionCount
    world.log.setReachable(true)
    world.clock.advance(seconds: 100_000)
    try await Task.sleep(for: .milliseconds(20))
    #expect(world.log.questionCount == asked)
    #expect(await engine.recover().refusal?.code == .stopped)
    #expect(await "\(engine.recovery)".hasPrefix("not recovered: stopped: "))
  }

  /// What will not change is not tried again.
  @Test func aJournalBehindTheLogIsRefusedForGood() async throws {
    let driver = EngineDriver()
    let engine = driver.engine()
    let process = try await engine.submit(driver.world.order(goods: [0])).process
    _ = try await engine.outcome(of: process)
    let behind = EngineDriver(world: driver.world).engine()
    #expect(await behind.recover().refusal?.code == .behindLog)
    let asked = driver.world.log.questionCount
    driver.world.clock.advance(seconds: 100_000)
    try await Task.sleep(for: .milliseconds(20))
    #expect(driver.world.log.questionCount == asked)
    guard case .refused(let error) = await behind.recovery else {
      Issue.record("it is not refused")
      return
    }
    #expect(error.code == .behindLog)
    await engine.quiesce()
    await behind.quiesce()
  }
}
