// The rows of a bank, in SQLite.

import ECash
import PaymentModel

struct SQLiteBankRows: BankRows {
  let sql: SQLConnection

  // MARK: Books

  func account(_ name: AccountName) -> AccountRow? {
    sql.first("SELECT name, key, opened_at FROM account WHERE name = ?", name, read: readAccount)
  }

  func accounts() -> [AccountRow] {
    sql.all("SELECT name, key, opened_at FROM account ORDER BY name", read: readAccount)
  }

  private func readAccount(_ row: SQLRow) -> AccountRow {
    AccountRow(name: row[0], key: row[1], openedAt: row[2])
  }

  mutating func put(_ account: AccountRow) {
    sql.run(
      "REPLACE INTO account (name, key, opened_at) VALUES (?, ?, ?)",
      account.name, account.key, account.openedAt)
  }

  func balance(of account: LedgerAccount) -> Int64 {
    sql.first("SELECT minor FROM balance WHERE account = ?", account) { $0[0] } ?? 0
  }

  func balances() -> [LedgerBalance] {
    sql.all("SELECT account, minor FROM balance ORDER BY account") { row in
      LedgerBalance(account: row[0], minor: row[1])
    }
  }

  mutating func setBalance(_ minor: Int64, of account: LedgerAccount) {
    sql.run("REPLACE INTO balance (account, minor) VALUES (?, ?)", account, minor)
  }

  func lastPostingNumber() -> Int {
    sql.first("SELECT number FROM posting ORDER BY number DESC LIMIT 1") { $0[0] } ?? 0
  }

  mutating func append(_ posting: Posting) {
    sql.run(
      "INSERT INTO posting (number, kind, reference, made_at) VALUES (?, ?, ?, ?)",
      posting.number, posting.kind, posting.reference, posting.at)
    for (line, balance) in posting.lines.enumerated() {
      sql.run(
        "INSERT INTO posting_line (posting, line, account, minor) VALUES (?, ?, ?, ?)",
        posting.number, line, balance.account, balance.minor)
    }
  }

  func posting(_ kind: PostingKind, reference: Digest) -> Posting? {
    sql.first(
      """
      SELECT number, kind, reference, made_at FROM posting
      WHERE kind = ? AND reference = ?
      """, kind, reference, read: readPosting)
  }

  func postings(after number: Int, atMost count: Int) -> [Posting] {
    sql.all(
      """
      SELECT number, kind, reference, made_at FROM posting
      WHERE number > ? ORDER BY number LIMIT ?
      """, number, count, read: readPosting)
  }

  private func readPosting(_ row: SQLRow) -> Posting {
    let number: Int = row[0]
    let lines = sql.all(
      "SELECT account, minor FROM posting_line WHERE posting = ? ORDER BY line", number
    ) { row in LedgerBalance(account: row[0], minor: row[1]) }
    return Posting(number: number, kind: row[1], reference: row[2], at: row[3], lines: lines)
  }

  // MARK: Denominations

  func keyset(period: Int) -> KeysetRow? {
    sql.first(
      """
      SELECT period, currency, fee_per_coin, fee_per_transfer, statement FROM keyset
      WHERE period = ?
      """, period, read: readKeyset)
  }

  func latestKeyset() -> KeysetRow? {
    sql.first(
      """
      SELECT period, currency, fee_per_coin, fee_per_transfer, statement FROM keyset
      ORDER BY period DESC LIMIT 1
      """, read: readKeyset)
  }

  private func readKeyset(_ row: SQLRow) -> KeysetRow {
    KeysetRow(
      period: row[0], currency: row[1], fees: Fees(perCoin: row[2], perTransfer: row[3]),
      statement: row[4])
  }

  mutating func put(_ keyset: KeysetRow) {
    sql.run(
      """
      REPLACE INTO keyset (period, currency, fee_per_coin, fee_per_transfer, statement)
      VALUES (?, ?, ?, ?, ?)
      """,
      keyset.period, keyset.currency, keyset.fees.perCoin, keyset.fees.perTransfer,
      keyset.statement)
  }

  func denomination(_ id: DenominationID) -> DenominationRow? {
    sql.first(
      "SELECT \(Self.denominationColumns) FROM denomination WHERE id = ?", id,
      read: readDenomination)
  }

  func denominations() -> [DenominationRow] {
    sql.all(
      "SELECT \(Self.denominationColumns) FROM denomination ORDER BY id", read: readDenomination)
  }

  mutating func put(_ denomination: DenominationRow) {
    let content = denomination.content
    sql.run(
      """
      REPLACE INTO denomination (\(Self.denominationColumns))
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      denomination.id, denomination.period, content.value, content.publicKey, content.issuedFrom,
      content.issuedUntil, content.spentUntil, content.redeemedUntil, denomination.issued,
      denomination.reserved, denomination.redeemed, denomination.isStopped)
  }

  private static let denominationColumns = """
    id, period, value, public_key, issued_from, issued_until, spent_until, redeemed_until, \
    issued, reserved, redeemed, is_stopped
    """

  private func readDenomination(_ row: SQLRow) -> DenominationRow {
    DenominationRow(
      id: row[0], period: row[1],
      content: Denomination(
        value: row[2], publicKey: row[3], issuedFrom: row[4], issuedUntil: row[5],
        spentUntil: row[6], redeemedUntil: row[7]),
      issued: row[8], reserved: row[9], redeemed: row[10], isStopped: row[11])
  }

  func sealedDenominationKey(_ id: DenominationID) -> Bytes? {
    sql.first("SELECT private_key FROM denomination_keys WHERE denomination = ?", id) { $0[0] }
  }

  mutating func putSealedDenominationKey(_ sealed: Bytes, of id: DenominationID) {
    sql.run(
      "REPLACE INTO denomination_keys (denomination, private_key) VALUES (?, ?)", id, sealed)
  }

  // MARK: Issuing

  func issuedCoin(_ blindedMessage: Digest) -> IssuedCoinRow? {
    sql.first(
      """
      SELECT blinded_message, denomination, withdrawal, blind_signature FROM issued_coin
      WHERE blinded_message = ?
      """, blindedMessage
    ) { row in
      IssuedCoinRow(
        blindedMessage: row[0], denomination: row[1], withdrawal: row[2], blindSignature: row[3])
    }
  }

  mutating func put(_ coin: IssuedCoinRow) {
    sql.run(
      """
      REPLACE INTO issued_coin (blinded_message, denomination, withdrawal, blind_signature)
      VALUES (?, ?, ?, ?)
      """, coin.blindedMessage, coin.denomination, coin.withdrawal, coin.blindSignature)
  }

  func withdrawal(_ id: StatementID) -> WithdrawalRow? {
    sql.first("SELECT id, account, debit, issue FROM withdrawal WHERE id = ?", id) { row in
      WithdrawalRow(id: row[0], account: row[1], debit: row[2], issue: row[3])
    }
  }

  mutating func put(_ withdrawal: WithdrawalRow) {
    sql.run(
      "REPLACE INTO withdrawal (id, account, debit, issue) VALUES (?, ?, ?, ?)",
      withdrawal.id, withdrawal.account, withdrawal.debit, withdrawal.issue)
  }

  // MARK: Payments

  func coin(_ id: CoinID) -> CoinRow? {
    sql.first(
      """
      SELECT coin, denomination, state, process, bank, signature FROM coin WHERE coin = ?
      """, id
    ) { row in
      CoinRow(
        coin: row[0], denomination: row[1], state: row[2],
        use: CoinUse(process: row[3], bank: row[4], signature: row[5]))
    }
  }

  mutating func put(_ coin: CoinRow) {
    sql.run(
      """
      REPLACE INTO coin (coin, denomination, state, process, bank, signature)
      VALUES (?, ?, ?, ?, ?, ?)
      """,
      coin.coin, coin.denomination, coin.state, coin.use.process, coin.use.bank,
      coin.use.signature)
  }

  mutating func removeCoin(_ id: CoinID) {
    sql.run("DELETE FROM coin WHERE coin = ?", id)
  }

  func hold(of process: ProcessID) -> HoldRow? {
    sql.first(
      "SELECT \(Self.holdColumns) FROM hold WHERE process = ?", process, read: readHold)
  }

  func undecidedHolds(from source: LedgerAccount?) -> [HoldRow] {
    guard let source else {
      return sql.all(
        """
        SELECT \(Self.holdColumns) FROM hold
        WHERE state = 'reserved' ORDER BY process
        """, read: readHold)
    }
    return sql.all(
      """
      SELECT \(Self.holdColumns) FROM hold
      WHERE state = 'reserved' AND source = ? ORDER BY process
      """, source, read: readHold)
  }

  private static let holdColumns = """
    process, coordinator, decide_by, currency, total, transfer_fee, method, held, source, moved, \
    state, verdict, verdict_proof, verdict_id, reply
    """

  private func readHold(_ row: SQLRow) -> HoldRow {
    let process: ProcessID = row[0]
    let payouts = sql.all(
      """
      SELECT bank, account, currency, minor FROM payout WHERE process = ? ORDER BY line
      """, process
    ) { row in
      Payout(payee: Payee(bank: row[0], account: row[1]), amount: row.amount(3, currency: 2))
    }
    return HoldRow(
      process: process, coordinator: row[1], decideBy: row[2],
      total: row.amount(4, currency: 3), payouts: payouts, transferFee: row[5], method: row[6],
      held: row[7], source: row[8], moved: row[9], state: row[10],
      verdict: row.verdict(11, proof: 12), verdictID: row[13], reply: row[14])
  }

  mutating func put(_ hold: HoldRow) {
    sql.run("DELETE FROM payout WHERE process = ?", hold.process)
    sql.run(
      """
      INSERT INTO hold (\(Self.holdColumns))
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (process) DO UPDATE SET coordinator = excluded.coordinator,
        decide_by = excluded.decide_by, currency = excluded.currency, total = excluded.total,
        transfer_fee = excluded.transfer_fee, method = excluded.method, held = excluded.held,
        source = excluded.source, moved = excluded.moved, state = excluded.state,
        verdict = excluded.verdict, verdict_proof = excluded.verdict_proof,
        verdict_id = excluded.verdict_id, reply = excluded.reply
      """,
      hold.process, hold.coordinator, hold.decideBy, hold.total.currency, hold.total.minor,
      hold.transferFee, hold.method, hold.held, hold.source, hold.moved, hold.state,
      hold.verdict?.verdict, hold.verdict?.proof, hold.verdictID, hold.reply)
    for (line, payout) in hold.payouts.enumerated() {
      sql.run(
        """
        INSERT INTO payout (process, line, bank, account, currency, minor)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        hold.process, line, payout.payee.bank, payout.payee.account, payout.amount.currency,
        payout.amount.minor)
    }
  }

  func tombstone(coordinator: Thumbprint, process: ProcessID) -> TombstoneRow? {
    sql.first(
      """
      SELECT coordinator, process, verdict_id, reply FROM tombstone
      WHERE coordinator = ? AND process = ?
      """, coordinator, process
    ) { row in
      TombstoneRow(coordinator: row[0], process: row[1], verdictID: row[2], reply: row[3])
    }
  }

  mutating func put(_ tombstone: TombstoneRow) {
    sql.run(
      "REPLACE INTO tombstone (coordinator, process, verdict_id, reply) VALUES (?, ?, ?, ?)",
      tombstone.coordinator, tombstone.process, tombstone.verdictID, tombstone.reply)
  }

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

  // MARK: Methods

  func card(_ id: CardID) -> CardRow? {
    sql.first(
      "SELECT \(Self.cardColumns) FROM card WHERE id = ?", id,
      read: readCard)
  }

  func cards() -> [CardRow] {
    sql.all(
      "SELECT \(Self.cardColumns) FROM card ORDER BY id", read: readCard)
  }

  private func readCard(_ row: SQLRow) -> CardRow {
    let account: AccountName? = row[3]
    return CardRow(
      id: row[0], secrets: row[1], funds: account.map { .account($0) } ?? .credit(limit: row[2]),
      failedTries: row[4], allFailedTries: row[5])
  }

  private static let cardColumns =
    "id, secrets, credit, account, failed_tries, all_failed_tries"

  mutating func put(_ card: CardRow) {
    var credit: UInt64?
    var account: AccountName?
    switch card.funds {
    case .credit(let limit): credit = limit
    case .account(let name): account = name
    }
    sql.run(
      "REPLACE INTO card (\(Self.cardColumns)) VALUES (?, ?, ?, ?, ?, ?)",
      card.id, card.secrets, credit, account, card.failedTries, card.allFailedTries)
  }

  func record(of method: PaymentMethod, _ key: Digest) -> Bytes? {
    sql.first(
      "SELECT record FROM method_record WHERE method = ? AND key = ?", method, key
    ) { $0[0] }
  }

  mutating func putRecord(_ record: Bytes, of method: PaymentMethod, _ key: Digest) {
    sql.run(
      "REPLACE INTO method_record (method, key, record) VALUES (?, ?, ?)", method, key, record)
  }

  // MARK: Details

  func sealedDetails(of process: ProcessID) -> Bytes? {
    sql.first("SELECT sealed FROM refusal_details WHERE process = ?", process) { $0[0] }
  }

  mutating func putSealedDetails(_ sealed: Bytes, of process: ProcessID) {
    sql.run("REPLACE INTO refusal_details (process, sealed) VALUES (?, ?)", process, sealed)
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

extension PostingKind: ColumnValue {}
extension PaymentMethod: ColumnValue {}
extension CoinRow.State: ColumnValue {}
extension HoldRow.State: ColumnValue {}

extension LedgerAccount: ColumnValue {
  package var columnValue: StoredValue { text.columnValue }

  package init?(columnValue: StoredValue) {
    guard let text = String(columnValue: columnValue) else { return nil }
    self.init(text: text)
  }
}
