// A scarce market as a world: one bank, a merchant for each good, a customer for each order.

import Coordinator
import PaymentModel

extension ScarceMarket {
  private static let price: UInt64 = 100
  private static let stockName = "stock"
  /// Longer than anything takes that is explored: time passes by choice only.
  private static let patienceSeconds: Int64 = 5 * 86_400
  private static let decideSeconds: Int64 = 6 * 86_400
  /// No answer is given up, and pauses are always the same.
  private static let policy = RetryPolicy(
    firstPauseMilliseconds: 2 * patienceSeconds * 1000,
    longestPauseMilliseconds: 2 * patienceSeconds * 1000,
    answerWithinMilliseconds: patienceSeconds * 1000)

  /// Before that an order is decided whose customer wants it soon. Nothing else is due by then.
  private static let soonSeconds: Int64 = 3600

  /// The market as it begins.
  package func world(flaw: Flaw? = nil) -> World {
    var entropy = SimulationEntropy(seed: 1)
    let setting = Setting(
      banks: 1, shops: goodCount, flaw: flaw, policy: Self.policy)
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
        books.stocks.append(ShopBooks.Stock(name: Self.stockName, capacity: pieces, level: pieces))
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
      mode: .individual, stock: supply == .singlePiece ? nil : Self.stockName, price: price,
      maximumQuantity: 1, payee: Payee(bank: setting.bankNames[0], account: account),
      accepts: [AcceptedPayment(bank: setting.bankNames[0], method: .ecash)],
      coordinators: [setting.coordinatorKey], holdLimitSeconds: 86_400,
      deliveryLimitSeconds: has(.timesOut) ? 86_400 : 60,
      expiresAt: Stage.start.adding(seconds: 30 * 86_400),
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
            lines: lines,
            decideSeconds: order.temper == .timesOut ? Self.soonSeconds : Self.decideSeconds,
            takesLockedCoins: false,
            replays: nil, isForRogue: false)))
    ]
    if order.temper == .cancels { wishes.append(Wish(at: Stage.start, action: .cancel(0))) }
    return ModelCustomer(
      number: number, cheat: order.temper == .declines ? .griefing : nil, wishes: wishes,
      books: books, entropy: SimulationEntropy(still: UInt64(400 + number)))
  }
}

// MARK: - Who is who in it

extension ScarceMarket {
  /// The order of a process.
  func order(of process: ProcessID, in world: World) -> Int? {
    world.customers.firstIndex { $0.desk.books.purchases.first?.process == process }
  }

  /// The process of an order; `nil` before it is placed.
  func process(of order: Int, in world: World) -> ProcessID? {
    world.customers[order].desk.books.purchases.first?.process
  }

  /// What of a good may run out.
  func resource(_ good: Int, in world: World) -> Resource {
    let shop = world.shops[good]
    switch supply {
    case .singlePiece: return Resource(owner: shop.name, name: shop.goods[0].offer.id.hex)
    case .stock: return Resource(owner: shop.name, name: Self.stockName)
    }
  }
}

extension World {
  /// The number of the merchant that has the offer. In a scarce market it is that of the good.
  func good(of offer: StatementID) -> Int? {
    shops.firstIndex { shop in shop.goods.contains { $0.offer.id == offer } }
  }
}
