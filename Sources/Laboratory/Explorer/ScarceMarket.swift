// Small markets in which not everybody can have what he wants, and what must come of them.

import Coordinator
package import PaymentModel

/// Some merchants, each with one good of which there is little, and some customers who each order once.
package struct ScarceMarket: Hashable, Sendable {
  /// What a customer does besides ordering.
  package enum Temper: Hashable, Sendable {
    case wants
    /// Cancels, at any time after the order.
    case cancels
    /// Never asks for delivery.
    case declines
    /// Has coins that her bank does not know.
    case cannotPay
  }

  package struct Order: Hashable, Sendable {
    /// By number, in the order in which she names them.
    package let goods: [Int]
    package let temper: Temper

    package init(_ goods: Int..., temper: Temper = .wants) {
      self.goods = goods
      self.temper = temper
    }
  }

  package enum Supply: Hashable, Sendable {
    /// One piece under one offer: the coordinator lets one process after another ask for it.
    case singlePiece
    /// So many pieces, each order under an offer of its own: all may ask, and the merchant says who waits.
    case stock(Int)

    var pieces: Int {
      switch self {
      case .singlePiece: 1
      case .stock(let pieces): pieces
      }
    }
  }

  /// How an order ended.
  package enum Outcome: Hashable, Sendable {
    case committed
    case aborted(AbortReason)
    case undecided
  }

  /// What is left when everything has come to its end.
  package struct End: Hashable, Sendable {
    /// For each order.
    package let outcomes: [Outcome]
    /// For each good the orders that have it, and the pieces that are left in stock.
    let sold: [[Int]]
    let left: [[Int]]
    /// What each merchant got.
    let paid: [UInt64]
  }

  package let supply: Supply
  package let orders: [Order]
  /// Nobody may be told to wait, nor have to: there is enough of everything.
  package let isPlenty: Bool

  package init(_ supply: Supply, _ orders: [Order], isPlenty: Bool = false) {
    self.supply = supply
    self.orders = orders
    self.isPlenty = isPlenty
  }

  private var goodCount: Int { (orders.flatMap(\.goods).max() ?? 0) + 1 }
}

// MARK: - The world

extension ScarceMarket {
  private static let price: UInt64 = 100
  /// Longer than anything takes that is explored: time passes by choice only.
  private static let patienceSeconds: Int64 = 5 * 86_400
  private static let decideSeconds: Int64 = 6 * 86_400
  /// No answer is given up, and pauses are always the same.
  private static let policy = RetryPolicy(
    firstPauseMilliseconds: 2 * patienceSeconds * 1000,
    longestPauseMilliseconds: 2 * patienceSeconds * 1000,
    answerWithinMilliseconds: patienceSeconds * 1000)

  /// The market as it begins.
  package func world(flaw: Flaw?) -> World {
    var entropy = SimulationEntropy(seed: 1)
    let setting = Setting(banks: 1, shops: goodCount, flaw: flaw, policy: Self.policy)
    guard let currency = Currency("EUR") else { fatalError("a currency") }
    // For each good the offers, of which each order takes its own if there are several.
    let goods = setting.shopNames.indices.map { number in
      (0..<(supply == .singlePiece ? 1 : orders.count)).map { _ in
        good(number, currency, in: setting, entropy: &entropy)
      }
    }
    let shops = setting.shopNames.indices.map { number in
      var books = ShopBooks()
      if case .stock(let pieces) = supply {
        books.stocks.append(ShopBooks.Stock(name: "stock", capacity: pieces, level: pieces))
      }
      return ModelShop(
        name: setting.shopNames[number], cheat: nil, goods: goods[number], books: books,
        entropy: SimulationEntropy(still: UInt64(100 + number)))
    }
    let customers = orders.indices.map { customer($0, goods, in: setting, entropy: &entropy) }
    var bank = BankBooks()
    for good in goods.compactMap(\.first) {
      bank.accounts.append(
        BankBooks.Account(name: good.offer.claim.payee.account, minor: 0))
    }
    for (order, customer) in zip(orders, customers) where order.temper != .cannotPay {
      bank.coins += customer.desk.books.coins.map { BankBooks.Coin(id: $0.id, value: $0.value) }
    }
    let banks = setting.bankNames.map {
      ModelBank(name: $0, cheat: nil, books: bank, entropy: SimulationEntropy(still: 200))
    }
    return World(
      setting: setting, banks: banks, shops: shops, customers: customers, rogue: nil,
      entropy: SimulationEntropy(still: 300))
  }

  private func good(
    _ number: Int, _ currency: Currency, in setting: Setting, entropy: inout SimulationEntropy
  ) -> Good {
    let identity = entropy.bytes(32)
    guard let net = try? Amount(minor: Self.price, currency: currency),
      let price = try? Price(net: net, tax: .zero(currency)),
      let account = AccountName("account-\(number)")
    else { fatalError("a price and an account") }
    let offer = Offer(
      title: "good", description: "", fileName: "good", mediaType: "text/plain",
      container: ContainerCommitment(
        recipient: SymbolicKey.recipient(of: identity), header: [],
        payloadNonce: Bytes(repeating: 0, count: 16), ciphertextLength: 100, chunkCount: 1,
        goodsRoot: entropy.identifier(), plaintextLength: 10),
      mode: .individual, stock: supply == .singlePiece ? nil : "stock", price: price,
      maximumQuantity: 1, payee: Payee(bank: setting.bankNames[0], account: account),
      accepts: [AcceptedPayment(bank: setting.bankNames[0], method: .ecash)],
      coordinators: [setting.coordinatorKey], holdLimitSeconds: 86_400,
      deliveryLimitSeconds: 60, expiresAt: Stage.start.adding(seconds: 30 * 86_400),
      retainedUntil: Stage.start.adding(seconds: 60 * 86_400))
    let signed = SymbolicSigner(setting.shopNames[number])
      .sign(offer, nonce: Nonce(from: &entropy))
    guard let stated = try? SymbolicEvidence.read(signed, by: .party(setting.shopNames[number]))
    else { fatalError("an offer that can be read") }
    return Good(offer: stated, signed: signed, identity: identity)
  }

  private func customer(
    _ number: Int, _ goods: [[Good]], in setting: Setting, entropy: inout SimulationEntropy
  ) -> ModelCustomer {
    let order = orders[number]
    var books = CustomerBooks()
    for _ in order.goods {
      books.coins.append(
        CustomerBooks.Coin(
          id: entropy.identifier(), bank: setting.bankNames[0], value: Self.price))
    }
    let lines = order.goods.map { good in
      OrderWish.Line(good: goods[good][number % goods[good].count], quantity: 1)
    }
    var wishes = [
      Wish(
        at: Stage.start,
        action: .order(
          OrderWish(
            lines: lines, decideSeconds: Self.decideSeconds, takesLockedCoins: false,
            replays: nil, isForRogue: false)))
    ]
    if order.temper == .cancels { wishes.append(Wish(at: Stage.start, action: .cancel(0))) }
    return ModelCustomer(
      number: number, cheat: order.temper == .declines ? .griefing : nil, wishes: wishes,
      books: books, entropy: SimulationEntropy(still: UInt64(400 + number)))
  }
}

// MARK: - What must be

extension ScarceMarket {
  func end(of world: World) -> End {
    End(
      outcomes: orders.indices.map { outcome(of: $0, in: world) },
      sold: world.shops.map { shop in
        orders.indices.filter { number in
          let process = world.customers[number].desk.books.purchases.first?.process
          return shop.desk.books.holds.contains { $0.process == process && $0.state == .sold }
        }
      },
      left: world.shops.map { $0.desk.books.stocks.map(\.level) },
      paid: world.banks.flatMap { $0.desk.books.accounts.map(\.minor) })
  }

  private func outcome(of order: Int, in world: World) -> Outcome {
    guard let purchase = world.customers[order].desk.books.purchases.first,
      let entry = world.log.desk.durable.entry(
        of: purchase.process, by: world.setting.coordinatorKey)
    else { return .undecided }
    switch entry.decision {
    case .commit: return .committed
    case .abort(let reason): return .aborted(reason)
    }
  }

  /// What must hold in every position.
  func finding(in world: World) -> Books.Finding? {
    guard isPlenty else { return nil }
    if let waiting = world.shops.lazy.flatMap(\.waiting).first {
      return Books.Finding(
        property: .progress, process: waiting.process,
        message: "told to wait although there is plenty")
    }
    guard let queued = world.processes.first(where: { world.stage.node.isQueued($0) }) else {
      return nil
    }
    return Books.Finding(
      property: .progress, process: queued, message: "queued although there is plenty")
  }

  /// Each good goes to no more orders than there are pieces, and whoever is refused is refused for what was
  /// sold: not for what was held and came free again, and not for nothing. So of orders that all want the
  /// same last pieces one commits unless all have reasons of their own, and one of which nobody else wants
  /// anything commits unless it has one.
  func finding(atTheEnd world: World) -> Books.Finding? {
    let outcomes = orders.indices.map { outcome(of: $0, in: world) }
    func finding(_ property: Property, _ order: Int?, _ message: String) -> Books.Finding {
      Books.Finding(
        property: property,
        process: order.flatMap { world.customers[$0].desk.books.purchases.first?.process },
        message: message)
    }
    func winners(of good: Int, besides order: Int?) -> Int {
      orders.indices.filter {
        $0 != order && orders[$0].goods.contains(good) && outcomes[$0] == .committed
      }.count
    }
    for good in 0..<goodCount where winners(of: good, besides: nil) > supply.pieces {
      return finding(.stock, nil, "good \(good) went to more orders than there were pieces")
    }
    for (number, order) in orders.enumerated() {
      switch outcomes[number] {
      case .committed where order.temper == .declines || order.temper == .cannotPay:
        return finding(.atomicity, number, "order \(number) was committed, which it cannot be")
      case .aborted(.cancelled) where order.temper == .cancels: continue
      // Time passes when somebody does not ask for delivery, and may overtake others who do.
      case .aborted(.timeout) where orders.contains { $0.temper == .declines }: continue
      case .committed: continue
      case .aborted(.refused) where order.temper == .cannotPay: continue
      case .aborted(.refused):
        guard order.goods.contains(where: { winners(of: $0, besides: number) >= supply.pieces })
        else {
          return finding(
            .refusals, number, "order \(number) was refused a good that nobody bought")
        }
      case .aborted(let reason):
        return finding(
          .atomicity, number, "order \(number) was aborted without a reason: \(reason.rawValue)")
      case .undecided: return finding(.progress, number, "order \(number) was never decided")
      }
    }
    return nil
  }
}
