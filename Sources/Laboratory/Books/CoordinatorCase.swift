// One process as an onlooker sees it who reads what reaches the coordinator and what it signs, and knows
// nothing of how it works.

import Coordinator
import PaymentModel

struct CoordinatorCase: Sendable {
  /// A refusal of a reserve, a deposit, or a delivery request.
  struct Refused: Sendable {
    /// The number of what was asked for.
    let activity: Int
    /// `nil` when nobody signed it.
    let signed: Signed<Refusal>?
  }

  /// What the coordinator was told before it said its verdict: each thing as often as it came.
  struct Told: Sendable {
    /// When the order was handed in.
    var submissions: [ClockReading] = []
    var reservations: [Heard<Signed<Reservation>>] = []
    var deposits: [Heard<DepositedKey>] = []
    var requests: [Heard<Signed<DeliveryRequest>>] = []
    var cancellations: [Heard<Signed<Cancellation>>] = []
    var refusals: [Heard<Refused>] = []
    /// What it said to the customer when it asked her.
    var acceptances: [Heard<[Signed<Acceptance>]>] = []

    /// What it had been told by a moment.
    func until(_ reading: ClockReading) -> Told {
      var told = Told()
      let step = reading.step
      told.submissions = submissions.filter { $0.step <= step }
      told.reservations = reservations.filter { $0.at.step <= step }
      told.deposits = deposits.filter { $0.at.step <= step }
      told.requests = requests.filter { $0.at.step <= step }
      told.cancellations = cancellations.filter { $0.at.step <= step }
      told.refusals = refusals.filter { $0.at.step <= step }
      told.acceptances = acceptances.filter { $0.at.step <= step }
      return told
    }
  }

  var told = Told()
  /// What it knew when it said its verdict, and when that was.
  var grounds: Heard<Told>?
  /// Each that it said, once.
  private(set) var verdicts: [Signed<Verdict>] = []
  /// Signed refusals of what a commit orders.
  private(set) var brokenPromises: [Signed<Refusal>] = []

  var isDecided: Bool { !verdicts.isEmpty }

  mutating func take(_ reply: ParticipantReply, of activity: Int, at reading: ClockReading) {
    switch reply {
    case .reserved(.done(let reservation)):
      told.reservations.append(Heard(value: reservation, at: reading))
    case .deposited(.done(let key)): told.deposits.append(Heard(value: key, at: reading))
    case .requested(.done(let request)): told.requests.append(Heard(value: request, at: reading))
    case .reserved(.refused(_, let signed)), .deposited(.refused(_, let signed)),
      .requested(.refused(_, let signed)):
      told.refusals.append(Heard(value: Refused(activity: activity, signed: signed), at: reading))
    case .transferred(.refused(_, let refusal?)):
      if !brokenPromises.contains(refusal) { brokenPromises.append(refusal) }
    default: break
    }
  }

  mutating func ask(_ query: DeliveryQuery, at reading: ClockReading) {
    told.acceptances.append(Heard(value: query.acceptances, at: reading))
  }

  mutating func decide(_ verdict: Signed<Verdict>, at reading: ClockReading) {
    if grounds == nil { grounds = Heard(value: told, at: reading) }
    if !verdicts.contains(verdict) { verdicts.append(verdict) }
  }
}
