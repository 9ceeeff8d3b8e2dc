// A clock that stands still until it is set.

import PaymentModel
import Synchronization

final class TestClock: WallClock {
  private let time: Mutex<Timestamp>

  init(_ time: Timestamp) { self.time = Mutex(time) }

  func now() -> Timestamp { time.withLock { $0 } }
  func set(_ time: Timestamp) { self.time.withLock { $0 = time } }
  func sleep(until time: Timestamp) async {}
}
