// How the bank's rules answer, and what coordinators are told.

import PaymentModel

/// How a rule answers a coordinator.
enum Answer: Sendable {
  /// Stored, and given again to the same request.
  case final(FinalReply)
  /// Not stored: the same request may fare better later.
  case passing(RefusalReason)
  case held(until: Timestamp)
  /// The rule could not be followed: nothing was changed.
  case failed(ECashError)

  init(stored bytes: Bytes) {
    self =
      FinalReply(bytes: bytes).map(Answer.final)
      ?? .failed(ECashError(.booksUnbalanced, "a stored answer cannot be read"))
  }

  /// The answer as a port gives it.
  func outcome<Value: Sendable>(_ value: ([Bytes]) -> Value?) -> Outcome<Value> {
    switch self {
    case .final(.done(let statements)):
      value(statements).map(Outcome.done) ?? .unknown("a stored answer cannot be read")
    case .final(.refused(let reason, let refusal)): .refused(reason, refusal)
    case .passing(let reason): .refused(reason, nil)
    case .held(let time): .held(until: time)
    case .failed(let error): .unknown(error.message)
    }
  }
}
