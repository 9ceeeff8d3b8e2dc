// Drives a process machine by hand: no participants, no journal but a list.

import Conformance
import Coordinator
import PaymentModel
import Testing

/// A machine, what it wrote, and what it asked for.
struct MachineDriver {
  var machine: ProcessMachine
  var records: [JournalRecord] = []
  var effects: [ProcessEffect] = []
  var now: Timestamp
  var entropy: ModelEntropy
  let order: AdmittedOrder

  init(
    goods: [Int] = [0, 1], banks: [Int] = [0], stock: String? = nil, quantity: Int = 1,
    isIndividual: Bool = false, hasContainers: Bool = true, seed: UInt64 = 1
  ) throws {
    let world = ModelWorld(seed: seed)
    let submission = world.order(
      goods: goods, banks: banks, stock: stock, quantity: quantity, isIndividual: isIndividual,
      hasContainers: hasContainers)
    order = try world.notary.admit(submission, at: world.clock.now())
    now = world.clock.now()
    entropy = ModelEntropy(seed: seed)
    machine = try ProcessMachine(
      definition: try Self.definition(of: order), terms: ProcessTerms(order))
    step(
      .begin(
        BeginRecord(
          source: .submission(submission), template: order.order.template,
          definition: ModelEvidence.digest(machine.definition.json), at: now,
          nonce: Nonce(from: &entropy))))
  }

  static func definition(of order: AdmittedOrder) throws -> PaymentProcess {
    try PaymentProcess.generate(
      from: order, template: .standard,
      templateDigest: ModelEvidence.digest(ProcessTemplate.standard.json))
  }

  /// The same process from its journal so far.
  func replayed(prefix: Int? = nil) throws -> MachineDriver {
    var copy = self
    copy.records = Array(records.prefix(prefix ?? records.count))
    copy.effects = []
    copy.machine = try ProcessMachine(
      definition: machine.definition, terms: machine.terms, replaying: copy.records)
    return copy
  }

  @discardableResult
  mutating func step(_ event: ProcessEvent) -> StepResult {
    var result = machine.step(event, at: now, entropy: &entropy)
    records += result.records
    effects += result.effects
    // Nobody else is there: it is always this process's turn.
    for case .acquire(let activity) in result.effects {
      let granted = step(.granted(activity: activity))
      result.records += granted.records
      result.effects += granted.effects
    }
    return result
  }

  /// Answers an activity as it was asked last.
  @discardableResult
  mutating func answer(_ number: Int, _ outcome: ActivityOutcome) -> StepResult {
    step(.outcome(activity: number, attempt: attempts(of: number), outcome))
  }

  func attempts(of number: Int) -> Int {
    effects.reduce(0) { last, effect in
      if case .perform(number, let attempt) = effect { attempt } else { last }
    }
  }

  /// Activities with that verb, by number.
  func numbers(_ verb: Verb) -> [Int] {
    machine.definition.activities.indices.filter { activity($0).verb == verb }
  }

  func activity(_ number: Int) -> Activity { machine.definition.activities[number] }

  /// Asked, not finally answered, and still of interest: after the verdict only what carries it out.
  var asked: [Int] {
    let state = machine.state
    return state.activities.indices.filter { number in
      state.activities[number] == .asked
        && (state.isCommitted == nil || activity(number).guarantee == .retriable)
    }
  }

  /// Verbs that were asked for, without repetition.
  var performed: [Verb] {
    var verbs: [Verb] = []
    for case .perform(let number, _) in effects where !verbs.contains(activity(number).verb) {
      verbs.append(activity(number).verb)
    }
    return verbs
  }

  var verdicts: [VerdictRecord] {
    records.compactMap { if case .verdict(let verdict) = $0 { verdict } else { nil } }
  }

  var wake: Timestamp? {
    effects.compactMap { if case .wake(let time) = $0 { time } else { nil } }.last
  }

  mutating func exhibit<Content: Claim>(_: Content.Type = Content.self) -> Exhibit<Content> {
    let id = StatementID(entropy.bytes(32)) ?? order.process.renamed()
    return Exhibit(id: id, signed: Signed(id.bytes))
  }

  /// The answer that an honest participant would give.
  mutating func success(of number: Int, heldSeconds: Int64 = 120) -> ActivityOutcome {
    let bytes = entropy.bytes(8)
    switch activity(number).verb {
    case .reserve: return .ended(.reserved(exhibit()))
    case .deposit:
      return .ended(
        .deposited(
          EscrowedKey(
            deposit: exhibit(), heldUntil: now.adding(seconds: heldSeconds),
            key: ModelExaminer.seal(bytes, as: SealedContent.GoodsKey.self),
            acceptance: exhibit())))
    case .decide:
      return .deliveryRequested(
        exhibit(), ModelExaminer.seal(bytes, as: SealedContent.KeyBundle.self))
    case .publish, .recordAbort:
      let verdict = LoggedVerdict(verdict: Signed(bytes), proof: bytes)
      return .ended(.published(PublishedVerdict(id: exhibit(Verdict.self).id, logged: verdict)))
    case .post: return .ended(.transferred([exhibit()]))
    case .confirm: return .ended(.settled(exhibit()))
    case .void: return .ended(.voided(exhibit()))
    case .release: return .ended(.released(exhibit()))
    case .notify: return .ended(.notified)
    case .receivePayment, .prepare: return .unknown
    }
  }

  /// Answers whatever is asked, first come first served, until nothing is asked or `stop` says so.
  mutating func run(until stop: (MachineDriver) -> Bool = { _ in false }) {
    while !stop(self), let number = asked.first { answer(number, success(of: number)) }
  }
}
