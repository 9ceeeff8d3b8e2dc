// One payment in coins and by card: all of it is held, or nothing.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct CoinsAndCardTests {
  private func world() async throws -> CashWorld {
    let world = try await CashWorld(values: [1, 2, 4], hasAllMethods: true)
    _ = try await world.account("shop")
    return world
  }

  /// The coins, and what they are said to pay, sealed with a card.
  private struct Means: PaymentMeans {
    let used: [UsedCoin]
    let amount: Amount
    let card: CardDetails

    var method: PaymentMethod { .coinsAndCard }

    func write(for binding: InstrumentBinding, to writer: inout some ClaimWriter) {
      writer.objects("coins", used) { writer, coin in
        writer.identifier("denomination", coin.denomination)
        writer.identifier("coin", coin.coin)
        writer.bytes("signature", coin.signature)
        writer.bytes("use", coin.use)
      }
      CoinsAndCard(coins: amount, card: card).write(for: binding, to: &writer)
    }
  }

  private func reserve(
    _ order: TestOrder, _ coins: [HeldCoin], saying minor: UInt64, with card: CardDetails,
    in world: CashWorld
  ) async throws -> Outcome<Signed<Reservation>> {
    let means = Means(
      used: try coins.map { try $0.used(in: order.process, at: world.bankName) },
      amount: try world.amount(minor), card: card)
    return await world.reserve(order, with: means)
  }

  private func order(_ minor: UInt64, in world: CashWorld) throws -> TestOrder {
    try world.order([("shop", minor)], method: .coinsAndCard)
  }

  @Test func bothSharesAreCapturedTogether() async throws {
    let world = try await world()
    let coins = try await world.coins([2, 4])
    let card = try await world.cards.issue(.credit(limit: 50))
    let order = try order(20, in: world)
    #expect(try await reserve(order, coins, saying: 6, with: card, in: world).value != nil)
    var books = try await world.checkBooks()
    #expect(
      books.balance(of: .held(.coinsAndCard)) == 14 && books.coins.contains { $0.reserved == 1 })
    #expect(await world.post(order, world.commit(order.process)).value != nil)
    books = try await world.checkBooks()
    #expect(books.balance(of: .held(.coinsAndCard)) == 0 && books.outstanding == 0)
    #expect(try await world.balance("shop") == 20)
    let again = try self.order(20, in: world)
    #expect(
      try await reserve(again, coins, saying: 6, with: card, in: world).refusal == .doubleSpend)
  }

  @Test func anAbortGivesBothBack() async throws {
    let world = try await world()
    let coins = try await world.coins([2, 4])
    let card = try await world.cards.issue(.credit(limit: 14))
    for _ in 0..<3 {
      let order = try order(20, in: world)
      #expect(try await reserve(order, coins, saying: 6, with: card, in: world).value != nil)
      let second = try self.order(20, in: world)
      #expect(
        try await reserve(second, coins, saying: 6, with: card, in: world).heldUntil != nil)
      #expect(await world.void(order, world.abort(order.process)).value != nil)
      let books = try await world.checkBooks()
      #expect(books.balance(of: .held(.coinsAndCard)) == 0)
      #expect(books.coins.allSatisfy { $0.reserved == 0 })
    }
    #expect(try await world.balance("shop") == 0)
  }

  /// Where one share cannot be held, the other is not.
  @Test func noShareIsHeldAlone() async throws {
    let world = try await world()
    let coins = try await world.coins([4])
    let poor = try await world.cards.issue(.credit(limit: 5))
    let rich = try await world.cards.issue(.credit(limit: 6))
    let declined = try order(10, in: world)
    #expect(
      try await reserve(declined, coins, saying: 4, with: poor, in: world).refusal == .declined)
    #expect(try await world.checkBooks().coins.allSatisfy { $0.reserved == 0 })

    // The coins are held by another process: the card is free meanwhile.
    let other = try world.order([("shop", 4)])
    #expect(try await world.reserve(other, coins).value != nil)
    let waiting = try order(10, in: world)
    #expect(try await reserve(waiting, coins, saying: 4, with: rich, in: world).heldUntil != nil)
    #expect(try await world.checkBooks().balance(of: .held(.coinsAndCard)) == 0)
    let byCard = try world.order([("shop", 6)], method: .card)
    #expect(await world.reserve(byCard, with: rich).value != nil)
    #expect(await world.post(other, world.commit(other.process)).value != nil)

    // They are spent now, and the refusal comes with a proof. The card has paid elsewhere, too.
    #expect(await world.void(byCard, world.abort(byCard.process)).value != nil)
    #expect(
      try await reserve(waiting, coins, saying: 4, with: rich, in: world).refusal == .doubleSpend)
    #expect(await world.bank.refusalDetails(of: waiting.process) != nil)
    try await world.checkBooks()
  }

  @Test func sharesThatDoNotAddUpAreRefused() async throws {
    let world = try await world()
    let coins = try await world.coins([4])
    let card = try await world.cards.issue(.credit(limit: 100))
    for said in [0, 3, 5, 10, 11] as [UInt64] {
      let order = try order(10, in: world)
      let outcome = try await reserve(order, coins, saying: said, with: card, in: world)
      #expect(outcome.refusal == .amountMismatch, "\(said)")
    }
    let dollars = try #require(Currency("USD"))
    let order = try order(10, in: world)
    let foreign = Means(
      used: try coins.map { try $0.used(in: order.process, at: world.bankName) },
      amount: try Amount(minor: 4, currency: dollars), card: card)
    #expect(await world.reserve(order, with: foreign).refusal == .amountMismatch)
    #expect(try await world.checkBooks().coins.allSatisfy { $0.reserved == 0 })
  }
}
