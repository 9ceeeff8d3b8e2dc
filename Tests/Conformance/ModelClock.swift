// A clock that stands still until it is moved.

public import PaymentModel
import Synchronization

/// Model time.
public final class ModelClock: WallClock {
  private struct Sleeper {
    let number: Int
    let until: Timestamp
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var now: Timestamp
    var nextNumber = 0
    var sleepers: [Sleeper] = []
    var cancelled: [Int] = []
  }

  private let state: Mutex<State>

  public init(at now: Timestamp) {
    state = Mutex(State(now: now))
  }

  public func now() -> Timestamp {
    state.withLock { $0.now }
  }

  /// Moves the clock, and wakes whoever slept until then.
  public func advance(to time: Timestamp) {
    let awake = state.withLock { state in
      state.now = max(state.now, time)
      let awake = state.sleepers.filter { $0.until <= state.now }
      state.sleepers.removeAll { $0.until <= state.now }
      return awake
    }
    for sleeper in awake { sleeper.continuation.resume() }
  }

  public func advance(seconds: Int64) {
    advance(to: now().adding(seconds: seconds))
  }

  public func sleep(until time: Timestamp) async {
    let number = state.withLock { state in
      state.nextNumber += 1
      return state.nextNumber
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.now >= time || state.cancelled.contains(number) { return true }
          state.sleepers.append(
            Sleeper(number: number, until: time, continuation: continuation))
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        state.cancelled.append(number)
        let sleeper = state.sleepers.first { $0.number == number }
        state.sleepers.removeAll { $0.number == number }
        return sleeper
      }
      sleeper?.continuation.resume()
    }
  }
}
