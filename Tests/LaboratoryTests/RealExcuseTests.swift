// Who is excused in the real world by a bank that cheats, and who is not; and when a verdict can have been made.

import Coordinator
import ECash
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

@testable import Laboratory

@Suite("Excuses in the real world", .onOneThread)
struct RealExcuseTests {
  /// What the books find when a merchant has not sold what it holds for a process.
  private func unsold(
    _ process: ProcessID, at shop: Int, in world: RealWorld
  ) async -> Property? {
    let holds = RealBooks(of: world).holds(of: process, at: shop)
    let store = world.shopStores[shop]
    nonisolated(unsafe) let rows = store.snapshot()
    await store.transact { rows in
      for var hold in holds {
        hold.state = .held
        rows.put(hold)
      }
    }
    let found = await RealBooks(of: world).check()
    await store.transact { $0 = rows }
    return found?.property
  }

  private func shops(_ world: RealWorld, _ purchase: RealPurchase) -> [Int] {
    world.shops.indices.filter { number in
      let account = RealMarket.account(RealMarket.shopNames[number])
      return purchase.payments.contains { payment in
        world.isBroken(payment, of: purchase)
          && payment.part.payouts.contains { $0.payee.account == account }
      }
    }
  }

  @Test(
    "whom a bank pays less than was agreed on settles, if no more was kept than its offers allow")
  func keptLittle() async throws {
    let (world, purchase) = try await RealRuns.broken(by: .keepsMore) { world, purchase in
      let shops = shops(world, purchase)
      return !shops.isEmpty && shops.allSatisfy { !world.needNotSettle($0, purchase) }
    }
    #expect(await RealBooks(of: world).check() == nil)
    for shop in shops(world, purchase) {
      #expect(await unsold(purchase.process, at: shop, in: world) == .atomicity)
    }
  }

  @Test("who is not paid need not settle, and the others have")
  func notPaid() async throws {
    let (world, purchase) = try await RealRuns.broken(by: .breaksPromises) { world, purchase in
      !shops(world, purchase).isEmpty
    }
    #expect(shops(world, purchase).allSatisfy { world.needNotSettle($0, purchase) })
    #expect(world.stage.node.isOpen(purchase.process))
    #expect(!world.file(of: purchase.process).calls.isEmpty)
    let books = RealBooks(of: world)
    for other in try await RealRuns.committed(books).map(\.purchase) {
      for shop in world.shops.indices where !world.needNotSettle(shop, other) {
        guard !books.holds(of: other.process, at: shop).isEmpty else { continue }
        #expect(await unsold(other.process, at: shop, in: world) == .atomicity)
        return
      }
    }
  }

  @Test("a commit is of the moment at which the customer asked for delivery")
  func moments() async throws {
    let world = try await RealRuns.honest()
    let decided = try #require(try await RealRuns.committed(RealBooks(of: world)).first)
    #expect(await RealBooks(of: world).check() == nil)
    world.times.forgetRequests(of: decided.process)
    #expect(await RealBooks(of: world).check()?.property == .verdict)
  }

  @Test("no verdict is of a time that the coordinator's clock has not shown")
  func times() {
    let process: ProcessID = SHA256.digest([1]).renamed()
    func abort(_ seconds: Int64) -> Verdict {
      Verdict(
        process: process, decision: .abort(.timeout),
        decidedAt: Stage.start.adding(seconds: seconds),
        evidence: process.renamed())
    }
    var times = RealTimes()
    #expect(!times.allow(abort(0), on: process))
    times.next()
    times.decided(process, at: Stage.start.adding(seconds: 10))
    #expect(times.allow(abort(10), on: process) && !times.allow(abort(11), on: process))
    // Set back in between, it has shown a later time before.
    var set = RealTimes()
    set.next()
    set.setClock(from: Stage.start.adding(seconds: 20), to: Stage.start)
    set.next()
    set.decided(process, at: Stage.start.adding(seconds: 10))
    #expect(set.allow(abort(20), on: process) && !set.allow(abort(21), on: process))
  }
}
