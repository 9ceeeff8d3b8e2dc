// Which activity of a process comes after which, whatever happens.

import PaymentModel

/// Answers whether one activity can begin only when another one has succeeded.
///
/// That is so when the other one stands in an earlier group of the same segment, before it in the partial order of
/// its group, or in a segment of which this one's is an alternative.
struct ProcessOrder {
  private struct Place {
    /// The segments from the root to the activity's own, by number.
    let segments: [Int]
    /// 0 compensatable, 1 pivot, 2 retriable.
    let group: Int
  }

  private var places: [Place] = []
  /// For each activity those of its group that stand before it, at any distance.
  private var before: [Set<Int>] = []
  private var segmentCount = 0
  private let numbers: [StepPath: Int]

  init(_ process: PaymentProcess) {
    var numbers: [StepPath: Int] = [:]
    for (number, activity) in process.activities.enumerated() { numbers[activity.path] = number }
    self.numbers = numbers
    add(process.root, above: [])
    before = Array(repeating: [], count: places.count)
    var direct = [[Int]](repeating: [], count: places.count)
    collect(process.root, into: &direct)
    for number in places.indices { before[number] = Self.reachable(from: number, direct) }
  }

  /// Whether the activity with number `after` has to wait for the one with number `before`.
  func isOrdered(_ before: Int, _ after: Int) -> Bool {
    guard let own = places[before].segments.last else { return false }
    let later = places[after].segments
    if later.last != own { return later.contains(own) && places[before].group < 2 }
    if places[before].group != places[after].group {
      return places[before].group < places[after].group
    }
    return self.before[after].contains(before)
  }

  private mutating func add(_ segment: Segment, above: [Int]) {
    let segments = above + [segmentCount]
    segmentCount += 1
    let groups = [
      segment.compensatable.count, segment.pivot == nil ? 0 : 1, segment.retriable.count,
    ]
    for (group, count) in groups.enumerated() {
      places += Array(repeating: Place(segments: segments, group: group), count: count)
    }
    for alternative in segment.alternatives { add(alternative, above: segments) }
  }

  private func collect(_ segment: Segment, into direct: inout [[Int]]) {
    for pair in segment.precedence {
      if let before = numbers[pair.before], let after = numbers[pair.after] {
        direct[after].append(before)
      }
    }
    for alternative in segment.alternatives { collect(alternative, into: &direct) }
  }

  private static func reachable(from number: Int, _ direct: [[Int]]) -> Set<Int> {
    var seen: Set<Int> = []
    var waiting = direct[number]
    while let next = waiting.popLast() {
      if seen.insert(next).inserted { waiting += direct[next] }
    }
    return seen
  }
}
