// Runs one process: events in, records to the journal, effects out. Every rule is in the machine.

import PaymentModel

/// The one writer of a process's journal, and its mailbox. Events are taken one at a time: the next one
/// waits until what the last one demanded is durable.
actor ProcessRunner {
  private let ports: CoordinatorPorts
  private let caller: ActivityCaller
  private let hook: JournalHook
  private var machine: ProcessMachine
  private var chain: JournalChain
  private var file: ProcessFile
  private var entropy: any Entropy & Sendable

  private var mailbox: [ProcessEvent] = []
  private var isAtWork = false
  private var heldBack: [JournalRow] = []
  private var calls: [Int: Task<Void, Never>] = [:]
  /// Calls that were cancelled and may still be under way.
  private var leaving: [Task<Void, Never>] = []
  private var nextCall = 0
  private var timer: Task<Void, Never>?
  private var failure: CoordinatorError?
  private var waiting: [CheckedContinuation<Void, Never>] = []
  /// What others may know. Every forced record in it is durable; an answer beside them may have to be
  /// asked for again after a crash.
  private var known: (state: ProcessState, file: ProcessFile)
  private var needsOperator: [StepPath] = []

  init(
    ports: CoordinatorPorts, caller: ActivityCaller, hook: JournalHook, machine: ProcessMachine,
    chain: JournalChain, file: ProcessFile
  ) {
    self.ports = ports
    self.caller = caller
    self.hook = hook
    self.machine = machine
    self.chain = chain
    self.file = file
    entropy = ports.makeEntropy()
    known = (machine.state, file)
  }

  // MARK: - From outside

  /// Puts an event into the mailbox.
  func post(_ event: ProcessEvent) {
    guard failure == nil, !known.state.hasEnded else { return }
    mailbox.append(event)
    guard !isAtWork else { return }
    isAtWork = true
    Task { await work() }
  }

  /// Returns when the process has begun durably.
  func begun() async throws(CoordinatorError) {
    try await wait { $0.state.phase != .idle }
  }

  /// Returns the evidence when the process has ended.
  func ended() async throws(CoordinatorError) -> ProcessFile {
    try await wait { $0.state.hasEnded }
    return known.file
  }

  /// Returns the evidence when the verdict is public.
  func published() async throws(CoordinatorError) -> ProcessFile {
    try await wait { $0.file.verdict != nil || $0.state.hasEnded }
    return known.file
  }

  /// What is known of the process now.
  func snapshot() -> (state: ProcessState, file: ProcessFile, needsOperator: [StepPath]) {
    (known.state, known.file, needsOperator)
  }

  /// Stops asking and writing. What is not durable is forgotten, as in a crash.
  func stop() {
    fail(CoordinatorError(.stopped, "the coordinator was stopped"))
  }

  /// Returns when a runner that was stopped asks nobody any more and writes nothing any more.
  func rested() async {
    for call in leaving { await call.value }
    leaving = []
    while isAtWork { await Task.yield() }
  }

  private func wait(
    until isTrue: ((state: ProcessState, file: ProcessFile)) -> Bool
  ) async throws(CoordinatorError) {
    while !isTrue(known) {
      if let failure { throw failure }
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  private func wakeWaiting() {
    let awake = waiting
    waiting = []
    for continuation in awake { continuation.resume() }
  }

  // MARK: - At work

  private func work() async {
    while failure == nil {
      if !mailbox.isEmpty {
        await take(mailbox.removeFirst())
      } else if !heldBack.isEmpty, machine.isIdle {
        // Nothing but time can go on: do not keep records back for so long.
        await flush()
      } else {
        break
      }
    }
    isAtWork = false
  }

  private func take(_ event: ProcessEvent) async {
    let result = machine.step(event, at: ports.clock.now(), entropy: &entropy)
    for record in result.records {
      heldBack.append(chain.append(record, notary: ports.notary))
    }
    file.append(result.records)
    if result.isForced { await flush() }
    guard failure == nil else { return }
    known = (machine.state, file)
    for effect in result.effects { perform(effect) }
    wakeWaiting()
  }

  /// Writes everything that was held back, in one transaction.
  private func flush() async {
    let rows = heldBack
    heldBack = []
    for row in rows { hook.beforeWrite(row.kind, row.sequence) }
    do {
      try await ports.journal.transact { journal throws(CoordinatorError) in
        for row in rows {
          guard journal.append(row) else {
            throw CoordinatorError(
              .journalTaken, "somebody else has written record \(row.sequence) of \(row.process)")
          }
        }
      }
    } catch {
      return fail(error)
    }
    for row in rows { hook.afterCommit(row.kind, row.sequence) }
  }

  private func fail(_ error: CoordinatorError) {
    if failure == nil { failure = error }
    rest()
    wakeWaiting()
  }

  private func rest() {
    timer?.cancel()
    for call in calls.values {
      call.cancel()
      leaving.append(call)
    }
    calls = [:]
    mailbox = []
  }

  // MARK: - Effects

  private func perform(_ effect: ProcessEffect) {
    switch effect {
    case .perform(let number, let attempt): call(number, attempt: attempt)
    case .wake(let time):
      timer?.cancel()
      timer = Task { [ports] in
        await ports.clock.sleep(until: time)
        if !Task.isCancelled { post(.tick) }
      }
    case .callOperator(let number): needsOperator.append(machine.definition.activities[number].path)
    case .ended: rest()
    }
  }

  private func call(_ number: Int, attempt: Int) {
    let activity = machine.definition.activities[number]
    let nonce = Nonce(from: &entropy)
    let key = nextCall
    nextCall += 1
    calls[key] = Task { [caller, file] in
      let outcome = await caller.perform(activity, file: file, nonce: nonce)
      calls[key] = nil
      if !Task.isCancelled { post(.outcome(activity: number, attempt: attempt, outcome)) }
    }
  }
}
