// A shop's rows in memory.

public import PaymentModel

/// A shop's rows in memory, for tests, simulations, and shops that may forget.
public struct MemoryShopRows: ShopRows, Sendable {
  private struct ProcessKey: Hashable {
    let coordinator: Thumbprint
    let process: ProcessID
  }

  private var identities: [RecipientValue: Bytes] = [:]
  private var offersByID: [StatementID: ShopOfferRow] = [:]
  private var stockLevels: [String: Int] = [:]
  private var holds: [ShopHoldKey: ShopHoldRow] = [:]
  private var orders: [ShopOrderPlace: ShopOrderRow] = [:]
  private var verdicts: [ProcessKey: ShopVerdictRow] = [:]
  private var replies: [RequestKey: ReplyRow] = [:]
  private var outboxRows: [OutboxRow] = []
  private var lastOutboxNumber = 0

  public init() {}

  public func sealedIdentity(of recipient: RecipientValue) -> Bytes? { identities[recipient] }

  public mutating func putSealedIdentity(_ sealed: Bytes, of recipient: RecipientValue) {
    identities[recipient] = sealed
  }

  public func offer(_ id: StatementID) -> ShopOfferRow? { offersByID[id] }

  public func offers(after id: StatementID?, atMost count: Int) -> [ShopOfferRow] {
    let later = offersByID.values.filter { row in id.map { $0 < row.id } ?? true }
    return Array(later.sorted { $0.id < $1.id }.prefix(count))
  }

  public mutating func put(_ offer: ShopOfferRow) { offersByID[offer.id] = offer }

  public func stockLevel(of name: String) -> Int? { stockLevels[name] }

  public mutating func setStockLevel(_ pieces: Int, of name: String) {
    stockLevels[name] = pieces
  }

  public func hold(_ key: ShopHoldKey) -> ShopHoldRow? { holds[key] }

  public func holds(coordinator: Thumbprint, process: ProcessID) -> [ShopHoldRow] {
    holds.values
      .filter { $0.key.coordinator == coordinator && $0.key.process == process }
      .sorted { $0.key < $1.key }
  }

  public mutating func put(_ hold: ShopHoldRow) { holds[hold.key] = hold }

  public func undecided(_ scope: ShopHoldScope) -> ShopHoldSummary {
    let found = holds.values.filter { row in
      guard row.state == .held else { return false }
      return switch scope {
      case .all: true
      case .offer(let offer): row.key.offer == offer
      case .stock(let name): row.stock == name
      case .free(let name): row.amount.isZero && (name == nil || row.stock == name)
      }
    }
    return ShopHoldSummary(
      count: found.count, pieces: found.reduce(0) { $0 + $1.quantity },
      firstDecideBy: found.map(\.decideBy).min())
  }

  public func isSold(_ offer: StatementID) -> Bool {
    holds.values.contains { $0.key.offer == offer && $0.state == .sold }
  }

  public func order(_ place: ShopOrderPlace) -> ShopOrderRow? { orders[place] }

  public func orders(
    decidedBy time: Timestamp, leavingAlone leftAlone: ClosedRange<Timestamp>?,
    after place: ShopOrderPlace?, atMost count: Int
  ) -> [ShopOrderRow] {
    let due = orders.values.filter { row in
      row.place.decideBy <= time && leftAlone?.contains(row.askAt) != true
        && (place.map { $0 < row.place } ?? true)
    }
    return Array(due.sorted { $0.place < $1.place }.prefix(count))
  }

  public mutating func put(_ order: ShopOrderRow) { orders[order.place] = order }

  public mutating func removeOrder(_ place: ShopOrderPlace) { orders[place] = nil }

  public func verdict(coordinator: Thumbprint, process: ProcessID) -> ShopVerdictRow? {
    verdicts[ProcessKey(coordinator: coordinator, process: process)]
  }

  public mutating func put(_ verdict: ShopVerdictRow) {
    verdicts[ProcessKey(coordinator: verdict.coordinator, process: verdict.process)] = verdict
  }

  public func reply(to request: RequestKey) -> ReplyRow? { replies[request] }

  public mutating func put(_ reply: ReplyRow) { replies[reply.request] = reply }

  public func outbox(atMost count: Int) -> [OutboxRow] { Array(outboxRows.prefix(count)) }

  public mutating func enqueue(_ statement: StatementID, kind: StatementKind) {
    lastOutboxNumber += 1
    outboxRows.append(
      OutboxRow(number: lastOutboxNumber, statement: statement, kind: kind))
  }

  public mutating func dropOutbox(through number: Int) {
    outboxRows.removeAll { $0.number <= number }
  }
}
