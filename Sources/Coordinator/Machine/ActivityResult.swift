// How activities end, and the evidence that they leave behind.

public import PaymentModel

/// A signed statement that has been verified, with its identifier.
public struct Exhibit<Content: Claim>: Hashable, Sendable {
  public let id: StatementID
  public let signed: Signed<Content>

  public init(id: StatementID, signed: Signed<Content>) {
    self.id = id
    self.signed = signed
  }
}

/// A key in escrow that has been examined and opens its container.
public struct EscrowedKey: Hashable, Sendable {
  public let deposit: Exhibit<Deposit>
  /// The merchant's time frame: everybody must be prepared by then.
  public let heldUntil: Timestamp
  /// Sealed to the escrow agent.
  public let key: Sealed<SealedContent.GoodsKey>
  public let acceptance: Exhibit<Acceptance>

  public init(
    deposit: Exhibit<Deposit>, heldUntil: Timestamp, key: Sealed<SealedContent.GoodsKey>,
    acceptance: Exhibit<Acceptance>
  ) {
    self.deposit = deposit
    self.heldUntil = heldUntil
    self.key = key
    self.acceptance = acceptance
  }
}

/// A verdict that stands in the log.
public struct PublishedVerdict: Hashable, Sendable {
  public let id: StatementID
  public let logged: LoggedVerdict

  public init(id: StatementID, logged: LoggedVerdict) {
    self.id = id
    self.logged = logged
  }
}

/// The final answer to an activity's request.
public enum ActivityResult: Hashable, Sendable {
  case reserved(Exhibit<Reservation>)
  case deposited(EscrowedKey)
  case requested(Exhibit<DeliveryRequest>)
  case published(PublishedVerdict)
  /// One for each payout of the payment part, in their order.
  case transferred([Exhibit<Transfer>])
  case settled(Exhibit<Settlement>)
  case voided(Exhibit<VoidedReservation>)
  case released(Exhibit<Release>)
  case notified
  /// Nobody could be told, after as many attempts as the policy allows. The verdict is public.
  case unreached
  /// Refused for good, with the signed refusal where there is one.
  case refused(RefusalReason, Exhibit<Refusal>?)
  /// The deposited key matches the merchant's signed digest and does not open the offer's container.
  /// The revealed identity proves it.
  case wrongKey(Exhibit<Deposit>, revealed: Bytes)

  /// Whether the activity has succeeded.
  public var isSuccess: Bool {
    switch self {
    case .refused, .wrongKey, .unreached: false
    default: true
    }
  }

  /// Whether an activity with that verb can end so.
  public func fits(_ verb: Verb) -> Bool {
    switch (self, verb) {
    case (.reserved, .reserve), (.deposited, .deposit), (.wrongKey, .deposit),
      (.requested, .decide), (.published, .publish), (.published, .recordAbort),
      (.transferred, .post), (.settled, .confirm), (.voided, .void), (.released, .release),
      (.notified, .notify), (.unreached, .notify):
      true
    case (.refused, .reserve), (.refused, .deposit), (.refused, .decide), (.refused, .post),
      (.refused, .confirm), (.refused, .void), (.refused, .release):
      true
    default: false
    }
  }

  /// The statements that it consists of.
  public var statements: [StatementID] {
    switch self {
    case .reserved(let exhibit): [exhibit.id]
    case .deposited(let key): [key.deposit.id, key.acceptance.id]
    case .requested(let exhibit): [exhibit.id]
    case .published(let verdict): [verdict.id]
    case .transferred(let exhibits): exhibits.map(\.id)
    case .settled(let exhibit): [exhibit.id]
    case .voided(let exhibit): [exhibit.id]
    case .released(let exhibit): [exhibit.id]
    case .refused(_, let exhibit): exhibit.map { [$0.id] } ?? []
    case .wrongKey(let exhibit, _): [exhibit.id]
    case .notified, .unreached: []
    }
  }
}

/// What became of one attempt at an activity.
public indirect enum ActivityOutcome: Hashable, Sendable {
  /// It has a final answer.
  case ended(ActivityResult)
  /// The customer asks for delivery, and the keys are sealed to her.
  case deliveryRequested(Exhibit<DeliveryRequest>, Sealed<SealedContent.KeyBundle>)
  /// Somebody else's undecided process is in the way: ask again then.
  case held(until: Timestamp)
  /// Nobody knows. It may have been done.
  case unknown

  /// Whether asking again would bring the same answer.
  var isFinal: Bool {
    switch self {
    case .ended, .deliveryRequested: true
    case .held, .unknown: false
    }
  }
}
