// Orders that should have been decided: the shop knows them, and gives free what was aborted.

import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import Testing

@Suite final class OverdueTests {
  /// Orders are to be decided so long after the start unless said otherwise.
  private static let decideSeconds: Int64 = 600
  private static let marginSeconds: Int64 = 5

  let world: ShopWorld
  private var made: UInt64 = 100

  init() throws {
    world = try ShopWorld()
  }

  private func step(to seconds: Int64) {
    world.clock.set(ShopWorld.start.adding(seconds: seconds))
  }

  /// An offer of one chair, which is for one sale.
  private func chair() async throws -> StatementID {
    if await world.shop.stockLevel(of: "chairs") == nil {
      try await world.shop.addStock(10, of: "chairs")
    }
    made += 1
    return try await world.publish(SealedFixture(byteCount: 10, seed: made), stock: "chairs")
  }

  private func overdue(includingPostponed: Bool = false) async -> [OverdueOrder] {
    await world.shop.overdue(atMost: 100, includingPostponed: includingPostponed)
  }

  // MARK: - When

  @Test func `An order is overdue when its time and the margin have passed, and something is held`()
    async throws
  {
    let offer = try await chair()
    let order = try world.order(offer)
    _ = try world.order(offer)
    #expect(try await world.deposit(order, offer).ending == .done)
    for seconds in [0, Self.decideSeconds, Self.decideSeconds + Self.marginSeconds - 1] {
      step(to: seconds)
      #expect(await overdue().isEmpty, "\(seconds)")
    }
    step(to: Self.decideSeconds + Self.marginSeconds)
    let found = try #require(await overdue().first)
    #expect(found.process == order.process && found.signed == order.signed)
    #expect(found.coordinator == world.coordinator.issuer.key && found.offers == [offer])
    #expect(found.decideBy == ShopWorld.start.adding(seconds: Self.decideSeconds))
    #expect(await overdue() == [found], "asking changes nothing")
  }

  @Test func `What is refused or has to wait leaves no order behind`() async throws {
    let offer = try await world.publish(SealedFixture(byteCount: 10))
    let (first, second) = (try world.order(offer), try world.order(offer))
    let late = try world.order(offer, decideBy: ShopWorld.start)
    #expect(try await world.deposit(first, offer).ending == .done)
    _ = try await world.deposit(second, offer)
    _ = try await world.deposit(late, offer)
    step(to: 1000)
    #expect(await overdue().map(\.process) == [first.process])
  }

  @Test func `Pages come in the order in which they had to be decided`() async throws {
    var expected: [(Int64, ProcessID)] = []
    for seconds in [300, 100, 200, 500, 400] as [Int64] {
      let offer = try await chair()
      let order = try world.order(offer, decideBy: ShopWorld.start.adding(seconds: seconds))
      #expect(try await world.deposit(order, offer).ending == .done)
      expected.append((seconds, order.process))
    }
    expected.sort { $0.0 < $1.0 }
    step(to: 405)
    var found: [ProcessID] = []
    var last: ShopOrderPlace?
    while true {
      let page = await world.shop.overdue(after: last, atMost: 3)
      guard let end = page.last else { break }
      found += page.map(\.process)
      last = end.place
    }
    #expect(found == expected.dropLast().map(\.1))
  }

  // MARK: - What becomes of it

  @Test func `An abort gives the good free, with the release that the coordinator gets, too`()
    async throws
  {
    let offer = try await chair()
    let order = try world.order(offer)
    _ = try await world.deposit(order, offer)
    #expect(await world.shop.stockLevel(of: "chairs") == 9)
    step(to: 700)
    let found = try #require(await overdue().first)
    let verdict = world.abort(order)
    guard case .released(let releases) = await world.shop.carryOut(verdict, on: found) else {
      Issue.record("it is not released")
      return
    }
    #expect(await world.shop.stockLevel(of: "chairs") == 10)
    #expect(await overdue(includingPostponed: true).isEmpty)
    #expect(try await world.release(verdict, order, offer).value == releases.first)
    #expect(await world.shop.carryOut(verdict, on: found) == .released(releases))
    #expect(await world.shop.stockLevel(of: "chairs") == 10)
  }

  @Test func `Of two goods of one order none is held any more, and none comes later`() async throws
  {
    let (one, two) = (
      try await chair(), try await world.publish(SealedFixture(byteCount: 5, seed: 3))
    )
    let third = try await world.publish(SealedFixture(byteCount: 6, seed: 4))
    let order = try world.order([(one, 1), (two, 1), (third, 1)])
    #expect(try await world.deposit(order, one, part: 0).ending == .done)
    #expect(try await world.deposit(order, two, part: 1).ending == .done)
    step(to: 700)
    let found = try #require(await overdue().first)
    #expect(await overdue().count == 1 && found.offers == [one, two].sorted())
    let verdict = world.abort(order)
    // The coordinator brings one of them.
    #expect(try await world.release(verdict, order, two).ending == .done)
    #expect(await overdue().map(\.offers) == [[one]])
    guard case .released(let releases) = await world.shop.carryOut(verdict, on: found) else {
      Issue.record("they are not released")
      return
    }
    #expect(releases.count == 2)
    #expect(await overdue(includingPostponed: true).isEmpty)
    step(to: 0)
    #expect(
      try await world.deposit(order, third, part: 2).ending == .refused(.voided, signed: true))
    #expect(
      try await world.deposit(order, one, part: 0, step: "again").ending
        == .refused(.conflict, signed: false))
    #expect(await world.shop.stockLevel(of: "chairs") == 10)
    #expect(try await world.deposit(world.order(two), two).ending == .done)
  }

  @Test func `A commit leaves the good to its transfers`() async throws {
    let offer = try await chair()
    let order = try world.order(offer)
    _ = try await world.deposit(order, offer)
    let verdict = world.commit(order)
    step(to: 700)
    let found = try #require(await overdue().first)
    #expect(await world.shop.carryOut(verdict, on: found) == .committed)
    #expect(await world.shop.stockLevel(of: "chairs") == 9)
    #expect(await overdue() == [found])
    let transfer = try world.transfer(1000, for: verdict, order)
    #expect(try await world.settle(verdict, order, [transfer]).ending == .done)
    #expect(await overdue(includingPostponed: true).isEmpty)
    #expect(
      await world.shop.carryOut(world.abort(order), on: found) == .refused(.conflict))
    #expect(await world.shop.stockLevel(of: "chairs") == 9, "it is sold")
  }

  @Test func `Only the order's coordinator ends it`() async throws {
    let offer = try await chair()
    let (order, other) = (try world.order(offer), try world.order(offer))
    _ = try await world.deposit(order, offer)
    step(to: 700)
    let found = try #require(await overdue().first)
    var forged = world.abort(order).verdict.bytes
    forged[forged.count - 10] ^= 1
    for verdict in [
      world.abort(order, by: world.otherCoordinator), world.abort(order, by: world.bank),
      world.abort(other), LoggedVerdict(verdict: Signed(forged), proof: []),
      LoggedVerdict(
        verdict: world.abort(order).verdict, proof: Bytes(repeating: 0, count: 8193)),
    ] {
      #expect(await world.shop.carryOut(verdict, on: found) == .refused(.invalid))
    }
    #expect(await world.shop.stockLevel(of: "chairs") == 9)
    #expect(await overdue() == [found])
  }

  @Test func `Two who ask at once give it free once`() async throws {
    let offer = try await chair()
    let order = try world.order(offer)
    _ = try await world.deposit(order, offer)
    step(to: 700)
    let found = try #require(await overdue().first)
    let verdict = world.abort(order)
    let shop = world.shop
    let endings = await withTaskGroup(of: OverdueEnding.self) { group in
      for _ in 0..<16 { group.addTask { await shop.carryOut(verdict, on: found) } }
      var endings: Set<OverdueEnding> = []
      for await ending in group { endings.insert(ending) }
      return endings
    }
    #expect(endings.count == 1, "all have the same release")
    #expect(await world.shop.stockLevel(of: "chairs") == 10)
  }

  // MARK: - In vain

  @Test func `After a question in vain it is left alone, longer and longer`() async throws {
    let offers = (try await chair(), try await chair())
    let (one, two) = (try world.order(offers.0), try world.order(offers.1))
    _ = try await world.deposit(one, offers.0)
    _ = try await world.deposit(two, offers.1)
    var now = Self.decideSeconds + Self.marginSeconds
    step(to: now)
    let place = try #require(await overdue().first { $0.process == one.process }).place
    // At least a minute, then as long again as it is overdue, and at most a day.
    var pauses: [Int64] = []
    for _ in 0..<14 {
      await world.shop.postpone([place])
      #expect(await overdue().map(\.process) == [two.process])
      #expect(await overdue(includingPostponed: true).count == 2)
      let overdue = now - Self.decideSeconds
      let pause = min(max(overdue, 60), 86_400)
      step(to: now + pause - 1)
      #expect(await self.overdue().map(\.process) == [two.process], "\(pause)")
      now += pause
      step(to: now)
      #expect(await self.overdue().count == 2, "\(pause)")
      pauses.append(pause)
    }
    #expect(pauses.prefix(3) == [60, 65, 130] && pauses.suffix(2) == [86_400, 86_400])
  }

  @Test func `A clock that was a year ahead leaves nothing alone afterwards`() async throws {
    let offer = try await chair()
    let order = try world.order(offer)
    _ = try await world.deposit(order, offer)
    step(to: 31_536_000)
    let place = try #require(await overdue().first).place
    await world.shop.postpone([place])
    #expect(await overdue().isEmpty)
    step(to: 700)
    #expect(await overdue().map(\.place) == [place])
  }

  @Test func `Who is gone is not postponed`() async throws {
    let offer = try await chair()
    let order = try world.order(offer)
    _ = try await world.deposit(order, offer)
    step(to: 700)
    let found = try #require(await overdue().first)
    _ = await world.shop.carryOut(world.abort(order), on: found)
    await world.shop.postpone([found.place])
    step(to: 900_000)
    #expect(await overdue(includingPostponed: true).isEmpty)
  }
}
