// A time line for a terminal: one line for each activity and each milestone, with a bar.

import PaymentModel

extension ProcessTimeline {
  /// The time line as text of fixed width: milliseconds since the process began, how long it took, who did
  /// what, a bar from asking to the final answer, and what came of it.
  ///
  /// - Parameter barWidth: the columns of the longest bar.
  public func text(barWidth: Int = 40) -> String {
    TimelineText(self, barWidth: max(8, barWidth)).lines.joined(separator: "\n") + "\n"
  }
}

private struct TimelineText {
  private let timeline: ProcessTimeline
  private let barWidth: Int
  private let timeWidth: Int
  private let titleWidth: Int
  private let whoWidth: Int

  init(_ timeline: ProcessTimeline, barWidth: Int) {
    self.timeline = timeline
    self.barWidth = barWidth
    let numbers = [timeline.lengthMilliseconds.grouped.count, 5]
    timeWidth = numbers.max() ?? 5
    titleWidth = timeline.spans.map { Self.title($0.activity).count }.max() ?? 0
    whoWidth = timeline.spans.map(\.activity.who.count).max() ?? 0
  }

  var lines: [String] {
    var lines = [head]
    var moments = timeline.moments[...]
    for span in timeline.spans {
      // What is asked for at the time of a milestone follows from it.
      while let moment = moments.first, moment.at <= span.askedAt {
        lines.append(line(moment))
        moments.removeFirst()
      }
      lines.append(line(span))
    }
    return lines + moments.map(line)
  }

  private var head: String {
    let scale = "0" + timeline.lengthMilliseconds.grouped.padded(toRight: barWidth - 1)
    return row("at ms", "took", " ", "activity", "who", scale, nil)
  }

  private func line(_ moment: ProcessTimeline.Moment) -> String {
    var bar = Array(repeating: Character("·"), count: barWidth)
    bar[column(moment.at)] = "│"
    return row(
      moment.at.milliseconds(since: timeline.begin).grouped, "", "◆", moment.milestone.words, "",
      String(bar), nil)
  }

  private func line(_ span: ProcessTimeline.Span) -> String {
    let end = span.endedAt ?? timeline.end
    var bar = Array(repeating: Character(" "), count: barWidth)
    let last = max(column(span.askedAt), column(end))
    for place in column(span.askedAt)...last { bar[place] = span.ending.isAnswer ? "━" : "╌" }
    let attempts = span.attempts.flatMap { $0 > 1 ? "asked \($0) times" : nil }
    let words = [span.ending.words, attempts, span.callWords(since: timeline.begin)]
      .compactMap { $0 }.joined(separator: ", ")
    return row(
      span.askedAt.milliseconds(since: timeline.begin).grouped,
      span.endedAt.map { $0.milliseconds(since: span.askedAt).grouped } ?? "",
      span.ending.mark, Self.title(span.activity), span.activity.who, String(bar),
      words.isEmpty ? nil : words)
  }

  private func column(_ time: Timestamp) -> Int {
    Int((timeline.fraction(time) * Double(barWidth - 1)).rounded())
  }

  private func row(
    _ at: String, _ took: String, _ mark: String, _ title: String, _ who: String, _ bar: String,
    _ words: String?
  ) -> String {
    let cells = [
      at.padded(toRight: timeWidth), took.padded(toRight: timeWidth), mark,
      title.padded(to: titleWidth), who.padded(to: whoWidth), bar, words ?? "",
    ]
    var text = cells.joined(separator: "  ")
    while text.last == " " { text.removeLast() }
    return text
  }

  private static func title(_ activity: Activity) -> String {
    activity.verb.title + (activity.subject.map { ", \($0)" } ?? "")
  }
}

extension ProcessTimeline.Span {
  /// When somebody was called to look after it.
  func callWords(since begin: Timestamp) -> String? {
    calledAt.map { "operator called at \($0.milliseconds(since: begin).grouped)" }
  }
}

extension Int64 {
  /// In groups of three digits: `12,345`.
  var grouped: String {
    var groups: [String] = []
    var rest = magnitude
    while rest >= 1000 {
      groups.insert(String(String(1000 + rest % 1000).dropFirst()), at: 0)
      rest /= 1000
    }
    return (self < 0 ? "-" : "") + ([String(rest)] + groups).joined(separator: ",")
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func padded(toRight width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
