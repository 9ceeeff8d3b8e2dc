// A receipt while it is examined: what has been verified so far, and what has been found.

import Evidence
import PaymentModel

/// The state of a verification. Each group of checks stands in a file of its own and uses what those
/// before it have verified.
struct Examination {
  let receipt: Receipt
  /// The trust store, with the keys that the receipt's statements have registered and revoked.
  private(set) var keys: KeyTimeline
  var trust: TrustStore { keys.latest }
  /// Which logs and witnesses are believed.
  let policy: LogPolicy
  var findings: [Finding] = []

  /// The checkpoint and when it was witnessed: the time at which everything in the receipt existed.
  var checkpoint: WitnessedCheckpoint?
  var time: Timestamp?
  /// Where the statements that were found in the log stand in it.
  var places: [StatementID: LogPlace] = [:]

  /// Keys that came and went by statements of this receipt.
  private(set) var keyChanges: [KeyChange] = []
  /// Those among them that the time line has already, by other evidence.
  private let otherChanges: Set<StatementID>
  /// What the statements that verify rely on.
  var reliances: [Reliance] = []

  /// The order that brings the customer's key: this receipt's, or the one that other evidence shows.
  var order: Stated<Order>?
  /// The items whose offers are there and fit.
  var items: [Item] = []
  /// How many items the shown parts have.
  var itemCount = 0
  var payments: [Payment] = []
  /// What the coordinator is paid, as a shown part of the order says.
  var fee: FeePart?
  /// The payment parts, by digest, that their banks have reserved.
  var reserved: [Digest] = []
  /// The deposits that fit their items.
  var deposits: [(deposit: Stated<Deposit>, item: Item)] = []
  /// The order's verdict, when it is the only one.
  var verdict: Stated<Verdict>?

  /// Verified statements that no check has used yet.
  var unused = Statements()

  /// A verified statement and the statements that it relies on.
  struct Reliance {
    let statement: StatementID
    let issuer: Issuer
    let kind: StatementKind
    let prev: [StatementID]
  }

  /// A good that is bought, as order and offer have it.
  struct Item {
    let part: ItemPart
    let offer: Stated<Offer>
    let amount: Amount
  }

  /// What one bank pays, and the digest by which its reservation speaks of it.
  struct Payment {
    let content: PaymentPart
    let digest: Digest
  }

  /// Verified statements about this process, by kind.
  struct Statements {
    var offers: [Stated<Offer>] = []
    var terms: [Stated<Terms>] = []
    var submissions: [Stated<Submission>] = []
    var reservations: [Stated<Reservation>] = []
    var deposits: [Stated<Deposit>] = []
    var acceptances: [Stated<Acceptance>] = []
    var deliveryRequests: [Stated<DeliveryRequest>] = []
    var cancellations: [Stated<Cancellation>] = []
    var refusals: [Stated<Refusal>] = []
    var verdicts: [Stated<Verdict>] = []
    /// Signed and not logged.
    var unloggedVerdicts: [Stated<Verdict>] = []
    var transfers: [Stated<Transfer>] = []
    var creditLines: [Stated<CreditLine>] = []
    var credits: [Stated<Credit>] = []
    var settlements: [Stated<Settlement>] = []
    var voids: [Stated<VoidedReservation>] = []
    var releases: [Stated<Release>] = []
    var doubleSpends: [Stated<DoubleSpend>] = []
    var acknowledgements: [Stated<Acknowledgement>] = []
    var addressClaims: [Stated<AddressClaim>] = []
    var dispatches: [Stated<Dispatch>] = []
    var refunds: [Stated<Refund>] = []
    var shareAcceptances: [Stated<ShareAcceptance>] = []
    var withdrawals: [Stated<Withdrawal>] = []
    var issues: [Stated<Issue>] = []
    var complaints: [Stated<Complaint>] = []
    var requests: [Stated<EvidenceRequest>] = []
    var rulings: [Stated<Ruling>] = []
  }

  /// - Parameters:
  ///   - order: the order of this purchase, when other evidence shows it.
  ///   - changes: keys that came and went, as other evidence shows.
  init(
    _ receipt: Receipt, trust: TrustStore, policy: LogPolicy? = nil, order: Stated<Order>? = nil,
    changes: [KeyChange] = []
  ) {
    self.receipt = receipt
    self.policy = policy ?? LogPolicy(trust)
    let origin = (try? Checkpoint(text: receipt.checkpoint.text))?.origin ?? ""
    keys = KeyTimeline(
      trust, changes: changes,
      in: origin)
    otherChanges = Set(changes.filter { $0.isIn(origin) }.map(\.statement))
    self.order = order
  }

  /// Takes note of a key that comes or goes.
  mutating func take(_ change: KeyChange) throws(EvidenceError) {
    keyChanges.append(change)
    guard !otherChanges.contains(change.statement) else { return }
    try keys.change(at: change.index, change.content)
  }

  var isCommitted: Bool { verdict?.claim.decision.isCommit ?? false }
}

// MARK: - Findings

extension Examination {
  /// Adds what was found about a verified statement.
  mutating func find<Content: Claim>(
    _ check: Finding.Check, _ result: Finding.Result, _ stated: Stated<Content>,
    _ message: String, atFault: PartyName? = nil, noLaterThan earlier: Timestamp? = nil
  ) {
    findings.append(
      Finding(
        check, result, message, party: stated.issuer.party, key: stated.issuer.key,
        kind: Content.kind, statement: stated.id, noLaterThan: earlier ?? time, atFault: atFault))
  }

  /// Adds that something is not there which a party should have said.
  mutating func findMissing(
    _ check: Finding.Check, _ result: Finding.Result, of kind: StatementKind, by party: PartyName?,
    _ message: String
  ) {
    findings.append(Finding(check, result, message, party: party, kind: kind))
  }

  /// What must be there for a committed purchase, and need not be for an aborted one.
  var requiredForCommit: Finding.Result { isCommitted ? .missing : .pending }
}

extension Array {
  /// Removes the first element that fits, and returns it.
  mutating func take<Content>(
    where fits: (Element) -> Bool
  ) -> Element? where Element == Stated<Content> {
    firstIndex(where: fits).map { remove(at: $0) }
  }
}
