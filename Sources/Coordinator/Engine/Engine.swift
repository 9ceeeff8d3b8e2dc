// The coordinator: a thin shell around its machine. It carries effects out, and wakes those who wait.

public import PaymentModel

/// Runs payment processes over a durable journal.
///
/// Which activity is next, when something may be said, whose turn it is and what an answer means is up to
/// `CoordinatorMachine` and `ActivityCall`; what an order and a stored journal mean is up to
/// `ProcessPlanner`. A store that cannot write ends the program, so nothing here handles that.
///
/// One engine runs over a journal. Where there is a second one, whoever writes a process's next row goes on with
/// it; the other gets `journal-taken` and does not look at the process again until it is asked about it, or started
/// anew.
public actor Engine {
  nonisolated let surroundings: EngineSurroundings
  private nonisolated let questionMarginSeconds: Int
  var machine: CoordinatorMachine
  let makeMachine: @Sendable ([LockRow]) -> CoordinatorMachine
  private var entropy: any Entropy & Sendable
  var failure: CoordinatorError?
  var readiness: Task<CoordinatorError?, Never>?
  /// Whether the journal was compared with the log.
  var wasReady = false
  /// How far the processes of an earlier run have come back.
  public internal(set) var recovery = RecoveryStanding.notBegun
  var recoveryAttempts = 0
  var laterRecovery: Task<Void, Never>?
  private let policy: RetryPolicy

  private var calls = OpenCalls()
  /// Those of them that nobody was told to begin yet.
  private var leaving: [OpenCall] = []
  private var isTakingReplies = false
  private nonisolated let replies = ReplyBox()
  /// Calls that leave together are begun by so many tasks at least, as far as there are as many calls, and each of
  /// them begins so many at most.
  private static let fewestTurns = 4
  private static let callsAtATurn = 16
  private var writing: Task<Void, Never>?
  private var timer: Task<Void, Never>?
  var waiters = Waiters()
  private var counters = EngineCounters()
  private(set) var recentOutcomes = RecentOutcomes()
  var endedMeanwhile = EndedMeanwhile()
  var waitingForReaders: [CheckedContinuation<Void, Never>] = []

  nonisolated var ports: CoordinatorPorts { surroundings.ports }
  nonisolated var planner: ProcessPlanner { surroundings.planner }

  /// - Parameters:
  ///   - coordinator: the name under which the notary signs.
  ///   - templates: those that orders may name.
  ///   - questionMarginSeconds: how long after `decideBy` a question about an unknown order leads to
  ///     its abort.
  public init(
    coordinator: PartyName, ports: CoordinatorPorts,
    templates: [ProcessTemplate] = [.standard], policy: RetryPolicy = .standard,
    limits: CoordinatorLimits = .standard, questionMarginSeconds: Int = 5
  ) {
    self.init(
      coordinator: coordinator, ports: ports, templates: templates, policy: policy,
      limits: limits, questionMarginSeconds: questionMarginSeconds, hook: .none)
  }

  package init(
    coordinator: PartyName, ports: CoordinatorPorts,
    templates: [ProcessTemplate] = [.standard], policy: RetryPolicy = .standard,
    limits: CoordinatorLimits = .standard, questionMarginSeconds: Int = 5, hook: JournalHook
  ) {
    surroundings = EngineSurroundings(
      ports: ports,
      planner: ProcessPlanner(
        coordinator: coordinator, notary: ports.notary, templates: templates), hook: hook)
    self.questionMarginSeconds = questionMarginSeconds
    self.policy = policy
    makeMachine = { CoordinatorMachine(policy: policy, limits: limits, restoring: $0) }
    machine = makeMachine([])
    entropy = ports.makeEntropy()
  }

  // MARK: - Orders

  /// Takes an order on. The same order is the same process, however often it is handed in; one that an
  /// earlier run left open goes on.
  ///
  /// - Returns: the process and the coordinator's signed word for it, when both are durable.
  /// - Throws: `not-admitted`, `too-large`, `empty-order`, `unknown-template`, `too-late`; `busy` when as
  ///   many processes are undecided as the coordinator is allowed to have; `behind-log`, `log-unreachable`, and
  ///   what the journal throws.
  public nonisolated func submit(
    _ submission: PurchaseSubmission
  ) async throws(CoordinatorError) -> AcceptedOrder {
    do throws(CoordinatorError) {
      // Whoever is refused for that costs no signature check.
      guard !surroundings.isBusy else { throw .busyNow }
      let now = ports.clock.now()
      let order = try planner.admit(submission, at: now)
      let new = try planner.begin(order, of: submission, at: now, nonce: surroundings.nextNonce())
      return try await take(new)
    } catch {
      // What would not be taken on now may have been, by an earlier run, or by another engine.
      guard [.notAdmitted, .busy, .tooLate, .journalTaken].contains(error.code),
        let process = ports.notary.process(of: submission.order),
        let known = try await known(process)
      else { throw error }
      return known
    }
  }

  private func take(_ new: NewProcess) async throws(CoordinatorError) -> AcceptedOrder {
    try await ready()
    let process = new.plan.process
    if machine.has(process) || machine.isAbsent(process), let known = try await known(process) {
      return known
    }
    let decideBy = new.plan.terms.decideBy
    guard ports.clock.now() < decideBy else {
      throw CoordinatorError(.tooLate, "the order had to be decided by \(decideBy)")
    }
    try await begin(new)
    return AcceptedOrder(process: process, submission: new.accepted)
  }

  /// Returns when the process has begun durably.
  func begin(_ new: NewProcess) async throws(CoordinatorError) {
    let isOpen = machine.has(new.plan.process)
    try carryOut(.begin(new))
    _ = try await standing(of: new.plan.process, when: .durable)
    if !isOpen { ports.observer?.observe(.begun) }
  }

  /// An order that was taken on before, and goes on if it was left open; `nil` for a new one.
  private func known(_ process: ProcessID) async throws(CoordinatorError) -> AcceptedOrder? {
    try await ready()
    guard try await knownStanding(of: process) != nil else { return nil }
    return AcceptedOrder(process: process, submission: try await file(of: process).accepted)
  }

  /// Asks now for everything of a process that waits for its next attempt.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  public func retry(_ process: ProcessID) async throws(CoordinatorError) {
    try await ready()
    try await requireKnown(process)
    try carryOut(.retry(process))
  }

  /// Answers somebody who holds something for an order and wants to know what became of it.
  ///
  /// An order that was never handed in is aborted, durably, before the answer, but not before its
  /// `decideBy` and the margin have passed: nobody can force an abort early.
  ///
  /// - Parameter oneTimeKey: the key that the order names.
  /// - Throws: `not-entitled` for an order that does not verify or belongs to another coordinator; `busy` while
  ///   as many are aborted as may be at a time; `wait-cancelled` when the task is cancelled while the abort is
  ///   carried out; what `outcome(of:)` throws.
  public nonisolated func verdictOrAbort(
    for order: Signed<Order>, oneTimeKey: SigningKeyValue
  ) async throws(CoordinatorError) -> VerdictAnswer {
    let now = ports.clock.now()
    let stated = try read(order, by: oneTimeKey, at: now)
    if let answer = try await answer(about: stated.id.renamed()) { return answer }
    guard now >= stated.claim.decideBy.adding(seconds: Int64(questionMarginSeconds)) else {
      return .undecided
    }
    let new = try planner.beginAbort(
      of: stated, signed: order, at: now, nonce: surroundings.nextNonce())
    return .decided(try await abort(new))
  }

  /// What can be said of a process that has begun; `nil` for one that has not, and for one that is being aborted because
  /// somebody has asked.
  private func answer(
    about process: ProcessID
  ) async throws(CoordinatorError) -> VerdictAnswer? {
    try await ready()
    if let recent = recentOutcomes[process] { return .decided(recent.verdict) }
    guard let standing = try await knownStanding(of: process) else { return nil }
    if standing.verdict == nil, machine.has(process), machine.oneTimeKey(of: process) == nil {
      return nil
    }
    return standing.verdict.map { .decided($0.logged) } ?? .undecided
  }

  /// Aborts an order that was only presented.
  private func abort(_ new: NewProcess) async throws(CoordinatorError) -> LoggedVerdict {
    do throws(CoordinatorError) {
      try await begin(new)
    } catch {
      // It may have been handed in meanwhile.
      guard error.code == .journalTaken else { throw error }
    }
    return try await outcome(of: new.plan.process).verdict
  }

  /// Reads an order that somebody presents.
  ///
  /// - Throws: `not-entitled` when it is not signed with that key, or names another one.
  nonisolated func read(
    _ order: Signed<Order>, by oneTimeKey: SigningKeyValue, at now: Timestamp
  ) throws(CoordinatorError) -> Stated<Order> {
    guard order.bytes.count <= SubmissionLimits.statement,
      let stated = try? ports.notary.read(order, by: .oneTime(oneTimeKey), at: now),
      stated.claim.oneTimeKey == oneTimeKey
    else { throw CoordinatorError(.notEntitled, "the order does not verify") }
    return stated
  }

  /// How a process stands that has begun, or stood when it was read back; `nil` for one that has not. One that
  /// an earlier run left open goes on.
  func knownStanding(
    of process: ProcessID
  ) async throws(CoordinatorError) -> ProcessStanding? {
    if let standing = try await openStanding(of: process, when: .durable) { return standing }
    do throws(CoordinatorError) {
      let loaded = try await load(process)
      try resume(loaded.resumed)
      return loaded.standing
    } catch {
      if error.code == .unknownProcess { return nil }
      throw error
    }
  }

  func requireKnown(_ process: ProcessID) async throws(CoordinatorError) {
    guard try await knownStanding(of: process) != nil else {
      throw CoordinatorError(.unknownProcess, "no process \(process)")
    }
  }

  // MARK: - The end

  /// Stops all processes where they stand, as a crash would. `recover` of another engine goes on.
  public func stop() {
    if failure == nil { failure = CoordinatorError(.stopped, "the coordinator was stopped") }
    timer?.cancel()
    laterRecovery?.cancel()
    calls.abandonAll()
    waiters.wakeAll()
  }

  /// Stops all processes, and returns when nobody is being asked any more, and nothing is read or written:
  /// the stores can be closed.
  public func quiesce() async {
    stop()
    await replies.ended(calls.openedCount)
    await writing?.value
    await timer?.value
    _ = await readiness?.value
    while let recovery = laterRecovery {
      laterRecovery = nil
      await recovery.value
    }
    await waitForReaders()
  }

  // MARK: - Effects

  func carryOut(_ event: CoordinatorEvent) throws(CoordinatorError) {
    if let failure { throw failure }
    let effects = try machine.step(
      event, at: ports.clock.now(), entropy: &entropy, notary: ports.notary)
    surroundings.isBusy = machine.isBusy
    for effect in effects { carryOut(effect) }
    if !isTakingReplies { letLeave() }
  }

  /// For events that no caller waits for: what the machine refuses of them has been said before.
  func report(_ event: CoordinatorEvent) {
    try? carryOut(event)
  }

  private func carryOut(_ effect: CoordinatorEffect) {
    switch effect {
    case .write(let batch): write(batch)
    case .ask(let attempt): open(attempt)
    case .changed(let process): tell(process)
    case .ended(let process, let standing):
      calls.abandon(process)
      counters.endedProcesses += 1
      if let outcome = ProcessOutcome(of: process, standing) { recentOutcomes.add(outcome) }
      endedMeanwhile.end(process)
      if let observer = ports.observer, let ending = standing.ending(at: ports.clock.now()) {
        observer.observe(ending)
        if machine.openCount == 0 { observer.observe(.load(load)) }
      }
      waiters.wake(process, .ended(standing))
    case .taken(let process):
      calls.abandon(process)
      waiters.wake(process, .taken)
    case .callOperator(_, _, let verb):
      counters.operatorCalls += 1
      ports.observer?.observe(.operatorCalled(verb))
    case .gaveUp(_, _, let verb):
      counters.givenUp += 1
      ports.observer?.observe(.gaveUp(verb))
    case .wake(let time):
      timer?.cancel()
      timer = Task { [clock = ports.clock] in
        await clock.sleep(until: time)
        if !Task.isCancelled { report(.tick) }
      }
    }
  }

  private func write(_ batch: JournalBatch) {
    counters.batches += 1
    counters.rows += batch.rows.count
    let begun = ports.observer?.nanoseconds()
    ports.observer?.observe(.load(load))
    writing = Task { [surroundings] in
      let taken = await surroundings.write(batch)
      if let begun, let observer = surroundings.ports.observer {
        observer.observe(
          .wrote(rows: batch.rows.count, nanoseconds: observer.nanoseconds() &- begun))
      }
      report(.written(batch: batch.number, taken: taken))
    }
  }

  private func open(_ attempt: ActivityAttempt) {
    guard let call = machine.call(for: attempt) else { return }
    counters.attempts += 1
    leaving.append(calls.open(call))
  }

  /// Begins the calls that are to leave, beside the actor. Of many a few tasks begin some each, one after another up to
  /// the first thing that each has to wait for: that spares most of the turns of processors.
  private func letLeave() {
    guard !leaving.isEmpty else { return }
    let opened = leaving
    leaving.removeAll(keepingCapacity: true)
    let share = (opened.count + Self.fewestTurns - 1) / Self.fewestTurns
    let count = max(1, min(share, Self.callsAtATurn))
    for first in stride(from: 0, to: opened.count, by: count) {
      let some = opened[first..<min(first + count, opened.count)]
      Task { @concurrent [surroundings, replies] in
        for call in some {
          let hasBegun = call.begin {
            // In one function: each further one would cost the task room of its own.
            Task.immediate {
              let begun = surroundings.ports.observer?.nanoseconds() ?? 0
              let outcome = await surroundings.perform(call.call)
              call.end()
              let ended = surroundings.ports.observer?.nanoseconds() ?? 0
              let reply = ReplyBox.Reply(
                call: call.number, attempt: call.call.attempt, outcome: outcome,
                nanoseconds: ended &- begun)
              if replies.put(reply) { await takeReplies() }
            }
          }
          if !hasBegun { replies.putNothing() }
        }
      }
    }
  }

  /// What many replies lead to leaves together.
  private func takeReplies() {
    isTakingReplies = true
    defer { isTakingReplies = false }
    while let taken = replies.takeAll() {
      for reply in taken { take(reply) }
      letLeave()
    }
  }

  private func take(_ reply: ReplyBox.Reply) {
    let attempt = reply.attempt
    guard calls.finish(reply.call, of: attempt.process) else { return }
    if let observer = ports.observer, let call = machine.call(for: attempt) {
      observer.observe(
        .attempted(
          call.activity.verb, AttemptEnding(reply.outcome), nanoseconds: reply.nanoseconds))
    }
    report(
      .outcome(
        attempt.process, activity: attempt.activity, attempt: attempt.attempt, reply.outcome))
  }

  /// How long to wait after so many attempts at something.
  func pauseMilliseconds(afterAttempts count: Int) -> Int64 {
    policy.pauseMilliseconds(afterAttempts: count, entropy: &entropy)
  }

  // MARK: - Counters

  /// How much this engine has done and has to do.
  public func activity() -> EngineCounters {
    var counters = counters
    counters.openProcesses = machine.openCount
    counters.calls = calls.count
    return counters
  }

  private var load: EngineLoad {
    EngineLoad(
      openProcesses: machine.openCount, requests: calls.count,
      waitingForBatch: machine.waitingForBatch)
  }
}
