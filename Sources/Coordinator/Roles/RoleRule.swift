// What each role asks of a process before it joins, beyond that it always ends.

public import PaymentModel

/// A rule about a payment process that a role relies on.
public enum RoleRule: String, CaseIterable, Hashable, Sendable {
  /// The party that checks has nothing to do in the process.
  case takesPart = "takes-part"
  /// What a bank reserves is undone by a void of that bank, which follows the abort verdict.
  case reserveUndone = "reserve-undone"
  /// What a merchant deposits is undone by a release of that offer, which follows the abort verdict.
  case depositUndone = "deposit-undone"
  /// Money moves, and goods are confirmed, only after the commit verdict is public.
  case postAfterPublish = "post-after-publish"
  /// What is posted or voided was reserved before, by the same bank, and what is reserved can be posted.
  case reservePosted = "reserve-posted"
  /// Voids and releases follow the abort verdict, and nothing else does away with a hold.
  case undoneOnAbort = "undone-on-abort"
  /// A merchant that deposits hears of the commit, after its publication and the posts that pay it.
  case confirmAfterPayment = "confirm-after-payment"
  /// All money is reserved before a good is held.
  case moneyBeforeStock = "money-before-stock"
  /// The commit verdict is public only after it was decided.
  case publishAfterDecide = "publish-after-decide"
  /// Nothing is decided before all is reserved, all keys are in escrow, and that was prepared.
  case decideAfterPrepare = "decide-after-prepare"
  /// Every good has a deposit: what is released was deposited, and who confirms has deposited.
  case goodDeposited = "good-deposited"
  /// Every payment has a reservation: whoever's payment is received reserves it.
  case paymentReserved = "payment-reserved"
  /// The customer hears of either verdict, after it is public.
  case customerTold = "customer-told"
  /// The coordinator's machine can run it: one abort path, and one decision that is prepared.
  case supported
}

/// Who checks a process.
public enum ProcessRole: Hashable, Sendable {
  case customer
  case coordinator
  /// A bank, or any bank of the process.
  case bank(PartyName?)
  /// A merchant, or any merchant of the process.
  ///
  /// - paidBy: the banks that pay it, as its offers say; `nil` when that is not known.
  case merchant(PartyName?, paidBy: [PartyName]? = nil)
}

/// A rule that a process breaks, and the activities that break it.
public struct Objection: Hashable, Sendable, CustomStringConvertible {
  public enum Rule: Hashable, Sendable {
    case termination(TerminationRule)
    case role(RoleRule)
  }

  public let rule: Rule
  public let activities: [StepPath]

  init(_ rule: RoleRule, _ activities: [StepPath]) {
    self.rule = .role(rule)
    self.activities = activities
  }

  init(_ violation: Violation) {
    rule = .termination(violation.rule)
    activities = violation.activities
  }

  /// A stable name of the rule.
  public var code: String {
    switch rule {
    case .termination(let rule): rule.rawValue
    case .role(let rule): rule.rawValue
    }
  }

  public var description: String {
    activities.isEmpty ? code : "\(code): \(activities.map(\.rawValue).joined(separator: " "))"
  }
}
