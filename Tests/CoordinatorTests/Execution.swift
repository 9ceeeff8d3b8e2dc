// Guaranteed termination by its meaning: every execution of a process, one after another.

import Coordinator
import PaymentModel

/// All executions of a process, in which whatever may fail does so once and whatever cannot fail succeeds.
///
/// Written for clarity and independent of the rule under test: it knows guarantees and places, and no grammar.
/// Activities of one group run in every order. When one fails, what this segment has done and can be undone is
/// undone; the segment has failed, and the one that it was an alternative of goes on with its next. An activity begins when
/// those before it by the partial order are done; when all that is left of a group waits, the process stands still.
struct Execution {
  /// What is done, and has not been undone, by the activities' numbers; and `standstill`, which nothing undoes.
  private typealias Done = UInt8
  private static let standstill = Done(1) << 7

  /// How a segment ended, and what was done then.
  private struct Ends {
    var complete: [Done] = []
    var failed: [Done] = []
  }

  /// A segment by its activities' numbers.
  private struct Node {
    var groups: [[Int]]
    var alternatives: [Node]
  }

  private let guarantees: [ActivityGuarantee]
  /// By number what must be done before.
  private let predecessors: [Done]
  private let root: Node

  init(_ process: PaymentProcess) {
    guarantees = process.activities.map(\.guarantee)
    var predecessors = [Done](repeating: 0, count: process.activities.count)
    for pair in process.root.allPrecedence {
      guard let before = process.number(of: pair.before), let after = process.number(of: pair.after)
      else { continue }
      predecessors[after] |= 1 << before
    }
    self.predecessors = predecessors
    var next = 0
    root = Self.node(process.root, &next)
  }

  /// Whether every execution ends with nothing done, or with exactly one complete path done.
  var alwaysEndsWell: Bool {
    let paths = Self.paths(root)
    let ends = ends(root, from: 0)
    return ends.complete.allSatisfy(paths.contains) && ends.failed.allSatisfy { $0 == 0 }
  }

  private static func node(_ segment: Segment, _ next: inout Int) -> Node {
    var groups: [[Int]] = []
    for count in [
      segment.compensatable.count, segment.pivot == nil ? 0 : 1, segment.retriable.count,
    ] {
      groups.append(Array(next..<(next + count)))
      next += count
    }
    return Node(groups: groups, alternatives: segment.alternatives.map { node($0, &next) })
  }

  /// What a complete path consists of: a segment's own activities, and one of its alternatives.
  private static func paths(_ node: Node) -> [Done] {
    let own = node.groups.joined().reduce(Done(0)) { $0 | 1 << $1 }
    if node.alternatives.isEmpty { return [own] }
    return node.alternatives.flatMap { paths($0).map { $0 | own } }
  }

  private func ends(_ node: Node, from start: Done) -> Ends {
    var ends = Ends()
    var reached = [start]
    for group in node.groups where !group.isEmpty {
      var after: [Done] = []
      for done in reached { run(group, done, &after, &ends.failed, start) }
      reached = after
    }
    guard !node.alternatives.isEmpty else {
      ends.complete = reached
      return ends
    }
    // What is done when the present alternative begins.
    var beginnings = reached
    for alternative in node.alternatives {
      var next: [Done] = []
      for beginning in beginnings {
        let ended = self.ends(alternative, from: beginning)
        for done in ended.complete { Self.insert(done, &ends.complete) }
        for done in ended.failed { Self.insert(done, &next) }
      }
      beginnings = next
    }
    // No alternative is left: what came before them is undone, as far as it can be.
    for done in beginnings { Self.insert(undone(done, downTo: start), &ends.failed) }
    return ends
  }

  /// The activities of a group in every order that is allowed, each of which may fail if it can.
  private func run(
    _ left: [Int], _ done: Done, _ after: inout [Done], _ failed: inout [Done], _ start: Done
  ) {
    if left.isEmpty { Self.insert(done, &after) }
    let ready = left.indices.filter { predecessors[left[$0]] & ~done == 0 }
    if ready.isEmpty, !left.isEmpty { Self.insert(done | Self.standstill, &failed) }
    for place in ready {
      let number = left[place]
      if guarantees[number] != .retriable {
        Self.insert(undone(done, downTo: start), &failed)
      }
      var others = left
      others.remove(at: place)
      run(others, done | 1 << number, &after, &failed, start)
    }
  }

  /// What is left when everything done since `start` that can be undone is undone.
  private func undone(_ done: Done, downTo start: Done) -> Done {
    var left = done
    for number in guarantees.indices where guarantees[number] == .compensatable {
      let bit = Done(1) << number
      if start & bit == 0 { left &= ~bit }
    }
    return left
  }

  private static func insert(_ done: Done, _ all: inout [Done]) {
    if !all.contains(done) { all.append(done) }
  }
}

extension Segment {
  /// The pairs of this segment and of all its alternatives.
  fileprivate var allPrecedence: [Precedence] {
    precedence + alternatives.flatMap(\.allPrecedence)
  }
}
