// Ports to the participants: what the paper calls transactional coordination agents. Every verb is
// idempotent in (coordinator's key, process, step): the same body gets the same final answer, another
// body the refusal `conflict`. No port throws, see `Outcome`.

/// What names a request for ever.
public struct RequestID: Hashable, Sendable {
  public let process: ProcessID
  public let step: StepPath

  public init(process: ProcessID, step: StepPath) {
    self.process = process
    self.step = step
  }
}

/// A bank, as the coordinator of a payment process sees it: two-phase transfers.
public protocol PaymentAgent: Sendable {
  /// Checks the payment and holds its money for this process (Check Validity of Payment Information).
  func reserve(_ request: ReserveRequest) async -> Outcome<Signed<Reservation>>

  /// Moves the reserved money to the payees, once the process is committed (Money Transfer). One
  /// transfer for each payout, in their order.
  func post(_ request: PostRequest) async -> Outcome<[Signed<Transfer>]>

  /// Gives the reserved money free again, once the process is aborted. Before its reserve it leaves a
  /// mark that refuses the late reserve.
  func void(_ request: VerdictRequest) async -> Outcome<Signed<VoidedReservation>>
}

/// Reserve the money of one payment part.
public struct ReserveRequest: Hashable, Sendable {
  public let id: RequestID
  public let order: Signed<Order>
  public let part: CommittedPart
  public let instrument: Sealed<SealedContent.Instrument>

  public init(
    id: RequestID, order: Signed<Order>, part: CommittedPart,
    instrument: Sealed<SealedContent.Instrument>
  ) {
    self.id = id
    self.order = order
    self.part = part
    self.instrument = instrument
  }
}

/// Post what was reserved.
public typealias PostRequest = VerdictRequest

/// Do what a logged verdict says.
public struct VerdictRequest: Hashable, Sendable {
  public let id: RequestID
  public let verdict: LoggedVerdict

  public init(id: RequestID, verdict: LoggedVerdict) {
    self.id = id
    self.verdict = verdict
  }
}

/// A merchant, as the coordinator of a payment process sees it.
public protocol MerchantAgent: Sendable {
  /// Deposits the key of a good in escrow and holds the good (Receive Key).
  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey>

  /// Gives the good free again, once the process is aborted. Before its deposit it leaves a mark that
  /// refuses the late deposit.
  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>>

  /// Takes note of the commit and of the transfers to this merchant (Send Confirmation).
  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>>
}

/// Deposit the key of one offer.
public struct DepositRequest: Hashable, Sendable {
  public let id: RequestID
  public let order: Signed<Order>
  public let part: CommittedPart

  public init(id: RequestID, order: Signed<Order>, part: CommittedPart) {
    self.id = id
    self.order = order
    self.part = part
  }
}

/// A signed deposit and the key itself, sealed to the escrow agent.
public struct DepositedKey: Hashable, Sendable {
  public let deposit: Signed<Deposit>
  public let key: Sealed<SealedContent.GoodsKey>

  public init(deposit: Signed<Deposit>, key: Sealed<SealedContent.GoodsKey>) {
    self.deposit = deposit
    self.key = key
  }
}

/// Confirm a committed purchase to one merchant.
public struct SettleRequest: Hashable, Sendable {
  public let id: RequestID
  public let verdict: LoggedVerdict
  /// The transfers to this merchant, and to nobody else.
  public let transfers: [Signed<Transfer>]

  public init(id: RequestID, verdict: LoggedVerdict, transfers: [Signed<Transfer>]) {
    self.id = id
    self.verdict = verdict
    self.transfers = transfers
  }
}

/// The customer, as the coordinator of a payment process sees her.
public protocol CustomerAgent: Sendable {
  /// Asks for the signed delivery request, after which the coordinator may commit (Send Keys to
  /// Customer).
  func requestDelivery(_ query: DeliveryQuery) async -> Outcome<Signed<DeliveryRequest>>

  /// Tells how it ended.
  func notify(_ notice: VerdictRequest) async -> Outcome<Notified>
}

/// All keys are in escrow and checked: does the customer want them?
public struct DeliveryQuery: Hashable, Sendable {
  public let id: RequestID
  public let acceptances: [Signed<Acceptance>]
  /// Without an answer by then the coordinator aborts.
  public let answerBy: Timestamp

  public init(id: RequestID, acceptances: [Signed<Acceptance>], answerBy: Timestamp) {
    self.id = id
    self.acceptances = acceptances
    self.answerBy = answerBy
  }
}

/// The customer knows the verdict.
public struct Notified: Hashable, Sendable {
  public init() {}
}

/// Finds participants by name.
///
/// A coordinator begins some requests one after another, each up to the first thing that it has to wait for: an agent
/// waits by suspending, and does not block its thread.
public protocol Participants: Sendable {
  func bank(_ name: PartyName) -> (any PaymentAgent)?
  func merchant(_ name: PartyName) -> (any MerchantAgent)?
  func customer(of process: ProcessID) -> (any CustomerAgent)?
}
