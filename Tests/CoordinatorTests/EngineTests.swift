// The engine with everybody else played by models: whole purchases, faults, and evidence.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct EngineTests {
  @Test func aPurchaseCommits() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let submission = world.order(goods: [0, 1], banks: [0])
    let engine = driver.engine()
    let accepted = try await engine.submit(submission)
    #expect(accepted.process == ModelWorld.process(of: submission))
    let outcome = try await engine.outcome(of: accepted.process)
    #expect(outcome.decision.isCommit)
    #expect(world.log.verdict(of: accepted.process) == outcome.verdict.verdict)
    // Both merchants have their money, and nobody holds anything.
    #expect(world.banks[0].balance(of: world.payee(of: 0)) == 100)
    #expect(world.banks[0].balance(of: world.payee(of: 1)) == 100)
    #expect(!world.banks[0].isHolding && world.merchants.allSatisfy { !$0.isHolding })
    #expect(world.modelCustomer(of: accepted.process)?.verdicts == [outcome.verdict])
    // BEGIN, PREPARED, VERDICT and END; the other records ride along.
    #expect(driver.transactionCount == 4)

    let file = try await engine.file(of: accepted.process)
    #expect(file.submission == submission)
    #expect(file.accepted == accepted.submission)
    #expect(file.reservations.count == 1 && file.deposits.count == 2)
    #expect(file.transfers.count == 2 && file.settlements.count == 2)
    #expect(file.deliveryRequest != nil && file.verdict?.logged == outcome.verdict)
    #expect(file.voids.isEmpty && file.releases.isEmpty && file.refusals.isEmpty)
    let bundle = try #require(file.bundle)
    #expect(outcome.decision == .commit(keyBundle: bundle.digest))
  }

  @Test func theSameOrderIsTheSameProcess() async throws {
    let driver = EngineDriver()
    let submission = driver.world.order(goods: [0])
    let engine = driver.engine()
    async let first = engine.submit(submission)
    async let second = engine.submit(submission)
    let accepted = try await first
    #expect(try await second == accepted)
    _ = try await engine.outcome(of: accepted.process)
    #expect(try await engine.submit(submission) == accepted)
    #expect(try await driver.engine().submit(submission) == accepted)
    #expect(driver.world.banks[0].faults.requests == [.reserve, .post])
  }

  @Test func severalBanksAndManyGoods() async throws {
    let driver = EngineDriver()
    let engine = driver.engine()
    let goods = (0..<40).map { $0 % 3 }
    let accepted = try await engine.submit(driver.world.order(goods: goods, banks: [0, 1]))
    #expect(try await engine.outcome(of: accepted.process).decision.isCommit)
    let file = try await engine.file(of: accepted.process)
    #expect(file.deposits.count == 40 && file.settlements.count == 3)
    #expect(driver.transactionCount == 4)
  }

  @Test func aWrongKeyNamesTheMerchantBeforeAnythingIsPaid() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let submission = world.order(goods: [0, 1])
    let offer = ModelEvidence.digest(submission.offers[1].bytes)
    world.merchants[1].depositWrongKey(for: offer.renamed())
    let engine = driver.engine()
    let process = try await engine.submit(submission).process
    #expect(try await engine.outcome(of: process).decision == .abort(.invalid))
    let file = try await engine.file(of: process)
    #expect(file.wrongKeys.map(\.revealed) == [Bytes("opens nothing".utf8)])
    #expect(file.voids.count == 1 && file.releases.count == 2)
    #expect(file.transfers.isEmpty && file.bundle == nil)
    #expect(world.banks[0].balance(of: world.payee(of: 0)) == 0)
    #expect(!world.banks[0].isHolding && world.merchants.allSatisfy { !$0.isHolding })
  }

  @Test func aSecondSpendWaitsAndIsRefused() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let first = world.order(goods: [0], coins: [7])
    let second = world.order(goods: [1], coins: [7])
    let engine = driver.engine()
    let one = ModelWorld.process(of: first)
    world.modelCustomer(of: one)?.faults.always(.decide, .silent)
    _ = try await engine.submit(first)
    try await eventually("prepared") { try await engine.status(of: one).state.isPrepared }
    let two = try await engine.submit(second).process
    try await eventually("held") { world.banks[0].faults.requests.count >= 2 }
    #expect(try await engine.status(of: two).state.isCommitted == nil)
    // The customer answers late, but in time.
    world.modelCustomer(of: one)?.faults.always(.decide, nil)
    world.clock.advance(seconds: 20)
    try await eventually("asked again") {
      world.clock.advance(seconds: 1)
      return try await engine.status(of: one).state.isCommitted != nil
    }
    #expect(try await engine.outcome(of: one).decision.isCommit)
    world.clock.advance(seconds: 600)
    #expect(try await engine.outcome(of: two).decision == .abort(.timeout))
  }

  @Test func aRefusalIsEvidence() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let submission = world.order(goods: [0, 1], stock: "the last one")
    world.merchants[0].setStock("the last one", to: 1)
    let engine = driver.engine()
    let process = try await engine.submit(submission).process
    #expect(try await engine.outcome(of: process).decision == .abort(.refused))
    let refusal = try #require(try await engine.file(of: process).refusals.first)
    #expect(refusal.reason == .soldOut && refusal.exhibit != nil)
    #expect(refusal.activity.participant == .merchant(ModelWorld.merchantNames[1]))
  }

  @Test func aSilentMerchantEndsInAbortAndTheMoneyIsFree() async throws {
    let driver = EngineDriver()
    let world = driver.world
    world.merchants[1].faults.always(.deposit, .silent)
    world.merchants[1].faults.always(.release, .silent)
    let engine = driver.engine()
    let process = try await engine.submit(world.order(goods: [0, 1])).process
    try await eventually("one deposit") { !world.merchants[0].faults.requests.isEmpty }
    world.clock.advance(seconds: 600)
    try await eventually("money free") { !world.banks[0].isHolding }
    #expect(try await engine.status(of: process).state.phase == .aborted(.timeout))
    // It stays open until the merchant answers.
    world.merchants[1].faults.always(.release, nil)
    try await eventually("ended") {
      world.clock.advance(seconds: 60)
      return driver.hasEnded(process)
    }
    #expect(try await engine.outcome(of: process).decision == .abort(.timeout))
  }

  @Test func theCustomerCancelsAndNobodyElse() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let submission = world.order(goods: [0])
    let process = ModelWorld.process(of: submission)
    let customer = try #require(world.modelCustomer(of: process))
    customer.faults.always(.decide, .silent)
    let engine = driver.engine()
    _ = try await engine.submit(submission)
    let other = ModelWorld.process(of: world.order(goods: [0]))
    let strange = try #require(world.modelCustomer(of: other)).cancellation(of: process)
    await #expect {
      try await engine.cancel(process, strange)
    } throws: { ($0 as? CoordinatorError)?.code == .notEntitled }
    await #expect {
      try await engine.cancel(process, customer.cancellation(of: other))
    } throws: { ($0 as? CoordinatorError)?.code == .notEntitled }
    try await engine.cancel(process, customer.cancellation(of: process))
    #expect(try await engine.outcome(of: process).decision == .abort(.cancelled))
    #expect(try await engine.file(of: process).cancellation != nil)
    // Afterwards it is no error, and changes nothing.
    try await engine.cancel(process, customer.cancellation(of: process))
  }

  @Test func anUnknownOrderIsAbortedWhenSomebodyAsksButNotEarly() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let submission = world.order(goods: [0])
    let process = ModelWorld.process(of: submission)
    let key = try #require(world.modelCustomer(of: process)).oneTimeKey
    let engine = driver.engine()
    #expect(
      try await engine.verdictOrAbort(for: submission.order, oneTimeKey: key) == .undecided)
    await #expect {
      try await engine.status(of: process)
    } throws: { ($0 as? CoordinatorError)?.code == .unknownProcess }
    world.clock.advance(seconds: 604)
    #expect(
      try await engine.verdictOrAbort(for: submission.order, oneTimeKey: key) == .undecided)
    await #expect {
      try await engine.submit(submission)
    } throws: { ($0 as? CoordinatorError)?.code == .tooLate }
    world.clock.advance(seconds: 1)
    let answer = try await engine.verdictOrAbort(for: submission.order, oneTimeKey: key)
    #expect(try await engine.outcome(of: process).decision == .abort(.timeout))
    #expect(world.log.verdict(of: process) != nil && answer != .undecided)
    #expect(
      try await driver.engine().verdictOrAbort(for: submission.order, oneTimeKey: key) == answer)
    // The order can be handed in, and is what it is: aborted.
    #expect(try await engine.submit(submission).process == process)
    let wrong = try #require(SigningKeyValue(Bytes(repeating: 9, count: 32)))
    await #expect {
      try await engine.verdictOrAbort(for: submission.order, oneTimeKey: wrong)
    } throws: { ($0 as? CoordinatorError)?.code == .notEntitled }
  }

  @Test func askedAboutARunningProcess() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let submission = world.order(goods: [0])
    let process = ModelWorld.process(of: submission)
    let customer = try #require(world.modelCustomer(of: process))
    customer.faults.always(.decide, .silent)
    let engine = driver.engine()
    _ = try await engine.submit(submission)
    let ask = {
      try await engine.verdictOrAbort(for: submission.order, oneTimeKey: customer.oneTimeKey)
    }
    #expect(try await ask() == .undecided)
    try await eventually("prepared") { try await engine.status(of: process).state.isPrepared }
    #expect(try await ask() == .undecided)
    world.clock.advance(seconds: 60)
    _ = try await engine.outcome(of: process)
    #expect(try await ask() != .undecided)
  }

  @Test func whatIsNotAdmittedIsNotBegun() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let good = world.order(goods: [0])
    let engine = driver.engine()
    let cases: [(PurchaseSubmission, CoordinatorError.Code)] = [
      (
        PurchaseSubmission(
          order: good.order, parts: good.parts, offers: [], instruments: good.instruments),
        .notAdmitted
      ),
      (
        PurchaseSubmission(
          order: good.order, parts: [], offers: good.offers, instruments: good.instruments),
        .emptyOrder
      ),
      (
        PurchaseSubmission(
          order: Signed(Bytes(repeating: 0, count: SubmissionLimits.statement + 1)),
          parts: good.parts, offers: good.offers, instruments: good.instruments),
        .tooLarge
      ),
    ]
    for (submission, code) in cases {
      await #expect {
        try await engine.submit(submission)
      } throws: { ($0 as? CoordinatorError)?.code == code }
    }
    #expect(driver.transactionCount == 0)
  }

  @Test func twoEnginesOnOneJournalDoNotBothWrite() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let submission = world.order(goods: [0])
    let process = ModelWorld.process(of: submission)
    world.modelCustomer(of: process)?.faults.always(.decide, .silent)
    let first = driver.engine()
    _ = try await first.submit(submission)
    try await eventually("prepared") { try await first.status(of: process).state.isPrepared }
    let second = driver.engine()
    #expect(await second.recover().resumed == [process])
    world.clock.advance(seconds: 600)
    try await eventually("one verdict") { world.log.verdict(of: process) != nil }
    try await eventually("ended") { driver.hasEnded(process) }
    let records = try await driver.records(of: process)
    #expect(records.filter { $0.kind == .verdict }.count == 1)
    #expect(world.log.verdictCount == 1)
    await first.stop()
    await second.stop()
  }
}

extension ProcessState {
  var isPrepared: Bool {
    if case .prepared = phase { true } else { false }
  }
}

extension EngineDriver {
  func hasEnded(_ process: ProcessID) -> Bool {
    store.snapshot().rows(of: process).contains { $0.kinds.contains(.end) }
  }
}
