// What an engine tells somebody who measures it. Nothing in it says whose process it was.

public import PaymentModel

/// Looks on while an engine works.
///
/// An engine without one measures nothing. Both functions are called by several threads, and must return at
/// once.
public protocol EngineObserver: Sendable {
  /// A clock that never goes back. The engine measures durations with it.
  func nanoseconds() -> UInt64
  func observe(_ observation: EngineObservation)
}

/// Something that an engine did.
public enum EngineObservation: Hashable, Sendable {
  /// A process was taken on, durably.
  case begun
  /// An open process of an earlier run goes on.
  case resumed
  /// Nothing is left to do for a process.
  /// - Parameters:
  ///   - reason: why it was aborted; `nil` for a commit.
  ///   - verdictAfter: from its begin to its verdict, by the journal's times.
  ///   - endedAfter: from its begin to its end.
  case ended(
    reason: AbortReason?, verdictAfterMilliseconds: Int64, endedAfterMilliseconds: Int64)
  /// An attempt at an activity came to something.
  case attempted(Verb, AttemptEnding, nanoseconds: UInt64)
  /// A transaction of the journal is durable: one sync.
  case wrote(rows: Int, nanoseconds: UInt64)
  /// Somebody was called to look after an activity.
  case operatorCalled(Verb)
  /// An activity is not asked for again, although nobody has answered: a customer could not be told how it ended.
  case gaveUp(Verb)
  /// How much there is to do, looked at whenever a transaction of the journal begins, and when the last
  /// process has ended.
  case load(EngineLoad)
}

/// What one attempt at an activity came to.
public enum AttemptEnding: String, CaseIterable, Hashable, Sendable {
  /// A final answer that is a success.
  case done
  /// A final answer that is none.
  case refused
  /// Somebody else's undecided process is in the way.
  case held
  /// No answer, or none that is worth anything.
  case unknown

  init(_ outcome: ActivityOutcome) {
    switch outcome {
    case .ended(let result): self = result.isSuccess ? .done : .refused
    case .deliveryRequested: self = .done
    case .held: self = .held
    case .unknown: self = .unknown
    }
  }
}

/// The lengths of an engine's queues.
public struct EngineLoad: Hashable, Sendable {
  /// Processes that have not ended.
  public let openProcesses: Int
  /// Requests without an answer.
  public let requests: Int
  /// Processes that wait for the transaction after the one that begins.
  public let waitingForBatch: Int
}

extension ProcessStanding {
  /// What there is to say when the process ends.
  func ending(at now: Timestamp) -> EngineObservation? {
    guard let verdictRecord else { return nil }
    var reason: AbortReason?
    if case .abort(let why) = verdictRecord.decision { reason = why }
    return .ended(
      reason: reason,
      verdictAfterMilliseconds: verdictRecord.decidedAt.milliseconds(since: begunAt),
      endedAfterMilliseconds: now.milliseconds(since: begunAt))
  }
}
