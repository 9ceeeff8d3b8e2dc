// What the coordinator needs besides participants: signatures, keys, the log, time.

/// An order as the customer hands it in, with all that the process needs.
public struct PurchaseSubmission: Hashable, Sendable {
  public let order: Signed<Order>
  public let parts: [CommittedPart]
  public let offers: [Signed<Offer>]
  /// One for each payment part, in their order.
  public let instruments: [Sealed<SealedContent.Instrument>]
  /// The coordinator's terms that the order's fee part names; `nil` for an order without one.
  public let terms: Signed<Terms>?

  public init(
    order: Signed<Order>, parts: [CommittedPart], offers: [Signed<Offer>],
    instruments: [Sealed<SealedContent.Instrument>], terms: Signed<Terms>? = nil
  ) {
    self.order = order
    self.parts = parts
    self.offers = offers
    self.instruments = instruments
    self.terms = terms
  }
}

/// A submission whose signatures, parts, offers and sums have all been checked. Shared, because it never changes.
public final class AdmittedOrder: Sendable {
  /// One good that is bought.
  public struct Item: Hashable, Sendable {
    public let merchant: PartyName
    public let offer: Stated<Offer>
    public let quantity: Int
    public let part: CommittedPart

    public init(merchant: PartyName, offer: Stated<Offer>, quantity: Int, part: CommittedPart) {
      self.merchant = merchant
      self.offer = offer
      self.quantity = quantity
      self.part = part
    }
  }

  /// What one bank is to pay.
  public struct Payment: Hashable, Sendable {
    /// What a bank is handed when it is asked to reserve.
    public struct Handover: Hashable, Sendable {
      public let part: CommittedPart
      public let instrument: Sealed<SealedContent.Instrument>
    }

    public let content: PaymentPart
    public let partDigest: Digest
    /// `nil` when the bank has answered, and nobody needs it any more.
    public let handover: Handover?

    public init(
      content: PaymentPart, part: CommittedPart, partDigest: Digest,
      instrument: Sealed<SealedContent.Instrument>
    ) {
      self.init(content, partDigest, Handover(part: part, instrument: instrument))
    }

    private init(_ content: PaymentPart, _ partDigest: Digest, _ handover: Handover?) {
      self.content = content
      self.partDigest = partDigest
      self.handover = handover
    }

    fileprivate var withoutHandover: Self { Self(content, partDigest, nil) }
  }

  public let process: ProcessID
  public let signedOrder: Signed<Order>
  public let order: Order
  /// Ordered by offer.
  public let items: [Item]
  /// Ordered by bank.
  public let payments: [Payment]

  public init(
    process: ProcessID, signedOrder: Signed<Order>, order: Order, items: [Item],
    payments: [Payment]
  ) {
    self.process = process
    self.signedOrder = signedOrder
    self.order = order
    self.items = items
    self.payments = payments
  }

  /// The order when all banks have answered: what they were handed is long.
  public func withoutHandovers() -> AdmittedOrder {
    AdmittedOrder(
      process: process, signedOrder: signedOrder, order: order, items: items,
      payments: payments.map(\.withoutHandover))
  }
}

extension AdmittedOrder: Hashable {
  public static func == (left: AdmittedOrder, right: AdmittedOrder) -> Bool {
    left === right
      || left.process == right.process && left.signedOrder == right.signedOrder
        && left.order == right.order && left.items == right.items
        && left.payments == right.payments
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(process) }
}

/// Whose signature is asked for.
public enum Signatory: Hashable, Sendable {
  /// A party of the trust store.
  case party(PartyName)
  /// Whoever holds an order's one-time key.
  case oneTime(SigningKeyValue)
}

/// Why something was not admitted, with a stable code.
public struct NotAdmitted: Error, Equatable, Sendable {
  public let code: String
  public let message: String

  public init(code: String, message: String) {
    self.code = code
    self.message = message
  }
}

/// Makes evidence out of claims, and claims out of evidence.
public protocol Notary: Sendable {
  /// The key with which it signs.
  var key: Thumbprint { get }

  /// Which process an order would be, with nothing about it checked; `nil` for what is no order at all.
  func process(of order: Signed<Order>) -> ProcessID?

  /// Checks all of a submission as of a time: signatures, certificates, each part's path to the root,
  /// that payees and prices are those of the offers, that its fee is the one of terms that the coordinator has
  /// signed, that the order names this coordinator, by its key or by an older one that was valid then, and that all
  /// offers allow that key.
  func admit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder

  /// Reads a submission back that was admitted at that time. What only whoever admitted it could know is not asked
  /// again: whether the order needed a fee.
  func readmit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder

  /// Verifies a statement of that signatory and returns what it claims.
  func read<Content: Claim>(
    _ signed: Signed<Content>, by signatory: Signatory, at time: Timestamp
  ) throws(NotAdmitted) -> Stated<Content>

  /// Signs a claim as the coordinator. The same claim and nonce give the same bytes.
  func sign<Content: Claim>(_ claim: Content, nonce: Nonce) -> Signed<Content>

  /// SHA-256.
  func digest(_ bytes: Bytes) -> Digest
}

extension Notary {
  /// Admits it as of then: for a notary that asks for nothing but what the submission and its keys say.
  public func readmit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder { try admit(submission, at: time) }
}

/// What an examination of a deposited key found.
public enum KeyFinding: Equatable, Sendable {
  /// The key matches the deposit and opens the offer's container.
  case opens
  /// What was sent does not match the deposit's digest: it proves nothing, ask again.
  case unreadable
  /// It matches the deposit but not the offer: the merchant bound itself to a wrong key. The revealed
  /// identity proves it.
  case doesNotOpen(revealed: Bytes)
}

/// Looks into deposited keys on the coordinator's behalf, which never sees one.
public protocol KeyExaminer: Sendable {
  /// Whether the key behind a deposit opens the offer's container.
  func examine(
    _ key: Sealed<SealedContent.GoodsKey>, deposit: Deposit, offer: Offer
  ) -> KeyFinding

  /// Seals all keys of a purchase to its one-time recipient, padded to a fixed size; in the order of
  /// `keys`. `nil` when one of them cannot be read any more.
  func bundle(
    _ keys: [Sealed<SealedContent.GoodsKey>], for recipient: RecipientValue
  ) -> Sealed<SealedContent.KeyBundle>?
}

/// Where verdicts become public. Publishing again returns the same entry.
public protocol VerdictLog: Sendable {
  /// Logs the verdict in its process's slot and keeps the bundle for whoever asks.
  /// `unknown` means to try again; `refused` with `conflict` that the slot holds another verdict.
  func publish(
    _ verdict: Signed<Verdict>, process: ProcessID, bundle: Sealed<SealedContent.KeyBundle>?
  ) async -> Outcome<LoggedVerdict>

  /// The verdicts of that coordinator's key that were published last, the last one first. A coordinator
  /// compares them with its journal before it serves.
  func latestVerdicts(by key: Thumbprint, atMost count: Int) async -> Outcome<[VerdictEntry]>

  /// The verdict that stands in the slot of a process, whoever signed it; `nil` when there is none.
  func loggedVerdict(of process: ProcessID) async -> Outcome<Signed<Verdict>?>
}

/// A verdict in the log, and the process in whose slot it stands.
public struct VerdictEntry: Hashable, Sendable {
  public let process: ProcessID
  public let verdict: Signed<Verdict>

  public init(process: ProcessID, verdict: Signed<Verdict>) {
    self.process = process
    self.verdict = verdict
  }
}

/// Verifies verdicts for those who act on them.
public protocol VerdictReader: Sendable {
  /// Checks the signature of that coordinator, the process, and the inclusion proof under the trust
  /// store's witness policy.
  func read(
    _ verdict: LoggedVerdict, of process: ProcessID, by coordinator: Thumbprint
  ) throws(NotAdmitted) -> Stated<Verdict>
}

/// Verifies what other banks have signed and logged, for a bank that takes it as money.
public protocol TransferReader: Sendable {
  /// Checks that the credit line is by a bank whose key was valid when the log had it.
  ///
  /// - Parameter proof: a `tlog-proof@v1`.
  func read(
    _ line: Signed<CreditLine>, proof: Bytes
  ) throws(NotAdmitted) -> Stated<CreditLine>

  /// Checks that the transfer is by a bank whose key was valid when the log had it.
  ///
  /// - Parameter proof: a `tlog-proof@v1`.
  func read(
    _ transfer: Signed<Transfer>, proof: Bytes
  ) throws(NotAdmitted) -> Stated<Transfer>
}

/// The time of day.
public protocol WallClock: Sendable {
  func now() -> Timestamp
  /// Returns at that time or soon after, or when the task is cancelled.
  func sleep(until time: Timestamp) async
}
