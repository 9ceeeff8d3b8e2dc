// What the history checker answers: a serial order, or the shortest prefix that has none, and why.

public import PaymentModel

/// The answer about one history.
public enum HistoryAnswer: Hashable, Sendable {
  /// Every prefix is reducible. What remains of the whole is what these processes do one after another
  /// in this order. A process that is not named left nothing behind.
  case reducible(serialOrder: [ProcessID])
  case violated(HistoryViolation)

  /// Whether every prefix is reducible.
  public var isReducible: Bool {
    if case .reducible = self { true } else { false }
  }

  /// Why not, if not.
  public var violation: HistoryViolation? {
    if case .violated(let violation) = self { violation } else { nil }
  }
}

/// What a history violates.
public enum HistoryRule: String, CaseIterable, Hashable, Sendable {
  /// Completed and reduced, what remains is not what one process after another would do.
  case reducible
  /// A process has one verdict.
  case oneVerdict = "one-verdict"
  /// A step is done once.
  case stepOnce = "step-once"
  /// What is committed is not undone.
  case commitStands = "commit-stands"
  /// A process ends with a verdict, an aborted one with everything undone, a committed one with all
  /// its steps done.
  case endComplete = "end-complete"
  /// Nothing happens after the end.
  case endIsLast = "end-is-last"
}

/// Something that a process did, or will have to do.
public struct HistoryPoint: Hashable, Sendable {
  /// When.
  public enum Moment: Hashable, Sendable {
    /// The event with that number, from 0.
    case event(Int)
    /// The step is to be undone when the process is aborted.
    case undoToCome
    /// The step is to be done because the process is committed.
    case stepToCome
  }

  public let process: ProcessID
  public let step: StepPath?
  public let moment: Moment
}

/// One comes before the other, and they conflict.
public struct HistoryArc: Hashable, Sendable {
  public let from: HistoryPoint
  public let to: HistoryPoint
  public let resource: Resource
}

/// The shortest prefix of a history that violates a rule.
public struct HistoryViolation: Error, Hashable, Sendable {
  public let rule: HistoryRule
  /// How many events the prefix has. The last of them is the one too many.
  public let prefix: Int
  /// A closed walk from process to process; empty for rules about a single event.
  public let cycle: [HistoryArc]

  /// The processes of the cycle, in its order, each once.
  public var processes: [ProcessID] {
    var found: [ProcessID] = []
    for arc in cycle where !found.contains(arc.from.process) { found.append(arc.from.process) }
    return found
  }
}

extension HistoryViolation: CustomStringConvertible {
  /// A line that tells rule and prefix, then a line for each arc of the cycle.
  public var description: String {
    let lines = cycle.map { arc in
      "  \(arc.from) before \(arc.to) on \(arc.resource.owner)/\(arc.resource.name)"
    }
    return (["\(rule.rawValue): after \(prefix) events"] + lines).joined(separator: "\n")
  }
}

extension HistoryPoint: CustomStringConvertible {
  /// Process and step, and the number of the event.
  public var description: String {
    let name = "\(process.hex.prefix(8)) \(step?.rawValue ?? "")"
    return switch moment {
    case .event(let number): "\(name) (event \(number))"
    case .undoToCome: "\(name) (undo to come)"
    case .stepToCome: "\(name) (step to come)"
    }
  }
}
