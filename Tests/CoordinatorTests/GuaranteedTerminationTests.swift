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
  /// there, too. The rule is the grammar to the letter. What it accepts always ends well. It is stricter than
  /// that: it wants everything in its place, also where another place would do no harm (see `isCanonical`).
  /// Among canonical processes it refuses nothing that ends well.
  @Test func agreesWithTheMeaningForAllSmallProcesses() {
    var count = Count()
    for size in 0...5 {
      for layout in Layout.all(size) {
        layout.eachProcess(misplacedAtMost: size < 5 || Self.isTier2 ? size : 1) { count.take($0) }
      }
    }
    #expect(count.all > 100_000 && count.accepted > 150)
    #expect(count.canonical > count.accepted && count.canonicalRefused > 500)
    print(
      "guaranteed termination: \(count.all) processes, \(count.accepted) well formed; "
        + "\(count.canonical) canonical, of which \(count.canonicalRefused) do not always end well; "
        + "\(count.stricter) end well and are refused for their form")
  }

  /// Segments of nothing but alternatives, and a last alternative of nothing: never without a violation that
  /// the meaning justifies, or that names the form.
  @Test func segmentsWithoutActivities() {
    var count = Count()
    for size in 0...3 {
      for layout in Layout.all(size, isOwnNeeded: false) {
        layout.eachProcess(misplacedAtMost: size) { count.take($0) }
      }
    }
    #expect(count.all > 5000 && count.accepted > 10)
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

/// What was enumerated, compared three ways.
private struct Count {
  var all = 0
  var accepted = 0
  var canonical = 0
  var canonicalRefused = 0
  /// Refused, although every execution ends well.
  var stricter = 0

  mutating func take(_ process: PaymentProcess) {
    let isAccepted = process.checkGuaranteedTermination().isEmpty
    let endsWell = Execution(process).alwaysEndsWell
    all += 1
    if isAccepted { accepted += 1 }
    if isAccepted != process.root.isDerived {
      Issue.record("not as the grammar says: \(process.text())")
    }
    if isAccepted, !endsWell { Issue.record("well formed, and can end badly: \(process.text())") }
    if process.root.isCanonical {
      canonical += 1
      if !isAccepted { canonicalRefused += 1 }
      if endsWell != isAccepted {
        Issue.record("ends well: \(endsWell), well formed: \(isAccepted): \(process.text())")
      }
    } else if endsWell, !isAccepted {
      stricter += 1
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
    guard let last = alternatives.last else { return true }
    return pivot != nil && retriable.isEmpty && alternatives.count >= 2
      && alternatives.allSatisfy(\.isDerived)
      && last.allActivities.allSatisfy { $0.guarantee == .retriable }
  }

  /// Whether its form leaves nothing for the rule to be stricter about than its executions are:
  ///
  /// - without a pivot, everything stands in the place of its guarantee and there are no alternatives: alone, a
  ///   pivot or the last compensatable activity could as well stand among the others;
  /// - in the pivot's place stands a pivot: alternatives after something that can be undone end well, too;
  /// - after it there are retriable activities, or two alternatives or more: one alternative is a sequence;
  /// - every alternative but the last can fail: what comes after one that cannot never happens.
  fileprivate var isCanonical: Bool {
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

/// The places of a process, without guarantees.
private struct Layout {
  var compensatable = 0
  var hasPivot = false
  var retriable = 0
  var alternatives: [Layout] = []

  /// All layouts of so many activities.
  ///
  /// - Parameter isOwnNeeded: otherwise a segment may consist of two alternatives or more and nothing else, and
  ///   the last of them may be empty.
  static func all(_ size: Int, isOwnNeeded: Bool = true) -> [Layout] {
    var layouts: [Layout] = []
    for own in 0...size where own > 0 || size == 0 || !isOwnNeeded {
      for alternatives in lists(size - own, isOwnNeeded) {
        if own == 0, !alternatives.isEmpty, alternatives.count < 2 { continue }
        for pivot in 0...min(own, 1) {
          for compensatable in 0...(own - pivot) {
            let layout = Layout(
              compensatable: compensatable, hasPivot: pivot == 1,
              retriable: own - pivot - compensatable, alternatives: alternatives)
            layouts.append(layout)
            if !isOwnNeeded, own > 0, !alternatives.isEmpty {
              var more = layout
              more.alternatives.append(Layout())
              layouts.append(more)
            }
          }
        }
      }
    }
    return layouts
  }

  /// All lists of layouts with an activity each and so many altogether.
  private static func lists(_ size: Int, _ isOwnNeeded: Bool) -> [[Layout]] {
    guard size > 0 else { return [[]] }
    return (1...size).flatMap { first in
      // A segment of nothing but alternatives has smaller ones.
      let firsts = all(first, isOwnNeeded: isOwnNeeded || first == size)
      let rests = lists(size - first, isOwnNeeded)
      return firsts.flatMap { one in rests.map { [one] + $0 } }
    }
  }

  /// The guarantee of each activity's place, by number.
  private var places: [ActivityGuarantee] {
    Array(repeating: .compensatable, count: compensatable) + (hasPivot ? [.pivot] : [])
      + Array(repeating: .retriable, count: retriable) + alternatives.flatMap(\.places)
  }

  /// Hands out the process under every assignment of guarantees that puts at most so many activities into
  /// a place of another one.
  func eachProcess(misplacedAtMost limit: Int, _ body: (PaymentProcess) -> Void) {
    let places = places
    func assign(_ number: Int, _ left: Int, _ guarantees: [ActivityGuarantee]) {
      if number == places.count {
        var next = 0
        return body(PaymentProcess.of(segment(guarantees, &next)))
      }
      for guarantee in ActivityGuarantee.allCases {
        let rest = guarantee == places[number] ? left : left - 1
        if rest >= 0 { assign(number + 1, rest, guarantees + [guarantee]) }
      }
    }
    assign(0, limit, [])
  }

  private func segment(_ guarantees: [ActivityGuarantee], _ next: inout Int) -> Segment {
    func take(_ count: Int) -> [Activity] {
      (0..<count).map { _ in
        defer { next += 1 }
        return Pool.activity(next, guarantees[next])
      }
    }
    let compensatable = take(compensatable)
    let pivot = take(hasPivot ? 1 : 0).first
    let retriable = take(retriable)
    var segments: [Segment] = []
    for alternative in alternatives { segments.append(alternative.segment(guarantees, &next)) }
    return Segment(
      compensatable: compensatable, pivot: pivot, retriable: retriable, alternatives: segments)
  }
}

/// Activities that are made once: nothing but their number and guarantee matters.
private enum Pool {
  static let digest: Digest = ModelEvidence.digest([])

  private static let activities: [[Activity]] = (0..<5).map { number in
    ActivityGuarantee.allCases.compactMap { guarantee in
      StepPath(rawValue: "a\(number)").map {
        Activity(path: $0, verb: .prepare, participant: .coordinator, guarantee: guarantee)
      }
    }
  }

  static func activity(_ number: Int, _ guarantee: ActivityGuarantee) -> Activity {
    activities[number][ActivityGuarantee.allCases.firstIndex(of: guarantee) ?? 0]
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

extension PaymentProcess {
  fileprivate static func of(_ root: Segment) -> PaymentProcess {
    PaymentProcess(process: Pool.digest.renamed(), template: Pool.digest, root: root)
  }
}
