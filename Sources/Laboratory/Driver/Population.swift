// Who there is in a world, what they want, and who of them cheats: all of it drawn from one seed.

import Coordinator
import PaymentCrypto
import PaymentModel

/// How large worlds are; `nil` is drawn.
public struct PopulationSize: Hashable, Sendable {
  /// The most that can be asked for.
  public static let limits = (customers: 1...64, merchants: 1...8, banks: 1...8)

  public let customers: Int?
  public let merchants: Int?
  public let banks: Int?

  public init(customers: Int? = nil, merchants: Int? = nil, banks: Int? = nil) {
    self.customers = customers
    self.merchants = merchants
    self.banks = banks
  }
}

/// Draws a world.
struct Population {
  private var entropy: SimulationEntropy
  private let setting: Setting
  private let customerCount: Int
  private let hasRogue: Bool
  private let cheatsPerMille: Int
  /// Of everything limited there is one, and everybody wants several goods.
  private let isScarce: Bool
  private static let coinValue: UInt64 = 100

  init(_ size: PopulationSize, flaw: Flaw?, entropy: inout SimulationEntropy) {
    let banks = size.banks ?? 1 + entropy.below(2)
    let shops = size.merchants ?? 1 + entropy.below(4)
    customerCount = size.customers ?? 1 + entropy.below(6)
    setting = Setting(banks: banks, shops: shops, flaw: flaw)
    hasRogue = entropy.happens(perMille: 200)
    cheatsPerMille = entropy.pick([0, 0, 100, 250])
    isScarce = entropy.happens(perMille: 300)
    self.entropy = entropy.fork()
  }

  /// - Returns: the world, and what its banks hold when it begins.
  mutating func world() -> World {
    let shops = setting.shopNames.indices.map { shop($0) }
    let goods = shops.flatMap(\.goods)
    let customers = (0..<customerCount).map { customer($0, goods: goods) }
    let banks = setting.bankNames.map { name in
      bank(name, shops: shops, coins: customers.flatMap { $0.desk.books.coins })
    }
    return World(
      setting: setting, banks: banks, shops: shops, customers: customers,
      rogue: hasRogue ? Rogue(entropy: entropy.fork(), moves: 40) : nil, entropy: entropy.fork())
  }

  private mutating func cheat<Cheat: CaseIterable>(_ kind: Cheat.Type) -> Cheat?
  where Cheat.AllCases == [Cheat] {
    entropy.happens(perMille: cheatsPerMille) ? entropy.pick(Cheat.allCases) : nil
  }

  // MARK: - Banks

  private mutating func bank(
    _ name: PartyName, shops: [ModelShop], coins: [CustomerBooks.Coin]
  ) -> ModelBank {
    var books = BankBooks()
    for shop in shops {
      if let payee = shop.goods.first?.offer.claim.payee, payee.bank == name {
        books.accounts.append(BankBooks.Account(name: payee.account, minor: 0))
      }
    }
    books.coins = coins.filter { $0.bank == name }.map {
      BankBooks.Coin(id: $0.id, value: $0.value)
    }
    return ModelBank(
      name: name, cheat: cheat(BankCheat.self), books: books, entropy: entropy.fork())
  }

  // MARK: - Merchants

  private mutating func shop(_ number: Int) -> ModelShop {
    let name = setting.shopNames[number]
    let bank = entropy.below(setting.bankNames.count)
    guard let account = AccountName("account-\(number)"),
      let currency = Currency(bank.isMultiple(of: 2) ? "EUR" : "SEK")
    else { fatalError("a name that is one") }
    let payee = Payee(bank: setting.bankNames[bank], account: account)
    var books = ShopBooks()
    var goods: [Good] = []
    for place in 0...entropy.below(3) {
      switch entropy.below(4) {
      case 0: goods.append(good(name, payee, currency, stock: nil, mode: .individual))
      case 1, 2:
        // A limited good has a fresh container, so an offer, for each sale.
        let stock = "stock-\(place)"
        let capacity =
          isScarce ? 1 : 1 + entropy.below(entropy.happens(perMille: 500) ? 2 : 20)
        books.stocks.append(ShopBooks.Stock(name: stock, capacity: capacity, level: capacity))
        for _ in 0..<(2 + entropy.below(4)) {
          goods.append(good(name, payee, currency, stock: stock, mode: .individual))
        }
      default: goods.append(good(name, payee, currency, stock: nil, mode: .catalogue))
      }
    }
    return ModelShop(
      name: name, cheat: cheat(ShopCheat.self), goods: goods, books: books,
      entropy: entropy.fork())
  }

  private mutating func good(
    _ merchant: PartyName, _ payee: Payee, _ currency: Currency, stock: String?, mode: SaleMode
  ) -> Good {
    let identity = entropy.bytes(32)
    guard
      let net = try? Amount(
        minor: Self.coinValue * UInt64(1 + entropy.below(2)), currency: currency),
      let price = try? Price(net: net, tax: .zero(currency))
    else { fatalError("a price that is one") }
    let offer = Offer(
      title: "good", description: "", fileName: "good", mediaType: "text/plain",
      container: ContainerCommitment(
        recipient: SymbolicKey.recipient(of: identity), header: [],
        payloadNonce: Bytes(repeating: 0, count: 16), ciphertextLength: 100, chunkCount: 1,
        goodsRoot: entropy.identifier(), plaintextLength: 10),
      mode: mode, stock: stock, price: price,
      maximumQuantity: mode == .individual && stock == nil ? 1 : 3,
      payee: payee,
      accepts: [AcceptedPayment(bank: payee.bank, method: .ecash)],
      coordinators: [setting.coordinatorKey, setting.rogueKey],
      holdLimitSeconds: Int(entropy.number(in: 20...300)),
      deliveryLimitSeconds: Int(entropy.number(in: 10...120)),
      expiresAt: Stage.start.adding(seconds: 86_400),
      retainedUntil: Stage.start.adding(seconds: 864_000))
    let signed = SymbolicSigner(merchant).sign(offer, nonce: Nonce(from: &entropy))
    guard let stated = try? SymbolicEvidence.read(signed, by: .party(merchant)) else {
      fatalError("an offer that can be read")
    }
    return Good(offer: stated, signed: signed, identity: identity)
  }

  // MARK: - Customers

  private mutating func customer(_ number: Int, goods: [Good]) -> ModelCustomer {
    let cheat = cheat(CustomerCheat.self)
    var books = CustomerBooks()
    for bank in setting.bankNames {
      for _ in 0..<(10 + entropy.below(14)) {
        books.coins.append(
          CustomerBooks.Coin(id: entropy.identifier(), bank: bank, value: Self.coinValue))
      }
    }
    var wishes: [Wish] = []
    let count = 1 + entropy.below(3)
    for order in 0..<count {
      wishes += self.wishes(order, cheat: cheat, goods: goods)
    }
    // In the order of their times; those of one time as they were drawn.
    let sorted = wishes.enumerated().sorted {
      ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
    }
    return ModelCustomer(
      number: number, cheat: cheat, wishes: sorted.map(\.element), books: books,
      entropy: entropy.fork())
  }

  private mutating func wishes(
    _ number: Int, cheat: CustomerCheat?, goods: [Good]
  ) -> [Wish] {
    // Later orders later, so that a number means the same order however many coins there are.
    let at = Stage.start.adding(
      milliseconds: Int64(number) * 30_000 + entropy.number(in: 0...20_000))
    let decideSeconds = entropy.number(in: 15...entropy.pick([30, 120, 600]))
    let order = OrderWish(
      lines: lines(from: goods), decideSeconds: decideSeconds,
      takesLockedCoins: cheat == .doubleSpend && number > 0,
      replays: cheat == .replay && number > 0 ? number - 1 : nil,
      isForRogue: hasRogue && entropy.happens(perMille: 350))
    var wishes = [Wish(at: at, action: .order(order))]
    if entropy.happens(perMille: 150) {
      wishes.append(
        Wish(
          at: at.adding(milliseconds: entropy.number(in: 1...400_000)), action: .resubmit(number)))
    }
    if entropy.happens(perMille: 160) {
      // Half of them when the time is out, to the millisecond.
      let delay =
        entropy.happens(perMille: 500)
        ? decideSeconds * 1000 : entropy.number(in: 1...(decideSeconds * 1000))
      wishes.append(Wish(at: at.adding(milliseconds: delay), action: .cancel(number)))
    }
    if entropy.happens(perMille: 80) {
      wishes.append(
        Wish(
          at: at.adding(milliseconds: entropy.number(in: 1...400_000)), action: .question(number)))
    }
    return wishes
  }

  private mutating func lines(from goods: [Good]) -> [OrderWish.Line] {
    var rest = goods
    var lines: [OrderWish.Line] = []
    for _ in 0...(isScarce ? 2 : entropy.below(3)) where !rest.isEmpty {
      let good = rest.remove(at: entropy.below(rest.count))
      // Two goods of one stock are no order; some customers try.
      if entropy.happens(perMille: 970), let stock = good.offer.claim.stock {
        rest.removeAll {
          $0.offer.issuer == good.offer.issuer && $0.offer.claim.stock == stock
        }
      }
      let most = good.offer.claim.maximumQuantity
      lines.append(
        OrderWish.Line(
          good: good,
          quantity: isScarce || entropy.happens(perMille: 700) ? 1 : 1 + entropy.below(most)))
    }
    return lines
  }
}
