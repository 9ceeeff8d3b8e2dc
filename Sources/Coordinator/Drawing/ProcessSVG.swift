// A process as a picture: Figure 1 of the paper for the order at hand.

import PaymentModel

extension PaymentProcess {
  /// The process as an SVG document of its own, without scripts, fonts or links.
  ///
  /// Time runs from left to right; alternatives lie below each other, the preferred one on top.
  ///
  /// - Parameter state: what happened so far; without it only the definition is drawn.
  public func svg(showing state: ProcessState? = nil) -> String {
    SVGDrawing(self, state: drawable(state)).document
  }
}

/// Where each activity stands: columns by order, rows by what runs in parallel.
private struct ProcessLayout {
  struct Place { var column: Int, row: Double }

  private(set) var places: [Place]
  private(set) var columnCount = 0
  private(set) var rowCount = 0.0
  private let graph: ProcessGraph

  init(_ graph: ProcessGraph) {
    self.graph = graph
    places = Array(repeating: Place(column: 0, row: 0), count: graph.activities.count)
    rowCount = lay(0, column: 0, row: 0)
    columnCount = (places.map(\.column).max() ?? 0) + 1
  }

  /// Lays a segment with its alternatives and returns how many rows it takes.
  private mutating func lay(_ number: Int, column: Int, row: Double) -> Double {
    let node = graph.nodes[number]
    var next = column
    let layers =
      layers(of: node.compensatable) + (node.pivot.map { [[$0]] } ?? [])
      + layers(of: node.retriable)
    for layer in layers {
      for (place, activity) in layer.enumerated() {
        places[activity] = Place(column: next, row: row + Double(place))
      }
      next += 1
    }
    var own = Double(layers.map(\.count).max() ?? 0)
    var height = 0.0
    for alternative in node.alternatives {
      if height > 0 { height += 0.5 }
      height += lay(alternative, column: next, row: row + height)
    }
    own = max(own, height)
    // What is alone in its column stands beside the middle of the preferred way.
    let main = node.alternatives.first.map { rows(of: $0) } ?? 0
    let middle = max(Double(layers.map(\.count).max() ?? 0), main)
    for layer in layers {
      let shift = (middle - Double(layer.count)) / 2
      for activity in layer { places[activity].row += shift }
    }
    return max(own, middle)
  }

  private func rows(of number: Int) -> Double {
    let node = graph.nodes[number]
    let layers = layers(of: node.compensatable) + layers(of: node.retriable)
    return Double(max(1, layers.map(\.count).max() ?? 1))
  }

  /// A group in columns: each activity stands right of all that it waits for.
  private func layers(of group: Range<Int>) -> [[Int]] {
    var layers: [[Int]] = []
    var left = Array(group)
    while !left.isEmpty {
      let free = left.filter { number in
        graph.predecessors[number].allSatisfy { !left.contains($0) }
      }
      guard !free.isEmpty else { return layers + [left] }
      layers.append(free)
      left.removeAll { free.contains($0) }
    }
    return layers
  }
}

private struct SVGDrawing {
  private static let boxWidth = 204.0
  private static let boxHeight = 62.0
  private static let columnWidth = 256.0
  private static let gap = columnWidth - boxWidth
  private static let rowHeight = 82.0
  private static let margin = 24.0
  private static let legendHeight = 44.0

  private let process: PaymentProcess
  private let state: ProcessState?
  private let layout: ProcessLayout

  init(_ process: PaymentProcess, state: ProcessState?) {
    self.process = process
    self.state = state
    layout = ProcessLayout(process.graph)
  }

  var document: String {
    let width = Double(layout.columnCount) * Self.columnWidth - Self.gap + 2 * Self.margin
    let height = layout.rowCount * Self.rowHeight + 2 * Self.margin + Self.legendHeight
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(width)) \(n(height))" \
      width="\(n(width))" height="\(n(height))" font-family="Helvetica, Arial, sans-serif">
      """,
      "<title>Payment process \(process.process.hex.prefix(16))</title>",
      """
      <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" \
      orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#667"/></marker></defs>
      """,
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
    ]
    lines += ProcessArrows(process).arrows.map(arrow)
    lines += process.activities.indices.map(box)
    lines.append(legend(y: height - Self.legendHeight))
    lines.append("</svg>")
    return lines.joined(separator: "\n") + "\n"
  }

  private func corner(_ number: Int) -> (x: Double, y: Double) {
    let place = layout.places[number]
    return (
      Self.margin + Double(place.column) * Self.columnWidth,
      Self.margin + place.row * Self.rowHeight
    )
  }

  private func arrow(_ arrow: ProcessArrows.Arrow) -> String {
    let from = corner(arrow.from)
    let to = corner(arrow.to)
    let y1 = from.y + Self.boxHeight / 2
    let y2 = to.y + Self.boxHeight / 2
    let x1 = from.x + Self.boxWidth
    let x2 = to.x - 2
    let bend = min(48, (x2 - x1) / 2)
    let path =
      "M\(n(x1)) \(n(y1)) C\(n(x1 + bend)) \(n(y1)) \(n(x2 - bend)) \(n(y2)) \(n(x2)) \(n(y2))"
    let dash = arrow.isAlternative ? " stroke-dasharray=\"5 4\"" : ""
    let opacity = isFaint(arrow.to) ? 0.3 : 1
    return """
      <path d="\(path)" fill="none" stroke="#667" stroke-width="1.3" opacity="\(n(opacity))"\
      \(dash) marker-end="url(#tip)"/>
      """
  }

  private func box(_ number: Int) -> String {
    let activity = process.activities[number]
    let (x, y) = corner(number)
    let colours = DrawingStyle.colours(of: activity.guarantee)
    let isRefused = state?.activities[number] == .refused
    let stroke = isRefused ? DrawingStyle.failure : colours.stroke
    let isPivot = activity.guarantee == .pivot
    var parts = [
      "<g opacity=\"\(n(isFaint(number) ? 0.4 : 1))\">",
      "<title>\(activity.path.rawValue.escapedForSVG)</title>",
      rect(x, y, inset: 0, radius: isPivot ? 2 : 9, fill: colours.fill, stroke: stroke),
    ]
    if isPivot {
      parts.append(rect(x, y, inset: 4, radius: 1, fill: "none", stroke: stroke))
    }
    let centre = x + Self.boxWidth / 2
    parts.append(line(activity.verb.title, centre, y + 20, size: 12, weight: "bold"))
    parts.append(line(activity.who.shortened(to: 26), centre, y + 36, size: 11))
    let detail = activity.subject ?? activity.guarantee.rawValue
    parts.append(line(detail, centre, y + 51, size: 10, colour: "#556"))
    if let state { parts.append(badge(state.activities[number], x, y)) }
    parts.append("</g>")
    return parts.joined()
  }

  private func badge(_ state: ActivityState, _ x: Double, _ y: Double) -> String {
    let colour =
      switch state {
      case .done: "#3d8b4a"
      case .refused: DrawingStyle.failure
      case .asked, .unreached: "#b86e14"
      case .waiting, .skipped: "#99a"
      }
    let centre = x + Self.boxWidth - 4
    return """
      <circle cx="\(n(centre))" cy="\(n(y + 4))" r="9" fill="\(colour)" stroke="#ffffff"/>\
      \(line(state.mark, centre, y + 8, size: 11, weight: "bold", colour: "#ffffff"))
      """
  }

  private func legend(y: Double) -> String {
    var parts: [String] = []
    var x = Self.margin
    for style in DrawingStyle.guarantees {
      parts.append(
        """
        <rect x="\(n(x))" y="\(n(y))" width="16" height="16" rx="3" fill="\(style.fill)" \
        stroke="\(style.stroke)"/>
        """)
      parts.append(
        line(style.guarantee.rawValue, x + 22, y + 12, size: 11, anchor: "start"))
      x += 132
    }
    parts.append(
      """
      <path d="M\(n(x)) \(n(y + 8)) h34" stroke="#667" stroke-width="1.3" \
      stroke-dasharray="5 4"/>
      """)
    parts.append(line("when the way above fails", x + 42, y + 12, size: 11, anchor: "start"))
    return parts.joined()
  }

  private func rect(
    _ x: Double, _ y: Double, inset: Double, radius: Double, fill: String, stroke: String
  ) -> String {
    """
    <rect x="\(n(x + inset))" y="\(n(y + inset))" width="\(n(Self.boxWidth - 2 * inset))" \
    height="\(n(Self.boxHeight - 2 * inset))" rx="\(n(radius))" fill="\(fill)" \
    stroke="\(stroke)" stroke-width="1.4"/>
    """
  }

  private func line(
    _ text: String, _ x: Double, _ y: Double, size: Int, weight: String = "normal",
    colour: String = "#223", anchor: String = "middle"
  ) -> String {
    """
    <text x="\(n(x))" y="\(n(y))" font-size="\(size)" font-weight="\(weight)" \
    text-anchor="\(anchor)" fill="\(colour)">\(text.escapedForSVG)</text>
    """
  }

  private func isFaint(_ number: Int) -> Bool {
    guard let state else { return false }
    return state.activities[number] == .skipped || state.activities[number] == .waiting
  }

  private func n(_ value: Double) -> String { value.coordinate }
}
