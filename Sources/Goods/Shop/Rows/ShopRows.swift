// What a shop keeps: rows without a rule. The rules stand in `Rules` and run on them in one
// transaction.

public import PaymentModel

/// The rows of a shop, within one transaction.
///
/// Verbs named `put` insert the row or replace the one with the same key. Lists come in the order of
/// their key. Nothing here throws, see `Store`.
public protocol ShopRows {
  // MARK: Vault

  /// A good's identity, sealed at rest.
  func sealedIdentity(of recipient: RecipientValue) -> Bytes?
  mutating func putSealedIdentity(_ sealed: Bytes, of recipient: RecipientValue)

  // MARK: Offers

  func offer(_ id: StatementID) -> ShopOfferRow?
  /// In the order of their identifiers, after the given one.
  func offers(after id: StatementID?, atMost count: Int) -> [ShopOfferRow]
  mutating func put(_ offer: ShopOfferRow)

  // MARK: Stock and holds

  /// How many pieces are neither held nor sold; `nil` for a stock that the shop does not have.
  func stockLevel(of name: String) -> Int?
  mutating func setStockLevel(_ pieces: Int, of name: String)

  func hold(_ key: ShopHoldKey) -> ShopHoldRow?
  /// All holds of one process, in the order of their offers.
  func holds(coordinator: Thumbprint, process: ProcessID) -> [ShopHoldRow]
  mutating func put(_ hold: ShopHoldRow)
  /// What undecided processes hold.
  func undecided(_ scope: ShopHoldScope) -> ShopHoldSummary
  /// Whether a hold on that offer was sold.
  func isSold(_ offer: StatementID) -> Bool

  // MARK: Orders

  /// The order for which something is held.
  func order(_ place: ShopOrderPlace) -> ShopOrderRow?
  /// Those that should have been decided and are to be asked about, in the order of their places.
  ///
  /// - Parameters:
  ///   - time: they had to be decided by then.
  ///   - leftAlone: without those of which the next question is in this range.
  ///   - place: where the list goes on.
  func orders(
    decidedBy time: Timestamp, leavingAlone leftAlone: ClosedRange<Timestamp>?,
    after place: ShopOrderPlace?, atMost count: Int
  ) -> [ShopOrderRow]
  mutating func put(_ order: ShopOrderRow)
  mutating func removeOrder(_ place: ShopOrderPlace)

  // MARK: Verdicts

  /// The verdict that the shop has acted on. An abort before the deposit is a tombstone.
  func verdict(coordinator: Thumbprint, process: ProcessID) -> ShopVerdictRow?
  mutating func put(_ verdict: ShopVerdictRow)

  // MARK: Replies

  func reply(to request: RequestKey) -> ReplyRow?
  mutating func put(_ reply: ReplyRow)

  // MARK: Outbox

  /// Statements made that have not been logged yet, oldest first.
  func outbox(atMost count: Int) -> [OutboxRow]
  /// Puts a statement last.
  mutating func enqueue(_ statement: StatementID, kind: StatementKind)
  /// Forgets what was logged: all up to this number.
  mutating func dropOutbox(through number: Int)
}

/// An offer that the shop has signed.
public struct ShopOfferRow: Hashable, Sendable {
  /// The key.
  public let id: StatementID
  public let signed: Signed<Offer>

  public init(id: StatementID, signed: Signed<Offer>) {
    self.id = id
    self.signed = signed
  }
}

/// What names a hold: one offer in one process.
public struct ShopHoldKey: Hashable, Sendable, Comparable {
  public let coordinator: Thumbprint
  public let process: ProcessID
  public let offer: StatementID

  public init(coordinator: Thumbprint, process: ProcessID, offer: StatementID) {
    self.coordinator = coordinator
    self.process = process
    self.offer = offer
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.coordinator, left.process, left.offer) < (right.coordinator, right.process, right.offer)
  }
}

/// A good that is held for a process, or was.
public struct ShopHoldRow: Hashable, Sendable {
  public enum State: String, Sendable {
    /// The process is undecided.
    case held
    /// It was aborted.
    case released
    /// It was committed.
    case sold
  }

  public let key: ShopHoldKey
  /// The step that deposited.
  public let step: StepPath
  /// The stock from which the pieces were taken.
  public let stock: String?
  public let quantity: Int
  /// What the shop is to receive, and where.
  public let amount: Amount
  public let payee: Payee
  public let decideBy: Timestamp
  public var state: State

  public init(
    key: ShopHoldKey, step: StepPath, stock: String?, quantity: Int, amount: Amount, payee: Payee,
    decideBy: Timestamp, state: State
  ) {
    self.key = key
    self.step = step
    self.stock = stock
    self.quantity = quantity
    self.amount = amount
    self.payee = payee
    self.decideBy = decideBy
    self.state = state
  }
}

/// What names an order for which something is held. Who had to be decided first comes first.
public struct ShopOrderPlace: Hashable, Sendable, Comparable {
  public let decideBy: Timestamp
  public let coordinator: Thumbprint
  public let process: ProcessID

  public init(decideBy: Timestamp, coordinator: Thumbprint, process: ProcessID) {
    self.decideBy = decideBy
    self.coordinator = coordinator
    self.process = process
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.decideBy, left.coordinator, left.process)
      < (right.decideBy, right.coordinator, right.process)
  }
}

/// An order for which something is held: shown to its coordinator, it answers what became of it. It is kept until
/// nothing is held for it any more.
public struct ShopOrderRow: Hashable, Sendable {
  /// The key.
  public let place: ShopOrderPlace
  public let signed: Signed<Order>
  /// Until then it is left alone, after somebody has asked about it in vain. At first its `decideBy`.
  public var askAt: Timestamp

  public init(place: ShopOrderPlace, signed: Signed<Order>, askAt: Timestamp) {
    self.place = place
    self.signed = signed
    self.askAt = askAt
  }
}

/// Which holds are summed up.
public enum ShopHoldScope: Hashable, Sendable {
  case all
  case offer(StatementID)
  case stock(String)
  /// Those for which nothing is paid: of one stock, or of all.
  case free(ofStock: String?)
}

/// What undecided processes hold.
public struct ShopHoldSummary: Hashable, Sendable {
  /// How many holds.
  public let count: Int
  /// How many pieces they hold.
  public let pieces: Int
  /// When the first of them must be decided; `nil` when there are none.
  public let firstDecideBy: Timestamp?

  public init(count: Int, pieces: Int, firstDecideBy: Timestamp?) {
    self.count = count
    self.pieces = pieces
    self.firstDecideBy = firstDecideBy
  }
}

/// A verdict that the shop has acted on. The key is coordinator and process.
public struct ShopVerdictRow: Hashable, Sendable {
  public let coordinator: Thumbprint
  public let process: ProcessID
  public let verdict: StatementID
  public let isCommit: Bool

  public init(
    coordinator: Thumbprint, process: ProcessID, verdict: StatementID, isCommit: Bool
  ) {
    self.coordinator = coordinator
    self.process = process
    self.verdict = verdict
    self.isCommit = isCommit
  }
}
