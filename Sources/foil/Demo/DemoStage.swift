// The people of the demo and what they bring: a market in a home, accounts with money, coins, goods.

import Coordinator
import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import StoreSQLite

/// Names and amounts of the demo.
enum DemoCast {
  static let bank = constant(PartyName("bank.example"))
  static let guide = constant(PartyName("guide.example"))
  static let atelier = constant(PartyName("atelier.example"))
  static let merchants = [guide, atelier]
  /// The merchant that goes wrong where one does. Its turn to deposit comes last, so the other key lies in
  /// escrow by then.
  static let unreliable = guide
  static let alice = constant(AccountName("alice"))
  /// The other customer, where there is one.
  static let bob = constant(AccountName("bob"))
  /// Where the atelier has its account, where there is a second bank.
  static let otherBank = constant(PartyName("cooperative.example"))
  static let currency = constant(Currency("EUR"))
  static let decimals = 2

  /// What banks keep of a transfer where there are two, in cents.
  static let transferFee: UInt64 = 5

  /// What the coordinator charges where it does, in cents, and where it is paid.
  static let coordinatorFee: UInt64 = 25
  static let coordinatorAccount = constant(AccountName("coordinator"))

  /// - Parameter banks: besides that of the customer.
  static func charter(otherBanks banks: [PartyName]) -> Charter {
    Charter(
      bank: bank, merchants: merchants,
      coordinator: constant(PartyName("coordinator.example")),
      log: constant(PartyName("log.example")), witness: constant(PartyName("witness.example")),
      auditor: constant(PartyName("auditor.example")), root: constant(PartyName("root.example")),
      currency: currency, decimals: decimals,
      coinValues: (0...11).map { 1 << $0 },
      fees: Fees(perTransfer: banks.isEmpty ? 0 : transferFee), otherBanks: banks,
      clearingLimit: 100_000)
  }

  /// Where a merchant is paid.
  static func payee(of merchant: PartyName, in market: Market) -> Payee {
    let isElsewhere = merchant == atelier && market.bank(otherBank) != nil
    return Payee(bank: isElsewhere ? otherBank : bank, account: account(of: merchant))
  }

  /// What a merchant asks for a good: the price in cents, of which a part is tax.
  static func price(of number: Int) throws -> Price {
    let (net, tax): (UInt64, UInt64) = number.isMultiple(of: 2) ? (1050, 200) : (399, 76)
    return try Price(
      net: Amount(minor: net, currency: currency), tax: Amount(minor: tax, currency: currency))
  }

  /// The merchant that sells the good of that number.
  static func merchant(of number: Int) -> PartyName { merchants[number % merchants.count] }

  static func account(of merchant: PartyName) -> AccountName {
    constant(AccountName(String(merchant.text.prefix { $0 != "." })))
  }

  static func euros(_ minor: UInt64) -> String {
    ((try? Amount(minor: minor, currency: currency)) ?? .zero(currency)).formatted(
      decimals: decimals)
  }

  /// A name that stands in this file. One that is malformed is a defect of the program.
  private static func constant<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("a name of the demo is malformed") }
    return value
  }
}

/// A good of the demo, sealed and offered, and the file that it was made from.
struct StagedGood {
  let locked: LockedGood
  let source: URL
  let merchant: PartyName
}

/// A home in which a story can be told.
struct DemoStage {
  let home: HomeFolder
  let files: [URL]
  /// The file with the passphrase of all secrets; without one each party has a key file.
  let passphraseFile: String?

  /// Makes a new home. A home that an earlier demo left there is replaced; anything else is left alone.
  init(home: HomeFolder, files: [String], passphraseFile: String?) throws {
    self.home = home
    self.passphraseFile = passphraseFile
    try Self.check(files, outside: home)
    try Self.clear(home)
    try home.make()
    try Data().write(to: URL(filePath: home.path).appending(path: Self.marker))
    try Self.collect(files, in: home)
    self.files = try Self.files(in: home)
  }

  /// The home of an earlier run, as it is.
  init(existing home: HomeFolder, passphraseFile: String?) throws {
    guard FileManager.default.fileExists(atPath: "\(home.path)/\(Self.marker)") else {
      throw Failure(
        .notChecked, "\(home.path) was not left by a demo", hint: "run 'foil demo' first")
    }
    self.home = home
    self.passphraseFile = passphraseFile
    files = try Self.files(in: home)
  }

  /// Opens the home's market.
  func openMarket(journalHook: JournalHook = .none) async throws -> Market {
    try await Market(
      at: home, passphraseFile: passphraseFile, clock: SystemWallClock(), journalHook: journalHook)
  }

  /// The keys of a party whose folder is open already.
  func keys(of party: PartyName) throws -> KeyCabinet {
    let folder = home.state(of: party)
    return KeyCabinet(
      folder: folder, key: try AtRest(folder: folder, passphraseFile: passphraseFile).key())
  }

  private static let marker = ".foil-demo"

  private static func clear(_ home: HomeFolder) throws {
    let files = FileManager.default
    guard let content = try? files.contentsOfDirectory(atPath: home.path), !content.isEmpty else {
      return
    }
    guard content.contains(marker) else {
      throw Failure(
        .usage, "\(home.path) is not empty, and was not left by a demo",
        hint: "give another folder with --home")
    }
    // Nobody may be at work in what is removed.
    let state = "\(home.path)/state"
    var locks: [StateFolder] = []
    for party in (try? files.contentsOfDirectory(atPath: state)) ?? [] {
      locks.append(try StateFolder(at: "\(state)/\(party)"))
    }
    for name in content { try files.removeItem(atPath: "\(home.path)/\(name)") }
    withExtendedLifetime(locks) {}
  }

  private static func check(_ files: [String], outside home: HomeFolder) throws {
    let inside = URL(filePath: home.path).resolvingSymlinksInPath().path + "/"
    for path in files {
      guard FileManager.default.isReadableFile(atPath: path) else {
        throw Failure(.notChecked, "cannot read \(path)")
      }
      let file = URL(filePath: path).resolvingSymlinksInPath()
      guard !file.path.hasPrefix(inside) else {
        throw Failure(.usage, "\(path) lies in the folder that the demo replaces")
      }
      let type = try FileManager.default.attributesOfItem(atPath: file.path)[.type]
      guard type as? FileAttributeType == .typeRegular else {
        throw Failure(.notChecked, "\(path) is no file that can be sold")
      }
    }
  }

  /// Puts the files that are sold into a folder: those that were given, by link, and up to the number of
  /// merchants what these make themselves. No name is taken twice: writing would follow the link.
  private static func collect(_ given: [String], in home: HomeFolder) throws {
    let folder = goods(in: home)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for path in given {
      let file = URL(filePath: path)
      do {
        try FileManager.default.createSymbolicLink(
          at: folder.appending(path: SafeFileName(file.lastPathComponent).text),
          withDestinationURL: file.absoluteURL)
      } catch {
        throw Failure(.usage, "two files are called \(file.lastPathComponent)")
      }
    }
    let taken = Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
    let made = [DemoGood.contract(), DemoGood.picture()].filter { !taken.contains($0.fileName) }
    for good in made.suffix(max(0, DemoCast.merchants.count - given.count)) {
      try good.content.write(to: folder.appending(path: good.fileName))
    }
  }

  private static func goods(in home: HomeFolder) -> URL {
    URL(filePath: home.path).appending(path: "goods")
  }

  /// The files that are sold, by name.
  private static func files(in home: HomeFolder) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: goods(in: home), includingPropertiesForKeys: nil
    ).sorted { $0.lastPathComponent < $1.lastPathComponent }
  }

  // MARK: - Before the story

  /// Founds the market, opens accounts, and gives everybody what they need.
  ///
  /// - Parameter banks: besides that of the customer.
  func found(otherBanks banks: [PartyName] = []) async throws {
    try await Market.found(
      DemoCast.charter(otherBanks: banks), at: home, passphraseFile: passphraseFile)
    let market = try await openMarket()
    try await market.bank.openAccount(
      DemoCast.alice, key: market.customer.wallet.accountKey(at: DemoCast.bank))
    for merchant in DemoCast.merchants {
      let keys = try keys(of: merchant)
      let payee = DemoCast.payee(of: merchant, in: market)
      try await market.bank(payee.bank)?.openAccount(
        payee.account, key: keys.signingKey("account").publicKey)
    }
    let total = try prices()
    var entropy = SystemEntropy()
    let reference = SHA256.digest(entropy.bytes(32))
    try await market.bank.credit(
      Amount(minor: 4 * total, currency: DemoCast.currency), to: DemoCast.alice,
      reference: reference)
    // Twice, so that everything can be bought twice, whatever coins the first purchase takes.
    for _ in 0..<2 {
      _ = try await market.withdraw(
        Amount(minor: total, currency: DemoCast.currency), from: DemoCast.alice)
    }
    try await market.close()
  }

  /// What one of each good costs, in cents.
  func prices() throws -> UInt64 {
    try files.indices.reduce(0) { $0 + (try DemoCast.price(of: $1).gross.minor) }
  }

  /// Seals all goods once more, and offers them.
  ///
  /// - Parameter prefix: in front of the containers' names.
  func seal(
    in market: Market, prefix: String = "", holdLimitSeconds: Int = 300,
    deliveryLimitSeconds: Int = 60
  ) async throws -> [StagedGood] {
    var goods: [StagedGood] = []
    for (number, file) in files.enumerated() {
      let merchant = DemoCast.merchant(of: number)
      guard let shop = market.shop(merchant) else { continue }
      let terms = SaleTerms(
        price: try DemoCast.price(of: number),
        payee: DemoCast.payee(of: merchant, in: market),
        holdLimitSeconds: holdLimitSeconds, deliveryLimitSeconds: deliveryLimitSeconds,
        largestFee: market.banks.count > 1 ? DemoCast.transferFee : 0)
      let made = [DemoGood.contract(), DemoGood.picture()].first {
        $0.fileName == file.lastPathComponent
      }
      let locked = try await market.sell(
        file.path, as: prefix + file.lastPathComponent,
        title: made?.title ?? file.lastPathComponent,
        mediaType: made?.mediaType ?? "application/octet-stream", by: shop, terms: terms)
      goods.append(StagedGood(locked: locked, source: file, merchant: merchant))
    }
    return goods
  }

  // MARK: - Balances

  /// All accounts and the wallet, in cents.
  ///
  /// - Parameter bob: the other customer, where there is one.
  func balances(in market: Market, and bob: Customer? = nil) async throws -> [String: UInt64] {
    var balances: [String: UInt64] = [:]
    balances[DemoCast.alice.text] = try await market.bank.balance(of: DemoCast.alice).minor
    for merchant in DemoCast.merchants {
      let payee = DemoCast.payee(of: merchant, in: market)
      balances[payee.account.text] = try await market.bank(payee.bank)?.balance(
        of: payee.account
      ).minor
    }
    if market.banks.count > 1 {
      for bank in market.banks {
        balances["fees of \(bank.name)"] = UInt64(
          try await bank.trialBalance().balance(of: .fees))
      }
    }
    if !market.coordinator.terms.isEmpty {
      balances[DemoCast.coordinatorAccount.text] = try await market.bank.balance(
        of: DemoCast.coordinatorAccount
      ).minor
    }
    balances["wallet"] = try await market.customer.wallet.balance(
      at: DemoCast.bank, in: DemoCast.currency
    ).minor
    if let bob {
      balances[DemoCast.bob.text] = try await market.bank.balance(of: DemoCast.bob).minor
      balances["wallet of \(DemoCast.bob)"] = try await bob.wallet.balance(
        at: DemoCast.bank, in: DemoCast.currency
      ).minor
    }
    return balances
  }

  /// The goods that were sealed in a home before, with the files that they were made from.
  func sealed(in home: HomeFolder) -> [StagedGood] {
    let locked = LockedGood.all(in: home.locked)
    return files.enumerated().compactMap { number, file in
      locked.first { $0.name == file.lastPathComponent }.map {
        StagedGood(locked: $0, source: file, merchant: DemoCast.merchant(of: number))
      }
    }
  }

  /// The balances before the first story.
  func plannedBalances() throws -> [String: UInt64] {
    let total = try prices()
    var balances = [
      DemoCast.alice.text: 4 * total - Self.withdrawn(total), "wallet": Self.withdrawn(total),
    ]
    for merchant in DemoCast.merchants { balances[DemoCast.account(of: merchant).text] = 0 }
    return balances
  }

  /// How much the customer withdraws, in cents: enough to buy everything twice.
  private static func withdrawn(_ total: UInt64) -> UInt64 { 2 * total }
}
