// A clock that is wrong: it was set to something else, and it runs fast or slow.

import PaymentModel

struct PartyClock: Hashable, Sendable {
  let party: Party
  /// By how much it was wrong at `since`, in milliseconds.
  private var offset: Int64 = 0
  /// How much it gains, in millionths of the time that passes.
  private var rate: Int64 = 0
  private var since: Timestamp

  init(of party: Party, at now: Timestamp) {
    self.party = party
    since = now
  }

  /// What it shows.
  func reading(at now: Timestamp) -> Timestamp {
    now.adding(milliseconds: offset + now.milliseconds(since: since) * rate / 1_000_000)
  }

  /// Beyond so many milliseconds nobody waits for a time: some thirty years.
  private static let horizon: Int64 = 1_000_000_000_000

  /// The first moment at which it shows that time, or a later one. A time that never comes never comes on it.
  func moment(of time: Timestamp) -> Timestamp {
    guard time.milliseconds < since.milliseconds + Self.horizon else { return time }
    let shown = time.milliseconds(since: since) - offset
    var moment = since.adding(milliseconds: shown * 1_000_000 / (1_000_000 + rate))
    while reading(at: moment) < time { moment = moment.adding(milliseconds: 1) }
    while reading(at: moment.adding(milliseconds: -1)) >= time {
      moment = moment.adding(milliseconds: -1)
    }
    return moment
  }

  mutating func set(by milliseconds: Int64) { offset += milliseconds }

  mutating func run(at rate: Int64, from now: Timestamp) {
    offset = reading(at: now).milliseconds(since: now)
    since = now
    self.rate = rate
  }
}
