// What every store of a wallet's rows must do. Run by each adapter on stores of its own.

package import ECash
import PaymentCrypto
package import PaymentModel

/// The conformance suite of `WalletRows`.
package enum WalletConformance {
  /// What was expected and did not happen.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// One check on a store without rows.
  package struct Case: Sendable, CustomStringConvertible {
    package let description: String
    package let check: @Sendable (any Store<any WalletRows>) async throws -> Void
  }

  package static let cases = [
    Case(description: "a fresh store is empty", check: isEmpty),
    Case(description: "counters are kept by name", check: keepsCounters),
    Case(description: "withdrawals in flight come oldest first", check: keepsWithdrawals),
    Case(description: "coins are found by key, bank, state and process", check: keepsCoins),
    Case(description: "purchases come newest first", check: keepsPurchases),
    Case(description: "a throwing body leaves nothing behind", check: undoes),
  ]

  static func isEmpty(_ store: any Store<any WalletRows>) async throws {
    try await store.read { rows in
      try require(rows.sealedSeed() == nil, "no seed")
      try require(rows.counter(.orders) == 0, "counters begin at 0")
      try require(rows.withdrawalsInFlight().isEmpty, "no withdrawals")
      try require(rows.coins(at: try bank("b"), in: .free).isEmpty, "no coins")
      try require(rows.purchases(atMost: 9).isEmpty, "no purchases")
    }
  }

  static func keepsCounters(_ store: any Store<any WalletRows>) async throws {
    let largest = UInt64(Int64.max)
    await store.transact { rows in
      rows.putSealedSeed([1])
      rows.setCounter(.orders, to: 1)
      rows.setCounter(.orders, to: 2)
      rows.setCounter(.coins(name("d")), to: largest)
    }
    try await store.read { rows in
      try require(rows.sealedSeed() == [1], "the seed")
      try require(rows.counter(.orders) == 2, "the last value")
      try require(rows.counter(.coins(name("d"))) == largest, "a large value")
      try require(rows.counter(.coins(name("e"))) == 0, "another denomination")
    }
  }

  static func keepsWithdrawals(_ store: any Store<any WalletRows>) async throws {
    let rows = try (0..<3).map { number in
      WalletWithdrawalRow(
        id: name("\(number)"), bank: try bank("b"),
        coins: [CoinKey(denomination: name("z"), counter: 3), coin("d", 1)],
        statement: Signed([1]), keyset: Signed([2]), madeAt: Timestamp(milliseconds: 3))
    }
    await store.transact { stored in for row in rows { stored.put(row) } }
    try await store.read { stored in
      try require(stored.withdrawalsInFlight() == rows, "all, in the order of making")
    }
    await store.transact { stored in
      for (row, state) in zip(rows, [WalletWithdrawalRow.State.done, .inFlight, .refused]) {
        var row = row
        row.state = state
        stored.put(row)
      }
    }
    try await store.read { stored in
      try require(stored.withdrawalsInFlight() == [rows[1]], "only those in flight")
      try require(stored.withdrawal(rows[0].id)?.state == .done, "what was done")
    }
  }

  private static func spendsCoins(
    _ free: [WalletCoinRow], at here: PartyName, not there: PartyName,
    _ store: any Store<any WalletRows>
  ) async throws {
    guard let euro = Currency("EUR"), let other = Currency("XTS") else {
      throw Failure(description: "no currency")
    }
    let (before, after) = (Timestamp(milliseconds: 6), Timestamp(milliseconds: 7))
    let expected = free.map {
      SpendableCoin(
        key: $0.key, minor: $0.value.minor, spentUntil: $0.spentUntil, isShown: $0.isShown,
        isNamed: $0.isNamed)
    }
    try await store.read { rows in
      try require(
        rows.spendableCoins(at: here, in: euro, after: before) == expected, "all can be spent")
      try require(
        rows.spendableCoins(at: here, in: euro, after: after).isEmpty, "not any more")
      try require(
        rows.spendableCoins(at: here, in: other, after: before).isEmpty, "not that currency")
      try require(
        rows.spendableCoins(at: there, in: euro, after: before).isEmpty, "not at another bank")
    }
  }

  static func keepsCoins(_ store: any Store<any WalletRows>) async throws {
    let (here, there) = (try bank("b"), try bank("other"))
    let keys = [coin("d", 10), coin("d", 9), coin("e", 1)].sorted()
    func row(_ key: CoinKey, _ state: WalletCoinRow.State, _ process: ProcessID?) throws
      -> WalletCoinRow
    {
      guard let currency = Currency("EUR") else { throw Failure(description: "no currency") }
      return WalletCoinRow(
        key: key, bank: here, value: try Amount(minor: 1 << 52, currency: currency),
        signature: [1, 2], spentUntil: Timestamp(milliseconds: 7), state: state, process: process,
        isShown: state == .spent, isNamed: key.counter == 9)
    }
    let free = try keys.map { try row($0, .free, nil) }
    await store.transact { rows in for coin in free.reversed() { rows.put(coin) } }
    try await store.read { rows in
      try require(rows.coins(at: here, in: .free) == free, "ordered by key")
      try require(rows.coins(at: there, in: .free).isEmpty, "not at another bank")
      try require(rows.coin(keys[0]) == free[0] && rows.coin(coin("x", 0)) == nil, "by key")
    }
    try await spendsCoins(free, at: here, not: there, store)
    let (locked, spent) = (
      try row(keys[0], .locked, name("p")), try row(keys[1], .spent, name("p"))
    )
    await store.transact { rows in
      rows.put(locked)
      rows.put(spent)
    }
    try await store.read { rows in
      try require(rows.coins(at: here, in: .free) == [free[2]], "one is free")
      try require(rows.coins(at: here, in: .spent) == [spent], "one is spent")
      try require(rows.coins(lockedBy: name("p")) == [locked], "one is locked")
      try require(rows.coins(lockedBy: name("q")).isEmpty, "by no other process")
    }
  }

  static func keepsPurchases(_ store: any Store<any WalletRows>) async throws {
    let rows = (0..<3).map { number in
      PurchaseRow(
        process: name("\(number)"), orderNumber: UInt64(number), coordinator: name("k"),
        decideBy: Timestamp(milliseconds: 5), madeAt: Timestamp(milliseconds: 4),
        submission: [1, 2, 3])
    }
    await store.transact { stored in for row in rows { stored.put(row) } }
    var changed = rows[0]
    changed.state = .committed
    changed.verdict = LoggedVerdict(verdict: Signed([1]), proof: [2])
    changed.deliveryRequest = [3]
    changed.cancellation = [5]
    changed.receipt = [4]
    let ended = changed
    await store.transact { stored in stored.put(ended) }
    try await store.read { stored in
      try require(stored.purchase(ended.process) == ended, "what became of it")
      try require(stored.purchases(atMost: 2) == [rows[2], rows[1]], "newest first")
      try require(stored.purchases(atMost: 9).last == ended, "a change makes none newer")
      try require(stored.withdrawnPurchases().isEmpty, "what has ended needs no withdrawal")
    }
    var (second, third) = (rows[1], rows[2])
    (third.cancellation, second.cancellation) = ([6], [7])
    let withdrawn = [third, second]
    await store.transact { stored in for row in withdrawn { stored.put(row) } }
    try require(
      await store.read { $0.withdrawnPurchases() } == [second.process, third.process],
      "those that were withdrawn, oldest first")
  }

  static func undoes(_ store: any Store<any WalletRows>) async throws {
    do {
      try await store.transact { rows in
        rows.putSealedSeed([1])
        rows.setCounter(.orders, to: 1)
        throw Failure(description: "undo")
      }
      throw Failure(description: "the body's error was lost")
    } catch let error as Failure where error.description == "undo" {}
    try await isEmpty(store)
  }

  // MARK: - Values

  private static func name<S>(_ text: String) -> Identifier<S> {
    SHA256.digest(Bytes(text.utf8)).renamed()
  }

  private static func coin(_ denomination: String, _ counter: UInt64) -> CoinKey {
    CoinKey(denomination: name(denomination), counter: counter)
  }

  private static func bank(_ text: String) throws -> PartyName {
    guard let name = PartyName(text) else { throw Failure(description: "no party name") }
    return name
  }

  private static func require(_ condition: Bool, _ expectation: String) throws {
    guard condition else { throw Failure(description: "expected: \(expectation)") }
  }
}
