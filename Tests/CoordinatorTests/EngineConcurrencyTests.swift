// Many processes side by side: who waits for whom, who shares a sync, and what one that is stuck does to
// the others.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct EngineConcurrencyTests {
  /// Two merchants with that many pieces of one good each.
  private func shelf(pieces: Int, seed: UInt64 = 1) -> EngineDriver {
    let driver = EngineDriver(seed: seed)
    for merchant in driver.world.merchants { merchant.setStock("shelf", to: pieces) }
    return driver
  }

  private func order(_ goods: [Int], in driver: EngineDriver) -> PurchaseSubmission {
    driver.world.order(goods: goods, stock: "shelf")
  }

  @Test(arguments: UInt64(1)...8)
  func ofTwoOrdersForTheLastOfBothExactlyOneSucceeds(seed: UInt64) async throws {
    let driver = shelf(pieces: 1, seed: seed)
    let engine = driver.engine()
    let orders = [order([0, 1], in: driver), order([1, 0], in: driver)]
    async let one = engine.submit(orders[0])
    async let two = engine.submit(orders[1])
    let processes = [try await one.process, try await two.process]
    var decisions: [PaymentModel.Decision] = []
    for process in processes {
      decisions.append(try await engine.outcome(of: process).decision)
    }
    #expect(decisions.filter(\.isCommit).count == 1, "seed \(seed)")
    #expect(decisions.contains(.abort(.refused)), "seed \(seed)")
    // Nobody asked twice: the turn came when the other had ended.
    let asked = driver.world.merchants.flatMap(\.faults.requests).filter { $0 == .deposit }
    #expect(asked.count <= 4, "seed \(seed)")
  }

  @Test func whenTheFirstAbortsForAReasonOfItsOwnTheSecondGetsBoth() async throws {
    let driver = shelf(pieces: 1)
    let engine = driver.engine()
    let orders = [order([0, 1], in: driver), order([0, 1], in: driver)]
    let first = ModelWorld.process(of: orders[0])
    driver.world.modelCustomer(of: first)?.faults.always(.decide, .silent)
    _ = try await engine.submit(orders[0])
    try await eventually("prepared") { try await engine.status(of: first).state.isPrepared }
    let second = try await engine.submit(orders[1]).process
    try await eventually("held") {
      driver.world.merchants[0].faults.requests.filter { $0 == .deposit }.count == 2
    }
    #expect(try await engine.status(of: second).state.isCommitted == nil)
    let customer = try #require(driver.world.modelCustomer(of: first))
    try await engine.cancel(first, customer.cancellation(of: first))
    #expect(try await engine.outcome(of: first).decision == .abort(.cancelled))
    #expect(try await engine.outcome(of: second).decision.isCommit)
  }

  @Test func withPlentyOfStockNobodyWaits() async throws {
    let driver = shelf(pieces: 10)
    let engine = driver.engine()
    let silent = order([0, 1], in: driver)
    let waiting = ModelWorld.process(of: silent)
    driver.world.modelCustomer(of: waiting)?.faults.always(.decide, .silent)
    _ = try await engine.submit(silent)
    try await eventually("prepared") { try await engine.status(of: waiting).state.isPrepared }
    let other = try await engine.submit(order([0, 1], in: driver)).process
    // Nobody moves the clock: whoever waited for the other would wait for ever.
    #expect(try await engine.outcome(of: other).decision.isCommit)
    await engine.stop()
  }

  @Test func whoCameFirstIsServedFirst() async throws {
    let driver = shelf(pieces: 1)
    let engine = driver.engine()
    let first = order([0], in: driver)
    driver.world.modelCustomer(of: ModelWorld.process(of: first))?.faults.always(.decide, .silent)
    let process = try await engine.submit(first).process
    try await eventually("prepared") { try await engine.status(of: process).state.isPrepared }
    var later: [ProcessID] = []
    for _ in 0..<5 {
      let next = try await engine.submit(order([0], in: driver)).process
      later.append(next)
      try await eventually("its money is reserved") {
        try await !engine.file(of: next).reservations.isEmpty
      }
    }
    // Only the first of those who wait has asked the merchant.
    #expect(driver.world.merchants[0].faults.requests.filter { $0 == .deposit }.count == 2)
    let customer = try #require(driver.world.modelCustomer(of: process))
    try await engine.cancel(process, customer.cancellation(of: process))
    #expect(try await engine.outcome(of: later[0]).decision.isCommit)
    for unlucky in later.dropFirst() {
      #expect(try await engine.outcome(of: unlucky).decision == .abort(.refused))
    }
  }

  @Test func plentyOfStockIsPlentyAfterARestart() async throws {
    let driver = shelf(pieces: 10)
    let victim = driver.engine()
    let orders = (0..<3).map { _ in order([0, 1], in: driver) }
    for order in orders {
      let process = ModelWorld.process(of: order)
      driver.world.modelCustomer(of: process)?.faults.always(.decide, .silent)
      _ = try await victim.submit(order)
      try await eventually("prepared") { try await victim.status(of: process).state.isPrepared }
    }
    await victim.stop()
    let next = driver.engine()
    #expect(await next.recover().resumed.count == 3)
    // The three go on holding their pieces, and there are seven more.
    for _ in 0..<4 {
      let process = try await next.submit(order([0, 1], in: driver)).process
      #expect(try await next.outcome(of: process).decision.isCommit)
    }
    await next.stop()
  }

  /// Its place is kept although the order comes in again before recovery has come to it.
  @Test func handedInAgainBeforeRecoveryItKeepsItsPlace() async throws {
    let driver = shelf(pieces: 1)
    let victim = driver.engine()
    let (first, second) = (order([0], in: driver), order([0], in: driver))
    let process = ModelWorld.process(of: first)
    driver.world.modelCustomer(of: process)?.faults.always(.decide, .silent)
    _ = try await victim.submit(first)
    try await eventually("prepared") { try await victim.status(of: process).state.isPrepared }
    let later = try await victim.submit(second).process
    try await eventually("both are on record") {
      driver.store.snapshot().locks().count == 4
    }
    await victim.stop()
    driver.world.modelCustomer(of: process)?.faults.always(.decide, nil)
    let next = driver.engine()
    _ = try await next.submit(second)
    _ = try await next.submit(first)
    #expect(await next.recover().failed.isEmpty)
    #expect(try await next.outcome(of: process).decision.isCommit)
    #expect(try await next.outcome(of: later).decision == .abort(.refused))
  }

  @Test func batchesAreBounded() async throws {
    let driver = EngineDriver()
    let engine = driver.engine(limits: CoordinatorLimits(largestBatch: 3))
    let orders = (0..<40).map { _ in driver.world.order(goods: [0, 1]) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for order in orders {
        group.addTask {
          let process = try await engine.submit(order).process
          #expect(try await engine.outcome(of: process).decision.isCommit)
        }
      }
      try await group.waitForAll()
    }
    let counters = await engine.activity()
    #expect(counters.rows <= 3 * counters.batches && counters.endedProcesses == 40)
  }

  /// Many wait for one good, and all their time is up at once.
  @Test func aLongQueueWhoseTimeIsUpEnds() async throws {
    let driver = shelf(pieces: 1)
    let world = driver.world
    let engine = driver.engine()
    let first = order([0], in: driver)
    let holder = ModelWorld.process(of: first)
    world.modelCustomer(of: holder)?.faults.always(.decide, .silent)
    _ = try await engine.submit(first)
    try await eventually("prepared") { try await engine.status(of: holder).state.isPrepared }
    var waiting: [ProcessID] = []
    for _ in 0..<200 { waiting.append(try await engine.submit(order([0], in: driver)).process) }
    world.clock.advance(seconds: 601)
    for process in waiting + [holder] {
      #expect(try await !engine.outcome(of: process).decision.isCommit)
    }
    #expect(driver.store.snapshot().locks().isEmpty)
  }

  @Test func placesOutlastTheProgram() async throws {
    let driver = shelf(pieces: 1)
    let victim = driver.engine()
    let orders = (0..<3).map { _ in order([0], in: driver) }
    driver.world.modelCustomer(of: ModelWorld.process(of: orders[0]))?
      .faults.always(.decide, .silent)
    for order in orders {
      let process = try await victim.submit(order).process
      try await eventually("its turn") {
        try await !victim.file(of: process).reservations.isEmpty
      }
    }
    try await eventually("all places are on record") {
      driver.store.snapshot().locks().count == 6
    }
    await victim.stop()
    let next = driver.engine()
    // One that comes before the others are back stands behind them all the same.
    let newcomer = order([0], in: driver)
    _ = try await next.submit(newcomer)
    #expect(await next.recover().resumed.count == 3)
    let first = ModelWorld.process(of: orders[0])
    let customer = try #require(driver.world.modelCustomer(of: first))
    try await next.cancel(first, customer.cancellation(of: first))
    #expect(
      try await next.outcome(of: ModelWorld.process(of: orders[1])).decision.isCommit)
    for unlucky in [orders[2], newcomer] {
      let outcome = try await next.outcome(of: ModelWorld.process(of: unlucky))
      #expect(outcome.decision == .abort(.refused))
    }
    #expect(driver.store.snapshot().locks().isEmpty)
  }

  @Test func aBurstSharesSyncsAndEnds() async throws {
    let driver = EngineDriver()
    let engine = driver.engine()
    let orders = (0..<300).map { _ in driver.world.order(goods: [0, 1]) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for order in orders {
        group.addTask {
          let process = try await engine.submit(order).process
          #expect(try await engine.outcome(of: process).decision.isCommit)
        }
      }
      try await group.waitForAll()
    }
    let counters = await engine.activity()
    #expect(counters.endedProcesses == 300 && counters.openProcesses == 0)
    #expect(counters.calls == 0 && counters.rows >= 4 * 300)
    #expect(counters.batches == driver.transactionCount)
    #expect(counters.batches < 4 * 300)
  }

  /// Whatever has left, is about to leave, or is in the box just then.
  @Test(arguments: [0, 1, 5, 20, 100, 400]) func aBurstCanBeStopped(turns: Int) async throws {
    let driver = EngineDriver()
    let engine = driver.engine()
    let orders = (0..<100).map { _ in driver.world.order(goods: [0, 1]) }
    await withTaskGroup(of: Void.self) { group in
      for order in orders { group.addTask { _ = try? await engine.submit(order) } }
      for _ in 0..<turns { await Task.yield() }
      await engine.quiesce()
      #expect(await engine.activity().calls == 0)
    }
    let next = driver.engine()
    _ = await next.recover()
    for order in orders {
      let process = try await next.submit(order).process
      #expect(try await next.outcome(of: process).decision.isCommit)
    }
  }

  @Test func moreThanItIsAllowedIsRefusedAsBusy() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let engine = driver.engine(limits: CoordinatorLimits(mostUndecidedProcesses: 2))
    world.banks[0].faults.always(.reserve, .silent)
    let orders = (0..<3).map { _ in world.order(goods: [0]) }
    let accepted = [try await engine.submit(orders[0]), try await engine.submit(orders[1])]
    await #expect {
      try await engine.submit(orders[2])
    } throws: { ($0 as? CoordinatorError)?.code == .busy }
    // Whoever was taken on is answered all the same.
    #expect(try await engine.submit(orders[0]) == accepted[0])
    world.banks[0].faults.always(.reserve, nil)
    let first = accepted[0].process
    let customer = try #require(world.modelCustomer(of: first))
    try await engine.cancel(first, customer.cancellation(of: first))
    _ = try await engine.outcome(of: first)
    _ = try await engine.submit(orders[2])
    await engine.stop()
  }

  /// Four processes are recovered, and the program dies each time that one of them writes something: before it is
  /// durable, then after that. Each recovery gets one batch further.
  @Test func recoveryIsRecoveredFrom() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let orders = (0..<4).map { _ in world.order(goods: [0, 1]) }
    let processes = orders.map(ModelWorld.process)
    for process in processes {
      world.modelCustomer(of: process)?.faults.always(.decide, .silent)
    }
    let first = driver.engine()
    for order in orders { _ = try await first.submit(order) }
    await first.quiesce()
    for process in processes { world.modelCustomer(of: process)?.faults.always(.decide, nil) }
    var kills = 0
    func length(of process: ProcessID) -> Int {
      driver.store.snapshot().rows(of: process).reduce(0) { $0 + $1.kinds.count }
    }
    // The one that has come least far: whoever writes a record of that number gets ahead of it or is at its side.
    while let next = processes.filter({ !driver.hasEnded($0) }).map(length).min() {
      for isBeforeWrite in [true, false] {
        let open = processes.filter { !driver.hasEnded($0) }
        let last = processes.filter { length(of: $0) == next }
        let kill = KillSwitch(at: next, beforeWrite: isBeforeWrite)
        let engine = driver.engine(hook: kill.hook, killedAt: kill)
        let report = await engine.recover()
        #expect(report.failed.isEmpty && report.resumed == open)
        try await eventually("it dies at record \(next)") { kill.hasKilled }
        await engine.stop()
        kills += 1
        let left = last.filter { length(of: $0) == next }
        #expect(isBeforeWrite ? left == last : left.count < last.count)
      }
    }
    // PREPARED, VERDICT and END at least, for those that go on side by side.
    #expect(kills >= 6)
    let last = driver.engine()
    let report = await last.recover()
    #expect(report.failed.isEmpty && report.resumed.isEmpty)
    for process in processes {
      #expect(try await last.outcome(of: process).decision.isCommit)
      let records = try await driver.records(of: process)
      #expect(records.count { $0.kind == .verdict } == 1 && records.last?.kind == .end)
    }
    #expect(world.log.verdictCount == 4)
    #expect(world.banks[0].balance(of: world.payee(of: 0)) == 400)
    #expect(!world.banks[0].isHolding && world.merchants.allSatisfy { !$0.isHolding })
  }

  /// A peer that is dead when the coordinator starts keeps back what needs it, and nothing else.
  @Test func aColdStartAgainstADeadPeer() async throws {
    let driver = EngineDriver()
    let world = driver.world
    world.banks[0].faults.always(.post, .silent)
    let before = driver.engine()
    let old = try await before.submit(world.order(goods: [0])).process
    _ = try await before.verdict(of: old)
    await before.stop()
    let engine = driver.engine()
    #expect(await engine.recover().resumed == [old])
    let new = try await engine.submit(world.order(goods: [1], banks: [1])).process
    #expect(try await engine.outcome(of: new).decision.isCommit)
    world.banks[0].faults.always(.post, nil)
    try await eventually("it goes on when the peer is back") {
      world.clock.advance(seconds: 10)
      return driver.hasEnded(old)
    }
  }

  /// An old copy of the journal would decide again what was decided.
  @Test func aJournalBehindTheLogIsNotServed() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let engine = driver.engine()
    let process = try await engine.submit(world.order(goods: [0])).process
    _ = try await engine.outcome(of: process)
    let old = EngineDriver(world: world)
    let behind = old.engine()
    let report = await behind.recover()
    #expect(report.refusal?.code == .behindLog && report.resumed.isEmpty)
    await #expect {
      try await behind.submit(world.order(goods: [1]))
    } throws: { ($0 as? CoordinatorError)?.code == .behindLog }
    #expect(old.store.snapshot().processes(after: nil, atMost: 1, onlyOpen: false).isEmpty)
  }

  /// Nor through an order that is not admitted any more: what it knows of it stays where it is.
  @Test func aJournalBehindTheLogGoesOnWithNothing() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let engine = driver.engine()
    let open = world.order(goods: [0])
    let process = ModelWorld.process(of: open)
    world.modelCustomer(of: process)?.faults.always(.decide, .silent)
    _ = try await engine.submit(open)
    let other = try await engine.submit(world.order(goods: [1])).process
    _ = try await engine.outcome(of: other)
    await engine.stop()
    let old = EngineDriver(world: world)
    let rows = driver.store.snapshot().rows(of: process)
    await old.store.transact { journal in for row in rows { _ = journal.append(row) } }
    let asked = world.merchants[0].faults.requests.count
    let behind = old.engine()
    let unreadable = PurchaseSubmission(
      order: open.order, parts: open.parts, offers: [], instruments: open.instruments)
    await #expect {
      try await behind.submit(unreadable)
    } throws: { ($0 as? CoordinatorError)?.code == .behindLog }
    #expect(old.transactionCount == 0)
    #expect(world.merchants[0].faults.requests.count == asked)
  }

  @Test func aBrokenChainStopsItsProcessAndNoOther() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let orders = (0..<3).map { _ in world.order(goods: [0]) }
    for order in orders {
      world.modelCustomer(of: ModelWorld.process(of: order))?.faults.always(.decide, .silent)
    }
    let first = driver.engine()
    for order in orders {
      let process = try await first.submit(order).process
      try await eventually("prepared") { try await first.status(of: process).state.isPrepared }
    }
    await first.stop()
    let broken = EngineDriver(world: world)
    let victim = ModelWorld.process(of: orders[1])
    let journal = driver.store.snapshot()
    let rows = orders.flatMap { journal.rows(of: ModelWorld.process(of: $0)) }
    await broken.store.transact { journal in
      for row in rows {
        let isChanged = row.process == victim && row.sequence > 0
        _ = journal.append(
          JournalRow(
            process: row.process, sequence: row.sequence, kinds: row.kinds,
            records: isChanged ? Bytes(row.records.dropLast()) + [0xFF] : row.records,
            chain: row.chain))
      }
    }
    for order in orders {
      world.modelCustomer(of: ModelWorld.process(of: order))?.faults.always(.decide, nil)
    }
    let before = broken.store.snapshot().rows(of: victim)
    #expect(before.count >= 2)
    let engine = broken.engine()
    let report = await engine.recover()
    #expect(report.failed.map(\.process) == [victim])
    #expect(report.resumed.count == 2)
    for order in [orders[0], orders[2]] {
      let process = ModelWorld.process(of: order)
      #expect(try await engine.outcome(of: process).decision.isCommit)
    }
    // What was answered stays where it is, however broken: nothing is cut, and nothing is written behind it.
    #expect(broken.store.snapshot().rows(of: victim) == before)
    await engine.quiesce()
    #expect(broken.store.snapshot().rows(of: victim) == before)
  }
}
