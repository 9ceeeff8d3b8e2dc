// The books over real parties: rows of bank, merchants and wallets, and what the log can prove.

import ECash
import Evidence
import Goods
import PaymentModel
import PaymentParties
import Receipts

struct RealBooks {
  let world: RealWorld

  private func finding(
    _ property: Property, _ process: ProcessID?, _ message: String
  ) -> Books.Finding {
    Books.Finding(property: property, process: process, message: message)
  }

  /// The first thing that is wrong at the end of a run.
  func check() async -> Books.Finding? {
    if let found = await money() { return found }
    if let found = stock() { return found }
    for buyer in world.buyers {
      for purchase in buyer.purchases {
        if let found = await check(purchase) { return found }
      }
    }
    guard !world.stage.node.isBehindLog, world.stage.node.failed.isEmpty, world.isOver else {
      return finding(
        .progress, nil, "not at its end: \(world.stage.node.openCount) processes open")
    }
    return nil
  }

  /// The ledger balances, and what customers had at first is with payees or in coins; honest customers can
  /// spend every coin that nobody holds.
  private func money() async -> Books.Finding? {
    guard let balance = try? await world.bank.trialBalance() else {
      return finding(.money, nil, "the bank's books do not balance")
    }
    let holders = balance.balances.reduce(Int64(0)) { sum, entry in
      if case .holder = entry.account { sum + entry.minor } else { sum }
    }
    if holders + Int64(balance.outstanding) != Int64(world.market.money) {
      return finding(.money, nil, "accounts and coins are \(holders + Int64(balance.outstanding))")
    }
    guard world.buyers.allSatisfy({ $0.wallets.count == 1 }),
      let currency = Currency("EUR")
    else { return nil }
    var free: UInt64 = 0
    for buyer in world.buyers {
      free +=
        (try? await buyer.wallets[0].wallet.balance(at: RealMarket.bankName, in: currency).minor)
        ?? 0
    }
    return free == balance.outstanding
      ? nil : finding(.money, nil, "wallets hold \(free) of \(balance.outstanding) in coins")
  }

  private func stock() -> Books.Finding? {
    for (number, store) in world.shopStores.enumerated() {
      let rows = store.snapshot()
      var used = 0
      for buyer in world.buyers {
        for purchase in buyer.purchases {
          for hold in rows.holds(
            coordinator: world.setting.coordinatorKey, process: purchase.process)
          where hold.stock != nil && hold.state != .released { used += hold.quantity }
        }
      }
      let level = rows.stockLevel(of: "stock") ?? 0
      if level + used != world.market.stock || level < 0 {
        return finding(.stock, nil, "merchant \(number) has \(level) left and \(used) held or sold")
      }
    }
    return nil
  }

  private func check(_ purchase: RealWorld.Purchase) async -> Books.Finding? {
    let process = purchase.process
    guard let logged = try? await world.log.verdict(of: process),
      let verdict = try? VerdictVerifier(world.market.trust).read(
        logged, of: process, by: world.setting.coordinatorKey),
      let row = try? await purchase.wallet.purchase(process)
    else { return finding(.progress, process, "no verdict") }
    let isCommit = verdict.claim.decision.isCommit
    guard row.state == (isCommit ? .committed : .aborted), row.verdict?.verdict == logged.verdict
    else { return finding(.verdict, process, "the customer has another verdict than the log") }
    if isCommit, verdict.claim.decidedAt >= purchase.decideBy {
      return finding(.verdict, process, "committed after decideBy")
    }
    let hold = world.bankStore.snapshot().hold(of: process)
    if isCommit ? hold?.state != .posted : (hold.map { $0.state != .voided } ?? false) {
      return finding(
        .atomicity, process,
        "commit: \(isCommit), and the money is \(String(describing: hold?.state))")
    }
    let goods = world.shopStores.flatMap {
      $0.snapshot().holds(coordinator: world.setting.coordinatorKey, process: process)
    }
    let wanted: ShopHoldRow.State = isCommit ? .sold : .released
    let isWhole = !isCommit || goods.count == purchase.submission.offers.count
    if !isWhole || !goods.allSatisfy({ $0.state == wanted }) {
      return finding(
        .atomicity, process, "commit: \(isCommit), and goods are \(goods.map(\.state))")
    }
    return isCommit ? await keys(of: purchase, row) : nil
  }

  /// The keys in the log open what was bought.
  private func keys(of purchase: RealWorld.Purchase, _ row: PurchaseRow) async -> Books.Finding? {
    do {
      guard let bundle = try await world.log.bundle(of: purchase.process) else {
        return finding(.evidence, purchase.process, "committed, and the log has no keys")
      }
      let keys = try KeyBundle(
        bundle, with: try purchase.wallet.wallet.orderIdentity(row.orderNumber))
      for signed in purchase.submission.offers {
        let offer = try world.market.trust.verify(signed, at: row.madeAt)
        guard let container = offer.claim.container else { continue }
        _ = try keys.identity(opening: container)
      }
      return nil
    } catch {
      return finding(.atomicity, purchase.process, "a key does not open: \(error)")
    }
  }
}
