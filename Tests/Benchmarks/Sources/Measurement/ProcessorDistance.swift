// How far the processors are from each other: memory that they share travels that far.

import Foundation
import Synchronization

/// A number that two threads hand to and fro, each on a processor of its own.
///
/// Virtual processors may lie on cores that share a cache, or on cores that do not, and may be moved while a
/// program runs. What both of them count references in then takes several times as long.
package enum ProcessorDistance {
  private static let rounds = 15
  private static let turns = 4000

  /// The median nanoseconds that a number takes to the other processor and back.
  package static func medianNanoseconds() -> Double {
    let ball = Ball()
    let partner = Thread {
      for turn in 0..<rounds * turns { ball.answer(turn) }
    }
    partner.start()
    let clock = ContinuousClock()
    // It takes some milliseconds until both are on processors of their own: that is one round of many.
    return median(
      (0..<rounds).map { round in
        let start = clock.now
        for turn in round * turns..<(round + 1) * turns { ball.serve(turn) }
        return (clock.now - start) / .nanoseconds(1) / Double(turns)
      })
  }

  private final class Ball: Sendable {
    private let touches = Atomic(0)

    /// Hands it over, and waits until it is back.
    func serve(_ turn: Int) {
      touches.store(2 * turn + 1, ordering: .releasing)
      while touches.load(ordering: .acquiring) != 2 * turn + 2 {}
    }

    /// Waits for it, and hands it back.
    func answer(_ turn: Int) {
      while touches.load(ordering: .acquiring) != 2 * turn + 1 {}
      touches.store(2 * turn + 2, ordering: .releasing)
    }
  }
}
