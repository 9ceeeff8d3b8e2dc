// The rows of a wallet, in SQLite.

import ECash
import PaymentModel

struct SQLiteWalletRows: WalletRows {
  let sql: SQLConnection

  func sealedSeed() -> Bytes? {
    sql.first("SELECT seed FROM wallet") { $0[0] }
  }

  mutating func putSealedSeed(_ sealed: Bytes) {
    sql.run("REPLACE INTO wallet (number, seed) VALUES (1, ?)", sealed)
  }

  func counter(_ name: CounterName) -> UInt64 {
    sql.first("SELECT next FROM counter WHERE name = ?", name.text) { $0[0] } ?? 0
  }

  mutating func setCounter(_ name: CounterName, to next: UInt64) {
    sql.run("REPLACE INTO counter (name, next) VALUES (?, ?)", name.text, next)
  }

  // MARK: Withdrawals

  func withdrawal(_ id: StatementID) -> WalletWithdrawalRow? {
    sql.first(
      """
      SELECT id, bank, statement, keyset, made_at, state FROM withdrawal WHERE id = ?
      """, id, read: readWithdrawal)
  }

  func withdrawalsInFlight() -> [WalletWithdrawalRow] {
    sql.all(
      """
      SELECT id, bank, statement, keyset, made_at, state FROM withdrawal
      WHERE state = 'in-flight' ORDER BY number
      """, read: readWithdrawal)
  }

  private func readWithdrawal(_ row: SQLRow) -> WalletWithdrawalRow {
    let id: StatementID = row[0]
    let coins = sql.all(
      """
      SELECT denomination, counter FROM withdrawal_coin WHERE withdrawal = ? ORDER BY line
      """, id
    ) { row in CoinKey(denomination: row[0], counter: row[1]) }
    return WalletWithdrawalRow(
      id: id, bank: row[1], coins: coins, statement: row[2], keyset: row[3], madeAt: row[4],
      state: row[5])
  }

  mutating func put(_ withdrawal: WalletWithdrawalRow) {
    sql.run(
      """
      INSERT INTO withdrawal (id, bank, statement, keyset, made_at, state)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET bank = excluded.bank, statement = excluded.statement,
        keyset = excluded.keyset, made_at = excluded.made_at, state = excluded.state
      """,
      withdrawal.id, withdrawal.bank, withdrawal.statement, withdrawal.keyset, withdrawal.madeAt,
      withdrawal.state)
    sql.run("DELETE FROM withdrawal_coin WHERE withdrawal = ?", withdrawal.id)
    for (line, coin) in withdrawal.coins.enumerated() {
      sql.run(
        """
        INSERT INTO withdrawal_coin (withdrawal, line, denomination, counter)
        VALUES (?, ?, ?, ?)
        """, withdrawal.id, line, coin.denomination, coin.counter)
    }
  }

  // MARK: Coins

  func coin(_ key: CoinKey) -> WalletCoinRow? {
    sql.first(
      "SELECT \(Self.coinColumns) FROM coin WHERE denomination = ? AND counter = ?",
      key.denomination, key.counter, read: readCoin)
  }

  func coins(at bank: PartyName, in state: WalletCoinRow.State) -> [WalletCoinRow] {
    sql.all(
      """
      SELECT \(Self.coinColumns) FROM coin WHERE bank = ? AND state = ?
      ORDER BY denomination, counter
      """, bank, state, read: readCoin)
  }

  func spendableCoins(
    at bank: PartyName, in currency: Currency, after time: Timestamp
  ) -> [SpendableCoin] {
    sql.all(
      """
      SELECT denomination, counter, value, spent_until, is_shown, is_named FROM coin
      WHERE bank = ? AND state = 'free' AND currency = ? AND spent_until > ?
      ORDER BY denomination, counter
      """, bank, currency, time
    ) { row in
      SpendableCoin(
        key: CoinKey(denomination: row[0], counter: row[1]), minor: row[2], spentUntil: row[3],
        isShown: row[4], isNamed: row[5])
    }
  }

  func coins(lockedBy process: ProcessID) -> [WalletCoinRow] {
    sql.all(
      """
      SELECT \(Self.coinColumns) FROM coin WHERE process = ? AND state = 'locked'
      ORDER BY denomination, counter
      """, process, read: readCoin)
  }

  mutating func put(_ coin: WalletCoinRow) {
    sql.run(
      """
      INSERT INTO coin (\(Self.coinColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (denomination, counter) DO UPDATE SET bank = excluded.bank,
        currency = excluded.currency, value = excluded.value, signature = excluded.signature,
        spent_until = excluded.spent_until, state = excluded.state, process = excluded.process,
        is_shown = excluded.is_shown, is_named = excluded.is_named
      """,
      coin.key.denomination, coin.key.counter, coin.bank, coin.value.currency, coin.value.minor,
      coin.signature, coin.spentUntil, coin.state, coin.process, coin.isShown,
      coin.isNamed)
  }

  private static let coinColumns = """
    denomination, counter, bank, currency, value, signature, spent_until, state, process, \
    is_shown, is_named
    """

  private func readCoin(_ row: SQLRow) -> WalletCoinRow {
    WalletCoinRow(
      key: CoinKey(denomination: row[0], counter: row[1]), bank: row[2],
      value: row.amount(4, currency: 3), signature: row[5], spentUntil: row[6], state: row[7],
      process: row[8], isShown: row[9], isNamed: row[10])
  }

  // MARK: Purchases

  func purchase(_ process: ProcessID) -> PurchaseRow? {
    sql.first(
      "SELECT \(Self.purchaseColumns) FROM purchase WHERE process = ?", process,
      read: readPurchase)
  }

  func purchases(atMost count: Int) -> [PurchaseRow] {
    sql.all(
      "SELECT \(Self.purchaseColumns) FROM purchase ORDER BY number DESC LIMIT ?", count,
      read: readPurchase)
  }

  func withdrawnPurchases() -> [ProcessID] {
    sql.all(
      """
      SELECT process FROM purchase WHERE state = 'undecided' AND cancellation IS NOT NULL
      ORDER BY number
      """
    ) { $0[0] }
  }

  mutating func put(_ purchase: PurchaseRow) {
    sql.run(
      """
      INSERT INTO purchase (\(Self.purchaseColumns))
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (process) DO UPDATE SET order_number = excluded.order_number,
        coordinator = excluded.coordinator, decide_by = excluded.decide_by,
        made_at = excluded.made_at, submission = excluded.submission, state = excluded.state,
        verdict = excluded.verdict, verdict_proof = excluded.verdict_proof,
        delivery_request = excluded.delivery_request, cancellation = excluded.cancellation,
        receipt = excluded.receipt
      """,
      purchase.process, purchase.orderNumber, purchase.coordinator, purchase.decideBy,
      purchase.madeAt, purchase.submission, purchase.state, purchase.verdict?.verdict,
      purchase.verdict?.proof, purchase.deliveryRequest, purchase.cancellation, purchase.receipt)
  }

  private static let purchaseColumns = """
    process, order_number, coordinator, decide_by, made_at, submission, state, verdict, \
    verdict_proof, delivery_request, cancellation, receipt
    """

  private func readPurchase(_ row: SQLRow) -> PurchaseRow {
    PurchaseRow(
      process: row[0], orderNumber: row[1], coordinator: row[2], decideBy: row[3], madeAt: row[4],
      submission: row[5], state: row[6], verdict: row.verdict(7, proof: 8),
      deliveryRequest: row[9], cancellation: row[10], receipt: row[11])
  }
}

extension WalletWithdrawalRow.State: ColumnValue {}
extension WalletCoinRow.State: ColumnValue {}
extension PurchaseRow.State: ColumnValue {}
