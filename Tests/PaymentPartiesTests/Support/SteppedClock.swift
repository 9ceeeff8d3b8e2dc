// The machine's clock, which a test can put forward.

import PaymentModel
import PaymentParties
import Synchronization

final class SteppedClock: WallClock {
  private let ahead = Mutex<Int64>(0)
  private let clock = SystemWallClock()

  func step(seconds: Int64) { ahead.withLock { $0 += seconds } }

  func now() -> Timestamp { clock.now().adding(seconds: ahead.withLock { $0 }) }

  func sleep(until time: Timestamp) async {
    await clock.sleep(until: time.adding(seconds: -ahead.withLock { $0 }))
  }
}
