// What the engine tells about its processes.

public import PaymentModel

/// An order was taken on, durably.
public struct AcceptedOrder: Hashable, Sendable {
  public let process: ProcessID
  /// The coordinator's signed word for it, the same each time; `nil` when an older key of the coordinator gave it.
  public let submission: Exhibit<Submission>?
}

/// How a process stands.
public struct ProcessStatus: Sendable {
  public let state: ProcessState
  /// All that it has on file.
  public let file: ProcessFile
  /// From then on the coordinator decides, and only abort.
  public let decideBy: Timestamp
  /// How often each activity was asked for, by number, since the process is open here and since its
  /// verdict; `nil` when it is not open here.
  public let attempts: [Int]?
  /// Why it cannot go on here; `nil` when it can, or has ended.
  public let obstacle: CoordinatorError?
  /// Activities that go on failing after the verdict, and need somebody to look after them.
  public var needsOperator: [StepPath] {
    state.calls.map { definition.activities[$0.activity].path }
  }

  public var definition: PaymentProcess { file.definition }

  /// When somebody was called to look after an activity, by its number.
  public func calledAt(_ activity: Int) -> Timestamp? {
    let place = file.records.lastIndex { record in
      if case .called(let call) = record { call.activity == activity } else { false }
    }
    return place.map { file.times[$0] }
  }

  /// The time of the verdict.
  public var decidedAt: Timestamp? { file.verdictRecord?.decidedAt }
}

/// How a process ended.
public struct ProcessOutcome: Hashable, Sendable {
  public let process: ProcessID
  public let decision: PaymentModel.Decision
  public let decidedAt: Timestamp
  public let verdict: LoggedVerdict

  /// `nil` as long as the verdict does not stand in the log.
  init?(of process: ProcessID, _ standing: ProcessStanding) {
    guard let record = standing.verdictRecord, let verdict = standing.verdict else { return nil }
    self.process = process
    decision = record.decision
    decidedAt = record.decidedAt
    self.verdict = verdict.logged
  }
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
  /// Why not all were looked at: the journal is behind the log, the log does not answer, or the engine was
  /// stopped.
  public let refusal: CoordinatorError?
}

/// How far the processes that an earlier run left open have come back.
public enum RecoveryStanding: Sendable {
  /// Nobody has asked for it.
  case notBegun
  case underWay
  /// The log does not say what it holds. The engine tries again by itself then, or earlier.
  case waiting(CoordinatorError, attempts: Int, nextAt: Timestamp)
  case done(RecoveryReport)
  /// For good: the journal is behind the log, or the engine was stopped.
  case refused(CoordinatorError)
}

extension RecoveryStanding: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notBegun: "not recovered"
    case .underWay: "being recovered"
    case .waiting(let error, let attempts, let time):
      "not recovered yet: \(error); attempt \(attempts + 1) at \(time)"
    case .done(let report):
      report.failed.isEmpty
        ? "recovered" : "recovered, but for \(report.failed.count) processes that cannot go on"
    case .refused(let error): "not recovered: \(error)"
    }
  }
}

/// How much an engine has done since it was made, and has to do now.
public struct EngineCounters: Hashable, Sendable {
  /// Processes that are open now.
  public internal(set) var openProcesses = 0
  public internal(set) var endedProcesses = 0
  /// Requests that wait for an answer now.
  public internal(set) var calls = 0
  /// Requests so far, repeated ones among them, and those that were given up before they left.
  public internal(set) var attempts = 0
  /// Transactions of the journal: each is one sync.
  public internal(set) var batches = 0
  /// Rows in them.
  public internal(set) var rows = 0
  /// How often somebody was called to look after an activity.
  public internal(set) var operatorCalls = 0
  /// How often a customer could not be told how it ended.
  public internal(set) var givenUp = 0
}
