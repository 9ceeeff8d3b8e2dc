// What banks, merchants, customer and log hold, counted without the engine.

import Conformance
import Coordinator
import PaymentModel
import Testing

/// The books of a world of models in which one purchase was made.
struct ModelBooks {
  /// What a good costs.
  static let price: UInt64 = 100
  /// The stock that goods are taken from, and how many pieces each merchant had.
  static let stock = "shelf"
  static let pieces = 5

  let world: ModelWorld

  init(of world: ModelWorld) { self.world = world }

  /// Puts the pieces on the merchants' shelves.
  func open() {
    for merchant in world.merchants { merchant.setStock(Self.stock, to: Self.pieces) }
  }

  /// Everything done once or nothing at all, by everybody, and nobody holds anything.
  ///
  /// - goods: the merchants that sold one piece each.
  /// - banks: those that were to pay, in equal parts.
  func expect(
    _ process: ProcessID, isCommitted: Bool, goods: [Int], banks: [Int], _ comment: Comment
  ) {
    for merchant in world.merchants.indices {
      let isSeller = goods.contains(merchant)
      let payee = world.payee(of: merchant, bank: banks[0])
      let paid = world.banks.reduce(0) { $0 + $1.balance(of: payee) }
      #expect(paid == (isCommitted && isSeller ? Self.price : 0), "paid: \(comment)")
      #expect(
        world.merchants[merchant].stock(Self.stock)
          == Self.pieces - (isCommitted && isSeller ? 1 : 0), "stock: \(comment)")
      #expect(
        world.merchants[merchant].hasSettled(process) == (isCommitted && isSeller),
        "settled: \(comment)")
      #expect(!world.merchants[merchant].isHolding, "held: \(comment)")
    }
    for bank in world.banks.indices {
      let coins = world.banks[bank].coinCounts
      #expect(coins.held == 0 && !world.banks[bank].isHolding, "coins held: \(comment)")
      #expect(coins.spent == (isCommitted && banks.contains(bank) ? 1 : 0), "spent: \(comment)")
    }
    #expect(world.log.verdictCount == 1, "verdicts: \(comment)")
    #expect((world.log.bundle(of: process) != nil) == isCommitted, "bundle: \(comment)")
    let logged = world.log.verdict(of: process)
    for told in world.modelCustomer(of: process)?.verdicts ?? [] {
      #expect(told.verdict == logged, "told: \(comment)")
    }
  }
}
