// A process for a terminal: one line for each activity, with what happened.

import PaymentModel

extension PaymentProcess {
  /// Draws the process as indented text, ASCII but for the marks.
  ///
  /// - Parameter state: what happened so far; without it only the definition is drawn.
  public func text(showing state: ProcessState? = nil) -> String {
    var drawing = TextDrawing(state: drawable(state))
    drawing.add(root, depth: 0)
    return drawing.lines.joined(separator: "\n") + "\n"
  }
}

extension ActivityState {
  /// A mark of one character.
  public var mark: String {
    switch self {
    case .waiting: "·"
    case .asked: "…"
    case .done: "✓"
    case .refused: "✗"
    case .unreached: "?"
    case .skipped: "–"
    }
  }
}

extension Activity {
  /// Who carries it out, for people.
  var who: String {
    participant.name?.text ?? participant.role
  }

  /// The offer that it is about, shortened for people.
  var subject: String? {
    offer.map { "offer \($0.hex.prefix(8))" }
  }
}

extension ResourceUse {
  /// What it takes, for people. The owner's name for a stock is left out: it is text from outside.
  fileprivate var words: String {
    switch mode {
    case .exclusive: ", the only one"
    case .counted(let quantity): ", \(quantity) of a stock"
    }
  }
}

private struct TextDrawing {
  let state: ProcessState?
  var lines: [String] = []
  private var number = 0

  init(state: ProcessState?) {
    self.state = state
  }

  mutating func add(_ segment: Segment, depth: Int) {
    for activity in segment.compensatable { add(activity, depth: depth) }
    if let pivot = segment.pivot { add(pivot, depth: depth) }
    for activity in segment.retriable { add(activity, depth: depth) }
    for (place, alternative) in segment.alternatives.enumerated() {
      let margin = String(repeating: "  ", count: depth)
      lines.append("\(margin)\(place == 0 ? "then" : "or, when that fails,")")
      add(alternative, depth: depth + 1)
    }
  }

  private mutating func add(_ activity: Activity, depth: Int) {
    let mark = state.map { $0.activities[number].mark }
    number += 1
    var line = String(repeating: "  ", count: depth) + (mark.map { "\($0) " } ?? "")
    line += padded(activity.verb.title, to: 32 - 2 * depth)
    line += padded(activity.guarantee.rawValue, to: 15)
    line += activity.who
    if let subject = activity.subject { line += ", \(subject)" }
    for use in activity.resources { line += use.words }
    if let compensation = activity.compensation {
      let name = compensation.rawValue.prefix { $0 != "/" }
      line += "  (undone by \(name))"
    }
    lines.append(line)
  }

  private func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
