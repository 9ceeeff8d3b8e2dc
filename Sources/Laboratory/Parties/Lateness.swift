// Answers that come too late on purpose: exactly when the coordinator's time is out, or a millisecond beside.

import Coordinator
import PaymentModel

/// When somebody who is late on purpose answers.
enum Lateness: Hashable, Sendable {
  /// At that time of the coordinator's clock.
  case at(Timestamp)
  /// So much later.
  case after(milliseconds: Int64)

  /// After so long the coordinator asks again.
  private static let patienceMilliseconds = RetryPolicy.standard.answerWithinMilliseconds

  /// Draws whether an answer is late, and how: at the limit that it meets, or a millisecond beside.
  ///
  /// - Parameters:
  ///   - heldUntil: of a deposit.
  ///   - decideBy: of an order.
  static func draw(
    for request: ParticipantRequest, _ reply: ParticipantReply,
    from entropy: inout SimulationEntropy, heldUntil: (Signed<Deposit>) -> Timestamp?,
    decideBy: (Signed<Order>) -> Timestamp?
  ) -> Self? {
    guard entropy.happens(perMille: 500) else { return nil }
    let jitter = entropy.number(in: -1...1)
    let limit: Timestamp? =
      switch (request, reply) {
      case (.deposit, .deposited(.done(let key))): heldUntil(key.deposit)
      case (.reserve(let request, _), _): decideBy(request.order)
      case (.requestDelivery(let query), _): query.answerBy
      default: nil
      }
    return limit.map { .at($0.adding(milliseconds: jitter)) }
      ?? .after(milliseconds: patienceMilliseconds + jitter)
  }

  /// The same about symbolic statements.
  static func draw(
    for request: ParticipantRequest, _ reply: ParticipantReply,
    from entropy: inout SimulationEntropy
  ) -> Self? {
    draw(
      for: request, reply, from: &entropy,
      heldUntil: { SymbolicEvidence.claim(of: $0)?.heldUntil },
      decideBy: { SymbolicEvidence.claim(of: $0)?.decideBy })
  }
}

/// An answer to a coordinator.
struct PartyAnswer: Sendable {
  /// `nil` is silence.
  let reply: ParticipantReply?
  /// Not held back unless it says so.
  let lateness: Lateness?

  init(_ reply: ParticipantReply?, lateness: Lateness? = nil) {
    self.reply = reply
    self.lateness = lateness
  }
}
