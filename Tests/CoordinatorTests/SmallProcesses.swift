// All small processes: every layout of so many activities, every guarantee in every place, every order.

import Conformance
import Coordinator
import PaymentModel

/// The places of a process, without guarantees.
struct ProcessLayout {
  var compensatable = 0
  var hasPivot = false
  var retriable = 0
  var alternatives: [ProcessLayout] = []

  /// All layouts of so many activities.
  ///
  /// - Parameter isOwnNeeded: otherwise a segment may consist of two alternatives or more and nothing else, and
  ///   the last of them may be empty.
  static func all(_ size: Int, isOwnNeeded: Bool = true) -> [ProcessLayout] {
    var layouts: [ProcessLayout] = []
    for own in 0...size where own > 0 || size == 0 || !isOwnNeeded {
      for alternatives in lists(size - own, isOwnNeeded) {
        if own == 0, !alternatives.isEmpty, alternatives.count < 2 { continue }
        for pivot in 0...min(own, 1) {
          for compensatable in 0...(own - pivot) {
            let layout = ProcessLayout(
              compensatable: compensatable, hasPivot: pivot == 1,
              retriable: own - pivot - compensatable, alternatives: alternatives)
            layouts.append(layout)
            if !isOwnNeeded, own > 0, !alternatives.isEmpty {
              var more = layout
              more.alternatives.append(ProcessLayout())
              layouts.append(more)
            }
          }
        }
      }
    }
    return layouts
  }

  /// All lists of layouts with an activity each and so many altogether.
  private static func lists(_ size: Int, _ isOwnNeeded: Bool) -> [[ProcessLayout]] {
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
        return ActivityPool.activity(next, guarantees[next])
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
private enum ActivityPool {
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

extension PaymentProcess {
  static func of(_ root: Segment) -> PaymentProcess {
    PaymentProcess(
      process: ActivityPool.digest.renamed(), template: ActivityPool.digest, root: root)
  }

  /// Hands out the process under every set of so many pairs of different activities. A pair stands in the segment of
  /// its second activity.
  func eachOrder(ofPairsAtMost limit: Int, _ body: (PaymentProcess) -> Void) {
    let paths = activities.map(\.path)
    let all = paths.flatMap { before in
      paths.filter { $0 != before }.map { Precedence(before: before, after: $0) }
    }
    func choose(from first: Int, _ pairs: [Precedence]) {
      body(.of(root.ordered(by: pairs)))
      guard pairs.count < limit else { return }
      for next in all.indices.dropFirst(first) { choose(from: next + 1, pairs + [all[next]]) }
    }
    choose(from: 0, [])
  }
}

extension Segment {
  fileprivate func ordered(by pairs: [Precedence]) -> Segment {
    let own = ownActivities.map(\.path)
    return Segment(
      compensatable: compensatable, pivot: pivot, retriable: retriable,
      alternatives: alternatives.map { $0.ordered(by: pairs) },
      precedence: pairs.filter { own.contains($0.after) })
  }
}
