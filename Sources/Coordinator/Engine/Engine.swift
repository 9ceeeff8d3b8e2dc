// The coordinator: a thin shell around its machine. It carries effects out, and wakes those who wait.

public import PaymentModel

/// Runs payment processes over a durable journal.
///
/// Which activity is next, when something may be said, whose turn it is and what an answer means is up to
/// `CoordinatorMachine` and `ActivityCall`; what an order and a stored journal mean is up to
/// `ProcessPlanner`. A store that cannot write ends the program, so nothing here handles that.
public actor Engine {
  private nonisolated let planner: ProcessPlanner
  private nonisolated let ports: CoordinatorPorts
  private let questionMarginSeconds: Int
  private let hook: JournalHook
  private var machine: CoordinatorMachine
  private let makeMachine: @Sendable ([LockRow]) -> CoordinatorMachine
  private var entropy: any Entropy & Sendable
  private var failure: CoordinatorError?
  private var readiness: Task<CoordinatorError?, Never>?

  private struct Call {
    let activity: Int
    let task: Task<Void, Never>
  }

  /// Open calls, by their numbers.
  private var calls: [ProcessID: [Int: Call]] = [:]
  /// An activity has at most so many open calls: with one more the oldest is given up.
  private static let mostCallsOfActivity = 3
  private var nextCall = 0
  private var callCount = 0
  /// Calls that were cancelled and may still be under way.
  private var leaving: [Int: Task<Void, Never>] = [:]
  private var writing: Task<Void, Never>?
  private var timer: Task<Void, Never>?
  private var waiting: [ProcessID: [CheckedContinuation<News, Never>]] = [:]
  private var counters = EngineCounters()
  /// How many are reading rows of processes that may go on meanwhile.
  private var readers = 0
  /// Processes that have ended since the first of them began to read.
  private var endedMeanwhile: Set<ProcessID> = []

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
    planner = ProcessPlanner(
      coordinator: coordinator, notary: ports.notary, templates: templates)
    self.ports = ports
    self.questionMarginSeconds = questionMarginSeconds
    self.hook = hook
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
    let now = ports.clock.now()
    do throws(CoordinatorError) {
      let order = try planner.admit(submission, at: now)
      return try await take(order, of: submission, at: now)
    } catch {
      // What would not be admitted now may have been taken on when it could be.
      guard error.code == .notAdmitted, let process = ports.notary.process(of: submission.order),
        let known = try? await known(process)
      else { throw error }
      return known
    }
  }

  private func take(
    _ order: AdmittedOrder, of submission: PurchaseSubmission, at now: Timestamp
  ) async throws(CoordinatorError) -> AcceptedOrder {
    try await ready()
    if machine.has(order.process) || now >= order.order.decideBy {
      if let known = try await known(order.process) { return known }
      guard now < order.order.decideBy else {
        throw CoordinatorError(.tooLate, "the order had to be decided by \(order.order.decideBy)")
      }
    }
    let begin = try planner.begin(
      order, of: submission, at: now, nonce: Nonce(from: &entropy))
    do throws(CoordinatorError) {
      try await self.begin(begin)
    } catch {
      // It may stand in the journal already, of an earlier run or another engine's.
      guard error.code == .journalTaken || error.code == .busy,
        let known = try await known(order.process)
      else { throw error }
      return known
    }
    return AcceptedOrder(process: order.process, submission: begin.plan.accepted)
  }

  /// Returns when the process has begun durably.
  private func begin(
    _ begin: (plan: ProcessPlan, record: BeginRecord)
  ) async throws(CoordinatorError) {
    try carryOut(.begin(begin.plan, begin.record))
    _ = try await standing(of: begin.plan.process) { _ in true }
    ports.observer?.observe(.begun)
  }

  /// An order that was taken on before, and goes on if it was left open; `nil` for a new one.
  private func known(_ process: ProcessID) async throws(CoordinatorError) -> AcceptedOrder? {
    try await ready()
    guard let file = try await fileIfKnown(of: process, goingOn: true) else { return nil }
    return AcceptedOrder(process: process, submission: file.accepted)
  }

  /// Withdraws an order on behalf of the customer, and returns when that is durable. It has no effect after
  /// the verdict.
  ///
  /// - Throws: `unknown-process`, `not-entitled` when the order's one-time key did not sign this.
  public func cancel(
    _ process: ProcessID, _ cancellation: Signed<Cancellation>
  ) async throws(CoordinatorError) {
    try await ready()
    guard try await fileIfKnown(of: process, goingOn: true) != nil else {
      throw CoordinatorError(.unknownProcess, "no process \(process)")
    }
    guard machine.has(process) else { return }
    guard let key = machine.oneTimeKey(of: process),
      cancellation.bytes.count <= SubmissionLimits.statement,
      let stated = try? ports.notary.read(
        cancellation, by: .oneTime(key), at: ports.clock.now()),
      stated.claim.process == process
    else {
      throw CoordinatorError(.notEntitled, "only the order's key cancels it")
    }
    try carryOut(.cancelled(process, Exhibit(id: stated.id, signed: cancellation)))
    _ = try await standing(of: process) { _ in true }
  }

  // MARK: - Questions

  /// Returns when the process has ended: the verdict is public and carried out.
  ///
  /// - Throws: `unknown-process`, `stopped`, and what the journal throws.
  public func outcome(of process: ProcessID) async throws(CoordinatorError) -> ProcessOutcome {
    try await outcome(of: process) { $0.state.hasEnded }
  }

  /// Returns when the verdict is public. It may not have been carried out by everybody.
  ///
  /// - Throws: as `outcome(of:)`.
  public func verdict(of process: ProcessID) async throws(CoordinatorError) -> ProcessOutcome {
    try await outcome(of: process) { $0.file.verdict != nil || $0.state.hasEnded }
  }

  private func outcome(
    of process: ProcessID, when isTrue: (ProcessStanding) -> Bool
  ) async throws(CoordinatorError) -> ProcessOutcome {
    try await ready()
    var file: ProcessFile
    if let standing = try await standing(of: process, when: isTrue) {
      file = standing.file
    } else {
      let loaded = try await load(process)
      file = loaded.standing.file
      if !isTrue(loaded.standing) {
        // An earlier run left it open, and recovery has not come to it yet.
        try resume(loaded.resumed)
        if let standing = try await standing(of: process, when: isTrue) { file = standing.file }
      }
    }
    guard let record = file.verdictRecord, let verdict = file.verdict else {
      throw CoordinatorError(.stopped, "process \(process) is not running")
    }
    return ProcessOutcome(
      process: process, decision: record.decision, decidedAt: record.decidedAt,
      verdict: verdict.logged)
  }

  /// How a process stands now.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  public func status(of process: ProcessID) async throws(CoordinatorError) -> ProcessStatus {
    try await ready()
    let standing =
      if let open = try await standing(of: process, when: { _ in true }) { open } else {
        try await load(process).standing
      }
    return ProcessStatus(
      state: standing.state, file: standing.file, decideBy: standing.decideBy,
      attempts: machine.attempts(of: process), needsOperator: standing.needsOperator)
  }

  /// All evidence of a process, as far as it has come.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  public func file(of process: ProcessID) async throws(CoordinatorError) -> ProcessFile {
    try await ready()
    guard let file = try await fileIfKnown(of: process, goingOn: false) else {
      throw CoordinatorError(.unknownProcess, "no process \(process)")
    }
    return file
  }

  private func fileIfKnown(
    of process: ProcessID, goingOn: Bool
  ) async throws(CoordinatorError) -> ProcessFile? {
    do throws(CoordinatorError) {
      if let standing = try await standing(of: process, when: { _ in true }) {
        return standing.file
      }
    } catch {
      // Somebody else's journal tells as much.
      guard error.code == .journalTaken else { throw error }
    }
    do throws(CoordinatorError) {
      let loaded = try await load(process)
      if goingOn { try resume(loaded.resumed) }
      return loaded.standing.file
    } catch {
      if error.code == .unknownProcess { return nil }
      throw error
    }
  }

  /// Answers somebody who holds something for an order and wants to know what became of it.
  ///
  /// An order that was never handed in is aborted, durably, before the answer, but not before its
  /// `decideBy` and the margin have passed: nobody can force an abort early.
  ///
  /// - Parameter oneTimeKey: the key that the order names.
  /// - Throws: `not-entitled` for an order that does not verify or belongs to another coordinator.
  public func verdictOrAbort(
    for order: Signed<Order>, oneTimeKey: SigningKeyValue
  ) async throws(CoordinatorError) -> VerdictAnswer {
    try await ready()
    let now = ports.clock.now()
    guard order.bytes.count <= SubmissionLimits.statement,
      let stated = try? ports.notary.read(order, by: .oneTime(oneTimeKey), at: now),
      stated.claim.oneTimeKey == oneTimeKey
    else { throw CoordinatorError(.notEntitled, "the order does not verify") }
    let process: ProcessID = stated.id.renamed()
    if try await fileIfKnown(of: process, goingOn: true) == nil {
      guard now >= stated.claim.decideBy.adding(seconds: Int64(questionMarginSeconds)) else {
        return .undecided
      }
      let begin = try planner.beginAbort(
        of: stated, signed: order, at: now, nonce: Nonce(from: &entropy))
      do throws(CoordinatorError) {
        try await self.begin(begin)
      } catch {
        // It may have been handed in meanwhile.
        guard error.code == .journalTaken else { throw error }
      }
      _ = try await outcome(of: process)
    }
    guard let verdict = try await file(of: process).verdict else { return .undecided }
    return .decided(verdict.logged)
  }

  /// Processes in the journal, in the order in which they began, after the given one.
  ///
  /// - Parameter onlyOpen: without those that have ended.
  public func processes(
    after process: ProcessID? = nil, atMost count: Int, onlyOpen: Bool
  ) async throws(CoordinatorError) -> [ProcessID] {
    try await ready()
    return await ports.journal.read {
      $0.processes(after: process, atMost: count, onlyOpen: onlyOpen)
    }
  }

  /// How much this engine has done and has to do.
  public func activity() -> EngineCounters {
    var counters = counters
    counters.openProcesses = machine.openCount
    counters.calls = callCount
    return counters
  }

  private var load: EngineLoad {
    EngineLoad(
      openProcesses: machine.openCount, requests: callCount,
      waitingForBatch: machine.waitingForBatch)
  }

  /// The rows of a process as they are stored: what is not durable yet is not among them.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  public func journal(of process: ProcessID) async throws(CoordinatorError) -> [JournalRow] {
    try await ready()
    let rows = await ports.journal.read { $0.rows(of: process) }
    guard !rows.isEmpty else { throw CoordinatorError(.unknownProcess, "no process \(process)") }
    return rows
  }

  // MARK: - Running

  /// Goes on with every process that an earlier run left open: without a verdict it asks again, within
  /// the time frames, and with one it goes forward until all is done. Orders are taken meanwhile.
  ///
  /// A process that cannot go on is reported and keeps none of the others back.
  public func recover() async -> RecoveryReport {
    var resumed: [ProcessID] = []
    var failed: [(process: ProcessID, error: CoordinatorError)] = []
    do throws(CoordinatorError) {
      try await ready()
    } catch {
      return RecoveryReport(resumed: [], failed: [], refusal: error)
    }
    var last: ProcessID?
    readers += 1
    defer { stopReading() }
    while failure == nil {
      let after = last
      let page = await ports.journal.read { journal in
        journal.processes(after: after, atMost: 256, onlyOpen: true).map {
          ($0, journal.rows(of: $0))
        }
      }
      guard !page.isEmpty else { break }
      let plans = await plans(for: page)
      // What has ended since its rows were read stays so.
      for (process, plan) in plans where !machine.has(process) && !hasEndedMeanwhile(process) {
        do throws(CoordinatorError) {
          if try resume(try plan.get()) { resumed.append(process) }
        } catch {
          failed.append((process, error))
          report(.lost(process))
        }
      }
      last = page.last?.0
    }
    report(.recovered)
    return RecoveryReport(resumed: resumed, failed: failed, refusal: failure)
  }

  /// Signatures are checked here, beside the actor: whoever comes meanwhile does not wait for that.
  private nonisolated func plans(
    for page: [(ProcessID, [JournalRow])]
  ) async -> [(ProcessID, Result<ResumedProcess, CoordinatorError>)] {
    page.map { process, rows in
      (
        process,
        Result { () throws(CoordinatorError) in try planner.resume(process, from: rows) }
      )
    }
  }

  /// Goes on with a process. `false` when nothing of it is left to do.
  @discardableResult
  private func resume(_ resumed: ResumedProcess) throws(CoordinatorError) -> Bool {
    let process = resumed.plan.process
    let wasOpen = machine.has(process)
    try carryOut(.resume(resumed))
    let isOpen = machine.has(process)
    if isOpen, !wasOpen { ports.observer?.observe(.resumed) }
    return isOpen
  }

  /// Asks now for everything of a process that waits for its next attempt.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  public func retry(_ process: ProcessID) async throws(CoordinatorError) {
    try await ready()
    guard try await fileIfKnown(of: process, goingOn: true) != nil else {
      throw CoordinatorError(.unknownProcess, "no process \(process)")
    }
    try carryOut(.retry(process))
  }

  /// Stops all processes where they stand, as a crash would. `recover` of another engine goes on.
  public func stop() {
    if failure == nil { failure = CoordinatorError(.stopped, "the coordinator was stopped") }
    timer?.cancel()
    for process in Array(calls.keys) { abandonCalls(of: process) }
    for process in Array(waiting.keys) { wake(process, .lookAgain) }
  }

  /// Stops all processes, and returns when nobody is being asked any more: from then on the engine uses
  /// none of its ports.
  public func quiesce() async {
    stop()
    while let (number, call) = leaving.first {
      await call.value
      leaving[number] = nil
    }
    await writing?.value
  }

  // MARK: - Readiness

  /// Restores who waits for what, and looks whether the journal is the one that the log knows: an old copy
  /// would decide again what was decided.
  ///
  /// - Throws: `behind-log`; `log-unreachable`, and then the next caller tries again; `stopped`.
  private func ready() async throws(CoordinatorError) {
    if let failure { throw failure }
    let task = readiness ?? Task { await restore() }
    readiness = task
    if let error = await task.value {
      if error.code == .logUnreachable, readiness == task { readiness = nil }
      throw error
    }
    if let failure { throw failure }
  }

  private func restore() async -> CoordinatorError? {
    guard
      case .done(let own) = await ports.log.latestVerdicts(by: ports.notary.key, atMost: 16)
    else {
      return CoordinatorError(.logUnreachable, "the log does not say what it holds")
    }
    let (missing, locks) = await ports.journal.read { journal in
      let missing = own.first { entry in
        !journal.rows(of: entry.process).contains { $0.kinds.contains(.verdict) }
      }
      return (missing?.process, journal.locks())
    }
    if let missing {
      return CoordinatorError(
        .behindLog, "the log has a verdict of process \(missing) that the journal does not have")
    }
    machine = makeMachine(locks)
    return nil
  }

  // MARK: - Effects

  private func carryOut(_ event: CoordinatorEvent) throws(CoordinatorError) {
    if let failure { throw failure }
    let effects = try machine.step(
      event, at: ports.clock.now(), entropy: &entropy, notary: ports.notary)
    for effect in effects { carryOut(effect) }
  }

  /// For events that no caller waits for: what the machine refuses of them has been said before.
  private func report(_ event: CoordinatorEvent) {
    try? carryOut(event)
  }

  private func carryOut(_ effect: CoordinatorEffect) {
    switch effect {
    case .write(let batch): write(batch)
    case .ask(let attempt): ask(attempt)
    case .changed(let process): wake(process, .lookAgain)
    case .ended(let process, let standing):
      abandonCalls(of: process)
      counters.endedProcesses += 1
      if readers > 0 { endedMeanwhile.insert(process) }
      if let observer = ports.observer, let ending = standing.file.ending {
        observer.observe(ending)
      }
      wake(process, .ended(standing))
    case .taken(let process):
      abandonCalls(of: process)
      wake(process, .taken)
    case .callOperator(_, _, let verb):
      counters.operatorCalls += 1
      ports.observer?.observe(.operatorCalled(verb))
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
    if let observer = ports.observer { observer.observe(.load(load)) }
    writing = Task { [ports, hook] in
      batch.forEachRecord { hook.beforeWrite($0, $1) }
      let taken = await ports.journal.transact { batch.write(to: &$0) }
      batch.forEachRecord { hook.afterCommit($0, $1) }
      if let begun, let observer = ports.observer {
        observer.observe(
          .wrote(rows: batch.rows.count, nanoseconds: observer.nanoseconds() &- begun))
      }
      report(.written(batch: batch.number, taken: taken))
    }
  }

  private func ask(_ attempt: ActivityAttempt) {
    guard let call = machine.call(for: attempt) else { return }
    let number = nextCall
    nextCall += 1
    counters.attempts += 1
    callCount += 1
    let begun = ports.observer?.nanoseconds()
    giveUpOldCall(of: attempt)
    let task = Task { [ports, planner] in
      let outcome = await ports.perform(call, coordinator: planner.coordinator)
      guard finish(number, attempt) else { return }
      if let begun, let observer = ports.observer {
        observer.observe(
          .attempted(
            call.activity.verb, AttemptEnding(outcome),
            nanoseconds: observer.nanoseconds() &- begun))
      }
      report(
        .outcome(
          attempt.process, activity: attempt.activity, attempt: attempt.attempt, outcome))
    }
    calls[attempt.process, default: [:]][number] = Call(activity: attempt.activity, task: task)
  }

  private func giveUpOldCall(of attempt: ActivityAttempt) {
    guard attempt.attempt > Self.mostCallsOfActivity else { return }
    let older = (calls[attempt.process] ?? [:]).filter { $0.value.activity == attempt.activity }
    guard older.count >= Self.mostCallsOfActivity, let oldest = older.keys.min(),
      let call = calls[attempt.process]?.removeValue(forKey: oldest)
    else { return }
    callCount -= 1
    call.task.cancel()
    leaving[oldest] = call.task
  }

  /// `false` for a call that was given up meanwhile: nobody wants its answer.
  private func finish(_ number: Int, _ attempt: ActivityAttempt) -> Bool {
    leaving[number] = nil
    guard calls[attempt.process]?.removeValue(forKey: number) != nil else { return false }
    callCount -= 1
    if calls[attempt.process]?.isEmpty == true { calls[attempt.process] = nil }
    return true
  }

  private func abandonCalls(of process: ProcessID) {
    guard let abandoned = calls.removeValue(forKey: process) else { return }
    callCount -= abandoned.count
    for (number, call) in abandoned {
      call.task.cancel()
      leaving[number] = call.task
    }
  }

  // MARK: - Rows that are read while processes go on

  private func hasEndedMeanwhile(_ process: ProcessID) -> Bool {
    endedMeanwhile.contains(process)
  }

  private func stopReading() {
    readers -= 1
    if readers == 0 { endedMeanwhile = [] }
  }

  // MARK: - Waiting

  /// What somebody who waits for a process hears.
  private enum News: Sendable {
    case lookAgain
    case ended(ProcessStanding)
    /// Somebody else has written its journal.
    case taken
  }

  private func wake(_ process: ProcessID, _ news: News) {
    for continuation in waiting.removeValue(forKey: process) ?? [] {
      continuation.resume(returning: news)
    }
  }

  /// Returns when an open process stands so; `nil` when it is not open here.
  private func standing(
    of process: ProcessID, when isTrue: (ProcessStanding) -> Bool
  ) async throws(CoordinatorError) -> ProcessStanding? {
    while machine.has(process) {
      if let failure { throw failure }
      if let standing = machine.standing(of: process), isTrue(standing) { return standing }
      let news = await withCheckedContinuation { continuation in
        waiting[process, default: []].append(continuation)
      }
      switch news {
      case .lookAgain: continue
      case .ended(let standing): return standing
      case .taken:
        throw CoordinatorError(
          .journalTaken, "somebody else has written the journal of \(process)")
      }
    }
    return nil
  }

  /// Reads a process back from its journal.
  private func load(
    _ process: ProcessID
  ) async throws(CoordinatorError) -> (resumed: ResumedProcess, standing: ProcessStanding) {
    readers += 1
    defer { stopReading() }
    var rows = await ports.journal.read { $0.rows(of: process) }
    if hasEndedMeanwhile(process) { rows = await ports.journal.read { $0.rows(of: process) } }
    let resumed = try planner.resume(process, from: rows)
    let machine = try ProcessMachine(
      definition: resumed.plan.definition, terms: resumed.plan.terms,
      replaying: resumed.records)
    return (
      resumed,
      ProcessStanding(
        state: machine.state,
        file: ProcessFile(
          definition: resumed.plan.definition, accepted: resumed.plan.accepted,
          entries: resumed.entries),
        decideBy: resumed.plan.terms.decideBy, needsOperator: [])
    )
  }
}
