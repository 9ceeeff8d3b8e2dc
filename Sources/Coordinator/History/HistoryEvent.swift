// What can be seen of processes from outside: what they did to what they share, and how they were decided.

public import PaymentModel

/// How a process was decided.
public enum HistoryVerdict: String, CaseIterable, Hashable, Sendable {
  case commit
  case abort
}

/// A step, and what it touches.
public struct HistoryStep: Hashable, Sendable {
  public let path: StepPath
  public let uses: [ResourceUse]

  public init(_ path: StepPath, uses: [ResourceUse] = []) {
    self.path = path
    self.uses = uses
  }
}

/// One event of a history.
public struct HistoryEvent: Hashable, Sendable {
  /// What happened.
  public enum Kind: Hashable, Sendable {
    /// The process began. When it commits, the steps `forward` are still to come, for sure.
    case began(forward: [HistoryStep])
    /// A participant did the step.
    case done(HistoryStep, ActivityGuarantee)
    /// A participant refused the step for good. With a use: because somebody else has what it needs; of
    /// a counted resource `left` pieces were left, where that is known.
    ///
    /// A refusal changes nothing, but it tells something. It commutes with other refusals. One of an
    /// exclusive use does not commute with any other process's use. One of a counted use commutes with
    /// a give-back of less than what it lacked, and with takes after it.
    case refused(StepPath, ResourceUse?, left: Int?)
    /// A participant undid the step. What was done before is undone; undoing what was not done is
    /// nothing.
    case undone(StepPath)
    case decided(HistoryVerdict)
    /// Nothing is to come any more.
    case ended
  }

  public let process: ProcessID
  public let kind: Kind

  public init(process: ProcessID, kind: Kind) {
    self.process = process
    self.kind = kind
  }

  /// The step that the event is about.
  public var step: StepPath? {
    switch kind {
    case .done(let step, _): step.path
    case .refused(let path, _, _), .undone(let path): path
    case .began, .decided, .ended: nil
    }
  }

  /// The resources that the event itself names.
  var uses: [ResourceUse] {
    switch kind {
    case .began(let forward): forward.flatMap(\.uses)
    case .done(let step, _): step.uses
    case .refused(_, let use, _): use.map { [$0] } ?? []
    case .undone, .decided, .ended: []
    }
  }
}
