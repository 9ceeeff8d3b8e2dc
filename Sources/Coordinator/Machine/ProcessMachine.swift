// The process machine: which activity is next, and the one verdict.
//
//                     refusal · wrong key · cancellation · time
//                  ┌──────────────────────┬──────────────────┐
//                  │                      │                  │
//     BEGIN        │        PREPARED      │     VERDICT      ▼ VERDICT
//   idle ──▶ preparing ──────────▶ prepared ──────────▶ committed   aborted
//            reserve, deposit      delivery request     publish     record abort
//                                                       post        void, release
//                                                       confirm     notify
//                                                       notify         │
//                                                          └──▶ ended ◀┘
//                                                               END
//
// Commit, time-out, cancellation and refusal race here and nowhere else: whichever event is stepped
// first makes the VERDICT record, and after it no event makes another. The time rules come before the
// event. State changes by records alone, so the replayed journal is the state.
//
// Recovery, by the last forced record in the journal:
//
//   nothing    The process was never taken on. Nobody was asked.
//   BEGIN      Answers may be lost: ask again for all that has no RESULT, within the time frames. An
//              abort now is owed to everybody, because everybody may have been asked.
//   PREPARED   Ask the customer again until `answerBy`, or decide abort.
//   VERDICT    Sign it again, to the byte, publish it again, and go forward: everything without a
//              FORWARD or COMPENSATED record is asked for again, until it is done.
//   END        Nothing is left to do.

public import PaymentModel

/// The state machine of one payment process. It reads no clock and draws no randomness: both are handed
/// in, so the same events make the same records.
public struct ProcessMachine: Hashable, Sendable {
  public let definition: PaymentProcess
  public let terms: ProcessTerms
  public private(set) var state: ProcessState
  private let policy: RetryPolicy
  private let rules: ProtocolRules
  private var graph: ProcessGraph { definition.graph }
  private var attempts: [Attempts]
  /// After a replay records may be missing: everybody may have been asked.
  private var mayHaveAskedEverybody = false

  /// A process of which nothing has happened yet.
  ///
  /// - Throws: `unsupported-process` without exactly one abort path, with more than one decision, or
  ///   with a decision that nothing prepares.
  public init(
    definition: PaymentProcess, terms: ProcessTerms, policy: RetryPolicy = .standard,
    rules: ProtocolRules = .standard
  ) throws(CoordinatorError) {
    let graph = definition.graph
    let verbs = definition.activities.map(\.verb)
    guard graph.recordAbort != nil, (graph.decide == nil) == !verbs.contains(.decide),
      (graph.prepare == nil) == !verbs.contains(.prepare),
      (graph.prepare == nil) == (graph.decide == nil), definition.process == terms.process,
      graph.decide.map({ graph.endsWith($0) }) ?? true
    else {
      throw CoordinatorError(
        .unsupportedProcess, "a process needs one abort path, and one decision that is prepared")
    }
    self.definition = definition
    self.terms = terms
    self.policy = policy
    self.rules = rules
    state = ProcessState(activityCount: definition.activities.count)
    attempts = Array(repeating: Attempts(), count: definition.activities.count)
  }

  /// A process as its journal left it. Step it with `resumed` to go on.
  ///
  /// - Throws: `broken-journal` when a record does not follow from those before it.
  public init(
    definition: PaymentProcess, terms: ProcessTerms, policy: RetryPolicy = .standard,
    rules: ProtocolRules = .standard, replaying records: [JournalRecord]
  ) throws(CoordinatorError) {
    try self.init(definition: definition, terms: terms, policy: policy, rules: rules)
    for (number, record) in records.enumerated() {
      guard state.accepts(record, in: graph, rules: rules) else {
        throw CoordinatorError(.brokenJournal, "record \(number) (\(record.kind)) cannot be there")
      }
      state.apply(record, in: graph)
    }
  }

  /// Whether nobody is being asked right now: all that is left to wait for is time.
  public var isIdle: Bool {
    attempts.allSatisfy { $0.answerBy == nil }
  }

  /// Whether something waits for its next attempt.
  var isPausing: Bool { attempts.contains { $0.nextAt != nil } }

  /// Whether something waits for its turn.
  var isQueued: Bool { attempts.contains { $0.turn == .awaited } }

  /// All on which the next steps depend, but for times and statements.
  var outline: ProcessOutline {
    ProcessOutline(
      phase: state.phase, isResumed: mayHaveAskedEverybody, failure: state.failure,
      steps: zip(definition.activities, zip(state.activities, attempts)).map { activity, now in
        ProcessOutline.Step(
          activity: activity, state: now.0, isAsked: now.1.answerBy != nil,
          isPausing: now.1.nextAt != nil, isNudged: now.1.isNudged,
          turn: now.1.turn)
      })
  }

  /// Forgets how often something was asked for.
  mutating func forgetAttempts() {
    for number in attempts.indices { attempts[number].count = 0 }
  }

  /// How often each activity was asked for, by number, since the verdict or the last replay.
  var attemptCounts: [Int] { attempts.map(\.count) }

  /// The request for an activity does not leave yet: nobody waits for its answer so far.
  mutating func holdBack(_ activity: Int) { attempts[activity].answerBy = .max }

  /// The request leaves now.
  ///
  /// - Returns: until when its answer is awaited.
  mutating func send(_ activity: Int, at now: Timestamp) -> Timestamp {
    let answerBy = now.adding(milliseconds: policy.answerWithinMilliseconds)
    attempts[activity].answerBy = answerBy
    return answerBy
  }

  /// The number of what undoes the activity.
  func compensation(of activity: Int) -> Int? { graph.compensations[activity] }

  /// Takes an event and says what to write down and what to do.
  ///
  /// The records are already applied when it returns; whoever cannot make them durable must drop the
  /// machine.
  public mutating func step(
    _ event: ProcessEvent, at now: Timestamp, entropy: inout some Entropy
  ) -> StepResult {
    var result = StepResult()
    if case .begin(let begin) = event, state.phase == .idle {
      write(.begin(begin), to: &result)
    }
    guard state.phase != .idle, !state.hasEnded else { return result }
    if case .resumed = event {
      mayHaveAskedEverybody = true
      attempts = Array(repeating: Attempts(), count: attempts.count)
    }
    abortIfOverdue(at: now, entropy: &entropy, result: &result)
    take(event, at: now, entropy: &entropy, result: &result)
    // An answer may have brought a time frame that has passed already, or the end of all hope.
    abortIfOverdue(at: now, entropy: &entropy, result: &result)
    if let failure = state.failure {
      abort(failure, at: now, entropy: &entropy, result: &result)
    }
    advance(at: now, entropy: &entropy, result: &result)
    if !state.hasEnded, let time = nextTime {
      result.effects.append(.wake(at: time))
    }
    return result
  }
}

// MARK: - Events

extension ProcessMachine {
  private mutating func take(
    _ event: ProcessEvent, at now: Timestamp, entropy: inout some Entropy,
    result: inout StepResult
  ) {
    switch event {
    case .begin, .resumed, .tick: break
    case .granted(let number):
      guard attempts.indices.contains(number) else { return }
      attempts[number].turn = .granted
      // While a question is under way the news is kept for its answer.
      attempts[number].isNudged = attempts[number].answerBy != nil
      if !attempts[number].isNudged { attempts[number].nextAt = nil }
    case .retry:
      for number in attempts.indices where attempts[number].nextAt != nil {
        attempts[number].nextAt = nil
      }
    case .cancelled(let cancellation):
      abort(.cancelled, by: cancellation, at: now, entropy: &entropy, result: &result)
    case .outcome(let number, let attempt, let outcome):
      guard state.activities.indices.contains(number), state.activities[number] == .asked else {
        return
      }
      // A final answer counts whenever it comes, because all attempts are the same request.
      guard outcome.isFinal || attempt == attempts[number].count else { return }
      attempts[number].answerBy = nil
      if state.isCommitted == nil {
        takeBeforeVerdict(outcome, of: number, at: now, entropy: &entropy, result: &result)
      } else if graph.activities[number].guarantee == .retriable {
        takeAfterVerdict(outcome, of: number, at: now, entropy: &entropy, result: &result)
      }
    }
  }

  private mutating func takeBeforeVerdict(
    _ outcome: ActivityOutcome, of number: Int, at now: Timestamp, entropy: inout some Entropy,
    result: inout StepResult
  ) {
    switch outcome {
    case .deliveryRequested(let request, let bundle) where number == graph.decide:
      write(.result(number, .requested(request)), to: &result)
      decide(.commit(bundle: bundle), at: now, entropy: &entropy, result: &result)
    case .ended(let answer) where answer.fits(graph.activities[number].verb):
      // Only a bundle makes a delivery request a commit.
      if case .requested = answer { break }
      attempts[number].nextAt = nil
      write(.result(number, answer), to: &result)
      return
    case .held(let time):
      if attempts[number].isNudged {
        // Somebody has left since the question was asked: it is asked again at once, also when its answer was awaited
        // no longer.
        attempts[number].isNudged = false
        attempts[number].nextAt = nil
        return
      }
      attempts[number].pause(until: time, at: now, policy: policy, entropy: &entropy)
      if !graph.activities[number].resources.isEmpty {
        result.effects.append(.scarce(activity: number))
      }
      return
    case .deliveryRequested, .ended, .unknown: break
    }
    guard state.isCommitted == nil else { return }
    attempts[number].pause(until: nil, at: now, policy: policy, entropy: &entropy)
  }

  private mutating func takeAfterVerdict(
    _ outcome: ActivityOutcome, of number: Int, at now: Timestamp, entropy: inout some Entropy,
    result: inout StepResult
  ) {
    switch outcome {
    case .ended(let answer) where answer.fits(graph.activities[number].verb):
      conclude(number, answer, result: &result)
      if !answer.isSuccess { callOperator(for: number, result: &result) }
      return
    case .held(let time):
      attempts[number].pause(until: time, at: now, policy: policy, entropy: &entropy)
    case .ended(.refused):
      // Nothing can follow without a published verdict, so a refusal to publish is no end.
      attempts[number].pause(until: nil, at: now, policy: policy, entropy: &entropy)
      callOperator(for: number, result: &result)
    case .ended, .deliveryRequested, .unknown:
      attempts[number].pause(until: nil, at: now, policy: policy, entropy: &entropy)
    }
    giveUpOrCall(number, result: &result)
  }

  private mutating func giveUpOrCall(_ number: Int, result: inout StepResult) {
    let count = attempts[number].count
    if graph.activities[number].verb == .notify {
      // Nobody is called: an operator does not know her, and the verdict is public.
      guard count >= policy.notifyAttempts else { return }
      conclude(number, .unreached, result: &result)
      result.effects.append(.gaveUp(activity: number))
    } else if count >= policy.operatorAfterAttempts {
      callOperator(for: number, result: &result)
    }
  }

  private mutating func conclude(
    _ number: Int, _ answer: ActivityResult, result: inout StepResult
  ) {
    attempts[number].nextAt = nil
    write(
      state.isCommitted == true ? .forward(number, answer) : .compensated(number, answer),
      to: &result)
  }

  private mutating func callOperator(for number: Int, result: inout StepResult) {
    guard !state.calls.contains(where: { $0.activity == number }) else { return }
    write(
      .called(OperatorCall(activity: number, attempts: attempts[number].count)), to: &result)
    result.effects.append(.callOperator(activity: number))
  }
}

// MARK: - The verdict

extension ProcessMachine {
  /// Without a verdict after a time frame that the process needed, the verdict is abort.
  private mutating func abortIfOverdue(
    at now: Timestamp, entropy: inout some Entropy, result: inout StepResult
  ) {
    guard let undecidedUntil, now >= undecidedUntil, rules.abortsWhenOverdue else { return }
    abort(.timeout, at: now, entropy: &entropy, result: &result)
  }

  /// Until when the process may stay as it is without a verdict; `nil` after it.
  private var undecidedUntil: Timestamp? {
    switch state.phase {
    case .preparing: min(terms.decideBy, state.heldUntil ?? terms.decideBy)
    case .prepared(let answerBy): min(terms.decideBy, answerBy)
    case .idle, .committed, .aborted, .ended: nil
    }
  }

  private mutating func abort(
    _ reason: AbortReason, by cancellation: Exhibit<Cancellation>? = nil, at now: Timestamp,
    entropy: inout some Entropy, result: inout StepResult
  ) {
    guard state.isCommitted == nil else { return }
    decide(
      .abort(reason, owed: owed, cancellation: cancellation), at: now, entropy: &entropy,
      result: &result)
  }

  /// The compensations that an abort makes due, in reverse order of what they undo: what was answered last comes
  /// first. What has no final answer may be done later than all that has one, so it comes before that.
  ///
  /// They are begun in this order and do not wait for each other: what they undo concerns different parties,
  /// and a silent merchant must not keep back the customer's money.
  private var owed: [Int] {
    let unanswered = graph.compensatable.filter { !state.activities[$0].isFinal }
    return (state.answered + unanswered).reversed().compactMap { number in
      mayHaveAsked(number) ? graph.compensations[number] : nil
    }
  }

  private func mayHaveAsked(_ number: Int) -> Bool {
    if !rules.undoesWhatWasAsked { return state.activities[number] == .done }
    return mayHaveAskedEverybody || state.activities[number] != .waiting
  }

  /// Makes the one verdict, unless there is one.
  private mutating func decide(
    _ ruling: VerdictRecord.Ruling, at now: Timestamp, entropy: inout some Entropy,
    result: inout StepResult
  ) {
    guard state.isCommitted == nil, state.phase != .idle else { return }
    var evidence = state.evidence
    evidence.append(terms.process.renamed())
    if case .abort(_, _, let cancellation?) = ruling { evidence.append(cancellation.id) }
    evidence.sort()
    let record = VerdictRecord(
      ruling: ruling, decidedAt: now, nonce: Nonce(from: &entropy),
      evidenceSalt: Salt(from: &entropy),
      evidence: evidence.indices
        .filter { $0 == 0 || evidence[$0] != evidence[$0 - 1] }
        .map { evidence[$0] })
    write(.verdict(record), to: &result)
    // Nothing that was asked before the verdict is asked again.
    attempts = Array(repeating: Attempts(), count: attempts.count)
  }
}

// MARK: - What is next

extension ProcessMachine {
  private mutating func advance(
    at now: Timestamp, entropy: inout some Entropy, result: inout StepResult
  ) {
    giveUpWaiting(at: now, entropy: &entropy, result: &result)
    for number in ready where attempts[number].mayAsk(at: now) {
      if number == graph.prepare {
        prepare(at: now, result: &result)
        // The next segment begins.
        return advance(at: now, entropy: &entropy, result: &result)
      }
      if isMyTurn(number, result: &result) { ask(number, at: now, result: &result) }
    }
    if isComplete {
      write(.end(now), to: &result)
      result.effects.append(.ended)
    }
  }

  /// Whether an activity may be asked for. What may run out is taken in turns.
  private mutating func isMyTurn(_ number: Int, result: inout StepResult) -> Bool {
    guard !graph.activities[number].resources.isEmpty, state.isCommitted == nil else { return true }
    switch attempts[number].turn {
    case .granted: return true
    case .awaited: return false
    case .none:
      attempts[number].turn = .awaited
      result.effects.append(.acquire(activity: number))
      return false
    }
  }

  /// Requests that nobody answered in time are sent again.
  private mutating func giveUpWaiting(
    at now: Timestamp, entropy: inout some Entropy, result: inout StepResult
  ) {
    for number in attempts.indices {
      attempts[number].boundWaits(at: now, policy: policy)
      guard let answerBy = attempts[number].answerBy, now >= answerBy else { continue }
      attempts[number].answerBy = nil
      attempts[number].pause(until: nil, at: now, policy: policy, entropy: &entropy)
      if state.isCommitted != nil { giveUpOrCall(number, result: &result) }
    }
  }

  /// The activities of the current segment whose turn it is and which are not finished, in the order in which
  /// they are begun.
  private var ready: [Int] {
    guard let last = state.path.last else { return [] }
    let node = graph.nodes[last]
    switch state.isCommitted {
    case true?: return unfinished(node.retriable)
    case false?: return unfinished(state.abortPath)
    case nil: break
    }
    let compensatable = unfinished(node.compensatable)
    if !compensatable.isEmpty || hasUnfinished(node.compensatable) { return compensatable }
    return node.pivot.map { [$0] } ?? []
  }

  private func unfinished(_ group: some Sequence<Int>) -> [Int] {
    group.filter { number in
      !state.activities[number].isFinal
        && graph.predecessors[number].allSatisfy { state.activities[$0].isFinal }
    }
  }

  private func hasUnfinished(_ group: Range<Int>) -> Bool {
    group.contains { !state.activities[$0].isFinal }
  }

  /// Whether the verdict has been carried out.
  private var isComplete: Bool {
    guard state.isCommitted != nil, !state.hasEnded, let last = state.path.last else {
      return false
    }
    return !hasUnfinished(graph.nodes[last].retriable)
  }

  private mutating func prepare(at now: Timestamp, result: inout StepResult) {
    let answerBy = now.adding(seconds: Int64(terms.deliveryLimitSeconds))
    write(
      .prepared(PreparedRecord(at: now, answerBy: min(answerBy, terms.decideBy))), to: &result)
  }

  private mutating func ask(_ number: Int, at now: Timestamp, result: inout StepResult) {
    if state.activities[number] == .waiting { write(.intent(number), to: &result) }
    attempts[number].count += 1
    attempts[number].nextAt = nil
    // What came before is older than this question.
    attempts[number].isNudged = false
    attempts[number].answerBy = now.adding(milliseconds: policy.answerWithinMilliseconds)
    result.effects.append(.perform(activity: number, attempt: attempts[number].count))
  }

  /// When something is due even if nothing happens.
  private var nextTime: Timestamp? {
    var earliest = rules.abortsWhenOverdue ? undecidedUntil : nil
    func consider(_ time: Timestamp?) {
      guard let time, time != .max else { return }
      earliest = earliest.map { min($0, time) } ?? time
    }
    for attempt in attempts {
      consider(attempt.answerBy)
      consider(attempt.nextAt)
    }
    return earliest
  }

  private mutating func write(_ record: JournalRecord, to result: inout StepResult) {
    assert(state.accepts(record, in: graph, rules: rules), "\(record.kind) cannot be read back")
    state.apply(record, in: graph)
    result.records.append(record)
  }
}
