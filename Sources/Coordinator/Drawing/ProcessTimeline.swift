// When what happened in a process, read from its journal: who was asked, when the answer came, what it was.

public import PaymentModel

/// What happened in a process, in the order of time. It is drawn as text and as SVG.
public struct ProcessTimeline: Hashable, Sendable {
  /// What every activity depends on.
  public enum Milestone: Hashable, Sendable {
    case begun
    case prepared
    case committed
    case aborted(AbortReason)
    case ended
  }

  public struct Moment: Hashable, Sendable {
    public let milestone: Milestone
    public let at: Timestamp
  }

  /// How an activity came to its end.
  public enum Ending: Hashable, Sendable {
    case done
    case refused(RefusalReason)
    /// The deposited key does not open what was offered.
    case wrongKey
    /// Nobody could be told; the verdict is public.
    case unreached
    /// The verdict came first: no answer counts any more.
    case overtaken
    /// There is no final answer yet.
    case open
  }

  /// One activity that was begun.
  public struct Span: Hashable, Sendable {
    /// The activity's number.
    public let number: Int
    public let activity: Activity
    /// When it was asked for first. The request may have left up to one write of the journal later.
    public let askedAt: Timestamp
    /// When its final answer came, or the verdict that overtook it; `nil` while there is neither.
    public fileprivate(set) var endedAt: Timestamp?
    public fileprivate(set) var ending = Ending.open
    /// How often it was asked for, as far as this is known: the journal says it only when somebody was
    /// called.
    public fileprivate(set) var attempts: Int?
    /// When somebody was called to look after it.
    public fileprivate(set) var calledAt: Timestamp?
  }

  public let process: ProcessID
  public private(set) var moments: [Moment] = []
  /// In the order in which they were begun.
  public private(set) var spans: [Span] = []
  /// The first record's time.
  public private(set) var begin: Timestamp
  /// The last record's time, or the time of looking when the process goes on.
  public private(set) var end: Timestamp

  /// - Parameters:
  ///   - attempts: how often each activity was asked for, by number, where it is known.
  ///   - now: when somebody looks at it; up to then what is open is drawn.
  public init(_ file: ProcessFile, attempts: [Int]? = nil, now: Timestamp? = nil) {
    self.init(
      file.definition,
      entries: zip(file.times, file.records).map { JournalEntry(at: $0, record: $1) },
      attempts: attempts, now: now)
  }

  /// As `init(_:attempts:now:)`, from a definition and a journal.
  public init(
    _ definition: PaymentProcess, entries: [JournalEntry], attempts: [Int]? = nil,
    now: Timestamp? = nil
  ) {
    process = definition.process
    begin = entries.first?.at ?? now ?? Timestamp(milliseconds: 0)
    end = entries.map(\.at).max() ?? begin
    var places: [Int?] = definition.activities.map { _ in nil }
    for entry in entries { add(entry, definition.activities, &places) }
    if let now, moments.last?.milestone != .ended { end = max(end, now) }
    guard let attempts else { return }
    for place in spans.indices where attempts.indices.contains(spans[place].number) {
      let count = attempts[spans[place].number]
      if count > 0 { spans[place].attempts = max(count, spans[place].attempts ?? 0) }
    }
  }

  private mutating func add(
    _ entry: JournalEntry, _ activities: [Activity], _ places: inout [Int?]
  ) {
    switch entry.record {
    case .begin:
      moments.append(Moment(milestone: .begun, at: entry.at))
      for number in activities.indices where activities[number].verb == .receivePayment {
        ask(number, at: entry.at, activities, &places)
        finish(number, .done, at: entry.at, activities, &places)
      }
    case .intent(let number): ask(number, at: entry.at, activities, &places)
    case .result(let number, let result), .forward(let number, let result),
      .compensated(let number, let result):
      finish(number, Ending(result), at: entry.at, activities, &places)
    case .prepared: moments.append(Moment(milestone: .prepared, at: entry.at))
    case .verdict(let verdict):
      switch verdict.ruling {
      case .commit: moments.append(Moment(milestone: .committed, at: entry.at))
      case .abort(let reason, _, _):
        moments.append(Moment(milestone: .aborted(reason), at: entry.at))
      }
      for place in spans.indices where spans[place].endedAt == nil {
        spans[place].endedAt = entry.at
        spans[place].ending = .overtaken
      }
    case .end: moments.append(Moment(milestone: .ended, at: entry.at))
    case .called(let call):
      guard places.indices.contains(call.activity), let place = places[call.activity] else {
        return
      }
      spans[place].calledAt = entry.at
      spans[place].attempts = call.attempts
    }
  }

  private mutating func ask(
    _ number: Int, at time: Timestamp, _ activities: [Activity], _ places: inout [Int?]
  ) {
    guard activities.indices.contains(number), places[number] == nil else { return }
    places[number] = spans.count
    spans.append(Span(number: number, activity: activities[number], askedAt: time))
  }

  /// After a crash there may be an answer of which nobody wrote down that it was asked for.
  private mutating func finish(
    _ number: Int, _ ending: Ending, at time: Timestamp, _ activities: [Activity],
    _ places: inout [Int?]
  ) {
    ask(number, at: time, activities, &places)
    guard places.indices.contains(number), let place = places[number] else { return }
    spans[place].endedAt = time
    spans[place].ending = ending
  }
}

extension ProcessTimeline.Ending {
  fileprivate init(_ result: ActivityResult) {
    switch result {
    case .refused(let reason, _): self = .refused(reason)
    case .wrongKey: self = .wrongKey
    case .unreached: self = .unreached
    default: self = .done
    }
  }

  /// Whether somebody has given a final answer.
  var isAnswer: Bool {
    switch self {
    case .done, .refused, .wrongKey: true
    case .unreached, .overtaken, .open: false
    }
  }

  /// The mark of the activity's state.
  var mark: String {
    switch self {
    case .done: ActivityState.done.mark
    case .refused, .wrongKey: ActivityState.refused.mark
    case .unreached: ActivityState.unreached.mark
    case .overtaken: ActivityState.skipped.mark
    case .open: ActivityState.asked.mark
    }
  }

  /// What the mark does not say.
  var words: String? {
    switch self {
    case .done: nil
    case .refused(let reason): "refused: \(reason.rawValue)"
    case .wrongKey: "a wrong key"
    case .unreached: "could not be told"
    case .overtaken: "the verdict came first"
    case .open: "no final answer yet"
    }
  }
}

extension ProcessTimeline.Milestone {
  /// In one or two words.
  var words: String {
    switch self {
    case .begun: "begun"
    case .prepared: "prepared"
    case .committed: "committed"
    case .aborted(let reason): "aborted: \(reason.rawValue)"
    case .ended: "ended"
    }
  }
}

extension ProcessTimeline {
  /// From the first record to the last, or to the time of looking; at least 1.
  var lengthMilliseconds: Int64 { max(1, end.milliseconds(since: begin)) }

  /// Where a time lies between begin and end: 0 to 1.
  func fraction(_ time: Timestamp) -> Double {
    min(1, max(0, Double(time.milliseconds(since: begin)) / Double(lengthMilliseconds)))
  }
}
