// The machine's clock, behind the port.

import Foundation
public import PaymentModel

/// The time of day of this machine.
public struct SystemWallClock: WallClock {
  public init() {}

  public func now() -> Timestamp {
    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
  }

  public func sleep(until time: Timestamp) async {
    let wait = time.milliseconds(since: now())
    guard wait > 0 else { return }
    try? await Task.sleep(for: .milliseconds(wait))
  }
}
