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

  /// - Parameter jitter: how many milliseconds beside the limit.
  init(of request: ParticipantRequest, _ reply: ParticipantReply, jitter: Int64) {
    switch (request, reply) {
    case (.deposit, .deposited(.done(let key))):
      let held = SymbolicEvidence.claim(of: key.deposit)?.heldUntil
      self = held.map { .at($0.adding(milliseconds: jitter)) } ?? Self.late(by: jitter)
    case (.reserve(let request, _), _):
      let order = try? SymbolicEvidence.read(order: request.order).claim
      self = order.map { .at($0.decideBy.adding(milliseconds: jitter)) } ?? Self.late(by: jitter)
    case (.requestDelivery(let query), _):
      self = .at(query.answerBy.adding(milliseconds: jitter))
    default: self = Self.late(by: jitter)
    }
  }

  private static func late(by jitter: Int64) -> Self {
    .after(milliseconds: patienceMilliseconds + jitter)
  }

  /// Draws whether an answer is late, and how.
  static func draw(
    for request: ParticipantRequest, _ reply: ParticipantReply,
    from entropy: inout SimulationEntropy
  ) -> Self? {
    guard entropy.happens(perMille: 500) else { return nil }
    return Lateness(of: request, reply, jitter: entropy.number(in: -1...1))
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
