// What the engine tells about its processes.

public import PaymentModel

/// An order was taken on, durably.
public struct AcceptedOrder: Hashable, Sendable {
  public let process: ProcessID
  /// The coordinator's signed word for it, the same each time.
  public let submission: Exhibit<Submission>
}

/// How a process stands.
public struct ProcessStatus: Sendable {
  public let definition: PaymentProcess
  public let state: ProcessState
  /// The time of the verdict.
  public let decidedAt: Timestamp?
  /// Activities that go on failing after the verdict, and need somebody to look after them.
  public let needsOperator: [StepPath]
}

/// How a process ended.
public struct ProcessOutcome: Hashable, Sendable {
  public let process: ProcessID
  public let decision: PaymentModel.Decision
  public let decidedAt: Timestamp
  public let verdict: LoggedVerdict
}

/// The answer to somebody who asks for a verdict.
public enum VerdictAnswer: Hashable, Sendable {
  /// There is none that anybody could act on. Ask again after `decideBy`.
  case undecided
  case decided(LoggedVerdict)
}

/// What became of the open processes of an earlier run.
public struct RecoveryReport: Sendable {
  /// Processes that go on.
  public let resumed: [ProcessID]
  /// Processes that cannot, with the reason.
  public let failed: [(process: ProcessID, error: CoordinatorError)]
}
