// A time line as a picture: a lane for each participant, a bar for each activity, a line for each
// milestone.

import PaymentModel

extension ProcessTimeline {
  /// The time line as an SVG document of its own, without scripts, fonts or links.
  ///
  /// A bar reaches from the first asking to the final answer. Its colour is the activity's guarantee, its
  /// border is red when it was refused, and dashed when there was no final answer.
  public func svg() -> String { TimelineSVG(self).document }
}

/// Where the bars stand: below each other where they or their labels would meet.
private struct TimelineLayout {
  struct Lane {
    let participant: Participant
    var firstRow: Int
    var rowCount: Int
  }

  struct Bar {
    let span: ProcessTimeline.Span
    let label: String
    let x: Double
    let width: Double
    let labelSide: Side
    var row: Int
  }

  enum Side { case inside, right, left }

  private(set) var lanes: [Lane] = []
  private(set) var bars: [Bar] = []
  private(set) var rowCount = 0

  init(_ timeline: ProcessTimeline, x: (Timestamp) -> Double, right: Double) {
    for participant in Self.participants(of: timeline) {
      var ends: [Double] = []
      for span in timeline.spans where span.activity.participant == participant {
        var bar = Self.bar(span, of: timeline, x: x, right: right)
        let reach = Self.reach(of: bar)
        let row = ends.firstIndex { $0 + 8 <= reach.lowerBound } ?? ends.count
        if row == ends.count { ends.append(0) }
        ends[row] = reach.upperBound
        bar.row = rowCount + row
        bars.append(bar)
      }
      lanes.append(Lane(participant: participant, firstRow: rowCount, rowCount: ends.count))
      rowCount += ends.count
    }
  }

  /// The customer, the coordinator, and then whoever is asked first.
  private static func participants(of timeline: ProcessTimeline) -> [Participant] {
    var found: [Participant] = []
    for span in timeline.spans where !found.contains(span.activity.participant) {
      found.append(span.activity.participant)
    }
    let first: [Participant] = [.customer, .coordinator].filter(found.contains)
    return first + found.filter { !first.contains($0) }
  }

  private static func bar(
    _ span: ProcessTimeline.Span, of timeline: ProcessTimeline, x: (Timestamp) -> Double,
    right: Double
  ) -> Bar {
    let start = x(span.askedAt)
    let width = max(4, x(span.endedAt ?? timeline.end) - start)
    var label = span.ending.mark + " " + span.activity.verb.title
    if let endedAt = span.endedAt {
      label += " \(endedAt.milliseconds(since: span.askedAt).grouped) ms"
    }
    if let attempts = span.attempts, attempts > 1 { label += ", asked \(attempts)×" }
    let room = Self.width(of: label)
    let side: Side =
      if room + 12 <= width { .inside } else if start + width + 6 + room <= right { .right } else {
        .left
      }
    return Bar(span: span, label: label, x: start, width: width, labelSide: side, row: 0)
  }

  private static func reach(of bar: Bar) -> ClosedRange<Double> {
    let room = width(of: bar.label) + 6
    return switch bar.labelSide {
    case .inside: bar.x...(bar.x + bar.width)
    case .right: bar.x...(bar.x + bar.width + room)
    case .left: (bar.x - room)...(bar.x + bar.width)
    }
  }

  /// About the width of a text of 11 pixels, on the safe side.
  static func width(of text: String) -> Double { Double(text.count) * 6.1 }
}

private struct TimelineSVG {
  private static let width = 1200.0
  private static let gutter = 170.0
  private static let margin = 24.0
  private static let rowHeight = 26.0
  private static let barHeight = 18.0
  private static let lanePadding = 7.0
  private static let titleHeight = 34.0
  private static let flagHeight = 18.0
  private static let axisHeight = 34.0
  private static let legendHeight = 44.0

  private let timeline: ProcessTimeline
  private let layout: TimelineLayout
  /// The labels of the milestones, in rows where they would meet.
  private let flags: [(moment: ProcessTimeline.Moment, row: Int, isLeft: Bool)]
  private let flagRows: Int

  private static let right = width - margin
  private static let plot = gutter + margin

  init(_ timeline: ProcessTimeline) {
    self.timeline = timeline
    layout = TimelineLayout(
      timeline, x: { Self.x(timeline.fraction($0)) }, right: Self.right)
    (flags, flagRows) = Self.flags(of: timeline)
  }

  private static func x(_ fraction: Double) -> Double { plot + fraction * (right - plot) }

  private func x(_ time: Timestamp) -> Double { Self.x(timeline.fraction(time)) }

  private static func text(_ moment: ProcessTimeline.Moment, in timeline: ProcessTimeline) -> String
  {
    moment.milestone.words
      + " \(moment.at.milliseconds(since: timeline.begin).grouped) ms"
  }

  private static func flags(
    of timeline: ProcessTimeline
  ) -> ([(moment: ProcessTimeline.Moment, row: Int, isLeft: Bool)], Int) {
    var flags: [(moment: ProcessTimeline.Moment, row: Int, isLeft: Bool)] = []
    var taken: [[ClosedRange<Double>]] = []
    for moment in timeline.moments {
      let at = x(timeline.fraction(moment.at))
      let room = TimelineLayout.width(of: text(moment, in: timeline)) + 8
      let isLeft = at + room > right
      let reach = isLeft ? (at - room)...at : at...(at + room)
      let row =
        taken.firstIndex { $0.allSatisfy { !$0.overlaps(reach) } } ?? taken.count
      if row == taken.count { taken.append([]) }
      taken[row].append(reach)
      flags.append((moment, row, isLeft))
    }
    return (flags, taken.count)
  }

  // MARK: - The document

  private var top: Double {
    Self.margin + Self.titleHeight + Double(flagRows) * Self.flagHeight + 4
  }

  private func laneTop(_ place: Int) -> Double {
    top + Double(layout.lanes[place].firstRow) * Self.rowHeight
      + Double(place) * 2 * Self.lanePadding
  }

  private func laneHeight(_ lane: TimelineLayout.Lane) -> Double {
    Double(lane.rowCount) * Self.rowHeight + 2 * Self.lanePadding
  }

  private var bottom: Double {
    top + Double(layout.rowCount) * Self.rowHeight
      + Double(layout.lanes.count) * 2 * Self.lanePadding
  }

  var document: String {
    let height = bottom + Self.axisHeight + Self.legendHeight + Self.margin
    var lines = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(Self.width)) \(n(height))" \
      width="\(n(Self.width))" height="\(n(height))" font-family="Helvetica, Arial, sans-serif">
      """,
      "<title>Time line of process \(timeline.process.hex.prefix(16))</title>",
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
      text(
        "Process \(timeline.process.hex.prefix(16))…", Self.margin, Self.margin + 14, size: 15,
        weight: "bold"),
      text(
        "begun \(timeline.begin)", Self.right, Self.margin + 14, size: 11, colour: "#556",
        anchor: "end"),
    ]
    lines += layout.lanes.indices.map(lane)
    lines += ticks
    lines += flags.map { flag($0.moment, row: $0.row, isLeft: $0.isLeft) }
    for (place, lane) in layout.lanes.enumerated() {
      lines += layout.bars.filter { $0.span.activity.participant == lane.participant }
        .map { bar($0, in: place) }
    }
    lines.append(legend(y: bottom + Self.axisHeight + 16))
    lines.append("</svg>")
    return lines.joined(separator: "\n") + "\n"
  }

  private func lane(_ place: Int) -> String {
    let lane = layout.lanes[place]
    let y = laneTop(place)
    let height = laneHeight(lane)
    let name = lane.participant.name?.text ?? lane.participant.role
    var parts = [
      """
      <rect x="\(n(Self.margin))" y="\(n(y))" width="\(n(Self.right - Self.margin))" \
      height="\(n(height))" fill="\(Self.background(ofLane: place))"/>
      """,
      text(
        name.shortened(to: 24), Self.margin + 8, y + Self.lanePadding + 11, size: 12,
        weight: "bold"),
    ]
    if lane.participant.name != nil {
      parts.append(
        text(
          lane.participant.role, Self.margin + 8, y + Self.lanePadding + 25, size: 10,
          colour: "#667"))
    }
    return parts.joined()
  }

  private static func background(ofLane place: Int) -> String {
    place % 2 == 0 ? "#f5f7fa" : "#ffffff"
  }

  /// Round times, about eight of them.
  private var ticks: [String] {
    let length = timeline.lengthMilliseconds
    var step: Int64 = 1
    let factors: [Int64] = [2, 5, 10]
    var decade: Int64 = 1
    while length / step > 9 {
      step = factors.map { $0 * decade }.first { length / $0 <= 9 } ?? decade * 10
      decade *= 10
    }
    return stride(from: 0, through: length, by: Int64.Stride(step)).map { time in
      let x = Self.x(Double(time) / Double(length))
      let label = x > Self.right - 30 ? "end" : "middle"
      return """
        <path d="M\(n(x)) \(n(top)) V\(n(bottom + 5))" stroke="#dde2e8" stroke-width="1"/>\
        \(text(time.grouped, x, bottom + 18, size: 10, colour: "#667", anchor: label))
        """
    } + [text("milliseconds", Self.margin + 8, bottom + 18, size: 10, colour: "#667")]
  }

  private func flag(_ moment: ProcessTimeline.Moment, row: Int, isLeft: Bool) -> String {
    let x = x(moment.at)
    let y = Self.margin + Self.titleHeight + Double(row) * Self.flagHeight
    let colour = Self.colour(of: moment.milestone)
    let isVerdict =
      switch moment.milestone {
      case .committed, .aborted: true
      case .begun, .prepared, .ended: false
      }
    return """
      <path d="M\(n(x)) \(n(y)) V\(n(bottom))" stroke="\(colour)" \
      stroke-width="\(isVerdict ? "2" : "1.2")"\(isVerdict ? "" : " stroke-dasharray=\"4 3\"")/>\
      \(text(
        Self.text(moment, in: timeline), x + (isLeft ? -5 : 5), y + 11, size: 11,
        weight: isVerdict ? "bold" : "normal", colour: colour, anchor: isLeft ? "end" : "start",
        halo: "#ffffff"))
      """
  }

  private static func colour(of milestone: ProcessTimeline.Milestone) -> String {
    switch milestone {
    case .committed: "#2c7a3a"
    case .aborted: DrawingStyle.failure
    case .begun, .prepared, .ended: "#556"
    }
  }

  private func bar(_ bar: TimelineLayout.Bar, in lane: Int) -> String {
    let span = bar.span
    let y =
      laneTop(lane) + Self.lanePadding
      + Double(bar.row - layout.lanes[lane].firstRow) * Self.rowHeight
      + (Self.rowHeight - Self.barHeight) / 2
    let colours = DrawingStyle.colours(of: span.activity.guarantee)
    let hasFailed =
      switch span.ending {
      case .refused, .wrongKey: true
      case .done, .unreached, .overtaken, .open: false
      }
    let isUnanswered = !span.ending.isAnswer
    let stroke = hasFailed ? DrawingStyle.failure : colours.stroke
    let words = [
      span.activity.path.rawValue, span.ending.words, span.callWords(since: timeline.begin),
    ].compactMap { $0 }
    let (x, anchor) =
      switch bar.labelSide {
      case .inside: (bar.x + 6, "start")
      case .right: (bar.x + bar.width + 6, "start")
      case .left: (bar.x - 6, "end")
      }
    return """
      <g><title>\(words.joined(separator: ": ").escapedForSVG)</title>\
      <rect x="\(n(bar.x))" y="\(n(y))" width="\(n(bar.width))" height="\(n(Self.barHeight))" \
      rx="\(bar.width < 8 ? "1.5" : "4")" fill="\(isUnanswered ? "#ffffff" : colours.fill)" \
      stroke="\(stroke)" stroke-width="\(hasFailed ? "2" : "1.4")"\
      \(isUnanswered ? " stroke-dasharray=\"4 3\"" : "")/>\
      \(text(
        bar.label, x, y + 13, size: 11,
        colour: hasFailed ? DrawingStyle.failure : isUnanswered ? "#667" : "#223",
        anchor: anchor,
        halo: bar.labelSide == .inside ? nil : Self.background(ofLane: lane)))</g>
      """
  }

  private func legend(y: Double) -> String {
    var parts: [String] = []
    var x = Self.plot
    func box(_ label: String, fill: String, stroke: String, extra: String = "") {
      parts.append(
        """
        <rect x="\(n(x))" y="\(n(y))" width="26" height="14" rx="3" fill="\(fill)" \
        stroke="\(stroke)" stroke-width="1.4"\(extra)/>\(text(label, x + 33, y + 11, size: 11))
        """)
      x += 33 + TimelineLayout.width(of: label) + 26
    }
    for style in DrawingStyle.guarantees {
      box(style.guarantee.rawValue, fill: style.fill, stroke: style.stroke)
    }
    box("refused", fill: "#ffffff", stroke: DrawingStyle.failure)
    box("no final answer", fill: "#ffffff", stroke: "#667", extra: " stroke-dasharray=\"4 3\"")
    return parts.joined()
  }

  private func text(
    _ text: String, _ x: Double, _ y: Double, size: Int, weight: String = "normal",
    colour: String = "#223", anchor: String = "start", halo: String? = nil
  ) -> String {
    // A halo keeps a label readable where a line passes under it.
    let around = halo.map {
      " stroke=\"\($0)\" stroke-width=\"4\" stroke-linejoin=\"round\" paint-order=\"stroke\""
    }
    return """
      <text x="\(n(x))" y="\(n(y))" font-size="\(size)" font-weight="\(weight)" \
      text-anchor="\(anchor)" fill="\(colour)"\(around ?? "")>\(text.escapedForSVG)</text>
      """
  }

  private func n(_ value: Double) -> String { value.coordinate }
}
