// Ends of real runs that tests look for, and purchases as they might have been.

import ECash
import Goods
import PaymentModel
import Receipts

@testable import Laboratory

enum RealRuns {
  struct NoRun: Error {}

  /// The end of a run in which nobody cheats, money went to an account at another bank, and goods of a
  /// stock were sold and released.
  static func honest() async throws -> RealWorld {
    let seed = try await honestSeed.value
    return try await RealSimulation.ended(seed: seed).world
  }

  /// The first such seed, searched for once. What comes before it is no such run.
  private static let honestSeed = Task {
    try await first(from: 11) {
      isHonest($0)
    } ended: {
      isUsable($0)
    }
  }

  /// The end of a run in which a bank has broken an order's promise by that cheat, in a way that can be proven.
  static func broken(
    by cheat: BankCheat, where isMeant: (RealWorld, RealPurchase) -> Bool = { _, _ in true }
  ) async throws -> (RealWorld, RealPurchase) {
    func found(in world: RealWorld) -> RealPurchase? {
      RealBooks(of: world).purchases.first { purchase in
        isMeant(world, purchase)
          && purchase.payments.contains {
            world.bankConducts[$0.bank].cheat == cheat && world.isBroken($0, of: purchase)
          }
      }
    }
    let seed = try await first(from: 1) { world in
      world.bankConducts.contains { $0.cheat == cheat }
    } ended: { world in
      found(in: world) != nil
    }
    let world = try await RealSimulation.ended(seed: seed).world
    guard let purchase = found(in: world) else { throw NoRun() }
    return (world, purchase)
  }

  /// The first run without a violation that begins so and ends so.
  private static func first(
    from start: UInt64, begun: (RealWorld) -> Bool, ended: (RealWorld) -> Bool
  ) async throws -> UInt64 {
    for seed in start...(start + 400) {
      guard begun(try await RealSimulation.beginning(seed: seed).world) else { continue }
      let (report, world) = try await RealSimulation.ended(seed: seed)
      if report.violation == nil, ended(world) { return seed }
    }
    throw NoRun()
  }

  private static func isHonest(_ world: RealWorld) -> Bool {
    world.bankConducts.allSatisfy { $0.cheat == nil }
      && world.shopConducts.allSatisfy { $0.cheat == nil }
      && world.buyers.allSatisfy { $0.cheat == nil }
  }

  private static func isUsable(_ world: RealWorld) -> Bool {
    let books = RealBooks(of: world)
    let goods = goods(books)
    let paid = books.purchases.flatMap { purchase in
      purchase.payments.filter { books.hold(of: $0, purchase.process)?.state == .posted }
    }
    return world.presentations.contains { $0.contains { !$0.claim.net.isZero } }
      && !world.settlements.isEmpty
      && paid.contains { $0.account > 0 } && paid.contains { $0.coins > 0 }
      && goods.contains { $0.hold.state == .released && $0.hold.stock == nil }
      && goods.contains { $0.hold.state == .sold && isSingle($0.hold, in: world) }
  }

  /// All that merchants held.
  static func goods(_ books: RealBooks) -> [(shop: Int, hold: ShopHoldRow)] {
    books.shops.indices.flatMap { shop in
      books.purchases.flatMap { books.holds(of: $0.process, at: shop) }.map { (shop, $0) }
    }
  }

  static func isSingle(_ hold: ShopHoldRow, in world: RealWorld) -> Bool {
    world.market.offers.contains { $0.contains { $0.id == hold.key.offer && $0.isSingle } }
  }

  /// The purchases that were committed, as the books read them.
  static func committed(_ books: RealBooks) async throws -> [RealBooks.Decided] {
    var decided: [RealBooks.Decided] = []
    for purchase in books.purchases {
      guard let logged = try await books.world.log.verdict(of: purchase.process),
        let verdict = books.read(logged, of: purchase.process), verdict.claim.decision.isCommit
      else { continue }
      decided.append(RealBooks.Decided(purchase: purchase, logged: logged, verdict: verdict))
    }
    return decided
  }
}

extension RealPurchase {
  /// The same, but for what is said.
  func changed(
    process: ProcessID? = nil, lines: [RealOrder.Line]? = nil, payments: [Payment]? = nil
  ) -> RealPurchase {
    RealPurchase(
      process: process ?? self.process, buyer: buyer, order: order, submission: submission,
      wallet: wallet, lines: lines ?? self.lines, payments: payments ?? self.payments,
      isReplay: isReplay, asksAt: asksAt)
  }
}
