// A process by numbers: what the machine walks over.

import PaymentModel

/// The segments and the partial order of a process, with activities by number. Shared, because it never
/// changes.
final class ProcessGraph: Sendable {
  /// One segment.
  struct Node: Hashable, Sendable {
    var compensatable: Range<Int>
    var pivot: Int?
    var retriable: Range<Int>
    /// Numbers of nodes, in order of preference.
    var alternatives: [Int]
  }

  let activities: [Activity]
  /// The root is number 0.
  let nodes: [Node]
  /// For each activity those of its group that must have ended before.
  let predecessors: [[Int]]
  /// For each activity the number of what undoes it.
  let compensations: [Int?]
  /// The compensatable activities, none before another of its group that it waits for.
  let compensatable: [Int]
  /// The activities that the verdict depends on, where the process has exactly one of them.
  let prepare: Int?
  let decide: Int?
  let recordAbort: Int?

  init(_ root: Segment, activities: [Activity]) {
    self.activities = activities
    let numbers = PathIndex(activities.map(\.path))
    compensations = activities.map { $0.compensation.flatMap(numbers.number) }
    prepare = Self.only(.prepare, in: activities)
    decide = Self.only(.decide, in: activities)
    recordAbort = Self.only(.recordAbort, in: activities)
    var layout = Layout(activityCount: activities.count)
    _ = layout.add(root, numbers: numbers)
    let predecessors = layout.predecessors
    self.predecessors = predecessors
    nodes = layout.nodes
    compensatable = layout.nodes.flatMap { $0.compensatable.inTurn(after: predecessors) }
  }

  /// The path of segments, from the root, that leads to the activity.
  func nodes(to activity: Int) -> [Int] {
    nodes(to: activity, from: 0)
  }

  /// Whether nothing but retriable activities follows that pivot.
  func endsWith(_ pivot: Int) -> Bool {
    nodes(to: pivot).last.map { nodes[$0].alternatives.isEmpty } ?? false
  }

  private static func only(_ verb: Verb, in activities: [Activity]) -> Int? {
    let all = activities.indices.filter { activities[$0].verb == verb }
    return all.count == 1 ? all.first : nil
  }

  private func nodes(to activity: Int, from number: Int) -> [Int] {
    let node = nodes[number]
    if node.compensatable.contains(activity) || node.retriable.contains(activity)
      || node.pivot == activity
    {
      return [number]
    }
    for alternative in node.alternatives {
      let rest = nodes(to: activity, from: alternative)
      if !rest.isEmpty { return [number] + rest }
    }
    return []
  }
}

extension Range<Int> {
  /// The numbers, none before another one of them that it waits for. Those that wait for each other, which no
  /// well-formed process has, stand at the end.
  fileprivate func inTurn(after predecessors: [[Int]]) -> [Int] {
    var waitsFor = [Int](repeating: 0, count: count)
    var followers = [[Int]](repeating: [], count: count)
    for number in self {
      for before in predecessors[number] where contains(before) {
        waitsFor[number - lowerBound] += 1
        followers[before - lowerBound].append(number)
      }
    }
    var order = filter { waitsFor[$0 - lowerBound] == 0 }
    var next = 0
    while next < order.count {
      for follower in followers[order[next] - lowerBound] {
        waitsFor[follower - lowerBound] -= 1
        if waitsFor[follower - lowerBound] == 0 { order.append(follower) }
      }
      next += 1
    }
    return order + filter { waitsFor[$0 - lowerBound] > 0 }
  }
}

/// Gives numbers to activities and segments.
private struct Layout {
  private(set) var nodes: [ProcessGraph.Node] = []
  private(set) var predecessors: [[Int]]
  private var next = 0

  init(activityCount: Int) {
    predecessors = Array(repeating: [], count: activityCount)
  }

  mutating func add(_ segment: Segment, numbers: PathIndex) -> Int {
    let first = next
    let middle = first + segment.compensatable.count
    let afterPivot = middle + (segment.pivot == nil ? 0 : 1)
    next = afterPivot + segment.retriable.count
    let number = nodes.count
    nodes.append(
      ProcessGraph.Node(
        compensatable: first..<middle, pivot: segment.pivot == nil ? nil : middle,
        retriable: afterPivot..<next, alternatives: []))
    for pair in segment.precedence {
      if let before = numbers.number(of: pair.before), let after = numbers.number(of: pair.after) {
        predecessors[after].append(before)
      }
    }
    var alternatives: [Int] = []
    for alternative in segment.alternatives {
      alternatives.append(add(alternative, numbers: numbers))
    }
    nodes[number].alternatives = alternatives
    return number
  }
}

/// Finds the number of a path by halving a sorted list.
private struct PathIndex {
  private let sorted: [(path: StepPath, number: Int)]

  init(_ paths: [StepPath]) {
    sorted = paths.enumerated().map { (path: $0.element, number: $0.offset) }
      .sorted { $0.path < $1.path }
  }

  func number(of path: StepPath) -> Int? {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle].path < path { low = middle + 1 } else { high = middle }
    }
    return low < sorted.count && sorted[low].path == path ? sorted[low].number : nil
  }
}
