// What reaches the coordinator is lost, answered in vain, doubled or late: an order, its cancellation, and the question
// what became of it. And participants that give one request two answers.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct RequestFaultTests {
  /// What happens to a request, or to its answer. Whoever has heard nothing asks again.
  enum Fault: String, CaseIterable, Sendable {
    case lostRequest, lostReply, doubled
    /// The first request arrives when the second was answered and all is over.
    case late
  }

  /// One purchase that somebody wants to make.
  private struct Purchase {
    let driver = EngineDriver()
    let books: ModelBooks
    let submission: PurchaseSubmission
    let process: ProcessID
    let customer: ModelCustomer

    init() throws {
      books = ModelBooks(of: driver.world)
      books.open()
      submission = driver.world.order(goods: [0, 1], banks: [0, 1], stock: ModelBooks.stock)
      process = ModelWorld.process(of: submission)
      customer = try #require(driver.world.modelCustomer(of: process))
    }

    var world: ModelWorld { driver.world }

    /// Waits for the end, for at most so long that no time frame ends.
    func end(_ comment: Comment) async throws {
      let last = world.clock.now().adding(seconds: 40)
      try await eventually("the end: \(comment)") {
        if world.clock.now() < last { world.clock.advance(seconds: 1) }
        return driver.hasEnded(process)
      }
    }

    /// One process, one verdict, and books that are right.
    func expect(isCommitted: Bool, _ comment: Comment) async throws {
      books.expect(process, isCommitted: isCommitted, goods: [0, 1], banks: [0, 1], comment)
      let records = try await driver.records(of: process)
      #expect(records.count { $0.kind == .begin } == 1, comment)
      #expect(records.count { $0.kind == .verdict } == 1, comment)
      #expect(records.last?.kind == .end, comment)
      let known = driver.store.snapshot().processes(after: nil, atMost: 10, onlyOpen: false)
      #expect(known == [process], comment)
    }
  }

  /// Makes a request as it goes with that fault.
  ///
  /// - over: returns when all is over.
  /// - Returns: all answers that were given, whether they arrived or not, in this order.
  private func answers<Answer: Sendable>(
    _ fault: Fault, _ purchase: Purchase, over: () async throws -> Void,
    _ request: @escaping @Sendable () async throws -> Answer
  ) async throws -> [Answer] {
    switch fault {
    case .lostRequest:
      purchase.world.clock.advance(seconds: 5)
      return [try await request()]
    case .lostReply:
      let lost = try await request()
      purchase.world.clock.advance(seconds: 5)
      return [lost, try await request()]
    case .doubled:
      async let one = request()
      async let other = request()
      return [try await one, try await other]
    case .late:
      let answer = try await request()
      try await over()
      return [answer, try await request()]
    }
  }

  // MARK: - An order

  @Test(arguments: Fault.allCases, [true, false])
  func anOrder(fault: Fault, isCommit: Bool) async throws {
    let comment: Comment = "\(fault), \(isCommit ? "commit" : "abort")"
    let purchase = try Purchase()
    if !isCommit { purchase.customer.refuseDelivery() }
    let engine = purchase.driver.engine()
    let accepted = try await answers(
      fault, purchase, over: { try await purchase.end(comment) },
      { [submission = purchase.submission] in try await engine.submit(submission) })
    #expect(accepted.count == (fault == .lostRequest ? 1 : 2))
    let first = try #require(accepted.first)
    #expect(first.process == purchase.process && first.submission != nil, comment)
    #expect(accepted.allSatisfy { $0 == first }, comment)
    try await purchase.end(comment)
    #expect(try await engine.outcome(of: purchase.process).decision.isCommit == isCommit, comment)
    await engine.quiesce()
    try await purchase.expect(isCommitted: isCommit, comment)
    // Nobody else heard of it twice.
    for bank in purchase.world.banks {
      #expect(bank.faults.requests == [.reserve, isCommit ? .post : .void], comment)
    }
  }

  /// It was late for ever: it is not begun. When somebody has asked about it, it is what it is.
  @Test func anOrderThatComesWhenItsTimeIsOver() async throws {
    let purchase = try Purchase()
    let engine = purchase.driver.engine()
    let (world, submission) = (purchase.world, purchase.submission)
    world.clock.advance(seconds: 600)
    await #expect {
      try await engine.submit(submission)
    } throws: { ($0 as? CoordinatorError)?.code == .tooLate }
    #expect(purchase.driver.transactionCount == 0)
    world.clock.advance(seconds: 5)
    let answer = try await engine.verdictOrAbort(
      for: submission.order, oneTimeKey: purchase.customer.oneTimeKey)
    let records = try await purchase.driver.records(of: purchase.process)
    #expect(try await engine.submit(submission).process == purchase.process)
    #expect(try await purchase.driver.records(of: purchase.process) == records)
    let outcome = try await engine.outcome(of: purchase.process)
    #expect(outcome.decision == .abort(.timeout) && answer == .decided(outcome.verdict))
    await engine.quiesce()
    try await purchase.expect(isCommitted: false, "late for ever")
    #expect(world.banks.allSatisfy { $0.faults.requests.isEmpty })
  }

  // MARK: - A cancellation

  /// Before the verdict, and after it.
  @Test(arguments: Fault.allCases, [true, false])
  func aCancellation(fault: Fault, isInTime: Bool) async throws {
    let comment: Comment = "\(fault), \(isInTime ? "in time" : "after the verdict")"
    let purchase = try Purchase()
    let (world, process, customer) = (purchase.world, purchase.process, purchase.customer)
    if isInTime {
      customer.faults.always(.decide, .silent)
    } else {
      world.banks[0].faults.script(.post, .unreachable, .unreachable, .unreachable)
    }
    let engine = purchase.driver.engine()
    _ = try await engine.submit(purchase.submission)
    try await eventually("the right moment: \(comment)") {
      let state = try await engine.state(of: process)
      return isInTime ? state.isPrepared : state.isCommitted == true
    }
    let done = try await answers(fault, purchase, over: { try await purchase.end(comment) }) {
      try await engine.cancel(process, customer.cancellation(of: process))
      return try await engine.state(of: process).isCommitted
    }
    // Whoever was answered can rely on it.
    #expect(done.allSatisfy { $0 == !isInTime }, comment)
    try await purchase.end(comment)
    let outcome = try await engine.outcome(of: process)
    #expect(outcome.decision.isCommit == !isInTime, comment)
    if isInTime { #expect(outcome.decision == .abort(.cancelled), comment) }
    #expect((try await engine.file(of: process).cancellation != nil) == isInTime, comment)
    await engine.quiesce()
    try await purchase.expect(isCommitted: !isInTime, comment)
  }

  /// It is lost, and nobody sends it again: the order ends without it.
  @Test func aCancellationThatNeverComes() async throws {
    let purchase = try Purchase()
    let (world, process) = (purchase.world, purchase.process)
    purchase.customer.faults.always(.decide, .silent)
    let engine = purchase.driver.engine()
    _ = try await engine.submit(purchase.submission)
    try await eventually("prepared") { try await engine.state(of: process).isPrepared }
    world.clock.advance(seconds: 60)
    #expect(try await engine.outcome(of: process).decision == .abort(.timeout))
    await engine.quiesce()
    try await purchase.expect(isCommitted: false, "never cancelled")
  }

  /// It overtakes its order: of that nothing is known yet, and nothing is remembered of the cancellation.
  @Test func aCancellationThatComesBeforeItsOrder() async throws {
    let purchase = try Purchase()
    let (process, customer) = (purchase.process, purchase.customer)
    customer.faults.always(.decide, .silent)
    let engine = purchase.driver.engine()
    await #expect {
      try await engine.cancel(process, customer.cancellation(of: process))
    } throws: { ($0 as? CoordinatorError)?.code == .unknownProcess }
    #expect(purchase.driver.transactionCount == 0)
    _ = try await engine.submit(purchase.submission)
    try await engine.cancel(process, customer.cancellation(of: process))
    #expect(try await engine.outcome(of: process).decision == .abort(.cancelled))
    await engine.quiesce()
    try await purchase.expect(isCommitted: false, "cancelled before it came")
  }

  // MARK: - A question

  /// About an order that was never handed in, when its time is over.
  @Test(arguments: Fault.allCases)
  func aQuestionAboutAnUnknownOrder(fault: Fault) async throws {
    let purchase = try Purchase()
    let engine = purchase.driver.engine()
    purchase.world.clock.advance(seconds: 605)
    let answers = try await answers(fault, purchase, over: {}) {
      [order = purchase.submission.order, key = purchase.customer.oneTimeKey] in
      try await engine.verdictOrAbort(for: order, oneTimeKey: key)
    }
    let outcome = try await engine.outcome(of: purchase.process)
    #expect(outcome.decision == .abort(.timeout))
    #expect(answers.allSatisfy { $0 == .decided(outcome.verdict) }, "\(fault)")
    await engine.quiesce()
    try await purchase.expect(isCommitted: false, "\(fault)")
  }

  /// About one that is under way: asked early it decides nothing, whatever becomes of the question.
  @Test(arguments: Fault.allCases)
  func aQuestionAboutAnOrderUnderWay(fault: Fault) async throws {
    let purchase = try Purchase()
    let (world, process, customer) = (purchase.world, purchase.process, purchase.customer)
    customer.faults.always(.decide, .silent)
    let engine = purchase.driver.engine()
    _ = try await engine.submit(purchase.submission)
    try await eventually("prepared") { try await engine.state(of: process).isPrepared }
    let answers = try await answers(
      fault, purchase,
      over: {
        world.clock.advance(seconds: 60)
        _ = try await engine.outcome(of: process)
      },
      { [order = purchase.submission.order] in
        try await engine.verdictOrAbort(for: order, oneTimeKey: customer.oneTimeKey)
      })
    #expect(answers.first == .undecided, "\(fault)")
    if fault == .late {
      let outcome = try await engine.outcome(of: process)
      #expect(answers.last == .decided(outcome.verdict))
      #expect(outcome.decision == .abort(.timeout))
    } else {
      #expect(answers.last == .undecided, "\(fault)")
      #expect(try await engine.state(of: process).isPrepared, "\(fault)")
      // And it can still be bought.
      customer.faults.always(.decide, nil)
      try await purchase.end("\(fault)")
      #expect(try await engine.outcome(of: process).decision.isCommit)
    }
    await engine.quiesce()
    try await purchase.expect(isCommitted: fault != .late, "\(fault)")
  }

  // MARK: - Two answers to one request

  /// A story in which the verb is asked for.
  struct TwoAnswers: Sendable, CustomTestStringConvertible {
    let verb: Verb
    let isSuccessFirst: Bool
    let isSecondOvertaking: Bool

    var testDescription: String {
      "\(verb.rawValue): \(isSuccessFirst ? "done, refused" : "refused, done")"
        + (isSecondOvertaking ? ", the second request's first" : "")
    }

    static let all = [Verb.reserve, .deposit, .decide, .post, .confirm, .void, .release].flatMap {
      verb in
      [true, false].flatMap { isSuccess in
        [true, false].map {
          TwoAnswers(verb: verb, isSuccessFirst: isSuccess, isSecondOvertaking: $0)
        }
      }
    }
  }

  /// The answer that comes first counts and is on file; the other one changes nothing, and nobody keeps a hold.
  @Test(arguments: TwoAnswers.all)
  func twoAnswersToOneRequest(story: TwoAnswers) async throws {
    let comment: Comment = "\(story.testDescription)"
    let world = ModelWorld()
    let books = ModelBooks(of: world)
    books.open()
    let submission = world.order(goods: [0, 1], banks: [0, 1], stock: ModelBooks.stock)
    let process = ModelWorld.process(of: submission)
    let customer = try #require(world.modelCustomer(of: process))
    let isUndone = [.void, .release].contains(story.verb)
    if isUndone { customer.refuseDelivery() }
    // As long as she is not told the process is open, and the other answer is heard.
    customer.faults.always(.notify, .unreachable)
    let liar = Turncoat(
      world: world, verb: story.verb, isSuccessFirst: story.isSuccessFirst,
      isSecondOvertaking: story.isSecondOvertaking)
    let driver = EngineDriver(world: world)
    let engine = driver.engine(
      policy: RetryPolicy(longestPauseMilliseconds: 1000, notifyAttempts: .max),
      participants: liar)
    _ = try await engine.submit(submission)
    try await eventually("a request: \(comment)") { liar.requestCount == 1 }
    let definition = try await engine.status(of: process).definition
    let number = try #require(liar.step.flatMap(definition.number))
    world.clock.advance(seconds: 10)
    try await eventually("it is asked again: \(comment)") {
      if try await engine.status(of: process).attempts?[number] == 2 { return true }
      if world.clock.now() < Timestamp(seconds: 1_800_000_045) {
        world.clock.advance(to: world.clock.now().adding(milliseconds: 100))
      }
      return false
    }
    try await eventually("both requests: \(comment)") { liar.requestCount == 2 }
    // The first answer has done what it does when the second one comes.
    liar.letGo(first: true)
    try await eventually("the first answer: \(comment)") {
      try await driver.hasAnswer(to: number, of: process, in: engine)
    }
    liar.letGo(first: false)
    try await eventually("both answers: \(comment)") { liar.arrived.count == 2 }
    #expect(liar.arrived == [story.isSuccessFirst, !story.isSuccessFirst], comment)
    customer.faults.always(.notify, nil)
    let last = world.clock.now().adding(seconds: 120)
    try await eventually("the end: \(comment)") {
      if world.clock.now() < last { world.clock.advance(seconds: 1) }
      return driver.hasEnded(process)
    }
    let outcome = try await engine.outcome(of: process)
    await engine.quiesce()

    let isCommit = !isUndone && (story.isSuccessFirst || [.post, .confirm].contains(story.verb))
    #expect(outcome.decision.isCommit == isCommit, comment)
    let records = try await driver.records(of: process)
    let results = records.compactMap { $0.result(of: number) }
    #expect(results.map(\.isSuccess) == [story.isSuccessFirst], comment)
    #expect(records.count { $0.kind == .verdict } == 1, comment)
    #expect(world.log.verdictCount == 1, comment)
    #expect(world.banks.allSatisfy { !$0.isHolding }, comment)
    #expect(world.merchants.allSatisfy { !$0.isHolding }, comment)
    for merchant in 0..<2 {
      let paid = world.banks.reduce(0) { $0 + $1.balance(of: world.payee(of: merchant)) }
      #expect(paid == (isCommit ? ModelBooks.price : 0), comment)
      let left = world.merchants[merchant].stock(ModelBooks.stock)
      #expect(left == ModelBooks.pieces - (isCommit ? 1 : 0), comment)
    }
  }
}

extension EngineDriver {
  /// Whether the machine has a final answer to that activity.
  fileprivate func hasAnswer(
    to number: Int, of process: ProcessID, in engine: Engine
  ) async throws -> Bool {
    try await engine.file(of: process).records.contains { $0.result(of: number) != nil }
  }
}

extension JournalRecord {
  /// The answer to an activity, where the record holds it.
  fileprivate func result(of number: Int) -> ActivityResult? {
    switch self {
    case .result(number, let result), .forward(number, let result),
      .compensated(number, let result):
      result
    default: nil
    }
  }
}
