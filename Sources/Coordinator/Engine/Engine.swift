// The coordinator: takes orders on, runs their processes, and remembers them.

public import PaymentModel

/// Runs payment processes over a durable journal.
///
/// It is a thin shell: which activity is next, what an answer means and what is decided is up to
/// `ProcessMachine`, `ReplyCheck` and `PaymentProcess`.
public actor Engine {
  private let coordinator: PartyName
  private let ports: CoordinatorPorts
  private let templates: [(digest: Digest, template: ProcessTemplate)]
  private let policy: RetryPolicy
  private let questionMarginSeconds: Int
  private let hook: JournalHook
  private var runners: [ProcessID: ProcessRunner] = [:]

  /// - Parameters:
  ///   - coordinator: the name under which the notary signs.
  ///   - templates: those that orders may name.
  ///   - questionMarginSeconds: how long after `decideBy` a question about an unknown order leads to
  ///     its abort.
  public init(
    coordinator: PartyName, ports: CoordinatorPorts,
    templates: [ProcessTemplate] = [.standard], policy: RetryPolicy = .standard,
    questionMarginSeconds: Int = 5
  ) {
    self.init(
      coordinator: coordinator, ports: ports, templates: templates, policy: policy,
      questionMarginSeconds: questionMarginSeconds, hook: .none)
  }

  package init(
    coordinator: PartyName, ports: CoordinatorPorts,
    templates: [ProcessTemplate] = [.standard], policy: RetryPolicy = .standard,
    questionMarginSeconds: Int = 5, hook: JournalHook
  ) {
    self.coordinator = coordinator
    self.ports = ports
    self.templates = templates.map { (ports.notary.digest($0.json), $0) }
    self.policy = policy
    self.questionMarginSeconds = questionMarginSeconds
    self.hook = hook
  }

  // MARK: - Orders

  /// Takes an order on. The same order is the same process, however often it is handed in; one that an
  /// earlier run left open goes on.
  ///
  /// - Returns: the process and the coordinator's signed word for it, when both are durable.
  /// - Throws: `not-admitted`, `too-large`, `empty-order`, `unknown-template`, `too-late`, and what the
  ///   journal throws.
  public func submit(
    _ submission: PurchaseSubmission
  ) async throws(CoordinatorError) -> AcceptedOrder {
    try submission.checkSizes()
    let now = ports.clock.now()
    let order = try admit(submission, at: now)
    if let known = try await accepted(order.process) {
      try await resume(order.process)
      return known
    }
    guard now < order.order.decideBy else {
      throw CoordinatorError(.tooLate, "the order had to be decided by \(order.order.decideBy)")
    }
    let plan = try plan(for: order)
    return try await begin(
      plan,
      BeginRecord(
        source: .submission(submission), template: plan.definition.template,
        definition: digest(of: plan.definition), at: now, nonce: drawNonce()))
  }

  /// Withdraws an order on behalf of the customer. It has no effect after the verdict.
  ///
  /// - Throws: `unknown-process`, `not-entitled` when the order's one-time key did not sign this.
  public func cancel(
    _ process: ProcessID, _ cancellation: Signed<Cancellation>
  ) async throws(CoordinatorError) {
    guard let runner = runners[process] else {
      // Nothing can change in a process that has ended.
      _ = try await load(process)
      return
    }
    let order = try oneTimeKey(in: await runner.snapshot().file)
    guard cancellation.bytes.count <= SubmissionLimits.statement,
      let stated = try? ports.notary.read(
        cancellation, by: .oneTime(order), at: ports.clock.now()),
      stated.claim.process == process
    else {
      throw CoordinatorError(.notEntitled, "only the order's key cancels it")
    }
    await runner.post(.cancelled(Exhibit(id: stated.id, signed: cancellation)))
  }

  // MARK: - Questions

  /// Returns when the process has ended: the verdict is public and carried out.
  ///
  /// - Throws: `unknown-process`, `stopped`, and what the journal throws.
  public func outcome(of process: ProcessID) async throws(CoordinatorError) -> ProcessOutcome {
    let file =
      if let runner = runners[process] { try await runner.ended() } else {
        try await load(process).file
      }
    return try Self.outcome(of: process, in: file)
  }

  /// Returns when the verdict is public. It may not have been carried out by everybody.
  ///
  /// - Throws: as `outcome(of:)`.
  public func verdict(of process: ProcessID) async throws(CoordinatorError) -> ProcessOutcome {
    let file =
      if let runner = runners[process] { try await runner.published() } else {
        try await load(process).file
      }
    return try Self.outcome(of: process, in: file)
  }

  private static func outcome(
    of process: ProcessID, in file: ProcessFile
  ) throws(CoordinatorError) -> ProcessOutcome {
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
    if let runner = runners[process] {
      let (state, file, needsOperator) = await runner.snapshot()
      if state.phase != .idle {
        return ProcessStatus(
          definition: file.definition, state: state, decidedAt: file.verdictRecord?.decidedAt,
          needsOperator: needsOperator)
      }
    }
    let loaded = try await load(process)
    return ProcessStatus(
      definition: loaded.plan.definition, state: loaded.machine.state,
      decidedAt: loaded.file.verdictRecord?.decidedAt, needsOperator: [])
  }

  /// All evidence of a process, as far as it has come.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  public func file(of process: ProcessID) async throws(CoordinatorError) -> ProcessFile {
    if let runner = runners[process] {
      let (state, file, _) = await runner.snapshot()
      if state.phase != .idle { return file }
    }
    return try await load(process).file
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
    let now = ports.clock.now()
    guard order.bytes.count <= SubmissionLimits.statement,
      let stated = try? ports.notary.read(order, by: .oneTime(oneTimeKey), at: now),
      stated.claim.oneTimeKey == oneTimeKey
    else { throw CoordinatorError(.notEntitled, "the order does not verify") }
    let process: ProcessID = stated.id.renamed()
    if try await accepted(process) == nil {
      let decideBy = stated.claim.decideBy
      guard now >= decideBy.adding(seconds: Int64(questionMarginSeconds)) else {
        return .undecided
      }
      let plan = try abortPlan(process, decideBy: decideBy)
      let begin = BeginRecord(
        source: .presented(order, oneTimeKey: oneTimeKey, decideBy: decideBy),
        template: plan.definition.template, definition: digest(of: plan.definition), at: now,
        nonce: drawNonce())
      guard try accepted(begin, plan.definition).issuer == stated.claim.coordinator else {
        throw CoordinatorError(.notEntitled, "the order names another coordinator")
      }
      _ = try await self.begin(plan, begin)
      _ = try await outcome(of: process)
    }
    guard let verdict = try await file(of: process).verdict else { return .undecided }
    return .decided(verdict.logged)
  }

  // MARK: - Running

  /// Goes on with every process that an earlier run left open: without a verdict it asks again, within
  /// the time frames, and with one it goes forward until all is done.
  public func recover() async -> RecoveryReport {
    var resumed: [ProcessID] = []
    var failed: [(process: ProcessID, error: CoordinatorError)] = []
    var last: ProcessID?
    while true {
      let after = last
      let page = await ports.journal.read { $0.openProcesses(after: after, atMost: 256) }
      guard !page.isEmpty else { break }
      for process in page where runners[process] == nil {
        do throws(CoordinatorError) {
          if try await resume(process) { resumed.append(process) }
        } catch {
          failed.append((process, error))
        }
      }
      last = page.last
    }
    return RecoveryReport(resumed: resumed, failed: failed)
  }

  /// Goes on with a process that an earlier run left open. `false` when it is running, or has ended.
  @discardableResult
  private func resume(_ process: ProcessID) async throws(CoordinatorError) -> Bool {
    guard runners[process] == nil else { return false }
    let loaded = try await load(process)
    // Somebody else may have resumed it while this call was reading.
    guard runners[process] == nil, !loaded.machine.state.hasEnded else { return false }
    let runner = runner(
      loaded.plan, machine: loaded.machine, chain: loaded.chain, file: loaded.file)
    await runner.post(.resumed)
    return true
  }

  /// Stops all processes where they stand, as a crash would. `recover` of another engine goes on.
  public func stop() async {
    for runner in runners.values { await runner.stop() }
  }

  /// Stops all processes, and returns when nobody is being asked any more: from then on the engine uses
  /// none of its ports.
  public func quiesce() async {
    let stopping = Array(runners.values)
    for runner in stopping { await runner.stop() }
    for runner in stopping { await runner.rested() }
  }

  private func begin(
    _ plan: ProcessPlan, _ record: BeginRecord
  ) async throws(CoordinatorError) -> AcceptedOrder {
    let process = plan.definition.process
    let accepted = try accepted(record, plan.definition)
    if let order = plan.order, accepted.issuer != order.order.coordinator {
      throw CoordinatorError(.notAdmitted, "the order names another coordinator")
    }
    // Somebody else may have begun it while this call was waiting.
    guard runners[process] == nil else { return try await known(process) }
    let machine = try ProcessMachine(
      definition: plan.definition, terms: plan.terms, policy: policy)
    let runner = runner(
      plan, machine: machine, chain: JournalChain(of: process),
      file: ProcessFile(definition: plan.definition, accepted: accepted.exhibit))
    await runner.post(.begin(record))
    try await runner.begun()
    return AcceptedOrder(process: process, submission: accepted.exhibit)
  }

  private func runner(
    _ plan: ProcessPlan, machine: ProcessMachine, chain: JournalChain, file: ProcessFile
  ) -> ProcessRunner {
    let process = plan.definition.process
    let runner = ProcessRunner(
      ports: ports,
      caller: ActivityCaller(
        ports: ports, coordinator: coordinator, process: process, order: plan.order),
      hook: hook, machine: machine, chain: chain, file: file)
    runners[process] = runner
    Task {
      _ = try? await runner.ended()
      if runners[process] === runner { runners[process] = nil }
    }
    return runner
  }

  // MARK: - What is known

  /// The earlier acceptance of an order; `nil` for a new one.
  private func accepted(_ process: ProcessID) async throws(CoordinatorError) -> AcceptedOrder? {
    do throws(CoordinatorError) {
      return try await known(process)
    } catch {
      if error.code == .unknownProcess { return nil }
      throw error
    }
  }

  private func known(_ process: ProcessID) async throws(CoordinatorError) -> AcceptedOrder {
    if let runner = runners[process] {
      try await runner.begun()
      return AcceptedOrder(
        process: process, submission: await runner.snapshot().file.accepted)
    }
    return AcceptedOrder(process: process, submission: try await load(process).file.accepted)
  }

  private struct Loaded {
    let plan: ProcessPlan
    let machine: ProcessMachine
    let chain: JournalChain
    let file: ProcessFile
  }

  /// Reads a process back from its journal.
  private func load(_ process: ProcessID) async throws(CoordinatorError) -> Loaded {
    let rows = await ports.journal.read { $0.records(of: process) }
    guard !rows.isEmpty else {
      throw CoordinatorError(.unknownProcess, "no process \(process)")
    }
    var chain = JournalChain(of: process)
    let records = try chain.read(rows, notary: ports.notary)
    guard case .begin(let begin) = records.first else {
      throw CoordinatorError(.brokenJournal, "process \(process) does not begin")
    }
    let plan: ProcessPlan
    switch begin.source {
    case .submission(let submission):
      plan = try self.plan(for: admit(submission, at: begin.at))
    case .presented(_, _, let decideBy): plan = try abortPlan(process, decideBy: decideBy)
    }
    guard plan.definition.process == process,
      digest(of: plan.definition) == begin.definition
    else {
      throw CoordinatorError(
        .definitionChanged, "process \(process) was begun under another definition")
    }
    return Loaded(
      plan: plan,
      machine: try ProcessMachine(
        definition: plan.definition, terms: plan.terms, policy: policy, replaying: records),
      chain: chain,
      file: ProcessFile(
        definition: plan.definition, accepted: try accepted(begin, plan.definition).exhibit,
        records: records))
  }

  // MARK: - Plans

  /// What a process is to be, as it follows from its order.
  private struct ProcessPlan {
    let definition: PaymentProcess
    let terms: ProcessTerms
    let order: AdmittedOrder?
  }

  private func admit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(CoordinatorError) -> AdmittedOrder {
    do throws(NotAdmitted) {
      return try ports.notary.admit(submission, at: time)
    } catch {
      throw CoordinatorError(.notAdmitted, "\(error.code): \(error.message)")
    }
  }

  private func plan(for order: AdmittedOrder) throws(CoordinatorError) -> ProcessPlan {
    guard let known = templates.first(where: { $0.digest == order.order.template }) else {
      throw CoordinatorError(.unknownTemplate, "no template \(order.order.template)")
    }
    let definition = try PaymentProcess.generate(
      from: order, template: known.template, templateDigest: known.digest)
    return ProcessPlan(definition: definition, terms: ProcessTerms(order), order: order)
  }

  private func abortPlan(
    _ process: ProcessID, decideBy: Timestamp
  ) throws(CoordinatorError) -> ProcessPlan {
    let template = ports.notary.digest(ProcessTemplate.neverBegun.json)
    return ProcessPlan(
      definition: try PaymentProcess.abortOnly(process, templateDigest: template),
      terms: ProcessTerms(process: process, decideBy: decideBy, deliveryLimitSeconds: 0),
      order: nil)
  }

  /// The coordinator's submission statement, signed from the BEGIN record.
  private func accepted(
    _ begin: BeginRecord, _ definition: PaymentProcess
  ) throws(CoordinatorError) -> (exhibit: Exhibit<Submission>, issuer: Thumbprint) {
    let signed = ports.notary.sign(
      Submission(
        process: definition.process, template: begin.template, definition: begin.definition),
      nonce: begin.nonce)
    do throws(NotAdmitted) {
      let stated = try ports.notary.read(signed, by: .party(coordinator), at: begin.at)
      return (Exhibit(id: stated.id, signed: signed), stated.issuer.key)
    } catch {
      throw CoordinatorError(.notAdmitted, "\(error.code): \(error.message)")
    }
  }

  private func oneTimeKey(in file: ProcessFile) throws(CoordinatorError) -> SigningKeyValue {
    guard case .begin(let begin) = file.records.first else {
      throw CoordinatorError(.unknownProcess, "process \(file.process) has not begun")
    }
    switch begin.source {
    case .submission(let submission):
      return try admit(submission, at: begin.at).order.oneTimeKey
    case .presented(_, let key, _): return key
    }
  }

  private func digest(of definition: PaymentProcess) -> Digest {
    ports.notary.digest(definition.json)
  }

  private func drawNonce() -> Nonce {
    var entropy = ports.makeEntropy()
    return Nonce(from: &entropy)
  }
}
