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
  /// For what has to do with the coordinator's fee: it moves nothing that is drawn otherwise.
  private var feeEntropy: SimulationEntropy
  private let cheatsPerMille: Int
  /// Of everything limited there is one, and everybody wants several goods.
  private let isScarce: Bool
  /// Of each bank.
  private let currencies: [[Currency]]
  private static let coinValue: UInt64 = 100
  /// The most that merchants let a bank keep of a transfer: above all tariffs.
  private static let largestFee: UInt64 = 10
  private static let currencyCodes = ["EUR", "SEK", "CHF"]

  init(_ size: PopulationSize, flaw: Flaw?, entropy: inout SimulationEntropy) {
    let banks = size.banks ?? 1 + entropy.below(2)
    let shops = size.merchants ?? 1 + entropy.below(4)
    customerCount = size.customers ?? 1 + entropy.below(6)
    let fees = (0..<banks).map { _ in
      entropy.happens(perMille: 400) ? UInt64(1 + entropy.below(5)) : 0
    }
    hasRogue = entropy.happens(perMille: 200)
    cheatsPerMille = entropy.pick([0, 0, 100, 250])
    isScarce = entropy.happens(perMille: 150)
    // A coordinator that has room for a few at a time.
    let limits =
      entropy.happens(perMille: 100)
      ? CoordinatorLimits(mostUndecidedProcesses: entropy.pick([2, 4])) : .standard
    let names = Setting.bankNames(banks)
    currencies = names.map { _ in
      let first = entropy.below(Self.currencyCodes.count)
      return (0...entropy.below(2)).map {
        Currency.named(Self.currencyCodes[(first + $0) % Self.currencyCodes.count])
      }
    }
    var source = entropy
    feeEntropy = SimulationEntropy(seed: source.next() ^ Charging.seed)
    self.entropy = entropy.fork()
    let charging =
      feeEntropy.happens(perMille: 300)
      ? Charging.draw(
        banks: names, currencies: Self.currencyCodes.map { .named($0) }, unit: Self.coinValue,
        from: &feeEntropy) : .none
    setting = Setting(
      banks: banks, shops: shops, flaw: flaw, limits: limits, transferFees: fees,
      charging: charging)
  }

  /// The world as it begins.
  mutating func world() -> World {
    let shops = setting.shopNames.indices.map { shop($0) }
    let goods = shops.flatMap(\.goods)
    let customers = (0..<customerCount).map { customer($0, goods: goods) }
    let banks = setting.bankNames.indices.map {
      bank($0, shops: shops, customers: customers)
    }
    return World(
      setting: setting, banks: banks, shops: shops, customers: customers,
      rogue: hasRogue ? Rogue(entropy: entropy.fork(), moves: 80) : nil, entropy: entropy.fork())
  }

  private mutating func cheat<Cheat: CaseIterable>(_ kind: Cheat.Type) -> Cheat?
  where Cheat.AllCases == [Cheat] {
    entropy.happens(perMille: cheatsPerMille) ? entropy.pick(Cheat.allCases) : nil
  }

  // MARK: - Banks

  private mutating func bank(
    _ number: Int, shops: [ModelShop], customers: [ModelCustomer]
  ) -> ModelBank {
    let name = setting.bankNames[number]
    var books = BankBooks()
    for shop in shops {
      guard let offer = shop.goods.first?.offer.claim, offer.payee.bank == name else { continue }
      books.accounts.append(
        BankBooks.Account(
          name: offer.payee.account, minor: 0, currency: offer.price.gross.currency))
    }
    for currency in currencies[number] {
      books.accounts.append(
        BankBooks.Account(name: ModelBank.feeAccount, minor: 0, currency: currency))
      if !setting.charging.isNone {
        books.accounts.append(
          BankBooks.Account(name: Charging.account, minor: 0, currency: currency))
      }
    }
    for customer in customers {
      books.coins += customer.desk.books.coins.filter { $0.bank == name }.map {
        BankBooks.Coin(id: $0.id, value: $0.value, currency: $0.currency)
      }
      books.purses += customer.desk.books.purses.filter { $0.bank == name }.map {
        BankBooks.Purse(id: $0.id, method: $0.method, currency: $0.currency, limit: $0.limit)
      }
    }
    return ModelBank(
      name: name, cheat: cheat(BankCheat.self), books: books, entropy: entropy.fork())
  }

  // MARK: - Merchants

  private mutating func shop(_ number: Int) -> ModelShop {
    let name = setting.shopNames[number]
    let bank = entropy.below(setting.bankNames.count)
    let currency = entropy.pick(currencies[bank])
    guard let account = AccountName("account-\(number)") else { fatalError("a name that is one") }
    let payee = Payee(bank: setting.bankNames[bank], account: account)
    var books = ShopBooks()
    var goods: [Good] = []
    for place in 0...entropy.below(3) {
      // Some goods cost nothing, and some are nothing but a payment.
      let isFree = entropy.happens(perMille: 120)
      let isInvoice = !isFree && entropy.happens(perMille: 120)
      var draft = Draft(
        merchant: name, payee: payee, currency: currency, isFree: isFree, isInvoice: isInvoice)
      switch entropy.below(isScarce ? 4 : 12) {
      case 0:
        draft.mode = .individual
        goods.append(good(draft))
      case 1, 2, 3:
        // A limited good has a fresh container, so an offer, for each sale.
        let stock = "stock-\(place)"
        let capacity =
          isScarce ? 1 : 1 + entropy.below(entropy.happens(perMille: 200) ? 2 : 40)
        books.stocks.append(ShopBooks.Stock(name: stock, capacity: capacity, level: capacity))
        draft.mode = .individual
        draft.stock = stock
        for _ in 0..<(isScarce ? 2 + entropy.below(4) : 4 + entropy.below(16)) {
          goods.append(good(draft))
        }
      default: goods.append(good(draft))
      }
    }
    return ModelShop(
      name: name, cheat: cheat(ShopCheat.self), goods: goods, books: books,
      entropy: entropy.fork(), limits: entropy.pick([.narrow, .wide, .wide, .wide]))
  }

  private struct Draft {
    let merchant: PartyName
    let payee: Payee
    let currency: Currency
    let isFree: Bool
    let isInvoice: Bool
    var stock: String?
    var mode = SaleMode.catalogue
  }

  private mutating func good(_ draft: Draft) -> Good {
    let identity = draft.isInvoice ? [] : entropy.bytes(32)
    let net = draft.isFree ? 0 : Self.coinValue * UInt64(1 + entropy.below(2))
    guard let net = try? Amount(minor: net, currency: draft.currency),
      let price = try? Price(net: net, tax: .zero(draft.currency))
    else { fatalError("a price that is one") }
    let container = ContainerCommitment(
      recipient: SymbolicKey.recipient(of: identity), header: [],
      payloadNonce: Bytes(repeating: 0, count: 16), ciphertextLength: 100, chunkCount: 1,
      goodsRoot: entropy.identifier(), plaintextLength: 10)
    let methods: [PaymentMethod] =
      entropy.happens(perMille: 800) ? [.ecash, .transfer, .card] : [.ecash]
    let offer = Offer(
      title: "good", description: "", fileName: "good", mediaType: "text/plain",
      container: draft.isInvoice ? nil : container,
      mode: draft.mode, stock: draft.stock, price: price,
      maximumQuantity: draft.mode == .individual && draft.stock == nil ? 1 : 3,
      payee: draft.payee,
      accepts: methods.map {
        AcceptedPayment(bank: draft.payee.bank, method: $0, largestFee: Self.largestFee)
      },
      coordinators: [setting.coordinatorKey, setting.rogueKey],
      holdLimitSeconds: Int(entropy.number(in: 20...300)),
      deliveryLimitSeconds: Int(entropy.number(in: 10...120)),
      expiresAt: Stage.start.adding(seconds: 86_400),
      retainedUntil: Stage.start.adding(seconds: 864_000))
    let signed = SymbolicSigner(draft.merchant).sign(offer, nonce: Nonce(from: &entropy))
    guard let stated = try? SymbolicEvidence.read(signed, by: .party(draft.merchant)) else {
      fatalError("an offer that can be read")
    }
    return Good(offer: stated, signed: signed, identity: identity)
  }

  // MARK: - Customers

  private mutating func customer(_ number: Int, goods: [Good]) -> ModelCustomer {
    var cheat = cheat(CustomerCheat.self)
    if cheat != nil, entropy.happens(perMille: 350) { cheat = .doubleSpend }
    var books = CustomerBooks()
    for (bank, currencies) in zip(setting.bankNames, currencies) {
      for currency in currencies {
        for _ in 0..<(8 + entropy.below(14)) {
          books.coins.append(
            CustomerBooks.Coin(
              id: entropy.identifier(), bank: bank, value: Self.coinValue, currency: currency))
        }
        for method in [PaymentMethod.transfer, .card] {
          books.purses.append(
            CustomerBooks.Purse(
              id: entropy.identifier(), bank: bank, method: method, currency: currency,
              limit: Self.coinValue * UInt64(cheat == .doubleSpend ? 2 : 4 + entropy.below(16))))
        }
      }
    }
    var wishes: [Wish] = []
    let count = 1 + entropy.below(3)
    // Some take their time, and order again when an earlier order should have been decided.
    let pause = cheat == .doubleSpend ? 8_000 : entropy.pick([30_000, 30_000, 150_000] as [Int64])
    for order in 0..<count {
      wishes += self.wishes(order, cheat: cheat, pauseMilliseconds: pause, goods: goods)
    }
    // In the order of their times; those of one time as they were drawn.
    let sorted = wishes.enumerated().sorted {
      ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
    }
    return ModelCustomer(
      number: number, cheat: cheat, wishes: sorted.map(\.element), books: books,
      entropy: entropy.fork(), handsInAgain: true, feeCheat: feeCheat())
  }

  /// Some customers do not pay the coordinator as it asks, where it asks for anything.
  private mutating func feeCheat() -> FeeCheat? {
    guard !setting.charging.isNone, feeEntropy.happens(perMille: 150) else { return nil }
    return feeEntropy.pick(FeeCheat.allCases)
  }

  private mutating func wishes(
    _ number: Int, cheat: CustomerCheat?, pauseMilliseconds: Int64, goods: [Good]
  ) -> [Wish] {
    // Later orders later, so that a number means the same order however many coins there are.
    let at = Stage.start.adding(
      milliseconds: Int64(number) * pauseMilliseconds + entropy.number(in: 0...20_000))
    let decideSeconds = entropy.number(in: 15...entropy.pick([60, 300, 600]))
    let lines = lines(from: goods)
    var order = OrderWish(
      lines: lines, decideSeconds: decideSeconds,
      takesLockedCoins: cheat == .doubleSpend && number > 0,
      replays: cheat == .replay && number > 0 ? number - 1 : nil,
      isForRogue: hasRogue && entropy.happens(perMille: 350))
    let methods: [PaymentMethod] = [.ecash, .ecash, .transfer, .card]
    for bank in setting.bankNames {
      order.methods.append(OrderWish.BankMethod(bank: bank, method: entropy.pick(methods)))
    }
    var wishes = [Wish(at: at, action: .order(order))]
    if entropy.happens(perMille: 150) {
      wishes.append(
        Wish(
          at: at.adding(milliseconds: entropy.number(in: 1...400_000)), action: .resubmit(number)))
    }
    if entropy.happens(perMille: 100) {
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
      // What is paid through one bank is paid in one currency.
      let (bank, currency) = (
        good.offer.claim.payee.bank, good.offer.claim.price.gross.currency
      )
      rest.removeAll {
        $0.offer.claim.payee.bank == bank && $0.offer.claim.price.gross.currency != currency
      }
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
