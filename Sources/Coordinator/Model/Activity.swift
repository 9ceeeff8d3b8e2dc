// One step of a payment process: who does what, and what happens when it fails.

public import PaymentModel

/// What an activity guarantees (paper, section 2): the three termination classes of flexible
/// transactions.
public enum ActivityGuarantee: String, CaseIterable, Hashable, Sendable {
  /// May fail, and can be undone after it has succeeded.
  case compensatable
  /// May fail, and cannot be undone after it has succeeded.
  case pivot
  /// Succeeds in the end, when it is repeated often enough.
  case retriable
}

/// What an activity does. The engine knows how to carry out each verb.
public enum Verb: String, CaseIterable, Hashable, Sendable {
  /// The customer hands in the payment, sealed to the bank.
  case receivePayment = "receive-payment"
  /// The bank checks the payment and holds the money.
  case reserve
  /// A merchant hands a good's key into escrow and holds the good.
  case deposit
  /// All holds, checked keys and time frames stand.
  case prepare
  /// The customer asks for delivery, and the coordinator commits.
  case decide
  /// The commit verdict and the sealed keys become public.
  case publish
  /// The bank moves the money.
  case post
  /// A merchant takes note of commit and transfers.
  case confirm
  /// The abort verdict becomes public.
  case recordAbort = "record-abort"
  /// The bank gives the money free.
  case void
  /// A merchant gives the good free and destroys the key.
  case release
  /// The customer hears how it ended.
  case notify

  /// The name that the paper's Figure 1 gives to the activity, where it has one.
  public var title: String {
    switch self {
    case .receivePayment: "Receive Payment Information"
    case .reserve: "Check Validity of Payment"
    case .deposit: "Receive Key"
    case .prepare: "Check Timeout"
    case .decide: "Send Keys to Customer"
    case .publish: "Publish Keys"
    case .post: "Money Transfer"
    case .confirm: "Send Confirmation"
    case .recordAbort: "Record Abort"
    case .void: "Void Reservation"
    case .release: "Release Good"
    case .notify: "Notify Customer"
    }
  }
}

/// Who carries out an activity.
public enum Participant: Hashable, Sendable {
  case customer
  case coordinator
  case bank(PartyName)
  case merchant(PartyName)

  /// `customer`, `coordinator`, `bank` or `merchant`.
  public var role: String {
    switch self {
    case .customer: "customer"
    case .coordinator: "coordinator"
    case .bank: "bank"
    case .merchant: "merchant"
    }
  }

  /// The name of a bank or merchant.
  public var name: PartyName? {
    switch self {
    case .customer, .coordinator: nil
    case .bank(let name), .merchant(let name): name
    }
  }
}

/// One step of a payment process.
public struct Activity: Hashable, Sendable {
  /// Unique in its process. With the process it names the request, whatever the attempt.
  public let path: StepPath
  public let verb: Verb
  public let participant: Participant
  public let guarantee: ActivityGuarantee
  /// The activity that undoes this one. A compensatable activity without one needs only be forgotten.
  public let compensation: StepPath?
  /// The offer that the activity is about, where it is about one.
  public let offer: StatementID?
  /// What it may compete for with activities of other processes.
  public let resources: [ResourceUse]

  public init(
    path: StepPath, verb: Verb, participant: Participant, guarantee: ActivityGuarantee,
    compensation: StepPath? = nil, offer: StatementID? = nil, resources: [ResourceUse] = []
  ) {
    self.path = path
    self.verb = verb
    self.participant = participant
    self.guarantee = guarantee
    self.compensation = compensation
    self.offer = offer
    self.resources = resources
  }
}
