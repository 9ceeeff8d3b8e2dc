// All processes of one coordinator as one state machine: when is what durable, whose turn is it, what is
// due.
//
//     event ──▶ ProcessMachine ──▶ records ──▶ batch ──▶ write ──▶ (synced) ──▶ written
//                     │                                                            │
//                     └────────▶ effects, held back until the batch is durable ◀───┘
//
// One batch is written at a time; the next one grows meanwhile, so that many processes share a sync. An
// effect of a process waits for the last batch that has a forced record of that process in it. Records
// that are not forced ride along with the next one that is, or are written when the process has nothing to
// wait for but time.
//
// A crash drops the machine. What was not durable nobody has heard of. `resume` brings each process back
// as its journal left it.

public import PaymentModel

/// How much a coordinator takes on.
public struct CoordinatorLimits: Hashable, Sendable {
  /// More undecided processes at a time are refused with `busy`. Those of an earlier run go on in any case,
  /// and so does what was decided: a party that answers nobody must not keep others from buying.
  public let mostUndecidedProcesses: Int
  /// With so many bytes of their orders, and of what the banks are to be handed, the next one is refused as well.
  public let mostUndecidedBytes: Int
  /// At most so many orders that were never handed in are aborted at a time, because somebody has asked about them or
  /// withdraws them: anybody can present one. Those about which an operator was called do not count.
  public let mostPresentedOrders: Int
  /// At most so many rows are written in one transaction, and at least one.
  public let largestBatch: Int
  /// A transaction with so many bytes takes no further row.
  public let largestBatchBytes: Int

  public init(
    mostUndecidedProcesses: Int = 100_000, mostUndecidedBytes: Int = 4 << 30,
    mostPresentedOrders: Int = 256, largestBatch: Int = 4096, largestBatchBytes: Int = 32 << 20
  ) {
    self.mostUndecidedProcesses = mostUndecidedProcesses
    self.mostUndecidedBytes = mostUndecidedBytes
    self.mostPresentedOrders = max(mostPresentedOrders, 1)
    self.largestBatch = max(largestBatch, 1)
    self.largestBatchBytes = max(largestBatchBytes, 1)
  }

  public static let standard = CoordinatorLimits()
}

/// The state machine of a coordinator. It reads no clock, draws no randomness, and asks nobody: time and
/// entropy are handed in, and the shell around it carries its effects out.
public struct CoordinatorMachine: Hashable, Sendable {
  private let policy: RetryPolicy
  private let limits: CoordinatorLimits
  private let rules: ProtocolRules
  /// Looked up, and never walked over. Where it happens often, a process is changed by its place: a change by its key
  /// allocates.
  private var open: [ProcessID: CopiedOnWrite<OpenProcess>] = [:]
  public private(set) var openCount = 0
  /// Open processes without a verdict.
  public private(set) var undecidedCount = 0
  /// Bytes of their orders, and of what the banks are to be handed.
  public private(set) var undecidedBytes = 0
  /// Open processes of orders that were never handed in, but for those about which an operator was called.
  private var presentedCount = 0
  private var locks: LockTable
  /// To be given before a step ends.
  private var turns: [LockTurn] = []
  /// Processes that the present step has left with records, and nothing but time to wait for.
  private var resting: [ProcessID] = []
  private var timers = TimerHeap()
  /// The wake that was asked for last.
  private var wakeAt: Timestamp?
  /// The latest time of a step since the clock was set back last.
  private var latest = Timestamp(milliseconds: .min)

  /// Processes with records for the next batch, in order of arrival.
  private var dirty: [ProcessID] = []
  private var nextBatch = 1
  private var isWriting = false
  /// Processes of the batch that is being written.
  private var written: [ProcessID] = []

  public init(
    policy: RetryPolicy = .standard, limits: CoordinatorLimits = .standard,
    restoring locks: [LockRow] = []
  ) {
    self.init(policy: policy, limits: limits, rules: .standard, restoring: locks)
  }

  package init(
    policy: RetryPolicy = .standard, limits: CoordinatorLimits = .standard, rules: ProtocolRules,
    restoring locks: [LockRow] = []
  ) {
    self.policy = policy
    self.limits = limits
    self.rules = rules
    self.locks = LockTable(restoring: locks, rules: rules)
  }

  // MARK: - Questions

  /// Whether the process is open here. It may not be durable yet.
  public func has(_ process: ProcessID) -> Bool { open[process] != nil }

  /// Whether all that was forced of an open process is durable.
  public func isDurable(_ process: ProcessID) -> Bool { open[process]?.value.isDurable ?? false }

  /// How an open process stands; `nil` while something of it is not durable, or when it is not open.
  public func standing(of process: ProcessID) -> ProcessStanding? {
    guard let entry = open[process], entry.value.isDurable else { return nil }
    return entry.value.standing
  }

  /// Whether the verdict of an open process stands in the log.
  func hasPublishedVerdict(_ process: ProcessID) -> Bool {
    open[process]?.value.records.verdict != nil
  }

  /// The records of an open process that may not stand in the journal yet.
  func unwritten(of process: ProcessID) -> UnwrittenRecords? { open[process]?.value.unwritten }

  /// How often each activity of an open process was asked for since it is open here, by number.
  public func attempts(of process: ProcessID) -> [Int]? {
    open[process]?.value.machine.attemptCounts
  }

  /// Processes with something for the next batch.
  public var waitingForBatch: Int { dirty.count }

  /// All that is needed to carry out an attempt; `nil` when nobody waits for it any more.
  public func call(for attempt: ActivityAttempt) -> ActivityCall? {
    guard let entry = open[attempt.process] else { return nil }
    return ActivityCall(
      attempt: attempt, plan: entry.value.plan, records: entry.value.records, rules: rules)
  }

  /// Whether one more process would be too much.
  public var isBusy: Bool {
    undecidedCount >= limits.mostUndecidedProcesses || undecidedBytes >= limits.mostUndecidedBytes
  }

  /// - Throws: `busy`.
  private func requireRoom(for plan: ProcessPlan) throws(CoordinatorError) {
    guard plan.order != nil else {
      // Its abort is owed to whoever asks, so what is undecided keeps nobody waiting for it.
      guard presentedCount < limits.mostPresentedOrders else {
        throw CoordinatorError(
          .busy, "\(presentedCount) orders that were presented are being aborted: ask again later")
      }
      return
    }
    guard !isBusy else {
      throw CoordinatorError(
        .busy,
        "\(undecidedCount) processes of \(undecidedBytes) bytes are undecided: hand the order in again later"
      )
    }
  }

  /// Whether a process of an earlier run waits for a good, and was not read back yet.
  func isAbsent(_ process: ProcessID) -> Bool { locks.isAbsent(process) }

  /// The one-time key of an open process's order; `nil` when it was only presented, or is not open.
  package func oneTimeKey(of process: ProcessID) -> SigningKeyValue? {
    open[process]?.value.plan.order?.order.oneTimeKey
  }

  /// Whether something of an open process waits for its next attempt.
  package func isPausing(_ process: ProcessID) -> Bool {
    open[process]?.value.machine.isPausing ?? false
  }

  /// Whether an open process stands in a queue behind others.
  package func isQueued(_ process: ProcessID) -> Bool {
    open[process]?.value.machine.isQueued ?? false
  }

  /// Who stands for a resource, by arrival.
  package func places(on resource: Resource) -> [LockPlace] { locks.places(on: resource) }

  /// How an open process stands, durable or not.
  package func outline(of process: ProcessID) -> ProcessOutline? {
    open[process]?.value.machine.outline
  }

  /// Forgets numbers that only name things, so that machines can be compared that will go on alike: of
  /// batches, of places in queues, of attempts. Answers to attempts find nobody afterwards.
  package mutating func forgetNumbers(of processes: [ProcessID]) {
    for process in processes {
      open[process]?.value.machine.forgetAttempts()
      guard let entry = open[process]?.value else { continue }
      for activity in entry.limited {
        for use in entry.uses(of: activity) { locks.forgetNumbers(on: use.resource) }
      }
    }
    timers.sort()
    // As long as nobody sets the clock back it does not matter when the last step was.
    latest = Timestamp(milliseconds: .min)
    if !isWriting { nextBatch = 1 }
  }

  // MARK: - Events

  /// Takes an event and says what to do, in this order.
  ///
  /// - Throws: `busy`, `unsupported-process`, and `broken-journal` for a process that cannot begin or go
  ///   on. Nothing has changed then.
  public mutating func step(
    _ event: CoordinatorEvent, at now: Timestamp, entropy: inout some Entropy,
    notary: some Notary
  ) throws(CoordinatorError) -> [CoordinatorEffect] {
    var effects: [CoordinatorEffect] = []
    switch event {
    case .begin(let new):
      let plan = new.plan
      guard open[plan.process] == nil else { return [] }
      try requireRoom(for: plan)
      let machine = try ProcessMachine(
        definition: plan.definition, terms: plan.terms, policy: policy, rules: rules)
      enter(OpenProcess(plan, machine: machine))
      run(plan.process, .begin(new.record), at: now, entropy: &entropy, effects: &effects)
      if let cancellation = new.cancellation {
        run(plan.process, .cancelled(cancellation), at: now, entropy: &entropy, effects: &effects)
      }
    case .resume(let resumed):
      let process = resumed.plan.process
      guard open[process] == nil else { return [] }
      let machine = try ProcessMachine(
        definition: resumed.plan.definition, terms: resumed.plan.terms, policy: policy,
        rules: rules, replaying: resumed.records)
      guard !machine.state.hasEnded else {
        turns += locks.settle(process)
        break
      }
      enter(OpenProcess(resumed, machine: machine))
      run(process, .resumed, at: now, entropy: &entropy, effects: &effects)
      // It takes its places again before those that it does not want any more are given up.
      give(at: now, entropy: &entropy, effects: &effects)
      turns += locks.settle(process)
    case .lost(let process): turns += locks.settle(process)
    case .recovered: turns += locks.settleAll()
    case .written(let batch, let taken):
      finish(batch, taken: taken, at: now, effects: &effects)
    case .outcome(let process, let activity, let attempt, let outcome):
      run(
        process, .outcome(activity: activity, attempt: attempt, outcome), at: now,
        entropy: &entropy, effects: &effects)
    case .cancelled(let process, let cancellation):
      run(process, .cancelled(cancellation), at: now, entropy: &entropy, effects: &effects)
    case .retry(let process):
      run(process, .retry, at: now, entropy: &entropy, effects: &effects)
    case .tick:
      // A clock may have been set back since the wake was asked for.
      wakeAt = nil
      while let process = timers.popDue(at: now) { wake(process, at: now, &entropy, &effects) }
    }
    noticeSetBack(at: now, &entropy, &effects)
    give(at: now, entropy: &entropy, effects: &effects)
    for process in resting where open[process]?.value.isResting == true { markDirty(process) }
    resting.removeAll(keepingCapacity: true)
    write(notary: notary, effects: &effects)
    if let next = timers.first, wakeAt.map({ next < $0 }) ?? true {
      wakeAt = next
      effects.append(.wake(at: next))
    }
    return effects
  }

  private mutating func enter(_ entry: OpenProcess) {
    open[entry.process] = CopiedOnWrite(entry)
    openCount += 1
    if entry.isPresented { presentedCount += 1 }
    if !entry.isDecided { undecidedCount += 1 }
    undecidedBytes += entry.undecidedBytes
  }

  private mutating func wake(
    _ process: ProcessID, at now: Timestamp, _ entropy: inout some Entropy,
    _ effects: inout [CoordinatorEffect]
  ) {
    guard let place = open.index(forKey: process) else { return }
    let came = open.values[place].value.timerCame(at: now)
    if let next = came.next { timers.push(process, at: next) }
    if came.isDue { run(process, .tick, at: now, entropy: &entropy, effects: &effects) }
  }

  /// A clock may be set back by so much before all waits are looked at anew.
  private static let smallestSetBack: Int64 = 1000

  /// Times at which something is due are those of the clock as it was. When it was set back everybody is woken
  /// who waits for one, so that nobody waits for longer because of that.
  private mutating func noticeSetBack(
    at now: Timestamp, _ entropy: inout some Entropy, _ effects: inout [CoordinatorEffect]
  ) {
    guard now.adding(milliseconds: Self.smallestSetBack) < latest else {
      latest = max(latest, now)
      return
    }
    latest = now
    let waiting = timers.takeAll()
    for process in waiting { open[process]?.value.forgetTimer() }
    for process in waiting where open[process]?.value.hasTimer == false {
      run(process, .tick, at: now, entropy: &entropy, effects: &effects)
    }
  }

  // MARK: - One process

  private mutating func run(
    _ process: ProcessID, _ event: ProcessEvent, at now: Timestamp,
    entropy: inout some Entropy, effects: inout [CoordinatorEffect]
  ) {
    guard let place = open.index(forKey: process) else { return }
    let stepped = open.values[place].value.step(
      event, at: now, entropy: &entropy, nextBatch: nextBatch, rules: rules, effects: &effects)
    if stepped.isDecidedNow { undecidedCount -= 1 }
    presentedCount += stepped.presentedChange
    undecidedBytes -= stepped.freedBytes
    if let timer = stepped.timer { timers.push(process, at: timer) }
    if stepped.isForced { markDirty(process) }
    if stepped.isResting { resting.append(process) }
    if stepped.isAboutTurns { takeTurns(of: open.values[place].value, stepped) }
  }

  private mutating func markDirty(_ process: ProcessID) {
    guard let place = open.index(forKey: process) else { return }
    if open.values[place].value.markDirty() { dirty.append(process) }
  }

  // MARK: - Turns

  /// What a step means for the goods that may run out.
  private mutating func takeTurns(of entry: OpenProcess, _ stepped: OpenProcess.Stepped) {
    let process = entry.process
    for settled in stepped.settled {
      for use in entry.uses(of: settled.activity) {
        turns +=
          settled.isHeld
          ? locks.hold(use, for: process, activity: settled.activity)
          : locks.leave(use.resource, for: process)
      }
    }
    for activity in stepped.scarce {
      guard let use = entry.uses(of: activity).last else { continue }
      turns += locks.meetScarcity(use.resource, for: process)
    }
    for activity in stepped.acquired {
      let uses = entry.uses(of: activity)
      guard let use = uses.first, let last = uses.last else { continue }
      // A place that a crash has lost may be that of somebody who holds already what others wait for: such a
      // process asks once out of turn.
      let isLost = entry.isResumed && !locks.hasPlace(on: use.resource, process)
      turns += locks.acquire(use, for: process, activity: activity)
      if isLost {
        turns.append(LockTurn(process: process, activity: activity, resource: last.resource))
      }
    }
  }

  /// Lets everybody go on whose turn it is: with the activity's next resource, or by asking.
  private mutating func give(
    at now: Timestamp, entropy: inout some Entropy, effects: inout [CoordinatorEffect]
  ) {
    var next = turns.startIndex
    while next < turns.endIndex {
      let turn = turns[next]
      next += 1
      guard let entry = open[turn.process]?.value else { continue }
      let uses = entry.uses(of: turn.activity)
      let place = uses.firstIndex { $0.resource == turn.resource } ?? uses.endIndex
      if place < uses.endIndex - 1 {
        turns += locks.acquire(uses[place + 1], for: turn.process, activity: turn.activity)
      } else {
        run(
          turn.process, .granted(activity: turn.activity), at: now, entropy: &entropy,
          effects: &effects)
      }
    }
    turns = []
  }

  private mutating func leaveAll(_ entry: OpenProcess) {
    for activity in entry.limited {
      for use in entry.uses(of: activity) {
        turns += locks.leave(use.resource, for: entry.process, keepingAbsent: true)
      }
    }
  }

  // MARK: - Durability

  /// Begins to write what has gathered, unless a batch is under way.
  private mutating func write(notary: some Notary, effects: inout [CoordinatorEffect]) {
    guard !isWriting, !dirty.isEmpty else { return }
    var rows: [JournalRow] = []
    var count = 0
    var bytes = 0
    for process in dirty.prefix(limits.largestBatch) where bytes < limits.largestBatchBytes {
      count += 1
      guard let place = open.index(forKey: process), open.values[place].value.isDirty else {
        continue
      }
      let row = open.values[place].value.takeRow(notary: notary)
      bytes += row.records.count
      rows.append(row)
      written.append(process)
    }
    dirty.removeFirst(count)
    // Those left behind ride in the batch after.
    for process in dirty where open[process]?.value.isDurable == false {
      open[process]?.value.awaitedBatch = nextBatch + 1
    }
    isWriting = true
    effects.append(
      .write(JournalBatch(number: nextBatch, rows: rows, locks: locks.takeChanges())))
    nextBatch += 1
  }

  private mutating func finish(
    _ batch: Int, taken: [ProcessID], at now: Timestamp, effects: inout [CoordinatorEffect]
  ) {
    guard isWriting, batch == nextBatch - 1 else { return }
    isWriting = false
    let processes = written
    written = []
    for process in taken {
      guard let entry = leave(process) else { continue }
      effects.append(.taken(process))
      leaveAll(entry)
    }
    for process in processes {
      guard let place = open.index(forKey: process) else { continue }
      if let time = open.values[place].value.finish(batch, at: now, effects: &effects) {
        timers.push(process, at: time)
      }
      guard open.values[place].value.isOver, let entry = leave(process) else { continue }
      leaveAll(entry)
    }
  }

  private mutating func leave(_ process: ProcessID) -> OpenProcess? {
    guard let entry = open.removeValue(forKey: process)?.value else { return nil }
    openCount -= 1
    if entry.isPresented { presentedCount -= 1 }
    if !entry.isDecided { undecidedCount -= 1 }
    undecidedBytes -= entry.undecidedBytes
    return entry
  }
}
