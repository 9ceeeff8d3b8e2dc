// What a process's journal says: the durable state, changed by records and by nothing else.

public import PaymentModel

/// How far an activity has come.
public enum ActivityState: String, CaseIterable, Hashable, Sendable {
  /// Nobody was asked yet.
  case waiting
  /// Its participant was asked, and has given no final answer.
  case asked
  case done
  /// Refused for good.
  case refused
  /// Nobody could be told; the verdict is public.
  case unreached
  /// The process went another way.
  case skipped
}

extension ActivityState {
  /// Whether nothing will change it any more.
  var isFinal: Bool {
    switch self {
    case .waiting, .asked: false
    case .done, .refused, .unreached, .skipped: true
    }
  }
}

/// How far a process has come.
public enum ProcessPhase: Hashable, Sendable {
  /// No record yet.
  case idle
  /// Money is reserved and keys are collected.
  case preparing
  /// Everything stands. The customer may ask for delivery until then.
  case prepared(answerBy: Timestamp)
  case committed
  case aborted(AbortReason)
  case ended(wasCommitted: Bool)
}

/// The state of a process after the records of its journal so far.
public struct ProcessState: Hashable, Sendable {
  public internal(set) var phase = ProcessPhase.idle
  /// By the activities' numbers.
  public internal(set) var activities: [ActivityState]
  /// The earliest end of a merchant's time frame.
  public internal(set) var heldUntil: Timestamp?
  /// Why the process cannot commit any more.
  var failure: AbortReason?
  /// Whether the customer has asked for delivery.
  var isDeliveryRequested = false
  /// The segments that the process went through, from the root, by number.
  var path = [0]
  /// Activities that somebody was called to look after, and that have not succeeded since, in the order of
  /// the calls.
  public internal(set) var calls: [OperatorCall] = []
  /// Statements that a verdict would rest on.
  var evidence: [StatementID] = []
  /// Activities with a final answer, in the order of the answers; empty after the verdict.
  var answered: [Int] = []
  /// After an abort: the activities of its path, in the order in which they are begun. Compensations come as the
  /// verdict lists them, and before the others.
  var abortPath: [Int] = []

  /// How it was decided; `nil` before the verdict.
  public var isCommitted: Bool? {
    switch phase {
    case .idle, .preparing, .prepared: nil
    case .committed: true
    case .aborted: false
    case .ended(let wasCommitted): wasCommitted
    }
  }

  public var hasEnded: Bool {
    if case .ended = phase { true } else { false }
  }

  init(activityCount: Int) {
    activities = Array(repeating: .waiting, count: activityCount)
  }
}

extension ProcessState {
  /// Takes a record in.
  mutating func apply(_ record: JournalRecord, in graph: ProcessGraph) {
    switch record {
    case .begin:
      phase = .preparing
      // The payment information came with the submission.
      for number in activities.indices where graph.activities[number].verb == .receivePayment {
        activities[number] = .done
        answered.append(number)
      }
    case .intent(let number):
      activities[number] = .asked
    case .result(let number, let result):
      switch result {
      case .refused: failure = failure ?? .refused
      case .wrongKey: failure = failure ?? .invalid
      case .deposited(let key): heldUntil = min(heldUntil ?? key.heldUntil, key.heldUntil)
      default: break
      }
      // A delivery request decides nothing by itself: the verdict does.
      if number == graph.decide, result.isSuccess { isDeliveryRequested = true }
      if number != graph.decide || !result.isSuccess { note(result, of: number) }
      answered.append(number)
      evidence += result.statements
      if result.isSuccess, graph.activities[number].guarantee == .pivot, number != graph.decide {
        succeed(number, in: graph)
      }
    case .prepared(let prepared):
      phase = .prepared(answerBy: prepared.answerBy)
      if let pivot = graph.prepare { succeed(pivot, in: graph) }
    case .verdict(let verdict):
      apply(verdict, in: graph)
    case .forward(let number, let result), .compensated(let number, let result):
      note(result, of: number)
      if result.isSuccess { calls.removeAll { $0.activity == number } }
    case .called(let call): calls.append(call)
    case .end:
      phase = .ended(wasCommitted: isCommitted == true)
    }
  }

  private mutating func apply(_ verdict: VerdictRecord, in graph: ProcessGraph) {
    answered = []
    switch verdict.ruling {
    case .commit:
      phase = .committed
      if let pivot = graph.decide { succeed(pivot, in: graph) }
    case .abort(let reason, let owed, _):
      phase = .aborted(reason)
      if let abort = graph.recordAbort { path = graph.nodes(to: abort) }
      skipAllWaiting(in: graph)
      var isOwed = [Bool](repeating: false, count: activities.count)
      let group = path.last.map { graph.nodes[$0].retriable } ?? 0..<0
      for number in owed where !isOwed[number] {
        isOwed[number] = true
        if group.contains(number) { abortPath.append(number) }
      }
      abortPath += group.filter { !isOwed[$0] }
      for case let number? in graph.compensations
      where !isOwed[number] && activities[number] == .waiting {
        activities[number] = .skipped
      }
    }
  }

  private mutating func note(_ result: ActivityResult, of number: Int) {
    switch result {
    case .refused, .wrongKey: activities[number] = .refused
    case .unreached: activities[number] = .unreached
    default: activities[number] = .done
    }
  }

  /// The pivot has succeeded: its first alternative, if any, is next.
  private mutating func succeed(_ pivot: Int, in graph: ProcessGraph) {
    activities[pivot] = .done
    path = graph.nodes(to: pivot)
    if let node = path.last, let first = graph.nodes[node].alternatives.first {
      path.append(first)
    }
    if isCommitted == true { skipAllWaiting(in: graph) }
  }

  /// After the verdict nothing outside the segment that was reached is begun any more.
  private mutating func skipAllWaiting(in graph: ProcessGraph) {
    guard let last = path.last else { return }
    let node = graph.nodes[last]
    for number in activities.indices
    where activities[number] == .waiting && !node.retriable.contains(number) {
      activities[number] = .skipped
    }
  }
}
