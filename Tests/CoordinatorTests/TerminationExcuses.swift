// Where the rule of well-formed processes is stricter than its meaning: for each violation why it does no harm, if it
// does none.

import Coordinator
import PaymentModel

/// Why a process can end well although it violates a rule.
enum Excuse: String, CaseIterable, Comparable {
  /// It stands in an alternative behind one that cannot fail.
  case neverReached = "never reached"
  /// It stands in the place of another guarantee, and when it is done nothing can fail any more.
  case nothingFailsAfterIt = "nothing fails after it"
  /// When it fails, all that may have been done before can be undone.
  case allBeforeItIsUndone = "all before it is undone"
  /// Not the last alternative, or one that has ways out of its own, cannot fail.
  case oneCannotFail = "one alternative cannot fail"
  /// Any guarantee may stand in the pivot's place, alternatives without a pivot are tried one after another, a single one
  /// comes next, and retriable activities beside alternatives come before them: only the form is another.
  case onlyForm = "only the form"
  /// The places of the two say the same.
  case saidTwice = "said twice"

  static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The violations of a process, segment by segment, each with its excuse if it has one.
struct Excuses {
  private(set) var found: [(rule: TerminationRule, excuse: Excuse?)] = []

  init(_ process: PaymentProcess) {
    visit(process.root, isReached: true, ancestors: [])
  }

  /// Whether no violation does harm. This must be the same as ending well.
  var excuseAll: Bool { found.allSatisfy { $0.excuse != nil } }

  private mutating func visit(_ segment: Segment, isReached: Bool, ancestors: [StepPath]) {
    for violation in segment.ownViolations {
      let excuse = isReached ? segment.excuse(for: violation, ancestors) : .neverReached
      found.append((violation.rule, excuse))
    }
    let before = ancestors + segment.ownActivities.map(\.path)
    var isReached = isReached
    for alternative in segment.alternatives {
      visit(alternative, isReached: isReached, ancestors: before)
      isReached = isReached && alternative.canFail
    }
  }
}

extension Segment {
  /// The violations of this segment without those of its alternatives, which come behind them.
  fileprivate var ownViolations: [Violation] {
    let all = violations
    return Array(all.prefix(all.count - alternatives.reduce(0) { $0 + $1.violations.count }))
  }

  private var violations: [Violation] {
    PaymentProcess.of(self).checkGuaranteedTermination()
  }

  /// Whether some execution of it fails.
  fileprivate var canFail: Bool {
    ownActivities.contains(where: \.canFail)
      || !alternatives.isEmpty && alternatives.allSatisfy(\.canFail)
  }

  /// - ancestors: what is done before the segment begins.
  fileprivate func excuse(for violation: Violation, _ ancestors: [StepPath]) -> Excuse? {
    let own = ownActivities
    let offenders = own.filter { violation.activities.contains($0.path) }
    let oneCannotFail = alternatives.contains { !$0.canFail }
    switch violation.rule {
    case .compensatableBeforePivot:
      let isLast = offenders.allSatisfy { offender in
        own.allSatisfy { $0 == offender || !$0.canFail || comes($0, before: offender) }
      }
      return isLast && (alternatives.isEmpty || oneCannotFail) ? .nothingFailsAfterIt : nil
    case .retriableAfterPivot:
      let isFirst = offenders.allSatisfy { offender in
        own.allSatisfy {
          $0 == offender || $0.guarantee == .compensatable || comes(offender, before: $0)
        }
      }
      return isFirst ? .allBeforeItIsUndone : nil
    case .lastAlternativeRetriable:
      if oneCannotFail { return .oneCannotFail }
      return own.allSatisfy { $0.guarantee == .compensatable } ? .allBeforeItIsUndone : nil
    case .pivotIsPivot, .alternativesNeedPivot, .atLeastTwoAlternatives,
      .eitherRetriableOrAlternatives:
      return .onlyForm
    case .precedenceWithinGroup:
      let (before, after) = (violation.activities[0], violation.activities[1])
      if ancestors.contains(before) { return .saidTwice }
      guard let first = group(of: before), let second = group(of: after) else { return nil }
      return first < second ? .saidTwice : nil
    default: return nil
    }
  }

  /// The number of the group in which an own activity stands.
  private func group(of path: StepPath) -> Int? {
    [compensatable, pivot.map { [$0] } ?? [], retriable].firstIndex { group in
      group.contains { $0.path == path }
    }
  }

  /// Whether one activity of a group waits for another, be it by way of others.
  private func comes(_ first: Activity, before second: Activity) -> Bool {
    guard group(of: first.path) == group(of: second.path) else { return false }
    var waiting = [first.path]
    var seen: [StepPath] = []
    while let path = waiting.popLast() {
      guard !seen.contains(path) else { continue }
      seen.append(path)
      waiting += precedence.filter { $0.before == path }.map(\.after)
    }
    return first != second && seen.contains(second.path)
  }
}

extension Activity {
  fileprivate var canFail: Bool { guarantee != .retriable }
}
