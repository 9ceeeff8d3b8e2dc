// A process as a Mermaid flowchart, for pages that draw one.

import PaymentModel

extension PaymentProcess {
  /// The process in Mermaid: solid arrows for the order, dotted ones for the next alternative.
  ///
  /// - Parameter state: what happened so far; without it only the definition is drawn.
  public func mermaid(showing state: ProcessState? = nil) -> String {
    let state = drawable(state)
    var lines = ["flowchart LR"]
    for (number, activity) in activities.enumerated() {
      let mark = state.map { $0.activities[number].mark + " " } ?? ""
      let label = "\(mark)\(activity.verb.title)<br/>\(activity.who)"
      let (open, close) = activity.guarantee == .pivot ? ("{{", "}}") : ("[", "]")
      let style = activity.guarantee.rawValue
      lines.append("  a\(number)\(open)\"\(label)\"\(close):::\(style)")
    }
    for arrow in ProcessArrows(self).arrows {
      lines.append("  a\(arrow.from) \(arrow.isAlternative ? "-.->" : "-->") a\(arrow.to)")
    }
    for style in DrawingStyle.guarantees {
      lines.append(
        "  classDef \(style.guarantee.rawValue) fill:\(style.fill),stroke:\(style.stroke)")
    }
    if let state {
      for (number, activity) in state.activities.enumerated()
      where activity == .skipped || activity == .waiting {
        lines.append("  style a\(number) opacity:0.35")
      }
      for (number, activity) in state.activities.enumerated() where activity == .refused {
        lines.append("  style a\(number) stroke:\(DrawingStyle.failure),stroke-width:3px")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension PaymentProcess {
  /// The state, if it is one of this process.
  func drawable(_ state: ProcessState?) -> ProcessState? {
    state.flatMap { $0.activities.count == activities.count ? $0 : nil }
  }
}

/// The colours of the drawings.
enum DrawingStyle {
  static let guarantees: [(guarantee: ActivityGuarantee, fill: String, stroke: String)] = [
    (.compensatable, "#e3eefb", "#3b6ea8"), (.pivot, "#fdebd3", "#b86e14"),
    (.retriable, "#e2f3e4", "#3d8b4a"),
  ]
  static let failure = "#c0392b"

  static func colours(of guarantee: ActivityGuarantee) -> (fill: String, stroke: String) {
    guarantees.first { $0.guarantee == guarantee }.map { ($0.fill, $0.stroke) }
      ?? ("#ffffff", "#000000")
  }
}

/// The arrows of a drawing, between activities by number: the precedence order without what follows
/// from the rest, and the ways into each alternative.
struct ProcessArrows {
  struct Arrow: Hashable {
    let from: Int
    let to: Int
    /// Whether it leads to an alternative that is only taken when the ones before it have failed.
    let isAlternative: Bool
  }

  private(set) var arrows: [Arrow] = []
  private let graph: ProcessGraph

  init(_ process: PaymentProcess) {
    graph = process.graph
    for node in graph.nodes { add(node) }
  }

  private mutating func add(_ node: ProcessGraph.Node) {
    for number in Array(node.compensatable) + Array(node.retriable) {
      for before in graph.predecessors[number] { connect(before, number) }
    }
    let beforeRest = node.pivot.map { [$0] } ?? last(of: node.compensatable)
    if let pivot = node.pivot {
      for number in last(of: node.compensatable) { connect(number, pivot) }
    }
    for number in first(of: node.retriable) {
      for before in beforeRest { connect(before, number) }
    }
    for (place, alternative) in node.alternatives.enumerated() {
      for entry in entries(of: graph.nodes[alternative]) {
        for before in beforeRest { connect(before, entry, isAlternative: place > 0) }
      }
    }
  }

  private mutating func connect(_ from: Int, _ to: Int, isAlternative: Bool = false) {
    arrows.append(Arrow(from: from, to: to, isAlternative: isAlternative))
  }

  private func entries(of node: ProcessGraph.Node) -> [Int] {
    if !node.compensatable.isEmpty { return first(of: node.compensatable) }
    if let pivot = node.pivot { return [pivot] }
    return first(of: node.retriable)
  }

  private func first(of group: Range<Int>) -> [Int] {
    group.filter { graph.predecessors[$0].isEmpty }
  }

  private func last(of group: Range<Int>) -> [Int] {
    group.filter { number in !group.contains { graph.predecessors[$0].contains(number) } }
  }
}
