// The time that a run says it is, for one party.

import PaymentModel
import Synchronization

final class RunClock: WallClock {
  private let time: Mutex<Timestamp>

  init(_ time: Timestamp) { self.time = Mutex(time) }

  func now() -> Timestamp { time.withLock { $0 } }
  func set(_ time: Timestamp) { self.time.withLock { $0 = time } }
  /// Nobody waits here: time is a choice.
  func sleep(until time: Timestamp) async { await Task.yield() }
}
