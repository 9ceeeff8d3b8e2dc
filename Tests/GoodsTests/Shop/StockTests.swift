// Limited goods: the last one goes to one process, and nobody is refused for what may come free.

import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct StockTests {
  let world: ShopWorld

  init() throws {
    world = try ShopWorld()
  }

  private func chair(_ seed: UInt64, quantity: Int = 1) async throws -> StatementID {
    try await world.publish(
      SealedFixture(byteCount: 10, seed: seed), stock: "chairs", maximumQuantity: quantity)
  }

  @Test func `Of two orders for the last one the second waits, and gets it after an abort`()
    async throws
  {
    try await world.shop.addStock(1, of: "chairs")
    let (mine, yours) = (try await chair(1), try await chair(2))
    let decideBy = ShopWorld.start.adding(seconds: 100)
    let first = try world.order(mine, decideBy: decideBy)
    let second = try world.order(yours)
    #expect(try await world.deposit(first, mine).ending == .done)
    #expect(await world.shop.stockLevel(of: "chairs") == 0)
    #expect(try await world.deposit(second, yours).ending == .held(decideBy))
    #expect(try await world.deposit(second, yours).ending == .held(decideBy), "nothing is stored")

    #expect(try await world.release(world.abort(first), first, mine).ending == .done)
    #expect(await world.shop.stockLevel(of: "chairs") == 1)
    #expect(try await world.deposit(second, yours).ending == .done)
    #expect(await world.shop.stockLevel(of: "chairs") == 0)
  }

  @Test func `After a commit the last one is gone for good`() async throws {
    try await world.shop.addStock(1, of: "chairs")
    let (mine, yours) = (try await chair(1), try await chair(2))
    let (first, second) = (try world.order(mine), try world.order(yours))
    #expect(try await world.deposit(first, mine).ending == .done)
    let verdict = world.commit(first)
    let transfer = try world.transfer(1000, for: verdict, first)
    #expect(try await world.settle(verdict, first, [transfer]).ending == .done)
    #expect(try await world.deposit(second, yours).ending == .refused(.soldOut, signed: true))
    try await world.shop.addStock(1, of: "chairs")
    #expect(
      try await world.deposit(second, yours).ending == .refused(.soldOut, signed: true),
      "a refusal is final")
  }

  @Test func `Pieces are counted`() async throws {
    try await world.shop.addStock(5, of: "chairs")
    var offers: [StatementID] = []
    for seed in 1...4 { offers.append(try await chair(UInt64(seed), quantity: 10)) }
    func ending(_ index: Int, _ quantity: Int) async throws -> Ending {
      let order = try world.order(offers[index], quantity: quantity)
      return try await world.deposit(order, offers[index]).ending
    }
    let decideBy = ShopWorld.start.adding(seconds: 600)
    #expect(try await ending(0, 3) == .done)
    #expect(try await ending(1, 6) == .refused(.soldOut, signed: true), "more than there are")
    #expect(try await ending(1, 3) == .held(decideBy), "3 held, 2 left")
    #expect(try await ending(2, 2) == .done)
    #expect(await world.shop.stockLevel(of: "chairs") == 0)
  }

  @Test func `An individual offer is for one sale`() async throws {
    let offer = try await world.publish(SealedFixture(byteCount: 10))
    let decideBy = ShopWorld.start.adding(seconds: 100)
    let first = try world.order(offer, decideBy: decideBy)
    let second = try world.order(offer)
    #expect(try await world.deposit(first, offer).ending == .done)
    #expect(try await world.deposit(second, offer).ending == .held(decideBy))
    world.clock.set(ShopWorld.start.adding(seconds: 200))
    #expect(
      try await world.deposit(second, offer).ending == .held(ShopWorld.start.adding(seconds: 201)),
      "a hold never lapses by itself, and nobody is asked to wait until the past")

    let verdict = world.commit(first)
    let transfer = try world.transfer(1000, for: verdict, first)
    #expect(try await world.settle(verdict, first, [transfer]).ending == .done)
    #expect(try await world.deposit(second, offer).ending == .refused(.soldOut, signed: true))
  }

  @Test func `A catalogue offer is for everybody`() async throws {
    let offer = try await world.publish(SealedFixture(byteCount: 10), mode: .catalogue)
    for _ in 0..<5 {
      #expect(try await world.deposit(world.order(offer), offer).ending == .done)
    }
  }

  @Test func `A shop holds no more than its policy says`() async throws {
    let small = try ShopWorld(
      policy: ShopPolicy(templates: [ShopWorld.template], mostUndecidedHolds: 2))
    let offer = try await small.publish(SealedFixture(byteCount: 10), mode: .catalogue)
    let first = try small.order(offer)
    #expect(try await small.deposit(first, offer).ending == .done)
    #expect(try await small.deposit(small.order(offer), offer).ending == .done)
    let third = try small.order(offer)
    #expect(
      try await small.deposit(third, offer).ending
        == .held(ShopWorld.start.adding(seconds: 600)))
    _ = try await small.release(small.abort(first), first, offer)
    #expect(try await small.deposit(third, offer).ending == .done)
  }

  @Test func `What costs nothing takes no places from what is paid for`() async throws {
    let small = try ShopWorld(
      policy: ShopPolicy(
        templates: [ShopWorld.template], mostUndecidedHolds: 3, mostFreeHolds: 2))
    let gift = try await small.publish(SealedFixture(byteCount: 10), price: 0, mode: .catalogue)
    let paid = try await small.publish(SealedFixture(byteCount: 11), mode: .catalogue)
    let first = try small.order(gift)
    #expect(try await small.deposit(first, gift).ending == .done)
    #expect(try await small.deposit(small.order(gift), gift).ending == .done)
    let third = try small.order(gift)
    let decideBy = ShopWorld.start.adding(seconds: 600)
    #expect(try await small.deposit(third, gift).ending == .held(decideBy))
    #expect(try await small.deposit(small.order(paid), paid).ending == .done)
    _ = try await small.release(small.abort(first), first, gift)
    #expect(try await small.deposit(third, gift).ending == .done, "it waited for its place")
  }

  @Test func `Of one stock so many pieces are held for nothing, and no more`() async throws {
    let small = try ShopWorld(
      policy: ShopPolicy(templates: [ShopWorld.template], mostFreePieces: 3))
    try await small.shop.addStock(10, of: "chairs")
    let gift = try await small.publish(
      SealedFixture(byteCount: 10), price: 0, stock: "chairs", maximumQuantity: 9)
    let other = try await small.publish(
      SealedFixture(byteCount: 11), price: 0, stock: "chairs", maximumQuantity: 9)
    let paid = try await small.publish(
      SealedFixture(byteCount: 12), stock: "chairs", maximumQuantity: 9)
    let decideBy = ShopWorld.start.adding(seconds: 600)
    let first = try small.order(gift, quantity: 2)
    #expect(try await small.deposit(first, gift).ending == .done)
    let second = try small.order(other, quantity: 2)
    #expect(try await small.deposit(second, other).ending == .held(decideBy), "one is left")
    #expect(try await small.deposit(small.order(paid, quantity: 5), paid).ending == .done)
    #expect(await small.shop.stockLevel(of: "chairs") == 3)
    _ = try await small.release(small.abort(first), first, gift)
    let many = try small.order(other, quantity: 4)
    #expect(try await small.deposit(many, other).ending == .done, "the only one may be larger")
    #expect(try await small.deposit(second, other).ending == .held(decideBy))
  }

  @Test func `Stock is opened before it is offered, and bounded`() async throws {
    let sealed = try SealedFixture(byteCount: 10)
    #expect(
      try await asyncGoodsCode { _ = try await world.publish(sealed, stock: "none") }
        == .stockUnknown)
    #expect(
      try await asyncGoodsCode { try await world.shop.addStock(-1, of: "chairs") } == .stockCount)
    try await world.shop.addStock(Shop.largestStock, of: "chairs")
    #expect(
      try await asyncGoodsCode { try await world.shop.addStock(1, of: "chairs") } == .stockCount)
    #expect(await world.shop.stockLevel(of: "chairs") == Shop.largestStock)
  }
}
