// How an engine goes on with what an earlier run left, from the journal alone.

import PaymentModel

extension Engine {
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
  func resume(_ resumed: ResumedProcess) throws(CoordinatorError) -> Bool {
    let process = resumed.plan.process
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

  // MARK: - Reading back

  /// Reads a process back from its journal.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  func load(
    _ process: ProcessID
  ) async throws(CoordinatorError) -> (resumed: ResumedProcess, standing: ProcessStanding) {
    readers += 1
    defer { stopReading() }
    let loaded = try await read(process)
    return hasEndedMeanwhile(process) ? try await read(process) : loaded
  }

  private nonisolated func read(
    _ process: ProcessID
  ) async throws(CoordinatorError) -> (resumed: ResumedProcess, standing: ProcessStanding) {
    let rows = await ports.journal.read { $0.rows(of: process) }
    let resumed = try planner.resume(process, from: rows)
    return (resumed, try resumed.standing)
  }
}
