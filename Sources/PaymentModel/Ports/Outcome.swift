// How a request to somebody else can end. In doubt is a value, not an error.

/// What became of a request.
public enum Outcome<Value: Sendable>: Sendable {
  /// Done, with what proves it.
  case done(Value)
  /// Refused for good: the same request will never be done. The signed refusal, where there is one,
  /// proves that, and never who is to blame.
  case refused(RefusalReason, Signed<Refusal>?)
  /// Not now, because somebody else's undecided process holds what is needed: ask again, with the same
  /// identifier, at the latest then.
  case held(until: Timestamp)
  /// Nobody knows: no answer, no connection, or an answer that proves nothing. It may have been done.
  case unknown(String)
}

extension Outcome: Equatable where Value: Equatable {}
extension Outcome: Hashable where Value: Hashable {}
