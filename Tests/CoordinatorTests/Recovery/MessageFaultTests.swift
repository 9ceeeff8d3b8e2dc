// Every message of a purchase that commits and of one that aborts is lost, answered in vain, doubled, late,
// overtaken, or comes once more when everything is over: the books are as if nothing had happened.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct MessageFaultTests {
  /// A message, by the verb of its request, in a purchase that commits or not.
  struct Message: Sendable, CustomTestStringConvertible {
    let verb: Verb
    let isCommit: Bool

    var testDescription: String { "\(verb.rawValue), \(isCommit ? "commit" : "abort")" }

    static let all =
      [Verb.reserve, .deposit, .decide, .publish, .post, .confirm, .notify].map {
        Message(verb: $0, isCommit: true)
      }
      // The record of an abort is published as a commit's is.
      + [Verb.reserve, .deposit, .decide, .publish, .void, .release, .notify].map {
        Message(verb: $0, isCommit: false)
      }
  }

  enum Fault: String, CaseIterable, Sendable {
    case lostRequest, lostRequestUnnoticed, lostReply, doubled, late
    /// The second attempt is there before the first.
    case overtakenRequest
    /// The second answer is there before the first.
    case overtakenReply
    /// The request comes once more, long after the end.
    case afterTheEnd

    fileprivate var model: ModelFault {
      switch self {
      case .lostRequest: .unreachable
      case .lostRequestUnnoticed: .silent
      case .lostReply: .answerLost
      case .doubled: .duplicated
      case .late: .late(seconds: 5)
      case .overtakenRequest: .late(seconds: 15)
      case .overtakenReply: .answerLate(seconds: 15)
      case .afterTheEnd: .echoed(seconds: 2000)
      }
    }
  }

  @Test func everyVerbThatIsAskedForIsAmongThem() {
    let verbs = Set(Message.all.map(\.verb)).union([.receivePayment, .prepare, .recordAbort])
    #expect(verbs == Set(Verb.allCases))
  }

  @Test(arguments: Message.all, Fault.allCases)
  func noMessageIsNeededMoreThanOnceOrDoesMoreThanOnce(
    message: Message, fault: Fault
  ) async throws {
    let comment: Comment = "\(message.testDescription): \(fault)"
    let driver = EngineDriver()
    let world = driver.world
    let books = ModelBooks(of: world)
    books.open()
    let submission = world.order(goods: [0, 1], banks: [0, 1], stock: ModelBooks.stock)
    let process = ModelWorld.process(of: submission)
    let customer = try #require(world.modelCustomer(of: process))
    let scripts =
      [world.log.faults, customer.faults] + world.banks.map(\.faults)
      + world.merchants.map(\.faults)
    for script in scripts { script.script(message.verb, fault.model) }
    if !message.isCommit { customer.refuseDelivery() }

    let engine = driver.engine()
    _ = try await engine.submit(submission)
    let last = Timestamp(seconds: 1_800_000_000 + 50)
    try await eventually("the end: \(comment)") {
      // Enough for each retry, and never enough for a time frame.
      if world.clock.now() < last { world.clock.advance(seconds: 1) }
      return driver.hasEnded(process)
    }
    let outcome = try await engine.outcome(of: process)
    #expect(outcome.decision == (message.isCommit ? outcome.decision : .abort(.refused)), comment)
    #expect(outcome.decision.isCommit == message.isCommit, comment)
    await engine.quiesce()
    // Whatever is still under way arrives.
    world.clock.advance(seconds: 4000)
    try await eventually("nothing is under way: \(comment)") {
      scripts.allSatisfy { $0.underWay == 0 }
    }
    #expect(scripts.contains { $0.requests.contains(message.verb) }, comment)
    books.expect(
      process, isCommitted: message.isCommit, goods: [0, 1], banks: [0, 1], comment)
    let records = try await driver.records(of: process)
    #expect(records.count { $0.kind == .verdict } == 1, comment)
    #expect(records.last?.kind == .end, comment)
  }

  /// Every attempt at reserving is still under way when the process is aborted: the void comes first, and
  /// leaves a mark that refuses the reservation when it arrives.
  @Test func aVoidThatComesBeforeItsReservation() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let books = ModelBooks(of: world)
    books.open()
    world.banks[0].faults.always(.reserve, .late(seconds: 5000))
    let submission = world.order(goods: [0], coins: [7], stock: ModelBooks.stock)
    let engine = driver.engine()
    let process = try await engine.submit(submission).process
    try await eventually("asked") { world.banks[0].faults.underWay > 0 }
    world.clock.advance(seconds: 600)
    #expect(try await engine.outcome(of: process).decision == .abort(.timeout))
    #expect(world.banks[0].faults.underWay > 0)
    world.clock.advance(seconds: 6000)
    try await eventually("the reservation arrives") { world.banks[0].faults.underWay == 0 }
    books.expect(process, isCommitted: false, goods: [0], banks: [0], "void before reserve")
    // The coin is as good as before.
    world.banks[0].faults.always(.reserve, nil)
    let next = try await engine.submit(
      world.order(goods: [0], coins: [7], stock: ModelBooks.stock)
    ).process
    #expect(try await engine.outcome(of: next).decision.isCommit)
  }

  /// So with a deposit that comes after its release: the piece stays on the shelf.
  @Test func aReleaseThatComesBeforeItsDeposit() async throws {
    let driver = EngineDriver()
    let world = driver.world
    let books = ModelBooks(of: world)
    books.open()
    world.merchants[0].faults.always(.deposit, .late(seconds: 5000))
    let engine = driver.engine()
    let process = try await engine.submit(world.order(goods: [0], stock: ModelBooks.stock)).process
    try await eventually("asked") { world.merchants[0].faults.underWay > 0 }
    world.clock.advance(seconds: 600)
    #expect(try await engine.outcome(of: process).decision == .abort(.timeout))
    world.clock.advance(seconds: 6000)
    try await eventually("the deposit arrives") { world.merchants[0].faults.underWay == 0 }
    books.expect(process, isCommitted: false, goods: [0], banks: [0], "release before deposit")
  }
}
