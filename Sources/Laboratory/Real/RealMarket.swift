// A market of real parties in memory: real keys, coins, cards, containers and log. It is founded once, and
// copied for each run.

import Coordinator
import ECash
import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

/// The founded market: everybody's keys, the trust list, and rows to begin with.
final class RealMarket: Sendable {
  static let customerCount = 4
  /// What each customer withdrew at each bank, in minor units.
  static let purse: UInt64 = 24
  /// What stands on her account there.
  static let savings: UInt64 = 9
  /// How much a card with credit may owe.
  static let credit: UInt64 = 8
  static let bankNames = (0..<3).map { Setting.name("bank-\($0).example") }
  static let shopNames = (0..<3).map { Setting.name("merchant-\($0).example") }
  /// By bank. Those of one currency clear with each other.
  static let currencies = ["EUR", "EUR", "CHF"].map { Currency.named($0) }
  /// What each bank keeps of a transfer, by period.
  static let tariffs: [[UInt64]] = [[0, 1], [1, 2], [2, 0]]
  /// How much two banks that clear may owe each other.
  static let clearingLimit: UInt64 = 9

  let trust: TrustStore
  let banks: [FoundedBank]
  let shopStores: [MemoryStore<any ShopRows>]
  let walletStores: [MemoryStore<any WalletRows>]
  /// By merchant.
  let offers: [[RealOffer]]

  private static let founding = Task { try await RealMarket() }

  /// The same for all runs.
  static func founded() async throws -> RealMarket { try await founding.value }

  /// Whether two banks clear with each other.
  static func doClear(_ one: Int, _ other: Int) -> Bool {
    one != other && currencies[one] == currencies[other]
  }

  static func account(_ name: PartyName) -> AccountName {
    guard let account = AccountName(name.text) else { fatalError("a name that is one") }
    return account
  }

  static func customerAccount(_ number: Int) -> AccountName {
    account(Setting.name("customer-\(number).example"))
  }

  static func shop(
    _ name: PartyName, _ store: any Store<any ShopRows>, trust: TrustStore, clock: RunClock,
    policy: ShopPolicy, seed: UInt64
  ) throws -> Shop {
    let source = SharedEntropy(seed)
    return Shop(
      store: store, signer: try signer(name), vaultKey: try atRest(), trust: trust,
      verdicts: VerdictVerifier(trust), clock: clock, policy: policy,
      makeEntropy: { source.fork() })
  }

  // MARK: - Founding

  /// Founds one.
  init() async throws {
    let trust = try Self.trustList()
    let clock = RunClock(Stage.start.adding(seconds: -3600))
    var banks: [RealBank] = []
    var signers: [LocalSigner] = []
    var keysets: [[AcceptedKeyset]] = []
    for (number, name) in Self.bankNames.enumerated() {
      let store = MemoryStore<any BankRows>(MemoryBankRows())
      let signer = LocalSigner(store: store, atRest: try Self.atRest())
      let bank = try RealBank(
        name, store: store, denominationSigner: signer, trust: trust, clock: clock,
        seed: 20 + UInt64(number))
      let periods = try await FoundedBank.keysets(
        of: name, Self.currencies[number], tariff: Self.tariffs[number], by: signer, trust: trust,
        at: clock.now())
      try await bank.bank.publish(periods[0].statement)
      banks.append(bank)
      signers.append(signer)
      keysets.append(periods)
    }
    try await Self.agreeOnClearing(banks)

    var shopStores: [MemoryStore<any ShopRows>] = []
    var offers: [[RealOffer]] = []
    for (number, name) in Self.shopNames.enumerated() {
      let (store, published) = try await RealOffer.found(number, trust: trust, clock: clock)
      shopStores.append(store)
      offers.append(published)
      try await banks[number].bank.openAccount(
        Self.account(name), key: Self.signer(name).publicKey)
    }
    for bank in banks {
      try await bank.bank.openAccount(
        RealCharging.account, key: Self.signer(Setting.coordinatorName).publicKey)
    }

    var walletStores: [MemoryStore<any WalletRows>] = []
    var cards: [[RealCard]] = banks.map { _ in [] }
    for number in 0..<Self.customerCount {
      let store = MemoryStore<any WalletRows>(MemoryWalletRows())
      try await Wallet.create(
        in: store, seed: Self.secretBytes("customer \(number)"), atRest: try Self.atRest())
      let wallet = try await Wallet(
        store: store, atRest: try Self.atRest(), trust: trust, verdicts: VerdictVerifier(trust),
        clock: clock)
      for (place, bank) in banks.enumerated() {
        cards[place].append(
          try await Self.open(wallet, number, at: bank, under: keysets[place][0]))
      }
      walletStores.append(store)
    }
    self.trust = trust
    self.shopStores = shopStores
    self.offers = offers
    self.walletStores = walletStores
    self.banks = banks.indices.map { number in
      FoundedBank(
        name: Self.bankNames[number], currency: Self.currencies[number],
        store: banks[number].store, denominationSigner: signers[number], keysets: keysets[number],
        cards: cards[number])
    }
  }

  /// All banks of one currency take each other's transfers.
  private static func agreeOnClearing(_ banks: [RealBank]) async throws {
    for (number, bank) in banks.enumerated() {
      let limit = try Amount(minor: clearingLimit, currency: currencies[number])
      for other in banks.indices where doClear(number, other) {
        try await bank.bank.clear(with: bankNames[other], claiming: limit, owing: limit)
      }
    }
    for (number, bank) in banks.enumerated() {
      for other in banks.indices where doClear(number, other) {
        try await bank.bank.accept(banks[other].bank.creditLine(for: bank.name))
      }
    }
  }

  /// Opens an account of a customer, fills account and wallet, and has a card issued.
  private static func open(
    _ wallet: Wallet, _ number: Int, at bank: RealBank, under keyset: AcceptedKeyset
  ) async throws -> RealCard {
    let account = customerAccount(number)
    let currency = keyset.currency
    try await bank.bank.openAccount(account, key: wallet.accountKey(at: bank.name))
    try await bank.bank.credit(
      Amount(minor: purse + savings, currency: currency), to: account,
      reference: SHA256.digest(Bytes("purse \(number)".utf8)))
    try await wallet.withdraw(
      Amount(minor: purse, currency: currency), from: account, under: keyset, at: bank.bank)
    // Every other one pays with her account.
    let isCredit = number.isMultiple(of: 2)
    var entropy = SeededEntropy(seed: 50 + UInt64(number))
    let before = await bank.issuer.cards().map(\.id)
    let details = try await bank.issuer.issue(
      isCredit
        ? .credit(limit: credit)
        : .account(
          wallet.accountMeans(account, at: bank.name).cardRequest(
            at: bank.name, validUntil: Stage.start, from: &entropy)),
      validMonths: 60)
    guard let card = await bank.issuer.cards().first(where: { !before.contains($0.id) }) else {
      throw Unusable()
    }
    return RealCard(id: card.id, details: details, isCredit: isCredit)
  }
}
