// What an engine answers about its processes.

public import PaymentModel

extension Engine {
  /// Returns when the process has ended: the verdict is public and carried out.
  ///
  /// - Throws: `unknown-process`, `stopped`, `key-ended`, `behind-log`, `log-unreachable`, and what the journal
  ///   throws; `wait-cancelled` when the task is cancelled meanwhile. The process goes on.
  public func outcome(of process: ProcessID) async throws(CoordinatorError) -> ProcessOutcome {
    try await outcome(of: process, when: .end)
  }

  /// Returns when the verdict is public. It may not have been carried out by everybody.
  ///
  /// - Throws: as `outcome(of:)`.
  public func verdict(of process: ProcessID) async throws(CoordinatorError) -> ProcessOutcome {
    try await outcome(of: process, when: .verdict)
  }

  /// The verdict, where it is public now; `nil` before, and for a process that has not begun.
  ///
  /// - Throws: as `outcome(of:)`, but for `unknown-process`.
  public func publishedVerdict(
    of process: ProcessID
  ) async throws(CoordinatorError) -> LoggedVerdict? {
    try await ready()
    if let recent = recentOutcomes[process] { return recent.verdict }
    return try await knownStanding(of: process)?.verdict?.logged
  }

  private func outcome(
    of process: ProcessID, when want: Waiters.Want
  ) async throws(CoordinatorError) -> ProcessOutcome {
    try await ready()
    if let recent = recentOutcomes[process] { return recent }
    var found = try await openStanding(of: process, when: want)
    if found == nil {
      let loaded = try await load(process)
      found = loaded.standing
      if !want.isMet(by: loaded.standing) {
        // An earlier run left it open, and recovery has not come to it yet.
        try resume(loaded.resumed)
        found = try await standing(of: process, when: want)
        // It may have ended before this heard of it.
        if found == nil { found = try await load(process).standing }
      }
    }
    guard let outcome = found.flatMap({ ProcessOutcome(of: process, $0) }) else {
      throw CoordinatorError(.journalTaken, "somebody else goes on with process \(process)")
    }
    return outcome
  }

  /// How a process stands now.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  public func status(of process: ProcessID) async throws(CoordinatorError) -> ProcessStatus {
    try await ready()
    let (file, standing, obstacle) = try await fileAndStanding(of: process)
    return ProcessStatus(
      state: standing.state, file: file, decideBy: standing.decideBy,
      attempts: machine.attempts(of: process), obstacle: obstacle)
  }

  /// How far a process has come, without its evidence.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  public func state(of process: ProcessID) async throws(CoordinatorError) -> ProcessState {
    try await ready()
    if let open = try await openStanding(of: process, when: .durable) { return open.state }
    return try await load(process).standing.state
  }

  /// All evidence of a process, as far as it has come.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  public func file(of process: ProcessID) async throws(CoordinatorError) -> ProcessFile {
    try await ready()
    return try await fileAndStanding(of: process).file
  }

  private func fileAndStanding(
    of process: ProcessID
  ) async throws(CoordinatorError) -> (
    file: ProcessFile, standing: ProcessStanding, obstacle: CoordinatorError?
  ) {
    var open: (standing: ProcessStanding, unwritten: UnwrittenRecords)?
    if let standing = try await openStanding(of: process, when: .durable),
      let unwritten = machine.unwritten(of: process)
    {
      open = (standing, unwritten)
    }
    let loaded = try await load(process)
    guard let open else {
      return (loaded.resumed.file, loaded.standing, loaded.resumed.obstacle)
    }
    return (loaded.resumed.file(upTo: open.unwritten), open.standing, nil)
  }

  /// Processes in the journal, in the order in which they began, after the given one.
  ///
  /// - Parameter onlyOpen: without those that have ended.
  public func processes(
    after process: ProcessID? = nil, atMost count: Int, onlyOpen: Bool
  ) async throws(CoordinatorError) -> [ProcessID] {
    try await ready()
    return try await reading { _ in
      await ports.journal.read {
        $0.processes(after: process, atMost: count, onlyOpen: onlyOpen)
      }
    }
  }

  /// The rows of a process as they are stored: what is not durable yet is not among them.
  ///
  /// - Throws: `unknown-process`, and what the journal throws.
  public func journal(of process: ProcessID) async throws(CoordinatorError) -> [JournalRow] {
    try await ready()
    let rows = try await reading { _ in await ports.journal.read { $0.rows(of: process) } }
    guard !rows.isEmpty else { throw CoordinatorError(.unknownProcess, "no process \(process)") }
    return rows
  }
}
