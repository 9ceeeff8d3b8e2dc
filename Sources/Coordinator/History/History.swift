// The history of several processes: their events, in the order in which participants did them.

public import PaymentModel

/// What several processes did, in one order.
///
/// Journals do not know this order. Whoever sees the participants writes the history: a simulation, or a
/// participant from its own books, for what it holds itself. An answer that is not final, `held` or
/// `unknown`, is no event.
public struct History: Hashable, Sendable {
  public private(set) var events: [HistoryEvent] = []

  public init() {}

  public init(_ events: [HistoryEvent]) {
    self.events = events
  }

  /// Appends an event as it is.
  public mutating func append(_ event: HistoryEvent) {
    events.append(event)
  }

  /// The process began. A process that is not said to have begun has no steps after its commit, as far
  /// as anybody knows.
  public mutating func began(_ process: ProcessID, forward: [HistoryStep] = []) {
    append(HistoryEvent(process: process, kind: .began(forward: forward)))
  }

  /// A participant did the step. If the process aborts, it is to be undone.
  public mutating func did(
    _ process: ProcessID, _ path: StepPath, _ uses: ResourceUse...,
    guarantee: ActivityGuarantee = .compensatable
  ) {
    append(
      HistoryEvent(process: process, kind: .done(HistoryStep(path, uses: uses), guarantee)))
  }

  /// A participant refused the step for good, because others have `use`, of which `left` pieces are left.
  public mutating func refused(
    _ process: ProcessID, _ path: StepPath, _ use: ResourceUse? = nil, left: Int? = nil
  ) {
    append(HistoryEvent(process: process, kind: .refused(path, use, left: left)))
  }

  /// A participant undid the step with that path.
  public mutating func undid(_ process: ProcessID, _ path: StepPath) {
    append(HistoryEvent(process: process, kind: .undone(path)))
  }

  /// The process was decided.
  public mutating func decided(_ process: ProcessID, _ verdict: HistoryVerdict) {
    append(HistoryEvent(process: process, kind: .decided(verdict)))
  }

  /// The process ended.
  public mutating func ended(_ process: ProcessID) {
    append(HistoryEvent(process: process, kind: .ended))
  }
}

extension History {
  /// The process of that definition began.
  public mutating func began(_ definition: PaymentProcess) {
    let forward = definition.root.afterCommit ?? []
    began(
      definition.process,
      forward: forward.map { HistoryStep($0.path, uses: $0.resources) })
  }

  /// A participant did an activity of that definition. A compensation undoes what it compensates.
  public mutating func did(_ activity: Activity, of definition: PaymentProcess) {
    let undone = definition.activities.first { $0.compensation == activity.path }
    guard let undone else {
      append(
        HistoryEvent(
          process: definition.process,
          kind: .done(
            HistoryStep(activity.path, uses: activity.resources), activity.guarantee)))
      return
    }
    undid(definition.process, undone.path)
  }

  /// A participant refused an activity of that definition, because others have what it uses: its last
  /// resource, if it uses any.
  public mutating func refused(
    _ activity: Activity, of definition: PaymentProcess, left: Int? = nil
  ) {
    refused(definition.process, activity.path, activity.resources.last, left: left)
  }
}

extension Segment {
  /// What follows the commit: the retriable activities after the pivot that decides.
  fileprivate var afterCommit: [Activity]? {
    if pivot?.verb == .decide { return retriable }
    for alternative in alternatives {
      if let found = alternative.afterCommit { return found }
    }
    return nil
  }
}
