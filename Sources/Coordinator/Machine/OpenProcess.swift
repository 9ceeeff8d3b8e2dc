// A process that is being run, with what of it is not durable yet.

public import PaymentModel

/// How a process stands: all of it durable, but for answers that may have to be asked for again after a crash.
public struct ProcessStanding: Hashable, Sendable {
  public let state: ProcessState
  /// From then on the coordinator decides, and only abort.
  public let decideBy: Timestamp
  public let begunAt: Timestamp
  /// The decision.
  public let verdictRecord: VerdictRecord?
  /// The verdict in the log.
  public let verdict: PublishedVerdict?
}

/// Records that stand in no durable batch yet.
struct UnwrittenRecords: Sendable {
  /// How many records of the process come before them.
  let first: Int
  let entries: [JournalEntry]
}

/// A process and its machine.
///
/// It holds what is needed to go on, and no more: thousands of them wait for somebody at a time. Evidence that no
/// request is made of is in the journal alone once it is durable.
struct OpenProcess: Hashable, Sendable {
  private(set) var plan: ProcessPlan {
    didSet { handedInBytes = plan.handedInBytes }
  }
  private var handedInBytes: Int
  var machine: ProcessMachine
  /// Those that are needed later.
  private(set) var records: [JournalRecord]
  private var chain: JournalChain
  /// Records that stand in no batch yet.
  private(set) var heldBack: [JournalEntry] = []
  /// Records in the batch that is being written.
  private var inBatch: [JournalEntry] = []
  /// What may not happen before the awaited batch is durable.
  private var effects: [CoordinatorEffect] = []
  /// The batch with the last forced record; `nil` when everything forced is durable.
  var awaitedBatch: Int?
  private(set) var isDirty = false
  /// When the machine wants a tick.
  private var wakeAt: Timestamp?
  /// When the heap will bring one: not later than `wakeAt`.
  private var timerAt: Timestamp?
  /// Whether an earlier run began it.
  let isResumed: Bool
  /// The activities that take what may run out.
  let limited: [Int]
  private var settled: [ActivityState]

  init(_ plan: ProcessPlan, machine: ProcessMachine) {
    self.init(
      plan, machine: machine, records: [], chain: JournalChain(of: plan.process), isResumed: false)
  }

  init(_ resumed: ResumedProcess, machine: ProcessMachine) {
    self.init(
      resumed.plan, machine: machine, records: resumed.records.filter(\.isNeededLater),
      chain: resumed.chain, isResumed: true)
  }

  private init(
    _ plan: ProcessPlan, machine: ProcessMachine, records: [JournalRecord], chain: JournalChain,
    isResumed: Bool
  ) {
    self.plan = plan
    handedInBytes = plan.handedInBytes
    self.machine = machine
    self.records = records
    self.chain = chain
    self.isResumed = isResumed
    let activities = plan.definition.activities
    limited = activities.indices.filter { !activities[$0].resources.isEmpty }
    settled = limited.map { _ in .waiting }
    if needsNoHandovers {
      self.plan = plan.withoutHandovers()
      handedInBytes = self.plan.handedInBytes
    }
  }

  var process: ProcessID { plan.process }
  var isDurable: Bool { awaitedBatch == nil }
  var isDecided: Bool { machine.state.isCommitted != nil }
  /// Whether it is the abort of an order that was never handed in, and nobody was called about it: one of which the
  /// log refuses the verdict never ends, and must not keep others from being aborted.
  var isPresented: Bool { plan.order == nil && machine.state.calls.isEmpty }
  /// Bytes that it holds as long as it is undecided.
  var undecidedBytes: Int { isDecided ? 0 : handedInBytes }
  /// Whether it has ended, durably.
  var isOver: Bool { machine.state.hasEnded && isDurable }

  var standing: ProcessStanding {
    ProcessStanding(
      state: machine.state, decideBy: machine.terms.decideBy, begunAt: plan.begunAt,
      verdictRecord: records.verdictRecord, verdict: records.verdict)
  }

  var unwritten: UnwrittenRecords {
    UnwrittenRecords(
      first: chain.nextSequence - inBatch.count, entries: inBatch + heldBack)
  }

  /// Whether there are records to write, and nothing but time can go on: they are not kept back for so long.
  var isResting: Bool { !heldBack.isEmpty && machine.isIdle && effects.isEmpty }

  // MARK: - Steps

  /// What a step means for others.
  struct Stepped {
    var isDecidedNow = false
    /// How many more count as presented now: one, none, or one fewer.
    var presentedChange = 0
    /// How many bytes fewer it holds undecided.
    var freedBytes = 0
    /// Whether there are records that must be durable before anybody hears of them.
    var isForced = false
    /// Whether nothing but time can go on.
    var isResting = false
    /// When a tick is wanted, if that is new.
    var timer: Timestamp?
    /// Activities that want their turn.
    var acquired: [Int] = []
    /// Activities for which others hold what they need.
    var scarce: [Int] = []
    var settled: [Settled] = []

    var isAboutTurns: Bool { !(acquired.isEmpty && scarce.isEmpty && settled.isEmpty) }
  }

  /// Steps the machine, and lets out what need not wait for a batch.
  mutating func step(
    _ event: ProcessEvent, at now: Timestamp, entropy: inout some Entropy, nextBatch: Int,
    rules: ProtocolRules, effects released: inout [CoordinatorEffect]
  ) -> Stepped {
    var stepped = Stepped()
    let wasDecided = isDecided
    let wasPresented = isPresented
    let bytes = undecidedBytes
    let result = machine.step(event, at: now, entropy: &entropy)
    if !wasDecided, isDecided {
      stepped.isDecidedNow = true
      // What was not asked yet need not be asked any more.
      effects.removeAll { if case .ask = $0 { true } else { false } }
    }
    take(result.records, at: now)
    wakeAt = nil
    for effect in result.effects {
      switch effect {
      case .perform(let activity, let attempt):
        effects.append(
          .ask(
            ActivityAttempt(
              process: process, activity: activity, attempt: attempt,
              nonce: Nonce(from: &entropy))))
      case .acquire(let activity): stepped.acquired.append(activity)
      case .scarce(let activity): stepped.scarce.append(activity)
      case .wake(let time): wakeAt = time
      case .callOperator(let activity):
        let verb = plan.definition.activities[activity].verb
        effects.append(.callOperator(process, activity: activity, verb: verb))
      case .gaveUp(let activity):
        let verb = plan.definition.activities[activity].verb
        effects.append(.gaveUp(process, activity: activity, verb: verb))
      case .ended: effects.append(.ended(process, standing))
      }
    }
    if !result.records.isEmpty { effects.append(.changed(process)) }
    if let wakeAt, timerAt.map({ wakeAt < $0 }) ?? true {
      timerAt = wakeAt
      stepped.timer = wakeAt
    }
    stepped.isForced = result.isForced
    if result.isForced { awaitedBatch = nextBatch }
    if isDurable || !rules.recordsBeforeEffects {
      release(into: &released)
    } else {
      for case .perform(let activity, _) in result.effects { machine.holdBack(activity) }
    }
    if !limited.isEmpty { stepped.settled = settledUses() }
    stepped.isResting = isResting
    stepped.freedBytes = bytes - undecidedBytes
    stepped.presentedChange = (isPresented ? 1 : 0) - (wasPresented ? 1 : 0)
    return stepped
  }

  private mutating func take(_ new: [JournalRecord], at now: Timestamp) {
    for record in new {
      heldBack.append(JournalEntry(at: now, record: record))
      if record.isNeededLater { records.append(record) }
      switch record {
      case .result(let number, _):
        if plan.definition.activities[number].verb == .reserve, needsNoHandovers {
          plan = plan.withoutHandovers()
        }
      case .verdict: if needsNoHandovers { plan = plan.withoutHandovers() }
      default: break
      }
    }
  }

  /// Whether no bank is asked to hold anything any more.
  private var needsNoHandovers: Bool {
    if isDecided { return true }
    let activities = plan.definition.activities
    return activities.indices.allSatisfy {
      activities[$0].verb != .reserve || machine.state.activities[$0].isFinal
    }
  }

  /// What of a timer that has come is meant: whether a tick is due, and when the heap should come again.
  mutating func timerCame(at now: Timestamp) -> (isDue: Bool, next: Timestamp?) {
    guard let timer = timerAt, timer <= now else { return (false, nil) }
    timerAt = nil
    guard let wakeAt else { return (false, nil) }
    if wakeAt <= now { return (true, nil) }
    timerAt = wakeAt
    return (false, wakeAt)
  }

  /// Whether the heap will bring a timer.
  var hasTimer: Bool { timerAt != nil }

  /// The heap will bring none any more.
  mutating func forgetTimer() { timerAt = nil }

  // MARK: - Durability

  /// Lets out what had to wait for a batch.
  private mutating func release(into released: inout [CoordinatorEffect]) {
    guard !effects.isEmpty else { return }
    released += effects
    effects.removeAll()
  }

  /// `false` when it stood among those with something for the next batch already.
  mutating func markDirty() -> Bool {
    defer { isDirty = true }
    return !isDirty
  }

  /// The row of everything that was held back.
  mutating func takeRow(notary: some Notary) -> JournalRow {
    let row = chain.append(heldBack, notary: notary)
    inBatch = heldBack
    heldBack = []
    isDirty = false
    return row
  }

  /// The batch is durable: lets out what waited for it.
  ///
  /// - Returns: when a tick is wanted, if that is new.
  mutating func finish(
    _ batch: Int, at now: Timestamp, effects released: inout [CoordinatorEffect]
  ) -> Timestamp? {
    inBatch = []
    guard awaitedBatch.map({ $0 <= batch }) ?? true else { return nil }
    awaitedBatch = nil
    for case .ask(let attempt) in effects {
      let answerBy = machine.send(attempt.activity, at: now)
      wakeAt = min(wakeAt ?? answerBy, answerBy)
    }
    release(into: &released)
    guard let wakeAt, timerAt.map({ wakeAt < $0 }) ?? true else { return nil }
    timerAt = wakeAt
    return wakeAt
  }

  // MARK: - Turns

  func uses(of activity: Int) -> [ResourceUse] {
    plan.definition.activities[activity].resources
  }

  /// An activity that has come to hold what may run out, or needs it no longer.
  struct Settled {
    let activity: Int
    let isHeld: Bool
  }

  /// What has changed about what may run out since this was asked last.
  mutating func settledUses() -> [Settled] {
    guard !limited.isEmpty else { return [] }
    var changes: [Settled] = []
    for (place, activity) in limited.enumerated() {
      let state = effectiveState(of: activity)
      guard state != settled[place] else { continue }
      settled[place] = state
      switch state {
      case .done: changes.append(Settled(activity: activity, isHeld: true))
      case .refused, .skipped: changes.append(Settled(activity: activity, isHeld: false))
      case .waiting, .asked, .unreached: break
      }
    }
    return changes
  }

  /// The state of an activity, and `skipped` when it was undone or is not wanted any more. After an abort what
  /// was asked for and not answered, or may have been by an earlier run, counts as done until it is undone: others
  /// may be told to wait because of it, and the process itself asks no more.
  private func effectiveState(of activity: Int) -> ActivityState {
    let states = machine.state.activities
    let own = states[activity]
    guard machine.state.isCommitted == false else { return own }
    guard let undoing = machine.compensation(of: activity) else { return .skipped }
    switch states[undoing] {
    case .done, .refused, .skipped, .unreached: return .skipped
    case .waiting, .asked: return own == .asked || isResumed && own != .refused ? .done : own
    }
  }
}
