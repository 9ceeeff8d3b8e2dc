// What would make a second verdict if anything could: everything in one tick, answers that contradict each
// other, and a coordinator that is dead for ever once its verdict is logged.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct OneVerdictTests {
  // MARK: - One tick

  private enum Racer: CaseIterable { case delivery, cancellation, refusal, tick, resumed }

  /// All orders of all events that could decide, before the time frame's end, at it, and after it. The first
  /// one that can decide does.
  @Test(arguments: [-1, 0, 1] as [Int64])
  func timeOutCancellationAndCommitInOneTick(milliseconds: Int64) throws {
    var prepared = try MachineDriver(goods: [0, 1])
    prepared.run { driver in driver.asked.contains { driver.activity($0).verb == .decide } }
    let decide = prepared.numbers(.decide)[0]
    guard case .prepared(let answerBy) = prepared.machine.state.phase else {
      Issue.record("not prepared")
      return
    }
    prepared.now = answerBy.adding(milliseconds: milliseconds)
    for order in permutations(of: Racer.allCases) {
      var driver = prepared
      for racer in order {
        switch racer {
        case .delivery: driver.answer(decide, driver.success(of: decide))
        case .cancellation: driver.step(.cancelled(driver.exhibit()))
        case .refusal: driver.answer(decide, .ended(.refused(.invalid, nil)))
        case .tick: driver.step(.tick)
        case .resumed: driver.step(.resumed)
        }
      }
      driver.run()
      #expect(driver.machine.state.hasEnded && driver.verdicts.count == 1, "\(order)")
      let decision = try #require(driver.verdicts.first?.decision)
      if milliseconds >= 0 {
        #expect(decision == .abort(.timeout), "\(order)")
      } else {
        switch order.first(where: { [.delivery, .cancellation, .refusal].contains($0) }) {
        case .delivery: #expect(decision.isCommit, "\(order)")
        case .cancellation: #expect(decision == .abort(.cancelled), "\(order)")
        default: #expect(decision == .abort(.refused), "\(order)")
        }
      }
      // What follows from one verdict only was asked for.
      let verbs = driver.performed
      #expect(verbs.contains(.post) == decision.isCommit, "\(order)")
      #expect(verbs.contains(.void) == !decision.isCommit, "\(order)")
    }
  }

  /// The same with everybody running at once: the customer's answer arrives when her time is up, and her
  /// cancellation with it.
  @Test(arguments: UInt64(1)...20)
  func inAnEngineToo(seed: UInt64) async throws {
    let driver = EngineDriver(seed: seed)
    let world = driver.world
    let books = ModelBooks(of: world)
    books.open()
    let submission = world.order(goods: [0, 1], stock: ModelBooks.stock)
    let process = ModelWorld.process(of: submission)
    let customer = try #require(world.modelCustomer(of: process))
    // The second is no later than her time is up.
    let isJustInTime = seed.isMultiple(of: 2)
    customer.faults.script(.decide, .late(seconds: isJustInTime ? 59 : 60))
    let engine = driver.engine(policy: RetryPolicy(answerWithinMilliseconds: 120_000))
    _ = try await engine.submit(submission)
    try await eventually("asked") { customer.faults.underWay == 1 }
    async let cancelling: Void = engine.cancel(process, customer.cancellation(of: process))
    world.clock.advance(seconds: isJustInTime ? 59 : 60)
    try await cancelling
    let outcome = try await engine.outcome(of: process)
    await engine.quiesce()
    let records = try await driver.records(of: process)
    #expect(records.count { $0.kind == .verdict } == 1, "seed \(seed)")
    #expect(isJustInTime || !outcome.decision.isCommit, "seed \(seed)")
    #expect(world.log.verdict(of: process) == outcome.verdict.verdict, "seed \(seed)")
    books.expect(
      process, isCommitted: outcome.decision.isCommit, goods: [0, 1], banks: [0], "seed \(seed)")
  }

  // MARK: - Conflicting answers

  /// To one identifier a participant gives one answer, then another: the first counts, the second changes
  /// nothing and is not written down.
  @Test(arguments: [true, false])
  func aConflictingAnswerToOneIdentifier(isSuccessFirst: Bool) throws {
    for abort in [false, true] {
      var whole = try MachineDriver(goods: [0, 1], banks: [0, 1])
      if abort {
        whole.run { driver in driver.asked.contains { driver.activity($0).verb == .decide } }
        whole.step(.cancelled(whole.exhibit()))
      }
      var verbs: [Verb] = []
      while let number = whole.asked.first {
        let verb = whole.activity(number).verb
        verbs.append(verb)
        let refusal = ActivityOutcome.ended(.refused(.conflict, whole.exhibit()))
        let answers = [whole.success(of: number), refusal]
        var driver = whole
        driver.answer(number, answers[isSuccessFirst ? 0 : 1])
        let (state, count) = (driver.machine.state, driver.records.count)
        // A log that refuses is no answer: the verdict must be published, so the second one counts.
        let isOpen = driver.machine.state.activities[number] == .asked
        #expect(
          isOpen == (!isSuccessFirst && [.publish, .recordAbort, .notify].contains(verb)), "\(verb)"
        )
        driver.answer(number, answers[isSuccessFirst ? 1 : 0])
        if !isOpen { #expect(driver.machine.state == state && driver.records.count == count) }
        #expect(driver.verdicts.count <= 1)
        whole.answer(number, whole.success(of: number))
      }
      #expect(whole.machine.state.hasEnded)
      #expect(Set(verbs).contains(abort ? .void : .post))
    }
  }

  // MARK: - Dead for ever

  /// The commit is logged, and the coordinator never comes back. With the logged verdict bank, merchants and
  /// customer finish by themselves; one that comes back all the same finds everything done.
  @Test(arguments: [true, false])
  func everybodyFinishesWithTheLoggedVerdict(isCommit: Bool) async throws {
    let driver = EngineDriver()
    let world = driver.world
    let books = ModelBooks(of: world)
    books.open()
    let scripts = world.banks.map(\.faults) + world.merchants.map(\.faults)
    for script in scripts {
      for verb in [Verb.post, .confirm, .void, .release] { script.always(verb, .silent) }
    }
    let submission = world.order(goods: [0, 1], banks: [0, 1], stock: ModelBooks.stock)
    let process = ModelWorld.process(of: submission)
    let customer = try #require(world.modelCustomer(of: process))
    customer.faults.always(.notify, .silent)
    if !isCommit { customer.faults.always(.decide, .refused(.invalid)) }
    let dead = driver.engine()
    _ = try await dead.submit(submission)
    let outcome = try await dead.verdict(of: process)
    let definition = try await dead.status(of: process).definition
    await dead.quiesce()
    for script in scripts + [customer.faults] {
      for verb in [Verb.post, .confirm, .void, .release, .notify] { script.always(verb, nil) }
    }
    #expect(outcome.decision.isCommit == isCommit)

    // Anybody presents what stands in the log.
    let logged = outcome.verdict
    #expect(world.log.verdict(of: process) == logged.verdict)
    var transfers: [Signed<Transfer>] = []
    for activity in definition.activities {
      let id = RequestID(process: process, step: activity.path)
      let name = activity.participant.name
      switch activity.verb {
      case .post where isCommit:
        let bank = try #require(name.flatMap(world.bank))
        transfers += try await bank.post(PostRequest(id: id, verdict: logged)).value("post")
      case .void where !isCommit:
        let bank = try #require(name.flatMap(world.bank))
        _ = try await bank.void(VerdictRequest(id: id, verdict: logged)).value("void")
      case .release where !isCommit:
        let merchant = try #require(name.flatMap(world.merchant))
        _ = try await merchant.release(VerdictRequest(id: id, verdict: logged)).value("release")
      default: break
      }
    }
    let payee = try submission.offers.indices.map { place in
      try world.evidence.read(
        submission.offers[place], by: .party(ModelWorld.merchantNames[place])
      ).claim.payee
    }
    for activity in definition.activities where isCommit && activity.verb == .confirm {
      let merchant = try #require(
        world.merchants.firstIndex { $0.name == activity.participant.name })
      let own = try transfers.filter { transfer in
        let claims = ModelWorld.bankNames.compactMap { bank in
          try? world.evidence.read(transfer, by: .party(bank)).claim
        }
        return try #require(claims.first).payee == payee[merchant]
      }
      _ = try await world.merchants[merchant].settle(
        SettleRequest(
          id: RequestID(process: process, step: activity.path), verdict: logged, transfers: own)
      ).value("settle")
    }
    if isCommit {
      // The keys are in the log, for the customer to fetch.
      #expect(
        world.log.bundle(of: process).map { .commit(keyBundle: $0.digest) } == outcome.decision)
    }
    books.expect(
      process, isCommitted: isCommit, goods: [0, 1], banks: [0, 1], "without a coordinator")

    // The dead come back, and do nothing twice.
    let back = driver.engine()
    #expect(await back.recover().resumed == [process])
    let again = try await back.outcome(of: process)
    #expect(again.verdict == logged && again.decision == outcome.decision)
    #expect(try await back.file(of: process).refusals.isEmpty == isCommit)
    books.expect(
      process, isCommitted: isCommit, goods: [0, 1], banks: [0, 1], "with one that came back")
    await back.quiesce()
  }
}

/// All orders of a few things.
private func permutations<Element>(of elements: [Element]) -> [[Element]] {
  guard elements.count > 1 else { return [elements] }
  return elements.indices.flatMap { place -> [[Element]] in
    var rest = elements
    let first = rest.remove(at: place)
    return permutations(of: rest).map { [first] + $0 }
  }
}

extension Outcome {
  /// The value of something done.
  fileprivate func value(_ what: Comment) throws -> Value {
    var value: Value?
    if case .done(let done) = self { value = done }
    return try #require(value, what)
  }
}
