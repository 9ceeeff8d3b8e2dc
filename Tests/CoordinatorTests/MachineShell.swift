// The coordinator's machine with a shell that writes at once and asks nobody: answers are put in by hand.

import Conformance
import Coordinator
import PaymentModel
import Testing

struct MachineShell {
  let world = ModelWorld()
  let planner: ProcessPlanner
  var machine: CoordinatorMachine
  var entropy = ModelEntropy(seed: 3)
  var now: Timestamp
  /// All requests, in order.
  private(set) var asks: [ActivityAttempt] = []
  /// When the machine wants its next tick.
  private(set) var wakeAt: Timestamp?
  private(set) var batches: [JournalBatch] = []
  private var definitions: [ProcessID: PaymentProcess] = [:]

  init(policy: RetryPolicy = .standard, limits: CoordinatorLimits = .standard) {
    planner = ProcessPlanner(
      coordinator: ModelWorld.coordinatorName, notary: world.notary, templates: [.standard])
    machine = CoordinatorMachine(policy: policy, limits: limits)
    now = world.clock.now()
  }

  // MARK: - Events

  mutating func step(_ event: CoordinatorEvent) throws {
    for effect in try machine.step(event, at: now, entropy: &entropy, notary: world.notary) {
      switch effect {
      case .write(let batch):
        batches.append(batch)
        try step(.written(batch: batch.number, taken: []))
      case .ask(let attempt): asks.append(attempt)
      case .wake(let time): wakeAt = time
      case .changed, .ended, .taken, .callOperator, .gaveUp: break
      }
    }
  }

  /// Time goes on to then, with all ticks that are wanted meanwhile.
  mutating func pass(until time: Timestamp) throws {
    while let next = wakeAt, next <= time {
      now = max(now, next)
      wakeAt = nil
      try step(.tick)
    }
    now = time
  }

  /// A process that has begun.
  mutating func begin(goods: [Int] = [0], stock: String? = nil) throws -> ProcessID {
    try begin(world.order(goods: goods, stock: stock))
  }

  mutating func begin(_ submission: PurchaseSubmission) throws -> ProcessID {
    let order = try planner.admit(submission, at: now)
    let new = try planner.begin(order, of: submission, at: now, nonce: Nonce(from: &entropy))
    definitions[order.process] = new.plan.definition
    try step(.begin(new))
    return order.process
  }

  /// A process whose money is reserved, so that it wants its goods.
  mutating func beginReserved(goods: [Int] = [0], stock: String? = nil) throws -> ProcessID {
    let process = try begin(goods: goods, stock: stock)
    try answer(.reserve, of: process, .ended(.reserved(exhibit())))
    return process
  }

  /// Answers the last question with that verb.
  mutating func answer(_ verb: Verb, of process: ProcessID, _ outcome: ActivityOutcome) throws {
    let attempt = try #require(lastAsk(verb, of: process))
    try step(
      .outcome(process, activity: attempt.activity, attempt: attempt.attempt, outcome))
  }

  mutating func cancel(_ process: ProcessID) throws {
    try step(.cancelled(process, exhibit()))
  }

  // MARK: - What was asked

  func lastAsk(_ verb: Verb, of process: ProcessID) -> ActivityAttempt? {
    asks.last { $0.process == process && self.verb(of: $0) == verb }
  }

  func count(_ verb: Verb, of process: ProcessID) -> Int {
    asks.count { $0.process == process && self.verb(of: $0) == verb }
  }

  private func verb(of attempt: ActivityAttempt) -> Verb? {
    definitions[attempt.process]?.activities[attempt.activity].verb
  }

  // MARK: - Answers

  mutating func exhibit<Content: Claim>(_: Content.Type = Content.self) -> Exhibit<Content> {
    let bytes = entropy.bytes(32)
    guard let id = StatementID(bytes) else { fatalError("32 bytes make an identifier") }
    return Exhibit(id: id, signed: Signed(bytes))
  }

  mutating func deposited() -> ActivityOutcome {
    .ended(
      .deposited(
        EscrowedKey(
          deposit: exhibit(), heldUntil: now.adding(seconds: 120),
          key: ModelExaminer.seal(entropy.bytes(8), as: SealedContent.GoodsKey.self),
          acceptance: exhibit())))
  }

  mutating func published() -> ActivityOutcome {
    let bytes = entropy.bytes(8)
    let verdict = LoggedVerdict(verdict: Signed(bytes), proof: bytes)
    return .ended(.published(PublishedVerdict(id: exhibit(Verdict.self).id, logged: verdict)))
  }

  /// To wait, as long as it takes.
  var held: ActivityOutcome { .held(until: now.adding(seconds: 600)) }
}
