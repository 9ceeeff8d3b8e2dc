// Whatever happens in whatever order, no money comes into being and none is lost.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct BooksTests {
  /// A source of small numbers with a seed.
  private struct Dice {
    var entropy: SeededEntropy
    mutating func roll(_ sides: Int) -> Int { Int(entropy.bytes(1)[0]) % sides }
  }

  @Test(arguments: [UInt64(1), 2, 3, 4])
  func moneyIsConserved(seed: UInt64) async throws {
    var dice = Dice(entropy: SeededEntropy(seed: seed))
    let world = try await CashWorld(
      values: [1, 2, 4, 8], fees: Fees(perCoin: seed % 2, perTransfer: seed / 2))
    for shop in ["shop-a", "shop-b"] { _ = try await world.account(shop) }
    let payer = try await world.account("payer", holding: 500)
    var coins: [HeldCoin] = []
    var orders: [TestOrder] = []
    for step in 0..<40 {
      switch dice.roll(5) {
      case 0:
        let values = (0...dice.roll(3)).map { _ in UInt64(1) << UInt64(dice.roll(4)) }
        let blinded = try BlindedCoins(values, under: world.keyset)
        let request = try world.withdrawal(
          blinded.coins, total: values.reduce(0, +), from: "payer", by: payer)
        if let issued = await world.bank.withdraw(request).issued {
          coins += try blinded.finalize(issued)
        }
      case 1, 2:
        guard !coins.isEmpty else { break }
        let chosen = (0...dice.roll(3)).map { _ in dice.roll(coins.count) }
        let used = Set(chosen).sorted().map { coins[$0] }
        let total = used.reduce(UInt64(0)) { sum, coin in
          sum + (world.keyset.denomination(coin.denomination)?.value ?? 0)
        }
        let order = try world.order([("shop-\(dice.roll(2) == 0 ? "a" : "b")", total)])
        _ = try await world.reserve(order, used)
        orders.append(order)
      case 3:
        guard !orders.isEmpty else { break }
        let order = orders[dice.roll(orders.count)]
        _ = await world.post(order, world.commit(order.process))
      default:
        guard !orders.isEmpty else { break }
        let order = orders[dice.roll(orders.count)]
        _ = await world.void(order, world.abort(order.process))
      }
      let books = try await world.checkBooks()
      #expect(books.balance(of: .clearing) == -500, "seed \(seed), step \(step)")
    }
    #expect(!coins.isEmpty && !orders.isEmpty, "seed \(seed)")
  }

  /// Cards, transfers and coins side by side, in any order, with repeated and late verdicts.
  @Test(arguments: [UInt64(1), 2, 3, 4])
  func moneyIsConservedOverAllMethods(seed: UInt64) async throws {
    var dice = Dice(entropy: SeededEntropy(seed: seed))
    let world = try await CashWorld(
      values: [1, 2, 4, 8], fees: Fees(perTransfer: seed / 2), hasAllMethods: true)
    for shop in ["shop-a", "shop-b"] { _ = try await world.account(shop) }
    _ = try await world.account("alice", holding: 60)
    let alice = try #require(AccountName("alice"))
    let seedOfKey = SecretBytes(copying: SHA256.digest(Bytes("account alice".utf8)).bytes)
    let account = AccountMeans(account: alice, key: try Ed25519.PrivateKey(seed: seedOfKey))
    let cards = [
      try await world.cards.issue(.credit(limit: 50)),
      try await world.cards.issue(
        .account(
          account.cardRequest(
            at: world.bankName, validUntil: world.clock.now().adding(seconds: 60),
            from: &dice.entropy))),
    ]
    var orders: [TestOrder] = []
    var ends: [Outcome<Signed<Reservation>>] = []
    for step in 0..<60 {
      switch dice.roll(4) {
      case 0, 1:
        let card = dice.roll(3) < 2
        let order = try world.order(
          [("shop-a", UInt64(dice.roll(9) + 1)), ("shop-b", UInt64(dice.roll(9) + 1))],
          method: card ? .card : .transfer)
        ends.append(
          card
            ? await world.reserve(order, with: cards[dice.roll(2)])
            : await world.reserve(order, with: account))
        orders.append(order)
      case 2:
        guard !orders.isEmpty else { break }
        let order = orders[dice.roll(orders.count)]
        _ = await world.post(order, world.commit(order.process))
      default:
        guard !orders.isEmpty else { break }
        let order = orders[dice.roll(orders.count)]
        _ = await world.void(order, world.abort(order.process))
      }
      let books = try await world.checkBooks()
      #expect(books.balance(of: .clearing) == -60, "seed \(seed), step \(step)")
    }
    #expect(ends.contains { $0.value != nil } && orders.count > 10, "seed \(seed)")
  }

  @Test func brokenBooksAreFound() async throws {
    typealias Break = @Sendable (inout any BankRows) -> Void
    let holder = LedgerAccount.holder(try #require(AccountName("payer")))
    let breaks: [(Comment, Break)] = [
      ("a balance that nothing was posted for", { $0.setBalance(1, of: holder) }),
      (
        "a posting that does not balance",
        { rows in
          rows.append(
            Posting(
              number: rows.lastPostingNumber() + 1, kind: .credit, reference: SHA256.digest([]),
              at: CashWorld.start, lines: [LedgerBalance(account: holder, minor: 1)]))
          rows.setBalance(rows.balance(of: holder) + 1, of: holder)
        }
      ),
      (
        "a coin too many",
        { rows in
          guard var row = rows.denominations().first(where: { $0.issued > 0 }) else { return }
          row.issued += 1
          rows.put(row)
        }
      ),
      (
        "more coins held than issued",
        { rows in
          guard var row = rows.denominations().first(where: { $0.issued > 0 }) else { return }
          row.reserved = row.issued + 1
          rows.put(row)
        }
      ),
      (
        "money that is held for nobody",
        { rows in
          let lines = [
            LedgerBalance(account: .clearing, minor: -1),
            LedgerBalance(account: .held(.card), minor: 1),
          ]
          try? Ledger.post(
            .hold, reference: SHA256.digest([]), at: CashWorld.start, lines: lines, in: &rows)
        }
      ),
      (
        "a card that nobody issued",
        { rows in
          let lines = [
            LedgerBalance(account: .card(SHA256.digest([]).renamed()), minor: -1),
            LedgerBalance(account: .fees, minor: 1),
          ]
          try? Ledger.post(
            .hold, reference: SHA256.digest([]), at: CashWorld.start, lines: lines, in: &rows)
        }
      ),
    ]
    for (what, change) in breaks {
      let world = try await CashWorld()
      _ = try await world.coins([1, 2])
      try await world.checkBooks()
      await world.store.transact { rows in change(&rows) }
      await #expect(throws: ECashError(code: .booksUnbalanced), what) {
        try await world.bank.trialBalance()
      }
    }
  }

  @Test func loggedStatementsLeaveTheOutbox() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let coins = try await world.coins([1])
    let order = try world.order([("shop", 1)])
    _ = try await world.reserve(order, coins)
    _ = await world.post(order, world.commit(order.process))
    let outbox = await world.bank.unlogged(atMost: 9)
    #expect(outbox.map(\.kind) == [.issue, .reservation, .transfer])
    await world.bank.logged(through: outbox[1].number)
    #expect(await world.bank.unlogged(atMost: 9) == [outbox[2]])
  }
}
