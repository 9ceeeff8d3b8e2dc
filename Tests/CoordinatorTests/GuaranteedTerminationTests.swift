// The rule of well-formed processes against the grammar and against the meaning of guaranteed termination, for
// all small processes.

import Conformance
import Coordinator
import Foundation
import PaymentModel
import Testing

@Suite struct GuaranteedTerminationTests {
  private static let isTier2 = ProcessInfo.processInfo.environment["FOIL_TIER"] == "2"

  /// All processes of up to 5 activities, in which every segment has an activity of its own.
  ///
  /// Up to 4 activities have every guarantee in every place. Of 5, at most one stands in a place of another
  /// guarantee: all shapes, and every way to get one of them wrong; tier 2 has every guarantee in every place
  /// there, too. The rule is the grammar to the letter. What it accepts always ends well. Where it is stricter than
  /// that, each of its violations has an excuse; and nothing that can end badly has one for all of them.
  @Test func agreesWithTheMeaningForAllSmallProcesses() {
    var count = Count()
    for size in 0...5 {
      for layout in ProcessLayout.all(size) {
        layout.eachProcess(misplacedAtMost: size < 5 || Self.isTier2 ? size : 1) { count.take($0) }
      }
    }
    #expect(count.all > 100_000 && count.accepted > 150)
    #expect(count.canonical > count.accepted && count.canonicalRefused > 500)
    #expect(count.stricter > 0 && count.excused.values.allSatisfy { $0 > 0 })
    #expect(
      Set(count.excused.keys.map(\.excuse)) == Set(Excuse.allCases).subtracting([.saidTwice]))
    print("guaranteed termination: \(count)")
  }

  /// Segments of nothing but alternatives, and a last alternative of nothing: never without a violation that
  /// the meaning justifies, or that names the form.
  @Test func segmentsWithoutActivities() {
    var count = Count()
    for size in 0...3 {
      for layout in ProcessLayout.all(size, isOwnNeeded: false) {
        layout.eachProcess(misplacedAtMost: size) { count.take($0) }
      }
    }
    #expect(count.all > 5000 && count.accepted > 10)
  }

  /// All processes of up to 3 activities with a partial order, or what is none: every set of up to 1 pair of different
  /// activities, and of up to 2 where at most one activity stands in a place of another guarantee. Tier 2 has
  /// every set, and 4 activities with up to 2 pairs.
  @Test func agreesWithTheMeaningUnderEveryOrder() {
    var count = Count()
    for size in 0...(Self.isTier2 ? 4 : 3) {
      let all = size < 4 ? size * (size - 1) : 2
      for layout in ProcessLayout.all(size) {
        if size < 4 {
          layout.eachProcess(misplacedAtMost: size) { process in
            process.eachOrder(ofPairsAtMost: Self.isTier2 ? all : 1) { count.take($0) }
          }
        }
        layout.eachProcess(misplacedAtMost: 1) { process in
          process.eachOrder(ofPairsAtMost: Self.isTier2 ? all : min(all, 2)) { count.take($0) }
        }
      }
    }
    #expect(count.all > (Self.isTier2 ? 50_000 : 10_000) && count.accepted > 30)
    #expect(Set(count.excused.keys.map(\.excuse)) == Set(Excuse.allCases))
    print("guaranteed termination with an order: \(count)")
  }

  /// A flaw deep within alternatives of alternatives is found, and names who does it.
  @Test func namesOffendersAtAnyDepth() throws {
    let flaws: [(TerminationRule, [String], (inout Tree) throws -> Void)] = [
      (.compensatableBeforePivot, ["x"], { $0.compensatable = [try own("x", .retriable)] }),
      (.pivotIsPivot, ["p"], { $0.pivot = try own("p", .compensatable) }),
      (
        .retriableAfterPivot, ["x"],
        {
          $0.alternatives = []; $0.retriable = [try own("x", .pivot)]
        }
      ),
      (.alternativesNeedPivot, ["b", "z"], { $0.pivot = nil }),
      (.atLeastTwoAlternatives, ["p", "z"], { $0.alternatives.removeFirst() }),
      (
        .eitherRetriableOrAlternatives, ["x"],
        { $0.retriable = [try own("x", .retriable)] }
      ),
      (
        .lastAlternativeRetriable, ["x"],
        { $0.alternatives.append(Tree(compensatable: [try own("x", .compensatable)])) }
      ),
    ]
    for depth in 0...3 {
      for (rule, paths, change) in flaws {
        var tree = Tree(
          pivot: try own("p", .pivot),
          alternatives: [
            Tree(compensatable: [try own("b", .compensatable)]),
            Tree(retriable: [try own("z", .retriable)]),
          ])
        #expect(try violations(of: tree.nested(depth)).isEmpty)
        try change(&tree)
        let found = try violations(of: tree.nested(depth))
        #expect(found.map(\.rule) == [rule], "\(rule) at depth \(depth)")
        #expect(found.first?.activities.map(\.rawValue) == paths, "\(rule) at depth \(depth)")
      }
    }
  }

  private func violations(of tree: Tree) throws -> [Violation] {
    PaymentProcess.of(tree.segment).checkGuaranteedTermination()
  }

  private func activity(
    _ path: String, _ guarantee: ActivityGuarantee, undoneBy: String? = nil
  ) throws -> Activity {
    Activity(
      path: try #require(StepPath(rawValue: path)), verb: .reserve,
      participant: .bank(try #require(PartyName("bank.example"))), guarantee: guarantee,
      compensation: try undoneBy.map { try #require(StepPath(rawValue: $0)) })
  }

  private func rules(of segment: Segment) throws -> [TerminationRule] {
    PaymentProcess.of(segment).checkGuaranteedTermination().map(\.rule)
  }

  @Test func whatABankDoesNeedsACompensationThatCannotFail() throws {
    let lone = Segment(compensatable: [try activity("reserve", .compensatable)])
    #expect(try rules(of: lone) == [.compensationNamed])
    let dangling = Segment(
      compensatable: [try activity("reserve", .compensatable, undoneBy: "void")])
    #expect(try rules(of: dangling) == [.compensationExists])
    let weak = Segment(
      compensatable: [
        try activity("reserve", .compensatable, undoneBy: "void")
      ], pivot: try activity("void", .pivot))
    #expect(try rules(of: weak) == [.compensationRetriable])
    let odd = Segment(retriable: [try activity("post", .retriable, undoneBy: "post")])
    #expect(try rules(of: odd) == [.compensationOfCompensatable])
  }

  @Test func orderMustBePartialAndWithinOneGroup() throws {
    let a = try activity("a", .retriable)
    let b = try activity("b", .retriable)
    let c = try activity("c", .retriable)
    let cycle = Segment(
      retriable: [a, b, c],
      precedence: [
        Precedence(before: a.path, after: b.path), Precedence(before: b.path, after: a.path),
        Precedence(before: b.path, after: c.path),
      ])
    #expect(try rules(of: cycle) == [.precedenceAcyclic])
    let strange = Segment(
      pivot: try activity("p", .pivot), retriable: [a],
      precedence: [
        Precedence(before: try #require(StepPath(rawValue: "p")), after: a.path)
      ])
    #expect(try rules(of: strange) == [.precedenceWithinGroup])
    #expect(try rules(of: Segment(retriable: [a, a])).contains(.uniquePaths))
  }
}

// MARK: - All small processes

/// What was enumerated, compared in all ways.
private struct Count: CustomStringConvertible {
  /// A rule that was violated without harm.
  struct Excused: Hashable {
    let rule: TerminationRule
    let excuse: Excuse
  }

  var all = 0
  var accepted = 0
  var canonical = 0
  var canonicalRefused = 0
  /// Refused, although every execution ends well.
  var stricter = 0
  /// How many of these violate which rule, and why it does no harm.
  var excused: [Excused: Int] = [:]

  var description: String {
    let lines = excused.map {
      "\n  \($0.key.rule.rawValue), \($0.key.excuse.rawValue): \($0.value)"
    }
    return "\(all) processes, \(accepted) well formed; \(canonical) canonical, of which "
      + "\(canonicalRefused) do not always end well; \(stricter) end well and are refused for their form:"
      + lines.sorted().joined()
  }

  mutating func take(_ process: PaymentProcess) {
    let isAccepted = process.checkGuaranteedTermination().isEmpty
    let endsWell = Execution(process).alwaysEndsWell
    all += 1
    if isAccepted { accepted += 1 }
    if isAccepted != process.root.isDerived {
      Issue.record("not as the grammar says: \(process.text())")
    }
    if isAccepted, !endsWell { Issue.record("well formed, and can end badly: \(process.text())") }
    let excuses = Excuses(process)
    if endsWell != excuses.excuseAll {
      Issue.record("ends well: \(endsWell), and yet: \(excuses.found) \(process.text())")
    }
    if endsWell, !isAccepted {
      stricter += 1
      for case (let rule, let excuse?) in excuses.found {
        excused[Excused(rule: rule, excuse: excuse), default: 0] += 1
      }
    }
    guard process.root.isCanonical else { return }
    canonical += 1
    if !isAccepted { canonicalRefused += 1 }
    if endsWell != isAccepted {
      Issue.record("ends well: \(endsWell), well formed: \(isAccepted): \(process.text())")
    }
  }
}

extension Segment {
  /// WF ::= C* R* | C* p R* | C* p (alt1 ◁ … ◁ altm), to the letter.
  fileprivate var isDerived: Bool {
    guard compensatable.allSatisfy({ $0.guarantee == .compensatable }),
      retriable.allSatisfy({ $0.guarantee == .retriable }),
      pivot.map({ $0.guarantee == .pivot }) ?? true
    else { return false }
    guard isPartialOrder else { return false }
    guard let last = alternatives.last else { return true }
    return pivot != nil && retriable.isEmpty && alternatives.count >= 2
      && alternatives.allSatisfy(\.isDerived)
      && last.allActivities.allSatisfy { $0.guarantee == .retriable }
  }

  /// Whether the pairs are between activities of one group, and can be followed: whatever stands at the end of a chain of
  /// pairs that is as long as there are activities waits for itself.
  private var isPartialOrder: Bool {
    let groups = [compensatable.map(\.path), retriable.map(\.path)]
    guard
      precedence.allSatisfy({ pair in
        groups.contains { $0.contains(pair.before) && $0.contains(pair.after) }
      })
    else { return false }
    var ends = groups.joined().map { $0 }
    for _ in 0...ends.count {
      ends = ends.flatMap { end in precedence.filter { $0.before == end }.map(\.after) }
    }
    return ends.isEmpty
  }

  /// Whether its form leaves nothing for the rule to be stricter about than its executions are:
  ///
  /// - without a pivot, everything stands in the place of its guarantee and there are no alternatives: alone, a
  ///   pivot or the last compensatable activity could as well stand among the others;
  /// - in the pivot's place stands a pivot: alternatives after something that can be undone end well, too;
  /// - after it there are retriable activities, or two alternatives or more: one alternative is a sequence;
  /// - every alternative but the last can fail: what comes after one that cannot never happens;
  /// - nothing is said about the order, which may put what is in another's place where it does no harm.
  fileprivate var isCanonical: Bool {
    guard precedence.isEmpty else { return false }
    guard let pivot else {
      return alternatives.isEmpty
        && compensatable.allSatisfy { $0.guarantee == .compensatable }
        && retriable.allSatisfy { $0.guarantee == .retriable }
    }
    return pivot.guarantee == .pivot && alternatives.count != 1
      && (retriable.isEmpty || alternatives.isEmpty)
      && alternatives.allSatisfy(\.isCanonical)
      && alternatives.dropLast().allSatisfy { $0.pivot != nil || !$0.compensatable.isEmpty }
  }
}

// MARK: - Processes by hand

private func own(_ path: String, _ guarantee: ActivityGuarantee) throws -> Activity {
  Activity(
    path: try #require(StepPath(rawValue: path)), verb: .prepare, participant: .coordinator,
    guarantee: guarantee)
}

/// A segment that can be changed.
private struct Tree {
  var compensatable: [Activity] = []
  var pivot: Activity?
  var retriable: [Activity] = []
  var alternatives: [Tree] = []

  var segment: Segment {
    Segment(
      compensatable: compensatable, pivot: pivot, retriable: retriable,
      alternatives: alternatives.map(\.segment))
  }

  /// This one as the first alternative of the first alternative …
  func nested(_ depth: Int) throws -> Tree {
    guard depth > 0 else { return self }
    return Tree(
      pivot: try own("p\(depth)", .pivot),
      alternatives: [
        try nested(depth - 1), Tree(retriable: [try own("r\(depth)", .retriable)]),
      ])
  }
}
