// Payment with blindly signed coins: each coin is held by one undecided process, and then spent or unknown
// again.
//
//   what is on record                     answer
//   a coin is spent                       double-spend, with what proves it
//   a coin is held by another process     waits, until that process must be decided
//   more coins than were issued           denomination-refused; the denomination is stopped
//   nothing of all that                   held

import Evidence
import PaymentCrypto
import PaymentModel

/// Electronic cash, as a bank takes it. What is held stands in the rows of the coins; the books change when
/// it is captured.
struct CoinScheme: PaymentScheme {
  let cache: DenominationCache

  var properties: PaymentMethodProperties { .ecash }

  func read(from reader: inout some ClaimReader) throws(ClaimError) -> [UsedCoin] {
    try UsedCoin.read(from: &reader)
  }

  func check(
    _ coins: [UsedCoin], of payment: OfferedPayment, at time: Timestamp
  ) async throws(PaymentRefusal) -> [CheckedCoin] {
    try CoinCheck(denominations: await cache.denominations(period: payment.period))
      .check(coins, of: payment, at: time)
  }

  func hold(
    _ coins: [CheckedCoin], of payment: OfferedPayment, at time: Timestamp,
    in rows: inout any BankRows
  ) throws(ECashError) -> HoldOutcome {
    switch Self.availability(of: coins, payment: payment, rows: rows) {
    case .spent(let coin, let row):
      return .refused(.doubleSpend, proof: try Self.proof(of: coin, spentBefore: row, rows: rows))
    case .held(let decideBy): return .waits(until: decideBy)
    case .free: break
    }
    guard Self.take(coins, rows: &rows) else { return .refused(.denominationRefused) }
    return .held(HeldMoney(coins.flatMap(\.coin.bytes)))
  }

  func capture(
    _ hold: HoldRow, in rows: inout any BankRows
  ) throws(ECashError) -> [LedgerBalance] {
    let held = try Self.heldCoins(of: hold, rows: rows)
    for var coin in held.coins {
      coin.state = .spent
      rows.put(coin)
    }
    var lines: [LedgerBalance] = []
    for (var denomination, count) in held.denominations {
      denomination.reserved -= count
      denomination.redeemed += count
      rows.put(denomination)
      let value = Int64(count * denomination.content.value)
      lines.append(LedgerBalance(account: .outstanding(denomination.id), minor: -value))
    }
    return lines
  }

  func free(_ hold: HoldRow, in rows: inout any BankRows) throws(ECashError) -> [LedgerBalance] {
    let held = try Self.heldCoins(of: hold, rows: rows)
    for coin in held.coins { rows.removeCoin(coin.coin) }
    for (var denomination, count) in held.denominations {
      denomination.reserved -= count
      rows.put(denomination)
    }
    return []
  }

  // MARK: - Coins

  private enum Availability {
    case free
    case held(until: Timestamp)
    case spent(CheckedCoin, CoinRow)
  }

  /// A spent coin decides; of several holds the one that ends last.
  private static func availability(
    of coins: [CheckedCoin], payment: OfferedPayment, rows: any BankRows
  ) -> Availability {
    var decideBy: Timestamp?
    for coin in coins {
      guard let row = rows.coin(coin.coin) else { continue }
      if row.state == .spent { return .spent(coin, row) }
      let until = rows.hold(of: row.use.process)?.decideBy ?? payment.decideBy
      decideBy = max(decideBy ?? until, until)
    }
    return decideBy.map { .held(until: $0) } ?? .free
  }

  /// Holds the coins. More coins of a denomination than were issued stop it: somebody else has its key.
  private static func take(_ coins: [CheckedCoin], rows: inout any BankRows) -> Bool {
    var denominations: [DenominationRow] = []
    for coins in DenominationCount.counts(of: coins.map(\.denomination)) {
      guard var row = rows.denomination(coins.id), !row.isStopped else { return false }
      guard row.reserved + row.redeemed + coins.count <= row.issued else {
        row.isStopped = true
        rows.put(row)
        return false
      }
      row.reserved += coins.count
      denominations.append(row)
    }
    for row in denominations { rows.put(row) }
    for coin in coins {
      rows.put(
        CoinRow(
          coin: coin.coin, denomination: coin.denomination, state: .reserved, use: coin.use))
    }
    return true
  }

  private static func proof(
    of coin: CheckedCoin, spentBefore row: CoinRow, rows: any BankRows
  ) throws(ECashError) -> DoubleSpend {
    guard let verdict = rows.hold(of: row.use.process)?.verdict else {
      throw ECashError(.booksUnbalanced, "a spent coin's process has no verdict on record")
    }
    return DoubleSpend(
      coin: coin.coin, denomination: row.denomination, first: row.use, second: coin.use,
      verdict: verdict)
  }

  /// The coins of a hold, and their denominations with how many of each.
  private static func heldCoins(
    of hold: HoldRow, rows: any BankRows
  ) throws(ECashError) -> (
    coins: [CoinRow], denominations: [(row: DenominationRow, count: UInt64)]
  ) {
    let names = stride(from: 0, to: hold.held.count, by: CoinID.byteCount).compactMap {
      CoinID(Bytes(hold.held.dropFirst($0).prefix(CoinID.byteCount)))
    }
    let coins = names.compactMap { rows.coin($0) }
    let denominations = DenominationCount.counts(of: coins.map(\.denomination)).compactMap {
      held in rows.denomination(held.id).map { (row: $0, count: held.count) }
    }
    guard names.count * CoinID.byteCount == hold.held.count,
      denominations.reduce(0, { $0 + $1.count }) == names.count,
      denominations.allSatisfy({ $0.count <= $0.row.reserved })
    else {
      throw ECashError(.booksUnbalanced, "a held coin is not on record")
    }
    return (coins, denominations)
  }
}
