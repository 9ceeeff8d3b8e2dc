// The machine's rules, one story each: how a purchase commits, and the many ways in which it does not.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct ProcessMachineTests {
  @Test func commitsWhenEverybodyDoesTheirPart() throws {
    var driver = try MachineDriver(goods: [0, 1], banks: [0, 1])
    #expect(driver.performed == [.reserve])
    #expect(driver.asked.count == 2)
    driver.run()
    #expect(driver.machine.state.phase == .ended(wasCommitted: true))
    #expect(
      driver.performed == [.reserve, .deposit, .decide, .publish, .post, .notify, .confirm])
    #expect(driver.effects.last == .ended)
    #expect(driver.verdicts.count == 1)
    let verdict = try #require(driver.verdicts.first)
    #expect(verdict.decision.isCommit)
    // Two reservations, two deposits with acceptances, the delivery request and the order.
    #expect(verdict.evidence.count == 8)
    #expect(verdict.evidence.contains(driver.order.process.renamed()))
    #expect(verdict.evidence == verdict.evidence.sorted())
    let skipped = driver.numbers(.void) + driver.numbers(.release) + driver.numbers(.recordAbort)
    #expect(skipped.allSatisfy { driver.machine.state.activities[$0] == .skipped })
  }

  @Test func stockIsAskedForAfterAllMoney() throws {
    var driver = try MachineDriver(goods: [0, 1], banks: [0, 1])
    let banks = driver.numbers(.reserve)
    driver.answer(banks[1], driver.success(of: banks[1]))
    #expect(driver.performed == [.reserve])
    driver.answer(banks[0], driver.success(of: banks[0]))
    #expect(driver.performed == [.reserve, .deposit])
  }

  /// Whatever the order of the goods in an order: two processes that want the same goods ask for them in
  /// the same turns, so neither holds what the other needs first.
  @Test func whatMayRunOutIsTakenInTurnsThatAllProcessesShare() throws {
    for goods in [[0, 1, 2], [2, 0, 1]] {
      var driver = try MachineDriver(goods: goods, stock: "chairs")
      let deposits = driver.numbers(.deposit)
        .sorted {
          driver.activity($0).resources[0].resource < driver.activity($1).resources[0].resource
        }
      #expect(deposits.map { driver.activity($0).participant.name } == ModelWorld.merchantNames)
      driver.answer(driver.numbers(.reserve)[0], driver.success(of: driver.numbers(.reserve)[0]))
      for deposit in deposits {
        #expect(driver.asked == [deposit])
        driver.answer(deposit, .held(until: driver.now.adding(seconds: 60)))
        #expect(driver.asked == [deposit], "nothing else is taken meanwhile")
        driver.answer(deposit, driver.success(of: deposit))
      }
      #expect(driver.asked == driver.numbers(.decide))
    }
  }

  @Test func whatNeverRunsOutIsTakenAtTheSameTime() throws {
    var driver = try MachineDriver(goods: [0, 1, 2])
    driver.answer(driver.numbers(.reserve)[0], driver.success(of: driver.numbers(.reserve)[0]))
    #expect(driver.asked == driver.numbers(.deposit))
  }

  /// Two processes could each hold one of the last two pieces and wait for the other.
  @Test func oneStockIsTakenOnce() throws {
    #expect {
      _ = try MachineDriver(goods: [0, 1, 0], stock: "chairs")
    } throws: {
      ($0 as? CoordinatorError)?.code == .stockShared
    }
  }

  @Test func everyRefusalAbortsAndUndoesWhatWasAsked() throws {
    for verb in [Verb.reserve, .deposit, .decide] {
      for position in 0..<2 {
        var driver = try MachineDriver(goods: [0, 1], banks: [0, 1])
        let numbers = driver.numbers(verb)
        let number = numbers[min(position, numbers.count - 1)]
        driver.run { $0.asked.contains(number) }
        // The refusal comes last, after the others of its kind.
        while let other = driver.asked.first(where: { $0 != number }) {
          driver.answer(other, driver.success(of: other))
        }
        let refusal = driver.exhibit(Refusal.self)
        let result = driver.answer(number, .ended(.refused(.soldOut, refusal)))
        #expect(driver.machine.state.phase == .aborted(.refused))
        #expect(result.records.map(\.kind) == [.result, .verdict, .intent])
        #expect(driver.verdicts[0].evidence.contains(refusal.id))
        driver.run()
        #expect(driver.machine.state.phase == .ended(wasCommitted: false))
        #expect(driver.verdicts.count == 1)
        #expect(!driver.performed.contains(.post) && !driver.performed.contains(.publish))
        #expect(driver.performed.contains(.void))
        #expect(driver.performed.contains(.release) == (verb != .reserve))
        #expect(driver.performed.contains(.notify))
      }
    }
  }

  @Test func abortIsRecordedBeforeAnythingIsUndone() throws {
    var driver = try MachineDriver()
    driver.run { !$0.numbers(.deposit).filter($0.asked.contains).isEmpty }
    driver.effects = []
    driver.step(.cancelled(driver.exhibit()))
    #expect(driver.performed == [.recordAbort])
    let number = driver.numbers(.recordAbort)[0]
    driver.answer(number, driver.success(of: number))
    #expect(driver.performed == [.recordAbort, .release, .void, .notify])
  }

  @Test func aSilentMerchantDoesNotKeepBackTheMoney() throws {
    var driver = try MachineDriver()
    driver.run { $0.asked.count == 2 }
    driver.step(.cancelled(driver.exhibit()))
    let abort = driver.numbers(.recordAbort)[0]
    driver.answer(abort, driver.success(of: abort))
    let void = driver.numbers(.void)[0]
    #expect(driver.asked.contains(void))
    driver.answer(void, driver.success(of: void))
    #expect(driver.machine.state.activities[void] == .done)
    #expect(driver.machine.state.activities[driver.numbers(.release)[0]] == .asked)
  }

  @Test func wrongKeyAbortsBeforeAnythingIsPaid() throws {
    var driver = try MachineDriver()
    driver.run { $0.asked.count == 2 }
    let number = driver.numbers(.deposit)[1]
    let deposit = driver.exhibit(Deposit.self)
    driver.answer(number, .ended(.wrongKey(deposit, revealed: [1, 2, 3])))
    #expect(driver.machine.state.phase == .aborted(.invalid))
    #expect(driver.verdicts[0].evidence.contains(deposit.id))
    #expect(driver.records.contains(.result(number, .wrongKey(deposit, revealed: [1, 2, 3]))))
    driver.run()
    #expect(!driver.performed.contains(.post))
  }

  @Test func fromDecideByOnOnlyAbort() throws {
    // While reserving, while depositing, and while the customer thinks.
    for verb in [Verb.reserve, .deposit, .decide] {
      var driver = try MachineDriver()
      driver.run { driver in driver.asked.contains { driver.activity($0).verb == verb } }
      driver.now = driver.machine.terms.decideBy
      let number = try #require(driver.asked.first)
      // The answer that would have been enough comes with the last tick: time comes first.
      driver.answer(number, driver.success(of: number))
      #expect(driver.machine.state.phase == .aborted(.timeout))
      #expect(driver.verdicts.count == 1)
    }
  }

  @Test func aMerchantsTimeFrameEndsThePreparation() throws {
    var driver = try MachineDriver()
    driver.run { $0.asked.count == 2 }
    let deposits = driver.numbers(.deposit)
    driver.answer(deposits[0], driver.success(of: deposits[0], heldSeconds: 30))
    #expect(driver.machine.state.heldUntil == driver.now.adding(seconds: 30))
    driver.now = driver.now.adding(seconds: 29)
    driver.step(.tick)
    #expect(driver.machine.state.phase == .preparing)
    driver.now = driver.now.adding(seconds: 1)
    driver.step(.tick)
    #expect(driver.machine.state.phase == .aborted(.timeout))
  }

  @Test func aDepositThatIsOverAlreadyPreparesNothing() throws {
    var driver = try MachineDriver(goods: [0])
    driver.run { driver in driver.asked.contains { driver.activity($0).verb == .deposit } }
    let number = driver.numbers(.deposit)[0]
    driver.answer(number, driver.success(of: number, heldSeconds: 0))
    #expect(driver.machine.state.phase == .aborted(.timeout))
    #expect(!driver.records.contains { $0.kind == .prepared })
  }

  @Test func withoutDeliveryRequestInTimeAbort() throws {
    var driver = try MachineDriver()
    driver.run { driver in driver.asked.contains { driver.activity($0).verb == .decide } }
    let answerBy = driver.now.adding(seconds: 60)
    #expect(driver.machine.state.phase == .prepared(answerBy: answerBy))
    driver.now = answerBy.adding(milliseconds: -1)
    driver.step(.tick)
    #expect(driver.machine.state.isCommitted == nil)
    driver.now = answerBy
    let number = driver.numbers(.decide)[0]
    driver.answer(number, driver.success(of: number))
    #expect(driver.machine.state.phase == .aborted(.timeout))
  }

  @Test func commitTimeoutAndCancellationInOneTickGiveOneVerdict() throws {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      for isLate in [false, true] {
        var driver = try MachineDriver()
        driver.run { driver in driver.asked.contains { driver.activity($0).verb == .decide } }
        let number = driver.numbers(.decide)[0]
        driver.now = isLate ? driver.machine.terms.decideBy : driver.now.adding(seconds: 59)
        for choice in order {
          switch choice {
          case 0: driver.answer(number, driver.success(of: number))
          case 1: driver.step(.cancelled(driver.exhibit()))
          default: driver.step(.tick)
          }
        }
        #expect(driver.verdicts.count == 1)
        let firstIsCommit = !isLate && order.first { $0 != 2 } == 0
        #expect(driver.verdicts[0].decision.isCommit == firstIsCommit)
      }
    }
  }

  @Test func cancellationAfterTheVerdictHasNoEffect() throws {
    var driver = try MachineDriver()
    driver.run { driver in driver.asked.contains { driver.activity($0).verb == .post } }
    let result = driver.step(.cancelled(driver.exhibit()))
    #expect(result.records.isEmpty)
    driver.run()
    #expect(driver.machine.state.phase == .ended(wasCommitted: true))
  }

  @Test func unknownAsksAgainLaterAndLater() throws {
    var driver = try MachineDriver(goods: [0])
    let number = driver.numbers(.reserve)[0]
    var pauses: [Int64] = []
    for attempt in 1...8 {
      #expect(driver.attempts(of: number) == attempt)
      driver.answer(number, .unknown)
      let wake = try #require(driver.wake)
      pauses.append(wake.milliseconds(since: driver.now))
      driver.now = wake
      driver.step(.tick)
    }
    // Doubled each time, between half and all of it.
    for (attempt, pause) in pauses.enumerated() {
      let whole = Int64(250) << Int64(attempt)
      #expect((whole / 2...whole).contains(pause))
    }
    #expect(driver.records.filter { $0.kind == .intent }.count == 1)
  }

  @Test func noAnswerAtAllIsAskedAgainAndALateAnswerCounts() throws {
    var driver = try MachineDriver(goods: [0])
    let number = driver.numbers(.reserve)[0]
    driver.now = try #require(driver.wake)
    driver.step(.tick)
    driver.now = try #require(driver.wake)
    driver.step(.tick)
    #expect(driver.attempts(of: number) == 2)
    // The first attempt fails only now: the second is not disturbed.
    driver.step(.outcome(activity: number, attempt: 1, .unknown))
    #expect(!driver.machine.isIdle)
    driver.step(.outcome(activity: number, attempt: 1, driver.success(of: number)))
    #expect(driver.machine.state.activities[number] == .done)
    #expect(driver.performed == [.reserve, .deposit])
  }

  @Test func heldWaitsAndAsksAgainAtTheLatestThen() throws {
    var driver = try MachineDriver(goods: [0])
    let number = driver.numbers(.reserve)[0]
    let until = driver.now.adding(seconds: 20)
    driver.answer(number, .held(until: until))
    #expect(driver.machine.isIdle)
    // The other process may end sooner: the pauses grow, and end when its hold must.
    var pauses: [Int64] = []
    while driver.now < until {
      let wake = try #require(driver.wake)
      pauses.append(wake.milliseconds(since: driver.now))
      driver.now = wake
      driver.step(.tick)
      driver.answer(number, .held(until: until))
    }
    #expect(pauses.count > 4)
    #expect(driver.attempts(of: number) == pauses.count + 1)
    #expect(driver.now.milliseconds(since: until) <= 250)
    // A hold beyond every time frame does not outlast them.
    driver.answer(number, .held(until: Timestamp(milliseconds: .max)))
    #expect(try #require(driver.wake) <= driver.machine.terms.decideBy)
    driver.now = driver.machine.terms.decideBy
    driver.step(.tick)
    #expect(driver.machine.state.phase == .aborted(.timeout))
    // And one that is over already is no reason to ask without a pause.
    var other = try MachineDriver(goods: [0])
    other.answer(number, .held(until: Timestamp(milliseconds: .min)))
    #expect(try #require(other.wake) > other.now)
  }

  /// A named time at any distance is met, or the question before it comes in time for it.
  @Test(arguments: UInt64(1)...20) func aNamedTimeIsMetHoweverManyWereNamedBefore(
    seed: UInt64
  ) throws {
    var driver = try MachineDriver(goods: [0], seed: seed)
    let number = driver.numbers(.reserve)[0]
    for _ in 0..<9 {
      driver.answer(number, .unknown)
      driver.now = try #require(driver.wake)
      driver.step(.tick)
    }
    let until = driver.now.adding(seconds: 55 + Int64(seed))
    while driver.now < until {
      driver.answer(number, .held(until: until))
      driver.now = try #require(driver.wake)
      driver.step(.tick)
    }
    #expect(driver.now == until)
  }

  /// A merchant who always names the next second, and one whose time has passed because our clock is ahead: both
  /// are asked less and less often, not every 250 ms for the ten minutes that the order gives.
  @Test(arguments: [1000, 1, -300] as [Int64])
  func whoIsHeldAgainAndAgainIsAskedLessAndLessOften(milliseconds: Int64) throws {
    var driver = try MachineDriver(goods: [0])
    let number = driver.numbers(.reserve)[0]
    let start = driver.now
    let decideBy = driver.machine.terms.decideBy
    #expect(decideBy.milliseconds(since: start) >= 600_000)
    var pauses: [Int64] = []
    while driver.machine.state.isCommitted == nil {
      driver.answer(number, .held(until: driver.now.adding(milliseconds: milliseconds)))
      let wake = try #require(driver.wake)
      pauses.append(wake.milliseconds(since: driver.now))
      driver.now = wake
      driver.step(.tick)
    }
    #expect(driver.machine.state.phase == .aborted(.timeout))
    #expect(driver.now == decideBy)
    // At the beginning when he says so, in the end not more often than every 7.5 seconds.
    #expect(pauses.prefix(2).allSatisfy { (125...1000).contains($0) })
    #expect(pauses.dropFirst(8).dropLast().allSatisfy { $0 >= 7500 })
    #expect(pauses.count < 100)
  }

  @Test func afterTheVerdictNothingIsGivenUpButTheCustomersEar() throws {
    var driver = try MachineDriver(goods: [0])
    driver.run { driver in driver.asked.contains { driver.activity($0).verb == .post } }
    let post = driver.numbers(.post)[0]
    let notify = try #require(driver.asked.first { driver.activity($0).verb == .notify })
    for _ in 0..<40 {
      for number in driver.asked where !driver.machine.isIdle { driver.answer(number, .unknown) }
      driver.now = try #require(driver.wake)
      driver.step(.tick)
    }
    #expect(driver.machine.state.activities[post] == .asked)
    #expect(driver.machine.state.activities[notify] == .unreached)
    // That is on record and said once, and nobody is called about it.
    #expect(driver.records.count { $0 == .forward(notify, .unreached) } == 1)
    #expect(driver.effects.count { $0 == .gaveUp(activity: notify) } == 1)
    #expect(!driver.effects.contains(.callOperator(activity: notify)))
    #expect(driver.effects.filter { $0 == .callOperator(activity: post) }.count == 1)
    driver.run()
    #expect(driver.machine.state.phase == .ended(wasCommitted: true))
  }

  @Test func aBankThatRefusesToPostIsRecordedAndTheProcessEnds() throws {
    var driver = try MachineDriver(goods: [0])
    driver.run { driver in driver.asked.contains { driver.activity($0).verb == .post } }
    let post = driver.numbers(.post)[0]
    let refusal = driver.exhibit(Refusal.self)
    driver.answer(post, .ended(.refused(.invalid, refusal)))
    #expect(driver.effects.contains(.callOperator(activity: post)))
    driver.run()
    #expect(driver.machine.state.phase == .ended(wasCommitted: true))
    #expect(driver.records.contains(.forward(post, .refused(.invalid, refusal))))
  }

  @Test func aLogThatRefusesTheVerdictStopsEverythingAfterIt() throws {
    var driver = try MachineDriver(goods: [0])
    driver.run { driver in driver.asked.contains { driver.activity($0).verb == .publish } }
    let publish = driver.numbers(.publish)[0]
    driver.answer(publish, .ended(.refused(.conflict, nil)))
    #expect(driver.effects.contains(.callOperator(activity: publish)))
    #expect(!driver.performed.contains(.post))
    #expect(driver.machine.state.activities[publish] == .asked)
  }

  @Test func aProcessWithoutAbortPathOrPreparationIsNotRun() throws {
    let driver = try MachineDriver()
    let whole = driver.machine.definition
    for root in [
      whole.root.alternatives[0], Segment(compensatable: whole.root.compensatable),
    ] {
      let definition = PaymentProcess(
        process: whole.process, template: whole.template, root: root)
      #expect(throws: CoordinatorError.self) {
        try ProcessMachine(definition: definition, terms: driver.machine.terms)
      }
    }
  }
}
