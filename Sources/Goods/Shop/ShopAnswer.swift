// How the shop's rules answer, and what coordinators are told.

import PaymentModel

/// How a rule answers a coordinator.
enum ShopAnswer: Equatable, Sendable {
  /// Stored, and given again to the same request.
  case final(FinalReply)
  /// Not stored: another request, or the same one later, may fare better.
  case passing(RefusalReason)
  case held(until: Timestamp)
  /// The rule could not be followed: nothing was changed.
  case failed(GoodsError)

  /// The stored answer to a request, if there is one: for the same body as it was given, for another body
  /// `conflict`.
  static func recorded(
    _ request: RequestKey, body: Digest, in rows: any ShopRows
  ) -> ShopAnswer? {
    guard let row = rows.reply(to: request) else { return nil }
    guard row.body == body else { return .passing(.conflict) }
    return FinalReply(bytes: row.reply).map(ShopAnswer.final)
      ?? .failed(GoodsError(.shopRows, "a stored answer cannot be read"))
  }

  /// The answer as a port gives it.
  func outcome<Value: Sendable>(_ value: ([Bytes]) -> Value?) -> Outcome<Value> {
    switch self {
    case .final(.done(let fields)):
      value(fields).map(Outcome.done) ?? .unknown("a stored answer cannot be read")
    case .final(.refused(let reason, let refusal)): .refused(reason, refusal)
    case .passing(let reason): .refused(reason, nil)
    case .held(let time): .held(until: time)
    case .failed(let error): .unknown(error.message)
    }
  }
}
