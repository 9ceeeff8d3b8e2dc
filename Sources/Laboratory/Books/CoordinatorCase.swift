// One process as an onlooker sees it who reads what reaches the coordinator and what it signs, and knows
// nothing of how it works.

import Coordinator
import PaymentModel

struct CoordinatorCase: Sendable {
  /// What the coordinator was told before it said its verdict.
  struct Told: Sendable {
    var reservations: [Signed<Reservation>] = []
    var deposits: [DepositedKey] = []
    var requests: [Signed<DeliveryRequest>] = []
    var cancellations: [Signed<Cancellation>] = []
    /// Of a reserve, a deposit, or a delivery request; signed or not.
    var refusals = 0
    /// What it said to the customer when it asked her.
    var acceptances: [Signed<Acceptance>] = []
  }

  /// Whether the order has reached the coordinator in some way.
  var isTold = false
  var told = Told()
  /// What it knew when it said its verdict.
  private(set) var grounds: Told?
  /// Each that it said, once.
  private(set) var verdicts: [Signed<Verdict>] = []
  /// Signed refusals of what a commit orders.
  private(set) var brokenPromises: [Signed<Refusal>] = []

  var isDecided: Bool { !verdicts.isEmpty }

  mutating func take(_ reply: ParticipantReply) {
    switch reply {
    case .reserved(.done(let reservation)): add(reservation, to: \.reservations)
    case .deposited(.done(let key)):
      if !told.deposits.contains(key) { told.deposits.append(key) }
    case .requested(.done(let request)): add(request, to: \.requests)
    case .reserved(.refused), .deposited(.refused), .requested(.refused): told.refusals += 1
    case .transferred(.refused(_, let refusal?)):
      if !brokenPromises.contains(refusal) { brokenPromises.append(refusal) }
    default: break
    }
  }

  private mutating func add<Value: Equatable>(
    _ value: Value, to list: WritableKeyPath<Told, [Value]>
  ) {
    if !told[keyPath: list].contains(value) { told[keyPath: list].append(value) }
  }

  mutating func ask(_ query: DeliveryQuery) {
    told.acceptances = query.acceptances
  }

  mutating func decide(_ verdict: Signed<Verdict>) {
    if grounds == nil { grounds = told }
    if !verdicts.contains(verdict) { verdicts.append(verdict) }
  }
}
