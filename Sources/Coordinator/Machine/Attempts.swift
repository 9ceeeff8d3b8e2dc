// What a process machine remembers of asking, and forgets in a crash.

import PaymentModel

/// How often an activity was asked for, and when again.
struct Attempts: Hashable, Sendable {
  private var answerTime = TimeOrNone()
  private var nextTime = TimeOrNone()
  private var number: UInt32 = 0
  var turn = ProcessOutline.Turn.none
  /// Its turn came while it was being asked.
  var isNudged = false

  var count: Int {
    get { Int(number) }
    set { number = UInt32(clamping: newValue) }
  }

  /// Until when an answer is awaited; `nil` when nobody is being asked.
  var answerBy: Timestamp? {
    get { answerTime.value }
    set { answerTime = TimeOrNone(newValue) }
  }

  /// Not before then again.
  var nextAt: Timestamp? {
    get { nextTime.value }
    set { nextTime = TimeOrNone(newValue) }
  }

  func mayAsk(at now: Timestamp) -> Bool {
    answerBy == nil && nextAt.map { now >= $0 } ?? true
  }

  /// Keeps all waits within what they can be: on a clock that was set back they would be longer by as much.
  mutating func boundWaits(at now: Timestamp, policy: RetryPolicy) {
    if let nextAt {
      let longest = policy.longestPause(afterAttempts: count)
      self.nextAt = min(nextAt, now.adding(milliseconds: longest))
    }
    if let answerBy, answerBy != .max {
      self.answerBy = min(answerBy, now.adding(milliseconds: policy.answerWithinMilliseconds))
    }
  }

  /// Asks again after a pause that grows, or at that time when it is over before another pause could be; but never
  /// sooner than the policy allows, so that whoever names the next second time after time is not asked without end.
  mutating func pause(
    until time: Timestamp?, at now: Timestamp, policy: RetryPolicy, entropy: inout some Entropy
  ) {
    let pause = policy.pauseMilliseconds(afterAttempts: count, entropy: &entropy)
    let after = now.adding(milliseconds: pause)
    let shortest = policy.shortestPause(afterAttempts: count)
    guard let time, time < after.adding(milliseconds: shortest) else { return nextAt = after }
    let longest = now.adding(milliseconds: policy.longestPause(afterAttempts: count))
    // What lies too far for this pause is met by the next one.
    let next = policy.shortestPause(afterAttempts: count + 1)
    nextAt = max(
      time <= longest ? time : min(after, time.adding(milliseconds: -next)),
      now.adding(milliseconds: shortest))
  }
}

/// A time or none in eight bytes: a process has many of them, and waits long.
private struct TimeOrNone: Hashable, Sendable {
  private let milliseconds: Int64

  init(_ value: Timestamp? = nil) { milliseconds = value?.milliseconds ?? .min }

  var value: Timestamp? {
    milliseconds == .min ? nil : Timestamp(milliseconds: milliseconds)
  }
}

extension Timestamp {
  /// Until when a request is under way that has not left.
  static let max = Timestamp(milliseconds: .max)
}
