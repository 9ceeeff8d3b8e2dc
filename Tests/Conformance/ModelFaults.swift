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
  /// The request is under way so long. Whoever has asked may have given up meanwhile: it is done all the same.
  case late(seconds: Int64)
  /// It is done, and the answer is under way so long.
  case answerLate(seconds: Int64)
  /// It is done, and so much later the request comes once more.
  case echoed(seconds: Int64)
  /// It is refused, with no signature.
  case refused(RefusalReason)
}

/// Faults in the order in which requests with a verb meet them; then none. And how often was asked.
public final class ModelFaults: Sendable {
  private struct State {
    var scripts: [Verb: [ModelFault]] = [:]
    var always: [Verb: ModelFault] = [:]
    var requests: [Verb] = []
    /// Messages that will still arrive.
    var underWay = 0
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

  /// Requests that will still arrive, whoever waits for their answers.
  public var underWay: Int { state.withLock { $0.underWay } }

  func around<Value: Sendable>(
    _ verb: Verb, _ body: @escaping @Sendable () async -> Outcome<Value>
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
      let arrival = clock.now().adding(seconds: seconds)
      let answer = arrive(at: arrival, body)
      await clock.sleep(until: arrival)
      return Task.isCancelled ? .unknown("given up") : await answer.value
    case .answerLate(let seconds):
      let answer = await body()
      await clock.sleep(until: clock.now().adding(seconds: seconds))
      return answer
    case .echoed(let seconds):
      let answer = await body()
      _ = arrive(at: clock.now().adding(seconds: seconds), body)
      return answer
    case .refused(let reason): return .refused(reason, nil)
    }
  }

  /// A message that arrives then, whatever becomes of its sender.
  private func arrive<Value: Sendable>(
    at time: Timestamp, _ body: @escaping @Sendable () async -> Value
  ) -> Task<Value, Never> {
    state.withLock { $0.underWay += 1 }
    return Task {
      await clock.sleep(until: time)
      let value = await body()
      state.withLock { $0.underWay -= 1 }
      return value
    }
  }
}
