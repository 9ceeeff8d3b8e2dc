// An order of processes that grows arc by arc, until an arc closes a cycle.

/// A topological order that is kept while arcs are added (Pearce and Kelly, "A dynamic topological sort
/// algorithm for directed acyclic graphs", 2006). An arc that fits the order costs nothing; another one
/// costs a search among the nodes between its ends.
struct SerialOrder {
  /// An arc between two nodes, with what it stands for.
  struct Arc {
    let from: Int
    let to: Int
    /// Where it starts and ends. A node that is no process has no point.
    let source: HistoryPoint?
    let target: HistoryPoint?
    /// The number of the resource.
    let resource: Int
  }

  private var arcs: [Arc] = []
  /// For each node the numbers of the arcs that leave and enter it.
  private var leaving: [[Int]] = []
  private var entering: [[Int]] = []
  /// For each node its place in the order, and for each place its node.
  private var places: [Int] = []
  private(set) var nodes: [Int] = []

  /// A new node, the last in the order.
  mutating func addNode() -> Int {
    let node = nodes.count
    leaving.append([])
    entering.append([])
    places.append(node)
    nodes.append(node)
    return node
  }

  /// Adds an arc. If it closes a cycle, the answer is that cycle, and nothing is added.
  mutating func add(_ arc: Arc) -> [Arc]? {
    if arc.from == arc.to { return nil }
    if places[arc.from] > places[arc.to] {
      var reached: [Int] = []
      if let path = path(from: arc.to, to: arc.from, reached: &reached) { return path + [arc] }
      reorder(before: ancestors(of: arc.from, after: places[arc.to]), after: reached)
    }
    leaving[arc.from].append(arcs.count)
    entering[arc.to].append(arcs.count)
    arcs.append(arc)
    return nil
  }

  /// The fewest arcs from one node to another, if there is a way. Without one, `reached` is all that can
  /// be reached before the other's place.
  private func path(from start: Int, to end: Int, reached: inout [Int]) -> [Arc]? {
    let limit = places[end]
    let base = places[start]
    // For each place the arc that led to it first.
    var arrival = Array(repeating: -1, count: limit - base + 1)
    reached = [start]
    var next = 0
    while next < reached.count {
      for number in leaving[reached[next]] {
        let node = arcs[number].to
        guard places[node] <= limit, node != start, arrival[places[node] - base] < 0 else {
          continue
        }
        arrival[places[node] - base] = number
        if node == end { return way(to: end, from: start, base: base, arrival) }
        reached.append(node)
      }
      next += 1
    }
    return nil
  }

  /// The arcs of a search, from its end back to its start.
  private func way(to end: Int, from start: Int, base: Int, _ arrival: [Int]) -> [Arc] {
    var way: [Arc] = []
    var node = end
    while node != start {
      let arc = arcs[arrival[places[node] - base]]
      way.append(arc)
      node = arc.from
    }
    return way.reversed()
  }

  /// The node and all from which it can be reached, down to a place.
  private func ancestors(of node: Int, after place: Int) -> [Int] {
    var isSeen = Array(repeating: false, count: places[node] - place + 1)
    isSeen[places[node] - place] = true
    var found = [node]
    var next = 0
    while next < found.count {
      for arc in entering[found[next]] {
        let before = arcs[arc].from
        guard places[before] > place, !isSeen[places[before] - place] else { continue }
        isSeen[places[before] - place] = true
        found.append(before)
      }
      next += 1
    }
    return found
  }

  /// Puts the first nodes before the second ones, on the places that they have together.
  private mutating func reorder(before: [Int], after: [Int]) {
    let inOrder =
      before.sorted { places[$0] < places[$1] } + after.sorted { places[$0] < places[$1] }
    let free = inOrder.map { places[$0] }.sorted()
    for (place, node) in zip(free, inOrder) {
      places[node] = place
      nodes[place] = node
    }
  }
}
