// What can go wrong between a coordinator and somebody else, by script.

public import Coordinator
public import PaymentModel
import Synchronization

/// What goes wrong with one request.
public enum ModelFault: Hashable, Sendable {
  /// The request is lost: nothing happens, and nobody answers until the asking is given up.
  case silent
  /// The request is lost, and that is noticed.
  case unreachable
  /// It is done, and the answer is lost.
  case answerLost
  /// It is done twice over.
  case duplicated
  /// It is done so much later.
  case late(seconds: Int64)
  /// It is refused, with no signature.
  case refused(RefusalReason)
}

/// Faults in the order in which requests with a verb meet them; then none. And how often was asked.
public final class ModelFaults: Sendable {
  private struct State {
    var scripts: [Verb: [ModelFault]] = [:]
    var always: [Verb: ModelFault] = [:]
    var requests: [Verb] = []
  }

  private let state = Mutex(State())
  private let clock: ModelClock

  public init(clock: ModelClock) {
    self.clock = clock
  }

  /// The next requests with that verb meet these.
  public func script(_ verb: Verb, _ faults: ModelFault...) {
    state.withLock { $0.scripts[verb, default: []] += faults }
  }

  /// Every request with that verb meets it, until it is lifted.
  public func always(_ verb: Verb, _ fault: ModelFault?) {
    state.withLock { $0.always[verb] = fault }
  }

  /// The verbs that were asked for, in order.
  public var requests: [Verb] { state.withLock { $0.requests } }

  func around<Value: Sendable>(
    _ verb: Verb, _ body: () async -> Outcome<Value>
  ) async -> Outcome<Value> {
    let fault = state.withLock { state in
      state.requests.append(verb)
      if let fault = state.always[verb] { return fault as ModelFault? }
      guard let next = state.scripts[verb]?.first else { return nil }
      state.scripts[verb]?.removeFirst()
      return next
    }
    switch fault {
    case nil: return await body()
    case .silent:
      await clock.sleep(until: Timestamp(milliseconds: .max))
      return .unknown("given up")
    case .unreachable: return .unknown("no connection")
    case .answerLost:
      _ = await body()
      return .unknown("the answer was lost")
    case .duplicated:
      _ = await body()
      return await body()
    case .late(let seconds):
      await clock.sleep(until: clock.now().adding(seconds: seconds))
      return await body()
    case .refused(let reason): return .refused(reason, nil)
    }
  }
}
