// The coordinator charges: the customer sees it, pays it in the same order, and pays nothing for an abort.

import Goods
import PaymentModel
import PaymentParties

extension Storyteller {
  func tellCoordinatorFee() async throws -> StoryReport {
    let market = try await stage.openMarket()
    let fee = try Amount(minor: DemoCast.coordinatorFee, currency: DemoCast.currency)
    try await market.charge(
      Tariff(
        amount: fee, account: DemoCast.coordinatorAccount,
        validUntil: SystemWallClock().now().adding(seconds: 86_400)))
    say("\(market.coordinator.name) signs terms: \(DemoCast.euros(fee.minor)) for each purchase.")
    // Coins for the fee, beside those for the goods.
    _ = try await market.withdraw(fee, from: DemoCast.alice)
    let goods = try await stage.seal(in: market)
    describe(goods)
    let before = try await stage.balances(in: market)

    // First an order that nobody completes: the merchant is silent.
    guard let shop = market.shop(DemoCast.unreliable) else {
      throw Failure(.notChecked, "the market has no \(DemoCast.unreliable)")
    }
    market.directory.register(merchant: SilentMerchant(shop: shop), as: shop.name)
    let aborted = try await market.conclude(
      try await order(goods, in: market, decideWithinSeconds: 2))
    let afterAbort = try await stage.balances(in: market)
    guard !aborted.decision.isCommit, afterAbort == before else {
      throw Failure(.no, "an abort cost something")
    }
    say("\(shop.name) is silent, the order is aborted, and nobody is paid.")
    market.directory.register(merchant: shop, as: shop.name)

    let purchase = try await market.conclude(try await order(goods, in: market))
    let report = try await report(
      purchase, .coordinatorFee, goods: goods, before: before, in: market)
    try await market.close()
    return report
  }
}
