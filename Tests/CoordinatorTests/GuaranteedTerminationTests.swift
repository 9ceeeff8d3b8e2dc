// The rule of well-formed processes against two brute-force definitions, for all small processes.

import Coordinator
import PaymentModel
import Testing

/// A process by the guarantees of its places alone.
private indirect enum Shape: Hashable {
  typealias Guarantee = ActivityGuarantee
  case segment(c: [Guarantee], p: Guarantee?, r: [Guarantee], alternatives: [Shape])

  var size: Int {
    guard case .segment(let c, let p, let r, let alternatives) = self else { return 0 }
    return c.count + (p == nil ? 0 : 1) + r.count + alternatives.reduce(0) { $0 + $1.size }
  }

  /// All shapes with at most so many activities, with any guarantee in any place.
  static func all(atMost size: Int, labels: (c: [Guarantee], p: [Guarantee], r: [Guarantee]))
    -> [Shape]
  {
    var shapes: [Shape] = []
    for first in 0...size {
      for last in 0...(size - first) {
        for pivot in 0...min(1, size - first - last) {
          // A segment of nothing but alternatives would nest without end.
          let own = first + last + pivot
          let rest = own == 0 ? 0 : size - own
          for c in words(labels.c, first) {
            for r in words(labels.r, last) {
              for p in pivot == 0 ? [nil] : labels.p.map(Optional.some) {
                for alternatives in lists(atMost: rest, labels: labels) {
                  shapes.append(.segment(c: c, p: p, r: r, alternatives: alternatives))
                }
              }
            }
          }
        }
      }
    }
    return shapes
  }

  private static func lists(
    atMost size: Int, labels: (c: [Guarantee], p: [Guarantee], r: [Guarantee])
  ) -> [[Shape]] {
    guard size > 0 else { return [[]] }
    let nonEmpty = all(atMost: size, labels: labels).filter { $0.size > 0 }
    var lists: [[Shape]] = [[]]
    for one in nonEmpty {
      lists.append([one])
      for other in nonEmpty where one.size + other.size <= size { lists.append([one, other]) }
    }
    return lists
  }

  private static func words(_ letters: [Guarantee], _ length: Int) -> [[Guarantee]] {
    length == 0 ? [[]] : words(letters, length - 1).flatMap { w in letters.map { w + [$0] } }
  }

  /// WF ::= C* R* | C* p R* | C* p (alt1 ◁ … ◁ altm), to the letter.
  var isDerived: Bool {
    guard case .segment(let c, let p, let r, let alternatives) = self,
      c.allSatisfy({ $0 == .compensatable }), r.allSatisfy({ $0 == .retriable })
    else { return false }
    if let p, p != .pivot { return false }
    guard let last = alternatives.last else { return true }
    return p != nil && r.isEmpty && alternatives.count >= 2
      && alternatives.dropLast().allSatisfy(\.isDerived) && last.isAllRetriable && last.isDerived
  }

  var isAllRetriable: Bool {
    guard case .segment(let c, let p, let r, let alternatives) = self else { return false }
    return c.isEmpty && p == nil && r.allSatisfy { $0 == .retriable }
      && alternatives.allSatisfy(\.isAllRetriable)
  }

  /// Whether alternatives stand where the grammar has a place for them.
  var hasPlaces: Bool {
    guard case .segment(_, let p, let r, let alternatives) = self else { return false }
    guard !alternatives.isEmpty else { return true }
    return p != nil && r.isEmpty && alternatives.count >= 2 && alternatives.allSatisfy(\.hasPlaces)
  }

  /// Whether some execution can neither go on nor be undone. What is compensatable or pivot may fail
  /// once and for all; only what is compensatable can be undone.
  var canGetStuck: Bool { end(isLastResort: false) == .stuck }

  private enum End { case fine, mayFail, stuck }

  /// How this segment can end: done in any case, failed and undone, or stuck.
  private func end(isLastResort: Bool) -> End {
    guard case .segment(let c, let p, let r, let alternatives) = self else { return .stuck }
    var mayFail = false
    var isBound = false
    for activity in c + (p.map { [$0] } ?? []) {
      if activity != .retriable {
        if isBound || isLastResort { return .stuck }
        mayFail = true
      }
      if activity != .compensatable { isBound = true }
    }
    for activity in r where activity != .retriable {
      if isBound || isLastResort { return .stuck }
      mayFail = true
    }
    for (number, alternative) in alternatives.enumerated() {
      switch alternative.end(isLastResort: number == alternatives.count - 1) {
      case .fine, .mayFail: continue
      case .stuck: return .stuck
      }
    }
    return mayFail ? .mayFail : .fine
  }

  var process: PaymentProcess {
    get throws {
      var count = 0
      return PaymentProcess(
        process: try #require(ProcessID(Bytes(repeating: 1, count: 32))),
        template: try #require(Digest(Bytes(repeating: 2, count: 32))),
        root: try segment(&count))
    }
  }

  private func segment(_ count: inout Int) throws -> Segment {
    guard case .segment(let c, let p, let r, let alternatives) = self else { return Segment() }
    func activity(_ guarantee: Guarantee) throws -> Activity {
      count += 1
      return Activity(
        path: try #require(StepPath(rawValue: "a\(count)")), verb: .prepare,
        participant: .coordinator, guarantee: guarantee)
    }
    return Segment(
      compensatable: try c.map(activity), pivot: try p.map(activity),
      retriable: try r.map(activity), alternatives: try alternatives.map { try $0.segment(&count) })
  }
}

@Suite struct GuaranteedTerminationTests {
  /// Every guarantee in every place: exactly the words of the grammar are well formed.
  @Test func acceptsTheGrammarAndNothingElse() throws {
    let all = ActivityGuarantee.allCases
    let shapes = Shape.all(atMost: 3, labels: (all, all, all))
    #expect(shapes.count > 1000)
    var accepted = 0
    for shape in shapes {
      let isWellFormed = try shape.process.checkGuaranteedTermination().isEmpty
      if isWellFormed { accepted += 1 }
      if isWellFormed != shape.isDerived {
        Issue.record("\(shape) is well formed: \(isWellFormed)")
      }
    }
    #expect(accepted > 10)
  }

  /// What is well formed never gets stuck, and what is not can, when everything stands in its place.
  @Test func wellFormedMeansNeverStuck() throws {
    let labels = ([ActivityGuarantee.compensatable], [ActivityGuarantee.pivot])
    let shapes = Shape.all(atMost: 4, labels: (labels.0, labels.1, [.retriable]))
      .filter(\.hasPlaces)
    var stuck = 0
    for shape in shapes {
      let isWellFormed = try shape.process.checkGuaranteedTermination().isEmpty
      if isWellFormed == shape.canGetStuck { Issue.record("\(shape): \(isWellFormed)") }
      if !isWellFormed { stuck += 1 }
    }
    #expect(stuck > 10)
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
    PaymentProcess(
      process: try #require(ProcessID(Bytes(repeating: 1, count: 32))),
      template: try #require(Digest(Bytes(repeating: 2, count: 32))), root: segment
    ).checkGuaranteedTermination().map(\.rule)
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
