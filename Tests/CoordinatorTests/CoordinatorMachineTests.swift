// The coordinator's machine by itself: what it asks of its shell, and when.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct CoordinatorMachineTests {
  /// A machine without a shell: a test is one.
  private struct Shell {
    let world = ModelWorld()
    let planner: ProcessPlanner
    var machine: CoordinatorMachine
    var entropy = ModelEntropy(seed: 3)
    var now: Timestamp

    init(limits: CoordinatorLimits = .standard) {
      planner = ProcessPlanner(
        coordinator: ModelWorld.coordinatorName, notary: world.notary, templates: [.standard])
      machine = CoordinatorMachine(limits: limits)
      now = world.clock.now()
    }

    mutating func step(_ event: CoordinatorEvent) throws -> [CoordinatorEffect] {
      try machine.step(event, at: now, entropy: &entropy, notary: world.notary)
    }

    mutating func begin(goods: [Int] = [0, 1]) throws -> (ProcessID, [CoordinatorEffect]) {
      let submission = world.order(goods: goods)
      let order = try planner.admit(submission, at: now)
      let new = try planner.begin(
        order, of: submission, at: now, nonce: Nonce(from: &entropy))
      return (order.process, try step(.begin(new)))
    }
  }

  @Test func nobodyIsAskedBeforeTheOrderIsDurable() throws {
    var shell = Shell()
    let (process, effects) = try shell.begin()
    let batch = try #require(effects.batches.first)
    #expect(batch.rows.map(\.process) == [process] && effects.asks.isEmpty)
    #expect(shell.machine.standing(of: process) == nil)
    let after = try shell.step(.written(batch: batch.number, taken: []))
    #expect(after.asks.map(\.process) == [process])
    #expect(shell.machine.standing(of: process)?.state.phase == .preparing)
  }

  @Test func oneBatchIsWrittenAtATimeAndTheNextOneGrows() throws {
    var shell = Shell()
    let first = try #require(try shell.begin().1.batches.first)
    for _ in 0..<5 { #expect(try shell.begin().1.batches.isEmpty) }
    let second = try #require(
      try shell.step(.written(batch: first.number, taken: [])).batches.first)
    #expect(second.rows.count == 5)
    // The same news again is none.
    #expect(try shell.step(.written(batch: first.number, taken: [])).isEmpty)
  }

  @Test func whatSomebodyElseHasWrittenIsForgotten() throws {
    var shell = Shell()
    let (taken, effects) = try shell.begin()
    let (other, _) = try shell.begin()
    let batch = try #require(effects.batches.first)
    let after = try shell.step(.written(batch: batch.number, taken: [taken]))
    #expect(after.contains(.taken(taken)) && after.asks.isEmpty)
    #expect(!shell.machine.has(taken) && shell.machine.has(other))
    #expect(shell.machine.openCount == 1 && shell.machine.undecidedCount == 1)
  }

  /// A clock that is set back must not stop all time.
  @Test func aClockThatIsSetBackStopsNothing() throws {
    var shell = Shell()
    let (_, effects) = try shell.begin()
    let batch = try #require(effects.batches.first)
    let asked = try shell.step(.written(batch: batch.number, taken: []))
    #expect(asked.asks.count == 1)
    let wake = try #require((effects + asked).wakes.last)
    shell.now = wake.adding(milliseconds: -5)
    let early = try shell.step(.tick)
    #expect(early.asks.isEmpty && early.wakes == [wake])
    // The answer is late, then a pause, then the same question again.
    shell.now = wake
    #expect(try shell.step(.tick).asks.isEmpty)
    shell.now = wake.adding(seconds: 2)
    #expect(try shell.step(.tick).asks.map(\.attempt) == [2])
  }

  /// A write that takes longer than an answer may: the time for the answer begins when the request leaves.
  @Test func whoHasNotBeenAskedIsNotLate() throws {
    var shell = Shell()
    let (_, effects) = try shell.begin()
    let batch = try #require(effects.batches.first)
    for _ in 0..<12 {
      shell.now = shell.now.adding(seconds: 5)
      #expect(try shell.step(.tick).asks.isEmpty)
    }
    let asked = try shell.step(.written(batch: batch.number, taken: []))
    #expect(asked.asks.map(\.attempt) == [1])
    #expect(asked.wakes == [shell.now.adding(seconds: 10)])
    shell.now = shell.now.adding(milliseconds: 9999)
    #expect(try shell.step(.tick).asks.isEmpty)
    shell.now = shell.now.adding(milliseconds: 1)
    let late = try shell.step(.tick)
    #expect(late.asks.isEmpty)
    shell.now = try #require(late.wakes.last)
    #expect(try shell.step(.tick).asks.map(\.attempt) == [2])
  }

  @Test func moreThanAllowedIsBusyAndChangesNothing() throws {
    var shell = Shell(limits: CoordinatorLimits(mostUndecidedProcesses: 1))
    _ = try shell.begin()
    let before = shell.machine
    #expect {
      try shell.begin()
    } throws: { ($0 as? CoordinatorError)?.code == .busy }
    #expect(shell.machine == before)
  }

  /// An order that was never handed in is aborted for whoever holds something for it, however much there is to
  /// do.
  @Test func anAbortThatIsOwedIsNeverBusy() throws {
    var shell = Shell(limits: CoordinatorLimits(mostUndecidedProcesses: 1))
    _ = try shell.begin()
    #expect(shell.machine.isBusy)
    let signed = shell.world.order(goods: [0], decideBySeconds: 60).order
    let order = try shell.world.evidence.read(order: signed)
    shell.now = order.claim.decideBy.adding(seconds: 5)
    let new = try shell.planner.beginAbort(
      of: order, signed: signed, at: shell.now, nonce: Nonce(from: &shell.entropy))
    _ = try shell.step(.begin(new))
    #expect(shell.machine.has(new.plan.process))
    // It is decided already, and takes nobody's place.
    #expect(shell.machine.undecidedCount == 1)
  }

  /// A limit of nothing would never let anything be written, nor anybody answer.
  @Test func limitsThatLeaveNothingAreOne() throws {
    let policy = RetryPolicy(
      firstPauseMilliseconds: 0, longestPauseMilliseconds: -5, answerWithinMilliseconds: 0,
      operatorAfterAttempts: 0, notifyAttempts: -1)
    #expect(policy.firstPauseMilliseconds == 1 && policy.longestPauseMilliseconds == 1)
    #expect(policy.answerWithinMilliseconds == 1)
    #expect(policy.operatorAfterAttempts == 1 && policy.notifyAttempts == 1)
    #expect(RetryPolicy(firstPauseMilliseconds: 90_000).longestPauseMilliseconds == 90_000)
    var shell = Shell(limits: CoordinatorLimits(largestBatch: 0))
    #expect(try shell.begin().1.batches.first?.rows.count == 1)
  }
}

extension [CoordinatorEffect] {
  fileprivate var batches: [JournalBatch] {
    compactMap { if case .write(let batch) = $0 { batch } else { nil } }
  }

  fileprivate var asks: [ActivityAttempt] {
    compactMap { if case .ask(let attempt) = $0 { attempt } else { nil } }
  }

  fileprivate var wakes: [Timestamp] {
    compactMap { if case .wake(let time) = $0 { time } else { nil } }
  }
}
