// One coordinator: the real machine, its journal, and the moments between its effects.
//
//     event ──▶ CoordinatorMachine ──▶ effects ──▶ carried out one by one, in order
//                                         │
//                                         └─ write ──▶ batch ──▶ (sync) ──▶ journal ──▶ written
//
// It is the engine's shell without tasks. A crash may come before any effect, and before, during or after
// a write. What the engine does for those who wait for it is done here, too.

package import Coordinator
package import PaymentModel

/// What a coordinator is run with. It does not change.
package struct Conduct: Sendable {
  package let coordinator: PartyName
  package let planner: ProcessPlanner
  package let notary: any Notary
  package let examiner: any KeyExaminer
  package let policy: RetryPolicy
  package let limits: CoordinatorLimits
  package let rules: ProtocolRules
  package let questionMarginSeconds: Int64
  /// Reads an order of anybody, by the one-time key that it names.
  package let readOrder: @Sendable (Signed<Order>) -> Stated<Order>?

  package init(
    coordinator: PartyName, notary: any Notary, examiner: any KeyExaminer,
    policy: RetryPolicy = .standard, limits: CoordinatorLimits = .standard,
    rules: ProtocolRules = .standard, questionMarginSeconds: Int64 = 5,
    readOrder: @escaping @Sendable (Signed<Order>) -> Stated<Order>?
  ) {
    self.readOrder = readOrder
    self.coordinator = coordinator
    planner = ProcessPlanner(
      coordinator: coordinator, notary: notary, templates: [.standard], rules: rules)
    self.notary = notary
    self.examiner = examiner
    self.policy = policy
    self.limits = limits
    self.rules = rules
    self.questionMarginSeconds = questionMarginSeconds
  }

  func machine(restoring locks: [LockRow]) -> CoordinatorMachine {
    CoordinatorMachine(policy: policy, limits: limits, rules: rules, restoring: locks)
  }
}

package struct CoordinatorNode: Hashable, Sendable {
  /// Who is told when something about a process is durable.
  private struct Waiter: Hashable, Sendable {
    let process: ProcessID
    let party: Party
    let wants: Want
  }

  private enum Want: Hashable, Sendable { case acceptance, verdict }

  /// `nil` while the program is not running.
  private var machine: CoordinatorMachine?
  package internal(set) var journal = MemoryJournalRows()
  /// With the store, and not durable yet.
  private var batch: JournalBatch?
  /// To be carried out, the next one first.
  private var effects: [CoordinatorEffect] = []
  private var nextEffect = 0
  /// Processes of an earlier run that were not taken up again yet.
  private var toResume: [ProcessID] = []
  private var waiters: [Waiter] = []
  package private(set) var wakeAt: Timestamp?
  package private(set) var run = 0
  private var entropy: SimulationEntropy
  /// The log has verdicts that the journal does not have: nothing is served any more.
  package private(set) var isBehindLog = false
  /// Processes whose journal could not be read back.
  package private(set) var failed: [ProcessID] = []
  /// What the machine refused to take that it should have taken.
  package private(set) var unexpected: [CoordinatorError.Code] = []

  package init(entropy: SimulationEntropy, conduct: Conduct) {
    self.entropy = entropy
    machine = conduct.machine(restoring: [])
  }

  // MARK: - How it stands

  package var isUp: Bool { machine != nil }
  /// Whether it can take an event: everything before was carried out.
  package var isReady: Bool { machine != nil && !hasEffects && !isBehindLog }
  package var hasEffects: Bool { nextEffect < effects.count }
  package var isWriting: Bool { batch != nil }
  package var isRecovering: Bool { !toResume.isEmpty }
  package var openCount: Int { machine?.openCount ?? 0 }

  package func isOpen(_ process: ProcessID) -> Bool { machine?.has(process) ?? false }

  /// Whether an open process has no verdict yet.
  package func isUndecided(_ process: ProcessID) -> Bool {
    machine?.standing(of: process).map { $0.state.isCommitted == nil } ?? false
  }

  /// Whether something of a process waits for its next attempt.
  package func isPausing(_ process: ProcessID) -> Bool { machine?.isPausing(process) ?? false }

  /// The process whose end is carried out next.
  package var endingProcess: ProcessID? {
    guard hasEffects, case .ended(let process, _) = effects[nextEffect] else { return nil }
    return process
  }

  /// How an open process stands, without statements.
  func outline(of process: ProcessID) -> ProcessOutline? { machine?.outline(of: process) }

  /// Who stands for a resource in the coordinator's table, by arrival.
  func places(on resource: Resource) -> [LockPlace] { machine?.places(on: resource) ?? [] }

  /// How a durable and open process stands.
  package func state(of process: ProcessID) -> ProcessState? {
    machine?.standing(of: process)?.state
  }

  /// Until when a process that is prepared waits for its customer.
  package func answerBy(of process: ProcessID) -> Timestamp? {
    guard case .prepared(let time)? = state(of: process)?.phase else { return nil }
    return time
  }

  package func isTickDue(at now: Timestamp) -> Bool {
    isReady && wakeAt.map { $0 <= now } == true
  }

  // MARK: - Crash and restart

  /// - Parameter keepsWrites: what was with the store is durable all the same.
  package mutating func crash(keepsWrites: Bool) {
    if keepsWrites, let batch { _ = write(batch) }
    machine = nil
    batch = nil
    effects = []
    nextEffect = 0
    toResume = []
    waiters = []
    wakeAt = nil
  }

  /// - Parameter latest: the verdicts in the log.
  package mutating func restart(
    at now: Timestamp, latest: [VerdictEntry], _ conduct: Conduct
  ) {
    run += 1
    machine = conduct.machine(restoring: journal.locks())
    toResume = journal.processes(after: nil, atMost: .max, onlyOpen: true)
    isBehindLog = latest.contains { entry in
      (try? conduct.notary.read(
        entry.verdict, by: .party(conduct.coordinator), at: now)) != nil
        && !journal.rows(of: entry.process).contains { $0.kinds.contains(.verdict) }
    }
  }

  /// Takes up the next process of an earlier run.
  package mutating func resume(at now: Timestamp, _ conduct: Conduct) {
    guard !toResume.isEmpty else { return }
    let process = toResume.removeFirst()
    do throws(CoordinatorError) {
      let resumed = try conduct.planner.resume(process, from: journal.rows(of: process))
      try step(.resume(resumed), at: now, conduct)
    } catch {
      failed.append(process)
      take(.lost(process), at: now, conduct)
    }
    if toResume.isEmpty { take(.recovered, at: now, conduct) }
  }

  // MARK: - Events

  private mutating func step(
    _ event: CoordinatorEvent, at now: Timestamp, _ conduct: Conduct
  ) throws(CoordinatorError) {
    guard var machine else { return }
    // A copy of the machine would be one of everything in it.
    self.machine = nil
    defer { self.machine = machine }
    let more = try machine.step(event, at: now, entropy: &entropy, notary: conduct.notary)
    if nextEffect == effects.count {
      effects = more
      nextEffect = 0
    } else {
      effects += more
    }
  }

  /// Takes an event that the machine has no reason to refuse.
  private mutating func take(
    _ event: CoordinatorEvent, at now: Timestamp, _ conduct: Conduct
  ) {
    do throws(CoordinatorError) {
      try step(event, at: now, conduct)
    } catch {
      unexpected.append(error.code)
    }
  }

  package mutating func tick(at now: Timestamp, _ conduct: Conduct) {
    wakeAt = nil
    take(.tick, at: now, conduct)
  }

  package mutating func retry(_ process: ProcessID, at now: Timestamp, _ conduct: Conduct) {
    take(.retry(process), at: now, conduct)
  }

  /// Forgets what does not tell how the node goes on as long as nobody crashes: the journal, and numbers
  /// that only name things.
  mutating func forgetPast(of processes: [ProcessID]) {
    journal = MemoryJournalRows()
    if !hasEffects {
      effects = []
      nextEffect = 0
    }
    machine?.forgetNumbers(of: processes)
  }

  /// The batch is durable, and the store says so.
  package mutating func sync(at now: Timestamp, _ conduct: Conduct) {
    guard let batch else { return }
    self.batch = nil
    let taken = write(batch)
    take(.written(batch: batch.number, taken: taken), at: now, conduct)
  }

  private mutating func write(_ batch: JournalBatch) -> [ProcessID] {
    var rows: any JournalRows = journal
    journal = MemoryJournalRows()
    let taken = batch.write(to: &rows)
    if let written = rows as? MemoryJournalRows { journal = written }
    return taken
  }

  /// An answer that an earlier run asked for finds nobody.
  package mutating func take(
    _ reply: ParticipantReply, _ tag: RequestTag, at now: Timestamp, _ conduct: Conduct
  ) {
    guard tag.run == run, let attempt = tag.attempt, let call = machine?.call(for: attempt) else {
      return
    }
    let outcome = call.outcome(
      of: reply, coordinator: conduct.coordinator, notary: conduct.notary,
      examiner: conduct.examiner, at: now)
    take(
      .outcome(
        attempt.process, activity: attempt.activity, attempt: attempt.attempt, outcome), at: now,
      conduct)
  }

  // MARK: - Customers

  package mutating func take(
    _ submission: PurchaseSubmission, process: ProcessID, from party: Party, at now: Timestamp,
    _ conduct: Conduct
  ) -> [Outgoing] {
    do throws(CoordinatorError) {
      let order = try conduct.planner.admit(submission, at: now)
      guard machine?.has(order.process) != true else {
        return wait(for: order.process, .acceptance, party)
      }
      let begin = try conduct.planner.begin(
        order, of: submission, at: now, nonce: Nonce(from: &entropy))
      try step(.begin(begin), at: now, conduct)
      waiters.append(Waiter(process: order.process, party: party, wants: .acceptance))
      return []
    } catch {
      return [Outgoing(to: party, content: .notAccepted(process, error.code))]
    }
  }

  package mutating func cancel(
    _ process: ProcessID, _ cancellation: Signed<Cancellation>, at now: Timestamp,
    _ conduct: Conduct
  ) {
    guard machine?.isDurable(process) == true, let key = machine?.oneTimeKey(of: process),
      let stated = try? conduct.notary.read(cancellation, by: .oneTime(key), at: now),
      stated.claim.process == process
    else { return }
    take(
      .cancelled(process, Exhibit(id: stated.id, signed: cancellation)), at: now, conduct)
  }

  /// What became of an order? One that was never handed in is aborted first.
  package mutating func answer(
    _ order: Signed<Order>, _ key: SigningKeyValue, from party: Party, at now: Timestamp,
    _ conduct: Conduct
  ) -> [Outgoing] {
    guard let stated = try? conduct.notary.read(order, by: .oneTime(key), at: now),
      stated.claim.oneTimeKey == key
    else { return [] }
    let process: ProcessID = stated.id.renamed()
    if machine?.has(process) == true {
      let verdict = machine?.standing(of: process)?.verdict?.logged
      return [answer(process, verdict, to: party)]
    }
    let rows = journal.rows(of: process)
    guard rows.isEmpty else {
      guard let resumed = try? conduct.planner.resume(process, from: rows) else { return [] }
      take(.resume(resumed), at: now, conduct)
      return [answer(process, resumed.file.verdict?.logged, to: party)]
    }
    let margin = conduct.questionMarginSeconds
    guard now >= stated.claim.decideBy.adding(seconds: margin) else {
      return [answer(process, nil, to: party)]
    }
    guard
      let begin = try? conduct.planner.beginAbort(
        of: stated, signed: order, at: now, nonce: Nonce(from: &entropy))
    else { return [] }
    do throws(CoordinatorError) {
      try step(.begin(begin), at: now, conduct)
      waiters.append(Waiter(process: process, party: party, wants: .verdict))
    } catch {
      // Without room nothing begins: she asks again.
      if error.code != .busy { unexpected.append(error.code) }
    }
    return []
  }

  private func answer(
    _ process: ProcessID, _ verdict: LoggedVerdict?, to party: Party
  ) -> Outgoing {
    Outgoing(
      to: party, content: .answer(process, verdict.map { .decided($0) } ?? .undecided))
  }

  private mutating func wait(
    for process: ProcessID, _ wants: Want, _ party: Party
  ) -> [Outgoing] {
    waiters.append(Waiter(process: process, party: party, wants: wants))
    return tell(process, machine?.standing(of: process))
  }

  /// Tells those who wait for a process what is durable of it.
  private mutating func tell(
    _ process: ProcessID, _ standing: ProcessStanding?
  ) -> [Outgoing] {
    guard let standing else { return [] }
    var outgoing: [Outgoing] = []
    waiters.removeAll { waiter in
      guard waiter.process == process else { return false }
      switch waiter.wants {
      case .acceptance:
        outgoing.append(Outgoing(to: waiter.party, content: .accepted(process)))
      case .verdict:
        guard let verdict = standing.verdict else { return false }
        outgoing.append(
          Outgoing(to: waiter.party, content: .answer(process, .decided(verdict.logged))))
      }
      return true
    }
    return outgoing
  }

  // MARK: - Effects

  /// Carries the next effect out.
  package mutating func carryOut(at now: Timestamp, _ conduct: Conduct) -> [Outgoing] {
    guard hasEffects else { return [] }
    let effect = effects[nextEffect]
    nextEffect += 1
    switch effect {
    case .write(let batch):
      self.batch = batch
      return []
    case .ask(let attempt):
      guard let request = machine?.call(for: attempt)?.request(notary: conduct.notary) else {
        return []
      }
      return [
        Outgoing(
          to: .coordinator, content: .request(request, RequestTag(run: run, attempt: attempt)))
      ]
    case .changed(let process): return tell(process, machine?.standing(of: process))
    case .ended(let process, let standing): return tell(process, standing)
    case .taken(let process): return taken(process, at: now, conduct)
    // The records that go with these are what counts.
    case .callOperator, .gaveUp: return []
    case .wake(let time):
      // What has not left yet is awaited at no time.
      wakeAt = time.milliseconds == .max ? nil : time
      return []
    }
  }

  /// The process stands in the journal already: whoever handed it in again hears that.
  private mutating func taken(
    _ process: ProcessID, at now: Timestamp, _ conduct: Conduct
  ) -> [Outgoing] {
    guard let resumed = try? conduct.planner.resume(process, from: journal.rows(of: process))
    else { return [] }
    take(.resume(resumed), at: now, conduct)
    return tell(process, try? resumed.standing)
  }
}
