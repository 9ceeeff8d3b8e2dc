// The books over real parties: rows of banks, merchants and wallets, what customers ordered, and what the log can
// prove.
//
// What must stand on an account follows from the orders and from the verdicts in the log, and from no code
// of a bank.

import ECash
import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

struct RealBooks {
  /// A purchase, and what the log says about it.
  struct Decided {
    let purchase: RealPurchase
    let logged: LoggedVerdict
    let verdict: Stated<Verdict>

    var process: ProcessID { purchase.process }
    var isCommit: Bool { verdict.claim.decision.isCommit }
  }

  let world: RealWorld
  let banks: [any BankRows]
  let shops: [any ShopRows]

  /// The books as they are now.
  init(of world: RealWorld) {
    self.world = world
    banks = world.banks.map(\.rows)
    shops = world.shopStores.map { $0.snapshot() }
  }

  func finding(
    _ property: Property, _ process: ProcessID?, _ message: String
  ) -> Books.Finding {
    Books.Finding(property: property, process: process, message: message)
  }

  var purchases: [RealPurchase] { world.buyers.flatMap(\.purchases) }

  func purchase(_ process: ProcessID) -> RealPurchase? {
    purchases.first { $0.process == process }
  }

  func holds(of process: ProcessID, at shop: Int) -> [ShopHoldRow] {
    shops[shop].holds(coordinator: world.setting.coordinatorKey, process: process)
  }

  /// What a bank holds for a process, or did.
  func hold(of payment: RealPurchase.Payment, _ process: ProcessID) -> HoldRow? {
    banks[payment.bank].hold(of: process)
  }

  func read(_ logged: LoggedVerdict, of process: ProcessID) -> Stated<Verdict>? {
    try? VerdictVerifier(world.market.trust).read(
      logged, of: process, by: world.setting.coordinatorKey)
  }

  /// A bank that does not post, and holds what it should have posted; of the others all books must be as if
  /// they were honest, however they cheat.
  func isBreaking(_ bank: Int) -> Bool { world.bankConducts[bank].cheat == .breaksPromises }

  // MARK: - At every moment

  /// What an undecided order holds at a merchant is covered by money of exactly that order, set aside for this
  /// merchant; free goods by what the merchant allows itself.
  func checkHolds() -> Books.Finding? {
    for (number, name) in RealMarket.shopNames.enumerated() {
      var all: [ShopHoldRow] = []
      for purchase in purchases {
        let held = holds(of: purchase.process, at: number).filter { $0.state == .held }
        all += held
        guard world.verdicts[purchase.process] == nil else { continue }
        for payee in held.map(\.payee) {
          let worth = held.filter { $0.payee == payee }.reduce(0) { $0 + $1.amount.minor }
          if worth > reserved(for: payee, in: purchase) {
            return finding(
              .holds, purchase.process,
              "\(name) holds goods for \(worth), and not as much is reserved")
          }
        }
      }
      let policy = world.shopPolicies[number]
      let free = all.filter(\.amount.isZero)
      let isWithin =
        all.count <= policy.mostUndecidedHolds && free.count <= policy.mostFreeHolds
        && RealOffer.stocks.allSatisfy { stock in
          let pieces = free.filter { $0.stock == stock.name }
          return pieces.count <= 1
            || pieces.reduce(0) { $0 + $1.quantity } <= policy.mostFreePieces
        }
      if !isWithin {
        return finding(.holds, all.last?.key.process, "\(name) holds more than it allows itself")
      }
    }
    return nil
  }

  /// What all banks have set aside for a payee in that order.
  private func reserved(for payee: Payee, in purchase: RealPurchase) -> UInt64 {
    purchase.payments.reduce(0) { sum, payment in
      guard let hold = hold(of: payment, purchase.process), hold.state == .reserved else {
        return sum
      }
      return sum
        + hold.payouts.filter { $0.payee == payee }.reduce(0) { $0 + $1.amount.minor }
    }
  }

  // MARK: - At the end

  /// The first thing that is wrong at the end of a run.
  func check() async -> Books.Finding? {
    var all: [Decided] = []
    for purchase in purchases {
      guard let logged = try? await world.log.verdict(of: purchase.process),
        let verdict = read(logged, of: purchase.process)
      else { return finding(.progress, purchase.process, "no verdict") }
      all.append(Decided(purchase: purchase, logged: logged, verdict: verdict))
    }
    if let found = await money(all) { return found }
    if let found = draws() { return found }
    if let found = stock() { return found }
    for decided in all { if let found = await check(decided) { return found } }
    let node = world.stage.node
    guard !node.isBehindLog, node.failed.isEmpty, node.unexpected.isEmpty, world.isOver else {
      return finding(.progress, nil, "not at its end: \(node.openCount) processes open")
    }
    for process in purchases.map(\.process) where node.isOpen(process) {
      if world.file(of: process).calls.isEmpty {
        return finding(.progress, process, "a process stays open, and nobody was called")
      }
    }
    return isolation()
  }

  private func stock() -> Books.Finding? {
    for number in shops.indices {
      let holds = purchases.flatMap { self.holds(of: $0.process, at: number) }
      for stock in RealOffer.stocks {
        let used = holds.filter { $0.stock == stock.name && $0.state != .released }
          .reduce(0) { $0 + $1.quantity }
        let level = shops[number].stockLevel(of: stock.name) ?? 0
        if level + used != stock.pieces || level < 0 {
          return finding(
            .stock, nil, "merchant \(number) has \(level) left and \(used) held or sold")
        }
      }
      for offer in world.market.offers[number] where offer.isSingle {
        let sold = holds.filter { $0.key.offer == offer.id && $0.state == .sold }
        if sold.count > 1 {
          return finding(
            .stock, sold.last?.key.process, "merchant \(number) sold a single piece twice")
        }
      }
    }
    return nil
  }

  private func check(_ decided: Decided) async -> Books.Finding? {
    let purchase = decided.purchase
    guard let row = try? await purchase.wallet.purchase(purchase.process) else {
      return finding(.progress, purchase.process, "a customer has forgotten her order")
    }
    if let found = verdicts(on: decided, row) ?? atomicity(of: decided) { return found }
    if let found = evidence(of: decided, row) { return found }
    let bundle = try? await world.log.bundle(of: decided.process)
    if let found = keys(decided, row, bundle) { return found }
    return verify(await receipt(of: decided), of: decided)
  }

  /// All money posted and all goods sold, or all free again.
  private func atomicity(of decided: Decided) -> Books.Finding? {
    let purchase = decided.purchase
    let process = purchase.process
    for payment in purchase.payments {
      let hold = hold(of: payment, process)
      let isRight =
        decided.isCommit
        ? hold?.state == (isBreaking(payment.bank) ? .reserved : .posted)
          && hold?.payouts == payment.part.payouts
          && hold?.transferFee == payment.part.transferFee
        : hold.map { $0.state == .voided } ?? true
      if !isRight {
        return finding(
          .atomicity, process,
          "commit: \(decided.isCommit), and the money at \(payment.part.bank) is "
            + "\(String(describing: hold?.state))")
      }
    }
    for (number, name) in RealMarket.shopNames.enumerated() {
      let lines = purchase.lines.filter { $0.offer.claim.payee.account == RealMarket.account(name) }
      let goods = holds(of: process, at: number)
      // Whom a bank has not paid as it promised goes on holding.
      let isExcused = decided.isCommit && world.needNotSettle(number, purchase)
      let isRight =
        decided.isCommit
        ? lines.allSatisfy { line in
          goods.contains {
            $0.key.offer == line.offer.id && $0.quantity == line.quantity
              && ($0.state == .sold || isExcused && $0.state == .held)
          }
        }
        : goods.allSatisfy { $0.state == .released }
      if !isRight {
        return finding(
          .atomicity, process, "commit: \(decided.isCommit), and goods are \(goods.map(\.state))")
      }
    }
    return nil
  }

  /// The keys in the log open what was bought.
  func keys(
    _ decided: Decided, _ row: PurchaseRow, _ bundle: Sealed<SealedContent.KeyBundle>?
  ) -> Books.Finding? {
    let process = decided.process
    guard decided.isCommit else {
      return bundle == nil ? nil : finding(.atomicity, process, "aborted, and keys are in the log")
    }
    guard let bundle else {
      return finding(.evidence, process, "committed, and the log has no keys")
    }
    do {
      let keys = try KeyBundle(
        bundle, with: try decided.purchase.wallet.wallet.orderIdentity(row.orderNumber))
      for line in decided.purchase.lines {
        guard let container = line.offer.claim.container else { continue }
        _ = try keys.identity(opening: container)
      }
      return nil
    } catch {
      return finding(.atomicity, process, "a key does not open: \(error)")
    }
  }
}
