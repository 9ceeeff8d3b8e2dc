// Does a process always end well? The recursive rule for flexible transactions (paper, section 2).

public import PaymentModel

/// A rule of well-formed processes.
///
///     WF ::= C* R*  |  C* p R*  |  C* p (alt1 ◁ … ◁ altm)
///
/// with m ≥ 2, every alternative but the last in WF, and the last one all retriable. Then a failure can
/// always be undone or gone around, and every execution ends.
public enum TerminationRule: String, CaseIterable, Hashable, Sendable {
  /// Before the pivot stands an activity that cannot be undone.
  case compensatableBeforePivot = "compensatable-before-pivot"
  /// In the pivot's place stands something else.
  case pivotIsPivot = "pivot-is-pivot"
  /// After the pivot stands an activity that can fail, and nothing instead.
  case retriableAfterPivot = "retriable-after-pivot"
  /// Alternatives without a pivot before them.
  case alternativesNeedPivot = "alternatives-need-pivot"
  /// A single alternative is none.
  case atLeastTwoAlternatives = "at-least-two-alternatives"
  /// Retriable activities beside alternatives: which comes first is not said.
  case eitherRetriableOrAlternatives = "either-retriable-or-alternatives"
  /// The last alternative can fail.
  case lastAlternativeRetriable = "last-alternative-retriable"
  /// Two activities with one path.
  case uniquePaths = "unique-paths"
  /// A precedence between activities that do not stand in one group of one segment.
  case precedenceWithinGroup = "precedence-within-group"
  /// Activities that wait for each other.
  case precedenceAcyclic = "precedence-acyclic"
  /// A bank or merchant does something compensatable, and nothing undoes it.
  case compensationNamed = "compensation-named"
  /// The compensation is no activity of the process.
  case compensationExists = "compensation-exists"
  /// The compensation can fail.
  case compensationRetriable = "compensation-retriable"
  /// Something that is no compensatable activity names a compensation.
  case compensationOfCompensatable = "compensation-of-compensatable"
}

/// A rule and the activities that break it.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
  public let rule: TerminationRule
  public let activities: [StepPath]

  public init(_ rule: TerminationRule, _ activities: [StepPath]) {
    self.rule = rule
    self.activities = activities
  }

  public var description: String {
    "\(rule.rawValue): \(activities.map(\.rawValue).joined(separator: " "))"
  }
}

extension PaymentProcess {
  /// Every violation of the rules; none means that the process always ends, done or undone.
  public func checkGuaranteedTermination() -> [Violation] { shape.checkGuaranteedTermination() }
}

extension ProcessShape {
  func checkGuaranteedTermination() -> [Violation] {
    root.violations() + compensationViolations() + pathViolations()
  }

  private func pathViolations() -> [Violation] {
    let paths = activities.map(\.path).sorted()
    return zip(paths, paths.dropFirst()).filter { $0 == $1 }
      .map { Violation(.uniquePaths, [$0.0]) }
  }

  private func compensationViolations() -> [Violation] {
    activities.compactMap { activity in
      guard let path = activity.compensation else {
        let leavesTraces = activity.guarantee == .compensatable && activity.participant.name != nil
        return leavesTraces ? Violation(.compensationNamed, [activity.path]) : nil
      }
      guard activity.guarantee == .compensatable else {
        return Violation(.compensationOfCompensatable, [activity.path])
      }
      guard let number = activities.firstIndex(where: { $0.path == path }) else {
        return Violation(.compensationExists, [activity.path, path])
      }
      return activities[number].guarantee == .retriable
        ? nil : Violation(.compensationRetriable, [activity.path, path])
    }
  }
}

extension Segment {
  fileprivate func violations() -> [Violation] {
    var found: [Violation] = []
    func require(_ rule: TerminationRule, noneOf offenders: [Activity]) {
      if !offenders.isEmpty { found.append(Violation(rule, offenders.map(\.path))) }
    }
    require(
      .compensatableBeforePivot, noneOf: compensatable.filter { $0.guarantee != .compensatable })
    require(.retriableAfterPivot, noneOf: retriable.filter { $0.guarantee != .retriable })
    if let pivot, pivot.guarantee != .pivot { require(.pivotIsPivot, noneOf: [pivot]) }
    found += precedenceViolations()

    guard let last = alternatives.last else { return found }
    // The whole segment: an alternative may have no activity that could be named.
    let all = allActivities.map(\.path)
    if pivot == nil { found.append(Violation(.alternativesNeedPivot, all)) }
    if alternatives.count == 1 { found.append(Violation(.atLeastTwoAlternatives, all)) }
    require(.eitherRetriableOrAlternatives, noneOf: retriable)
    require(
      .lastAlternativeRetriable, noneOf: last.allActivities.filter { $0.guarantee != .retriable })
    return found + alternatives.flatMap { $0.violations() }
  }

  private func precedenceViolations() -> [Violation] {
    guard !precedence.isEmpty else { return [] }
    let groups = [compensatable, retriable].map(PrecedenceGroup.init)
    var found: [Violation] = []
    var ordered: [[(before: Int, after: Int)]] = [[], []]
    for pair in precedence {
      if let numbers = groups[0].numbers(of: pair) {
        ordered[0].append(numbers)
      } else if let numbers = groups[1].numbers(of: pair) {
        ordered[1].append(numbers)
      } else {
        found.append(Violation(.precedenceWithinGroup, [pair.before, pair.after]))
      }
    }
    for (group, pairs) in zip(groups, ordered) {
      let stuck = group.stuck(under: pairs)
      if !stuck.isEmpty { found.append(Violation(.precedenceAcyclic, stuck)) }
    }
    return found
  }
}

/// Activities of one group, found by path.
private struct PrecedenceGroup {
  private let paths: [StepPath]
  private var numbers: [StepPath: Int] = [:]

  init(_ activities: [Activity]) {
    paths = activities.map(\.path)
    for (number, path) in paths.enumerated() { numbers[path] = number }
  }

  func numbers(of pair: Precedence) -> (before: Int, after: Int)? {
    guard let before = numbers[pair.before], let after = numbers[pair.after] else { return nil }
    return (before, after)
  }

  /// The activities on a cycle and those that wait for one: what is left when whatever waits for
  /// nothing is taken away again and again.
  func stuck(under pairs: [(before: Int, after: Int)]) -> [StepPath] {
    var waitsFor = [Int](repeating: 0, count: paths.count)
    var followers = [[Int]](repeating: [], count: paths.count)
    for pair in pairs {
      waitsFor[pair.after] += 1
      followers[pair.before].append(pair.after)
    }
    var free = paths.indices.filter { waitsFor[$0] == 0 }
    while let number = free.popLast() {
      for follower in followers[number] {
        waitsFor[follower] -= 1
        if waitsFor[follower] == 0 { free.append(follower) }
      }
    }
    return paths.indices.filter { waitsFor[$0] > 0 }.map { paths[$0] }
  }
}
