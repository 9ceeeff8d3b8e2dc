// The books over real parties: rows of bank, merchants and wallets, and what the log can prove.

import ECash
import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

struct RealBooks {
  let world: RealWorld
  let bank: any BankRows
  let shops: [any ShopRows]

  /// The books as they are now.
  init(of world: RealWorld) {
    self.world = world
    bank = world.bankStore.snapshot()
    shops = world.shopStores.map { $0.snapshot() }
  }

  func finding(
    _ property: Property, _ process: ProcessID?, _ message: String
  ) -> Books.Finding {
    Books.Finding(property: property, process: process, message: message)
  }

  var processes: [ProcessID] { world.buyers.flatMap { $0.purchases.map(\.process) } }

  func holds(of process: ProcessID, at shop: any ShopRows) -> [ShopHoldRow] {
    shop.holds(coordinator: world.setting.coordinatorKey, process: process)
  }

  // MARK: - At every moment

  /// What an undecided order holds at a merchant is covered by money of exactly that order, set aside for this
  /// merchant.
  func checkHolds(at number: Int) -> Books.Finding? {
    let undecided = processes.filter { world.verdicts[$0] == nil }
    for process in undecided {
      let held = holds(of: process, at: shops[number]).filter { $0.state == .held }
      for payee in held.map(\.payee) {
        let worth = held.filter { $0.payee == payee }.reduce(0) { $0 + $1.amount.minor }
        let money = bank.hold(of: process)
        let payout = money?.payouts.first { $0.payee == payee }?.amount.minor ?? 0
        if money?.state != .reserved || payout < worth {
          return finding(
            .holds, process,
            "\(RealMarket.shopNames[number]) holds goods for \(worth), and not as much is reserved")
        }
      }
    }
    return nil
  }

  // MARK: - At the end

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

  /// The ledger balances; what customers had at first is with payees or in coins; each payee has what was posted
  /// for it; and every honest customer has what she did not pay.
  private func money() async -> Books.Finding? {
    guard let balance = try? await world.bank.trialBalance() else {
      return finding(.money, nil, "the bank's books do not balance")
    }
    let posted = processes.compactMap { bank.hold(of: $0) }.filter { $0.state == .posted }
    let paid = posted.reduce(0) { $0 + $1.total.minor }
    guard balance.outstanding + paid == world.market.money else {
      return finding(
        .money, nil,
        "\(balance.outstanding) is in coins, and \(paid) was paid, of \(world.market.money)")
    }
    for name in RealMarket.shopNames {
      let account = RealMarket.account(name)
      let due = posted.flatMap(\.payouts).filter { $0.payee.account == account }
        .reduce(0) { $0 + $1.amount.minor }
      let has = balance.balance(of: .holder(account))
      if has != Int64(due) {
        return finding(.money, nil, "\(account) has \(has), posted was \(due)")
      }
    }
    for (number, buyer) in world.buyers.enumerated() {
      if let found = await purse(of: buyer, number) { return found }
    }
    return nil
  }

  private func purse(of buyer: RealWorld.Buyer, _ number: Int) async -> Books.Finding? {
    let paid = buyer.purchases.compactMap { bank.hold(of: $0.process) }
      .filter { $0.state == .posted }.reduce(0) { $0 + $1.total.minor }
    guard paid <= RealMarket.purse else {
      return finding(.money, nil, "customer \(number) has paid more than she had")
    }
    guard buyer.wallets.count == 1, let currency = Currency("EUR") else { return nil }
    let free = try? await buyer.wallets[0].wallet.balance(at: RealMarket.bankName, in: currency)
    guard free?.minor == RealMarket.purse - paid else {
      return finding(
        .money, nil,
        "customer \(number) has \(free?.minor ?? 0) of \(RealMarket.purse), and paid \(paid)")
    }
    return nil
  }

  private func stock() -> Books.Finding? {
    for (number, shop) in shops.enumerated() {
      let holds = processes.flatMap { self.holds(of: $0, at: shop) }
      let used = holds.filter { $0.stock != nil && $0.state != .released }
        .reduce(0) { $0 + $1.quantity }
      let level = shop.stockLevel(of: "stock") ?? 0
      if level + used != world.market.stock || level < 0 {
        return finding(.stock, nil, "merchant \(number) has \(level) left and \(used) held or sold")
      }
      for (place, hold) in holds.enumerated() where hold.state == .sold {
        let isSingle =
          world.market.singlePieces.contains(hold.key.offer)
          && holds[..<place].contains { $0.key.offer == hold.key.offer && $0.state == .sold }
        if isSingle {
          return finding(.stock, hold.key.process, "merchant \(number) sold a single piece twice")
        }
      }
    }
    return nil
  }

  private func check(_ purchase: RealWorld.Purchase) async -> Books.Finding? {
    let process = purchase.process
    guard let logged = try? await world.log.verdict(of: process),
      let verdict = read(logged, of: process),
      let row = try? await purchase.wallet.purchase(process)
    else { return finding(.progress, process, "no verdict") }
    if let found = verdicts(on: purchase, logged, verdict, row) { return found }
    let isCommit = verdict.claim.decision.isCommit
    let hold = bank.hold(of: process)
    if isCommit ? hold?.state != .posted : (hold.map { $0.state != .voided } ?? false) {
      return finding(
        .atomicity, process,
        "commit: \(isCommit), and the money is \(String(describing: hold?.state))")
    }
    let goods = shops.flatMap { holds(of: process, at: $0) }
    let wanted: ShopHoldRow.State = isCommit ? .sold : .released
    let isWhole = !isCommit || goods.count == purchase.submission.offers.count
    if !isWhole || !goods.allSatisfy({ $0.state == wanted }) {
      return finding(
        .atomicity, process, "commit: \(isCommit), and goods are \(goods.map(\.state))")
    }
    if let found = evidence(of: purchase, logged, verdict, row) { return found }
    return isCommit ? await keys(of: purchase, row) : nil
  }

  func read(_ logged: LoggedVerdict, of process: ProcessID) -> Stated<Verdict>? {
    try? VerdictVerifier(world.market.trust).read(
      logged, of: process, by: world.setting.coordinatorKey)
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
