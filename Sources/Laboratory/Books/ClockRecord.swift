// The coordinator's clock as an onlooker knows it: what it showed when something reached the coordinator, and how
// it was set in between. The times that the coordinator writes down are its own word; these are not.

import PaymentModel

/// What the coordinator's clock showed at a moment.
struct ClockReading: Hashable, Sendable {
  /// The number of the choice in the run, which tells before from after however the clock is set.
  let step: Int
  var time: Timestamp
}

/// Something that reached the coordinator, or that it said.
struct Heard<Value: Sendable>: Sendable {
  var value: Value
  var at: ClockReading
}

struct ClockRecord: Sendable {
  private(set) var step = 0
  private var sets: [(step: Int, before: Timestamp, after: Timestamp)] = []

  /// The next choice of the run begins.
  mutating func next() { step += 1 }

  func reading(_ time: Timestamp) -> ClockReading { ClockReading(step: step, time: time) }

  /// The clock was set. In between it runs forward, however fast or slow.
  mutating func set(from before: Timestamp, to after: Timestamp) {
    sets.append((step, before, after))
  }

  /// The earliest that it has shown from a moment on.
  func earliest(since reading: ClockReading) -> Timestamp {
    sets.filter { $0.step > reading.step }.map(\.after).reduce(reading.time, min)
  }

  /// The latest that it had shown by a moment.
  func latest(until reading: ClockReading) -> Timestamp {
    sets.filter { $0.step < reading.step }.map(\.before).reduce(reading.time, max)
  }
}
