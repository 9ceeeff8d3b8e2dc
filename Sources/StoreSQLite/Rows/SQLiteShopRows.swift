// The rows of a shop, in SQLite.

import Goods
import PaymentModel

struct SQLiteShopRows: ShopRows {
  let sql: SQLConnection

  // MARK: Vault

  func sealedIdentity(of recipient: RecipientValue) -> Bytes? {
    sql.first("SELECT identity FROM vault WHERE recipient = ?", recipient) { $0[0] }
  }

  mutating func putSealedIdentity(_ sealed: Bytes, of recipient: RecipientValue) {
    sql.run("REPLACE INTO vault (recipient, identity) VALUES (?, ?)", recipient, sealed)
  }

  // MARK: Offers

  func offer(_ id: StatementID) -> ShopOfferRow? {
    sql.first("SELECT id, signed FROM offer WHERE id = ?", id, read: readOffer)
  }

  func offers(after id: StatementID?, atMost count: Int) -> [ShopOfferRow] {
    sql.all(
      "SELECT id, signed FROM offer WHERE id > ? ORDER BY id LIMIT ?", id?.bytes ?? [], count,
      read: readOffer)
  }

  private func readOffer(_ row: SQLRow) -> ShopOfferRow {
    ShopOfferRow(id: row[0], signed: row[1])
  }

  mutating func put(_ offer: ShopOfferRow) {
    sql.run("REPLACE INTO offer (id, signed) VALUES (?, ?)", offer.id, offer.signed)
  }

  // MARK: Stock and holds

  func stockLevel(of name: String) -> Int? {
    sql.first("SELECT pieces FROM stock WHERE name = ?", Bytes(name.utf8)) { $0[0] }
  }

  mutating func setStockLevel(_ pieces: Int, of name: String) {
    sql.run("REPLACE INTO stock (name, pieces) VALUES (?, ?)", Bytes(name.utf8), pieces)
  }

  func hold(_ key: ShopHoldKey) -> ShopHoldRow? {
    sql.first(
      """
      SELECT \(Self.holdColumns) FROM hold
      WHERE coordinator = ? AND process = ? AND offer = ?
      """, key.coordinator, key.process, key.offer, read: readHold)
  }

  func holds(coordinator: Thumbprint, process: ProcessID) -> [ShopHoldRow] {
    sql.all(
      """
      SELECT \(Self.holdColumns) FROM hold WHERE coordinator = ? AND process = ? ORDER BY offer
      """, coordinator, process, read: readHold)
  }

  mutating func put(_ hold: ShopHoldRow) {
    sql.run(
      """
      INSERT INTO hold (\(Self.holdColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (coordinator, process, offer) DO UPDATE SET step = excluded.step,
        stock = excluded.stock, quantity = excluded.quantity, currency = excluded.currency,
        amount = excluded.amount, bank = excluded.bank, account = excluded.account,
        decide_by = excluded.decide_by, state = excluded.state
      """,
      hold.key.coordinator, hold.key.process, hold.key.offer, hold.step,
      hold.stock.map { Bytes($0.utf8) }, hold.quantity, hold.amount.currency, hold.amount.minor,
      hold.payee.bank, hold.payee.account, hold.decideBy, hold.state)
  }

  private static let holdColumns = """
    coordinator, process, offer, step, stock, quantity, currency, amount, bank, account, \
    decide_by, state
    """

  private func readHold(_ row: SQLRow) -> ShopHoldRow {
    let stock: Bytes? = row[4]
    return ShopHoldRow(
      key: ShopHoldKey(coordinator: row[0], process: row[1], offer: row[2]), step: row[3],
      stock: stock.map { String(decoding: $0, as: UTF8.self) }, quantity: row[5],
      amount: row.amount(7, currency: 6), payee: Payee(bank: row[8], account: row[9]),
      decideBy: row[10], state: row[11])
  }

  func undecided(_ scope: ShopHoldScope) -> ShopHoldSummary {
    let sum = """
      SELECT count(*), coalesce(sum(quantity), 0), min(decide_by) FROM hold WHERE state = 'held'
      """
    return switch scope {
    case .all:
      sql.only(sum, read: readSummary)
    case .offer(let offer):
      sql.only("\(sum) AND offer = ?", offer, read: readSummary)
    case .stock(let name):
      sql.only("\(sum) AND stock = ?", Bytes(name.utf8), read: readSummary)
    case .free(let name?):
      sql.only("\(sum) AND amount = 0 AND stock = ?", Bytes(name.utf8), read: readSummary)
    case .free(nil):
      sql.only("\(sum) AND amount = 0", read: readSummary)
    }
  }

  private func readSummary(_ row: SQLRow) -> ShopHoldSummary {
    ShopHoldSummary(count: row[0], pieces: row[1], firstDecideBy: row[2])
  }

  func isSold(_ offer: StatementID) -> Bool {
    sql.exists("SELECT 1 FROM hold WHERE offer = ? AND state = 'sold' LIMIT 1", offer)
  }

  // MARK: Orders

  private static let orderColumns = "decide_by, coordinator, process, signed, ask_at"

  func order(_ place: ShopOrderPlace) -> ShopOrderRow? {
    sql.first(
      """
      SELECT \(Self.orderColumns) FROM held_order
      WHERE decide_by = ? AND coordinator = ? AND process = ?
      """, place.decideBy, place.coordinator, place.process, read: readOrder)
  }

  func orders(
    decidedBy time: Timestamp, leavingAlone leftAlone: ClosedRange<Timestamp>?,
    after place: ShopOrderPlace?, atMost count: Int
  ) -> [ShopOrderRow] {
    // No coordinator has a name without bytes: all rows come after that place. Nothing is between the latest time
    // and the earliest.
    sql.all(
      """
      SELECT \(Self.orderColumns) FROM held_order
      WHERE (decide_by, coordinator, process) > (?, ?, ?) AND decide_by <= ?
        AND ask_at NOT BETWEEN ? AND ?
      ORDER BY decide_by, coordinator, process LIMIT ?
      """, place?.decideBy ?? Timestamp(milliseconds: .min), place?.coordinator.bytes ?? [],
      place?.process.bytes ?? [], time, leftAlone?.lowerBound ?? Timestamp(milliseconds: .max),
      leftAlone?.upperBound ?? Timestamp(milliseconds: .min), count, read: readOrder)
  }

  private func readOrder(_ row: SQLRow) -> ShopOrderRow {
    ShopOrderRow(
      place: ShopOrderPlace(decideBy: row[0], coordinator: row[1], process: row[2]),
      signed: row[3], askAt: row[4])
  }

  mutating func put(_ order: ShopOrderRow) {
    sql.run(
      "REPLACE INTO held_order (\(Self.orderColumns)) VALUES (?, ?, ?, ?, ?)",
      order.place.decideBy, order.place.coordinator, order.place.process, order.signed,
      order.askAt)
  }

  mutating func removeOrder(_ place: ShopOrderPlace) {
    sql.run(
      "DELETE FROM held_order WHERE decide_by = ? AND coordinator = ? AND process = ?",
      place.decideBy, place.coordinator, place.process)
  }

  // MARK: Verdicts

  func verdict(coordinator: Thumbprint, process: ProcessID) -> ShopVerdictRow? {
    sql.first(
      """
      SELECT coordinator, process, verdict, is_commit FROM verdict
      WHERE coordinator = ? AND process = ?
      """, coordinator, process
    ) { row in
      ShopVerdictRow(coordinator: row[0], process: row[1], verdict: row[2], isCommit: row[3])
    }
  }

  mutating func put(_ verdict: ShopVerdictRow) {
    sql.run(
      "REPLACE INTO verdict (coordinator, process, verdict, is_commit) VALUES (?, ?, ?, ?)",
      verdict.coordinator, verdict.process, verdict.verdict, verdict.isCommit)
  }

  // MARK: Replies

  func reply(to request: RequestKey) -> ReplyRow? {
    sql.first(
      "SELECT body, reply FROM reply WHERE coordinator = ? AND process = ? AND step = ?",
      request.coordinator, request.process, request.step
    ) { row in
      ReplyRow(request: request, body: row[0], reply: row[1])
    }
  }

  mutating func put(_ reply: ReplyRow) {
    sql.run(
      "REPLACE INTO reply (coordinator, process, step, body, reply) VALUES (?, ?, ?, ?, ?)",
      reply.request.coordinator, reply.request.process, reply.request.step, reply.body,
      reply.reply)
  }

  // MARK: Outbox

  func outbox(atMost count: Int) -> [OutboxRow] {
    sql.all("SELECT number, statement, kind FROM outbox ORDER BY number LIMIT ?", count) { row in
      OutboxRow(number: row[0], statement: row[1], kind: row[2])
    }
  }

  mutating func enqueue(_ statement: StatementID, kind: StatementKind) {
    sql.run("INSERT INTO outbox (statement, kind) VALUES (?, ?)", statement, kind)
  }

  mutating func dropOutbox(through number: Int) {
    sql.run("DELETE FROM outbox WHERE number <= ?", number)
  }
}

extension ShopHoldRow.State: ColumnValue {}
