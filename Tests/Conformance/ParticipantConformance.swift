// What every bank and merchant must do for a coordinator. Throws at the first thing that it does not.

public import PaymentModel

/// A bank under test, with a customer who can pay, and a coordinator whose verdicts it believes.
public protocol BankSubject {
  var agent: any PaymentAgent { get }
  /// A valid reserve request of a new process, with money of its own.
  func reserveRequest() async throws -> ReserveRequest
  /// A valid reserve request of a new process that uses the same money as the given one.
  func secondUse(of request: ReserveRequest) async throws -> ReserveRequest
  /// A logged verdict on a process.
  func verdict(_ decision: Decision, of process: ProcessID) async throws -> LoggedVerdict
  /// A logged verdict on a process, by a coordinator that its order does not name.
  func foreignVerdict(_ decision: Decision, of process: ProcessID) async throws -> LoggedVerdict
}

/// A merchant under test, with goods to sell, and a coordinator whose verdicts it believes.
public protocol MerchantSubject {
  var agent: any MerchantAgent { get }
  /// A valid deposit request of a new process.
  func depositRequest() async throws -> DepositRequest
  /// A valid release or settle step of that deposit's process.
  func releaseStep(for request: DepositRequest) -> StepPath
  /// The transfers that pay for that deposit under that verdict; none where the merchant looks at none.
  func transfers(
    paying request: DepositRequest, under verdict: LoggedVerdict
  ) async throws -> [Signed<Transfer>]
  /// A logged verdict on a process.
  func verdict(_ decision: Decision, of process: ProcessID) async throws -> LoggedVerdict
  /// A logged verdict on a process, by a coordinator that its order does not name.
  func foreignVerdict(_ decision: Decision, of process: ProcessID) async throws -> LoggedVerdict
}

/// The conformance suites of `PaymentAgent` and `MerchantAgent`.
public enum ParticipantConformance {
  private static let abort = Decision.abort(.timeout)
  private static var commit: Decision {
    .commit(keyBundle: ModelEvidence.digest([1]))
  }

  private static func step(_ text: String) -> StepPath {
    guard let step = StepPath(rawValue: text) else { fatalError("no path: \(text)") }
    return step
  }

  // MARK: - Banks

  /// Runs all checks, each on a fresh bank.
  public static func checkBank<Subject: BankSubject>(
    _ make: () async throws -> Subject
  ) async throws {
    try await repeatsAreOneReservation(try await make())
    try await anotherBodyIsAConflict(try await make())
    try await voidBeforeReserveLeavesAMark(try await make())
    try await voidGivesTheMoneyBack(try await make())
    try await postMovesItOnce(try await make())
    try await verdictsMustFit(try await make())
    try await foreignCoordinatorsMoveNothing(try await make())
  }

  private static func request<Subject: BankSubject>(
    _ name: String, _ decision: Decision, _ reserve: ReserveRequest, _ subject: Subject
  ) async throws -> VerdictRequest {
    VerdictRequest(
      id: RequestID(process: reserve.id.process, step: step("\(name)/bank")),
      verdict: try await subject.verdict(decision, of: reserve.id.process))
  }

  private static func repeatsAreOneReservation(_ subject: some BankSubject) async throws {
    let request = try await subject.reserveRequest()
    let first = try await subject.agent.reserve(request).value("a valid reservation")
    let second = try await subject.agent.reserve(request).value("the same reservation again")
    try require(first == second, "a repeated reservation is another one")
  }

  private static func anotherBodyIsAConflict(_ subject: some BankSubject) async throws {
    let request = try await subject.reserveRequest()
    _ = try await subject.agent.reserve(request).value("a valid reservation")
    let other = try await subject.reserveRequest()
    let mixed = ReserveRequest(
      id: request.id, order: request.order, part: request.part, instrument: other.instrument)
    try await subject.agent.reserve(mixed).expectRefusal(
      .conflict, "the same step with another body")
    _ = try await subject.agent.reserve(request).value("the first body after a conflict")
  }

  private static func voidBeforeReserveLeavesAMark(_ subject: some BankSubject) async throws {
    let request = try await subject.reserveRequest()
    let void = try await self.request("void", abort, request, subject)
    let first = try await subject.agent.void(void).value("a void before its reservation")
    try await subject.agent.reserve(request).expectRefusal(.voided, "a reservation after its void")
    let second = try await subject.agent.void(void).value("the same void again")
    try require(first == second, "a repeated void is another one")
    // The money was never held.
    let next = try await subject.secondUse(of: request)
    _ = try await subject.agent.reserve(next).value("money whose reservation was refused")
  }

  private static func voidGivesTheMoneyBack(_ subject: some BankSubject) async throws {
    let request = try await subject.reserveRequest()
    _ = try await subject.agent.reserve(request).value("a valid reservation")
    let second = try await subject.secondUse(of: request)
    guard case .held = await subject.agent.reserve(second) else {
      throw ConformanceFailure("a second use of undecided money does not wait")
    }
    let void = try await self.request("void", abort, request, subject)
    _ = try await subject.agent.void(void).value("a void")
    _ = try await subject.agent.reserve(second).value("money that was given free")
    let post = try await self.request("post", commit, request, subject)
    try await subject.agent.post(post).expectRefusal(nil, "a post after a void")
  }

  private static func postMovesItOnce(_ subject: some BankSubject) async throws {
    let request = try await subject.reserveRequest()
    _ = try await subject.agent.reserve(request).value("a valid reservation")
    let second = try await subject.secondUse(of: request)
    let post = try await self.request("post", commit, request, subject)
    let first = try await subject.agent.post(post).value("a post")
    try require(!first.isEmpty, "a post without transfers")
    let again = try await subject.agent.post(post).value("the same post again")
    try require(first == again, "a repeated post is another one")
    try await subject.agent.reserve(second).expectRefusal(.doubleSpend, "a second use")
    let void = try await self.request("void", abort, request, subject)
    try await subject.agent.void(void).expectRefusal(nil, "a void after a post")
  }

  private static func verdictsMustFit(_ subject: some BankSubject) async throws {
    let request = try await subject.reserveRequest()
    _ = try await subject.agent.reserve(request).value("a valid reservation")
    let other = try await subject.reserveRequest()
    for (name, decision) in [("post", abort), ("void", commit)] {
      let wrong = try await self.request(name, decision, request, subject)
      // Another step than the one that is tried with the right verdict later.
      let id = RequestID(process: wrong.id.process, step: step("\(name)/wrong"))
      let attempt = VerdictRequest(id: id, verdict: wrong.verdict)
      if name == "post" {
        try await subject.agent.post(attempt).expectRefusal(nil, "a post on an abort")
      } else {
        try await subject.agent.void(attempt).expectRefusal(nil, "a void on a commit")
      }
    }
    let foreign = VerdictRequest(
      id: RequestID(process: request.id.process, step: step("post/foreign")),
      verdict: try await subject.verdict(commit, of: other.id.process))
    try await subject.agent.post(foreign).expectRefusal(nil, "a post on a foreign verdict")
    let post = try await self.request("post", commit, request, subject)
    _ = try await subject.agent.post(post).value("a post after wrong attempts")
  }

  private static func foreignCoordinatorsMoveNothing(_ subject: some BankSubject) async throws {
    let request = try await subject.reserveRequest()
    _ = try await subject.agent.reserve(request).value("a valid reservation")
    let second = try await subject.secondUse(of: request)
    for (name, decision) in [("void", abort), ("post", commit)] {
      let attempt = VerdictRequest(
        id: RequestID(process: request.id.process, step: step("\(name)/bank")),
        verdict: try await subject.foreignVerdict(decision, of: request.id.process))
      if name == "post" {
        try await subject.agent.post(attempt).expectRefusal(nil, "a post by a foreign coordinator")
      } else {
        try await subject.agent.void(attempt).expectRefusal(nil, "a void by a foreign coordinator")
      }
    }
    guard case .held = await subject.agent.reserve(second) else {
      throw ConformanceFailure("a foreign coordinator's verdict has ended a hold")
    }
    let post = try await self.request("post", commit, request, subject)
    _ = try await subject.agent.post(post).value("a post after a foreign coordinator's verdicts")
  }

  // MARK: - Merchants

  /// Runs all checks, each on a fresh merchant.
  public static func checkMerchant<Subject: MerchantSubject>(
    _ make: () async throws -> Subject
  ) async throws {
    try await repeatsAreOneDeposit(try await make())
    try await anotherDepositBodyIsAConflict(try await make())
    try await releaseBeforeDepositLeavesAMark(try await make())
    try await releaseEndsTheSale(try await make())
    try await settlementEndsTheSale(try await make())
    try await foreignCoordinatorsEndNothing(try await make())
  }

  private static func release<Subject: MerchantSubject>(
    _ deposit: DepositRequest, _ subject: Subject
  ) async throws -> VerdictRequest {
    VerdictRequest(
      id: RequestID(process: deposit.id.process, step: subject.releaseStep(for: deposit)),
      verdict: try await subject.verdict(abort, of: deposit.id.process))
  }

  private static func settlement<Subject: MerchantSubject>(
    _ deposit: DepositRequest, _ subject: Subject
  ) async throws -> SettleRequest {
    let verdict = try await subject.verdict(commit, of: deposit.id.process)
    return SettleRequest(
      id: RequestID(process: deposit.id.process, step: step("confirm/merchant")),
      verdict: verdict, transfers: try await subject.transfers(paying: deposit, under: verdict))
  }

  private static func repeatsAreOneDeposit(_ subject: some MerchantSubject) async throws {
    let request = try await subject.depositRequest()
    let first = try await subject.agent.deposit(request).value("a valid deposit")
    let second = try await subject.agent.deposit(request).value("the same deposit again")
    try require(first == second, "a repeated deposit is another one")
  }

  private static func anotherDepositBodyIsAConflict(_ subject: some MerchantSubject) async throws {
    let request = try await subject.depositRequest()
    let first = try await subject.agent.deposit(request).value("a valid deposit")
    let other = try await subject.depositRequest()
    // A part of another order is no valid body: whether it is compared or verified first is open.
    let mixed = DepositRequest(id: request.id, order: request.order, part: other.part)
    try await subject.agent.deposit(mixed).expectRefusal(nil, "the same step with another body")
    let again = try await subject.agent.deposit(request).value("the first body after a conflict")
    try require(first == again, "another body has changed the deposit")
  }

  private static func releaseBeforeDepositLeavesAMark(
    _ subject: some MerchantSubject
  ) async throws {
    let request = try await subject.depositRequest()
    let release = try await self.release(request, subject)
    let first = try await subject.agent.release(release).value("a release before its deposit")
    try await subject.agent.deposit(request).expectRefusal(.voided, "a deposit after its release")
    let second = try await subject.agent.release(release).value("the same release again")
    try require(first == second, "a repeated release is another one")
  }

  private static func releaseEndsTheSale(_ subject: some MerchantSubject) async throws {
    let request = try await subject.depositRequest()
    _ = try await subject.agent.deposit(request).value("a valid deposit")
    let wrong = VerdictRequest(
      id: RequestID(
        process: request.id.process, step: step("wrong-\(subject.releaseStep(for: request))")),
      verdict: try await subject.verdict(commit, of: request.id.process))
    try await subject.agent.release(wrong).expectRefusal(nil, "a release on a commit")
    _ = try await subject.agent.release(try await release(request, subject)).value("a release")
    let settlement = try await self.settlement(request, subject)
    try await subject.agent.settle(settlement).expectRefusal(nil, "a settlement after a release")
  }

  private static func settlementEndsTheSale(_ subject: some MerchantSubject) async throws {
    let request = try await subject.depositRequest()
    _ = try await subject.agent.deposit(request).value("a valid deposit")
    let settlement = try await self.settlement(request, subject)
    let first = try await subject.agent.settle(settlement).value("a settlement")
    let second = try await subject.agent.settle(settlement).value("the same settlement again")
    try require(first == second, "a repeated settlement is another one")
    let release = try await self.release(request, subject)
    try await subject.agent.release(release).expectRefusal(nil, "a release after a settlement")
  }
}

extension ParticipantConformance {
  fileprivate static func foreignCoordinatorsEndNothing(
    _ subject: some MerchantSubject
  ) async throws {
    let request = try await subject.depositRequest()
    let first = try await subject.agent.deposit(request).value("a valid deposit")
    let release = VerdictRequest(
      id: RequestID(process: request.id.process, step: subject.releaseStep(for: request)),
      verdict: try await subject.foreignVerdict(abort, of: request.id.process))
    try await subject.agent.release(release).expectRefusal(
      nil, "a release by a foreign coordinator")
    let settlement = SettleRequest(
      id: RequestID(process: request.id.process, step: step("confirm/merchant")),
      verdict: try await subject.foreignVerdict(commit, of: request.id.process), transfers: [])
    try await subject.agent.settle(settlement).expectRefusal(
      nil, "a settlement by a foreign coordinator")
    let again = try await subject.agent.deposit(request).value("the deposit after foreign verdicts")
    try require(first == again, "a foreign coordinator's verdict has changed the deposit")
    _ = try await subject.agent.settle(try await self.settlement(request, subject))
      .value("a settlement after a foreign coordinator's verdicts")
  }
}

extension Outcome {
  /// The value of something done.
  func value(_ what: String) throws -> Value {
    guard case .done(let value) = self else {
      throw ConformanceFailure("\(what) is not done: \(self)")
    }
    return value
  }

  /// Requires a final refusal, with that reason if one is given.
  func expectRefusal(_ reason: RefusalReason?, _ what: String) throws {
    guard case .refused(let actual, _) = self, reason == nil || actual == reason else {
      throw ConformanceFailure("\(what) is not refused as it should be: \(self)")
    }
  }
}

// MARK: - The models as subjects

/// A model bank, to show that the suite can be passed.
public struct ModelBankSubject: BankSubject {
  private let world = ModelWorld()

  public init() {}

  public var agent: any PaymentAgent { world.banks[0] }

  public func reserveRequest() async throws -> ReserveRequest {
    try request(of: world.order(goods: [0]))
  }

  public func secondUse(of request: ReserveRequest) async throws -> ReserveRequest {
    let other = try await reserveRequest()
    return ReserveRequest(
      id: other.id, order: other.order, part: other.part, instrument: request.instrument)
  }

  public func verdict(
    _ decision: Decision, of process: ProcessID
  ) async throws -> LoggedVerdict {
    await world.verdict(decision, of: process)
  }

  public func foreignVerdict(
    _ decision: Decision, of process: ProcessID
  ) async throws -> LoggedVerdict {
    await world.verdict(decision, of: process, by: ModelWorld.foreignCoordinatorName)
  }

  private func request(of submission: PurchaseSubmission) throws -> ReserveRequest {
    let order = try world.notary.admit(submission, at: world.clock.now())
    guard let payment = order.payments.first, let handover = payment.handover,
      let step = StepPath(rawValue: "reserve/bank")
    else {
      throw ConformanceFailure("an order without payment")
    }
    return ReserveRequest(
      id: RequestID(process: order.process, step: step), order: order.signedOrder,
      part: handover.part, instrument: handover.instrument)
  }
}

/// A model merchant, to show that the suite can be passed.
public struct ModelMerchantSubject: MerchantSubject {
  private let world = ModelWorld()

  public init() {}

  public var agent: any MerchantAgent { world.merchants[0] }

  public func depositRequest() async throws -> DepositRequest {
    let order = try world.notary.admit(world.order(goods: [0]), at: world.clock.now())
    guard let item = order.items.first, let step = StepPath(rawValue: "deposit/\(item.offer.id)")
    else { throw ConformanceFailure("an order without goods") }
    return DepositRequest(
      id: RequestID(process: order.process, step: step), order: order.signedOrder,
      part: item.part)
  }

  public func releaseStep(for request: DepositRequest) -> StepPath {
    let name = request.id.step.rawValue.replacing("deposit/", with: "release/")
    return StepPath(rawValue: name) ?? request.id.step
  }

  public func transfers(
    paying request: DepositRequest, under verdict: LoggedVerdict
  ) async throws -> [Signed<Transfer>] {
    []
  }

  public func verdict(
    _ decision: Decision, of process: ProcessID
  ) async throws -> LoggedVerdict {
    await world.verdict(decision, of: process)
  }

  public func foreignVerdict(
    _ decision: Decision, of process: ProcessID
  ) async throws -> LoggedVerdict {
    await world.verdict(decision, of: process, by: ModelWorld.foreignCoordinatorName)
  }
}
