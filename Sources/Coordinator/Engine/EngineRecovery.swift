// How an engine goes on with what an earlier run left, from the journal alone.

import PaymentModel

extension Engine {
  /// Goes on with every process that an earlier run left open: without a verdict it asks again, within
  /// the time frames, and with one it goes forward until all is done. Orders are taken meanwhile.
  ///
  /// A process that cannot go on is reported and keeps none of the others back. While the log does not say
  /// what it holds, this reports `log-unreachable`, and the engine tries again by itself, after pauses that
  /// grow, until `recovery` is done or it is stopped; if the log had said nothing at all, also with the next
  /// request that finds it there.
  public func recover() async -> RecoveryReport {
    laterRecovery?.cancel()
    return await goOn()
  }

  private func goOn() async -> RecoveryReport {
    recovery = .underWay
    let report = await goOnWithAll()
    switch report.refusal {
    case nil: recovery = .done(report)
    case let error? where error.code == .logUnreachable: recoverLater(error)
    case let error?: recovery = .refused(error)
    }
    return report
  }

  private func recoverLater(_ error: CoordinatorError) {
    guard failure == nil else { return recovery = .refused(failure ?? error) }
    recoveryAttempts += 1
    let time = ports.clock.now()
      .adding(milliseconds: pauseMilliseconds(afterAttempts: recoveryAttempts))
    recovery = .waiting(error, attempts: recoveryAttempts, nextAt: time)
    laterRecovery?.cancel()
    laterRecovery = Task { [clock = ports.clock] in
      await clock.sleep(until: time)
      if !Task.isCancelled { _ = await goOn() }
    }
  }

  /// The log has answered somebody else: those who were left open need not wait any longer.
  private func recoverNow() {
    guard case .waiting = recovery else { return }
    recovery = .underWay
    laterRecovery?.cancel()
    laterRecovery = Task { [pausing = laterRecovery] in
      await pausing?.value
      _ = await goOn()
    }
  }

  private func goOnWithAll() async -> RecoveryReport {
    var pages = RecoveredPages()
    do throws(CoordinatorError) {
      try await ready()
      pages = try await reading { reader in await goOn(since: reader) }
      if let refusal = failure ?? pages.logAway { throw refusal }
    } catch {
      return RecoveryReport(resumed: pages.resumed, failed: pages.failed, refusal: error)
    }
    report(.recovered)
    return RecoveryReport(resumed: pages.resumed, failed: pages.failed, refusal: nil)
  }

  /// What has become of those that were left open.
  private struct RecoveredPages {
    var resumed: [ProcessID] = []
    var failed: [(process: ProcessID, error: CoordinatorError)] = []
    var logAway: CoordinatorError?
  }

  private func goOn(since reader: EndedMeanwhile.Reader) async -> RecoveredPages {
    var pages = RecoveredPages()
    var last: ProcessID?
    while failure == nil {
      let after = last
      let page = await ports.journal.read { journal in
        journal.openProcesses(after: after, atMost: 256, bytes: 64 << 20)
      }
      guard !page.isEmpty else { break }
      let plans = await plans(for: page)
      // What has ended since its rows were read stays so.
      for (process, plan) in plans where !machine.has(process) && !hasEnded(process, since: reader)
      {
        do throws(CoordinatorError) {
          if try resume(try plan.get()) { pages.resumed.append(process) }
        } catch  where error.code == .logUnreachable {
          // It keeps its places and is looked at again.
          pages.logAway = error
        } catch {
          pages.failed.append((process, error))
          report(.lost(process))
        }
      }
      last = page.last?.0
    }
    return pages
  }

  /// Signatures are checked here, beside the actor: whoever comes meanwhile does not wait for that.
  private nonisolated func plans(
    for page: [(ProcessID, [JournalRow])]
  ) async -> [(ProcessID, Result<ResumedProcess, CoordinatorError>)] {
    var plans: [(ProcessID, Result<ResumedProcess, CoordinatorError>)] = []
    for (process, rows) in page {
      do throws(CoordinatorError) {
        plans.append((process, .success(try await plan(for: process, rows))))
      } catch {
        plans.append((process, .failure(error)))
      }
    }
    return plans
  }

  /// Reads a process back. A verdict that an older key has signed is looked for in the log.
  ///
  /// - Throws: what the planner throws; `log-unreachable` when the log does not say.
  private nonisolated func plan(
    for process: ProcessID, _ rows: [JournalRow]
  ) async throws(CoordinatorError) -> ResumedProcess {
    let resumed = try planner.resume(process, from: rows)
    guard resumed.olderKey != nil, resumed.records.verdict == nil,
      let record = resumed.records.verdictRecord
    else { return resumed }
    guard case .done(let logged) = await ports.log.loggedVerdict(of: process) else {
      throw CoordinatorError(.logUnreachable, "the log does not say what stands in a slot")
    }
    guard let logged,
      let stated = try? ports.notary.read(
        logged, by: .party(planner.coordinator), at: record.decidedAt),
      stated.claim == record.claim(process: process, notary: ports.notary)
    else { return resumed }
    return resumed.going(onWith: logged)
  }

  /// Goes on with a process. `false` when nothing of it is left to do.
  ///
  /// - Throws: `key-ended`, and what the machine throws.
  @discardableResult
  func resume(_ resumed: ResumedProcess) throws(CoordinatorError) -> Bool {
    let process = resumed.plan.process
    if let obstacle = resumed.obstacle { throw obstacle }
    let wasOpen = machine.has(process)
    try carryOut(.resume(resumed))
    let isOpen = machine.has(process)
    if isOpen, !wasOpen { ports.observer?.observe(.resumed) }
    return isOpen
  }

  // MARK: - Readiness

  /// Restores who waits for what, and looks whether the journal is the one that the log knows: an old copy
  /// would decide again what was decided.
  ///
  /// - Throws: `behind-log`; `log-unreachable`, and then the next caller tries again; `stopped`.
  func ready() async throws(CoordinatorError) {
    if let failure { throw failure }
    if wasReady { return }
    let task = readiness ?? Task { await restore() }
    readiness = task
    let refusal = await task.value
    if let failure { throw failure }
    if let error = refusal {
      if error.code == .logUnreachable, readiness == task { readiness = nil }
      throw error
    }
    guard !wasReady else { return }
    wasReady = true
    recoverNow()
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

  // MARK: - Reading back

  /// Reads a process back from its journal.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  func load(
    _ process: ProcessID
  ) async throws(CoordinatorError) -> (resumed: ResumedProcess, standing: ProcessStanding) {
    try await reading { reader async throws(CoordinatorError) in
      let loaded = try await read(process)
      return hasEnded(process, since: reader) ? try await read(process) : loaded
    }
  }

  private nonisolated func read(
    _ process: ProcessID
  ) async throws(CoordinatorError) -> (resumed: ResumedProcess, standing: ProcessStanding) {
    let rows = await ports.journal.read { $0.rows(of: process) }
    let resumed = try await plan(for: process, rows)
    return (resumed, try resumed.standing)
  }
}
