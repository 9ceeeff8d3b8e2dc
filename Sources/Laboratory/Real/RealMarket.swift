// A market of real parties in memory: real keys, coins, containers and log. It is founded once, and copied for
// each run.

import Coordinator
import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Synchronization

/// The time that a run says it is, for one party.
final class RunClock: WallClock {
  private let time: Mutex<Timestamp>

  init(_ time: Timestamp) { self.time = Mutex(time) }

  func now() -> Timestamp { time.withLock { $0 } }
  func set(_ time: Timestamp) { self.time.withLock { $0 = time } }
  /// Nobody waits here: time is a choice.
  func sleep(until time: Timestamp) async { await Task.yield() }
}

/// The founded market: everybody's keys, the trust list, and rows to begin with.
final class RealMarket: Sendable {
  static let customerCount = 4
  /// What each customer withdrew, in minor units.
  static let purse: UInt64 = 24
  static let bankName = Setting.name("bank.example")
  static let shopNames = (0..<3).map { Setting.name("merchant-\($0).example") }

  let trust: TrustStore
  let denominationSigner: LocalSigner
  let bankStore: MemoryStore<any BankRows>
  let shopStores: [MemoryStore<any ShopRows>]
  let walletStores: [MemoryStore<any WalletRows>]
  /// By merchant.
  let offers: [[Signed<Offer>]]
  /// Offers that are for one sale.
  let singlePieces: [StatementID]
  /// Pieces at first, by merchant: each has one stock.
  let stock = 3
  let money: UInt64

  private static let founding = Task { try await RealMarket() }

  /// The same for all runs.
  static func founded() async throws -> RealMarket { try await founding.value }

  // MARK: - Keys

  private static func secret(_ name: String) -> Bytes {
    SHA256.digest(Bytes("laboratory \(name)".utf8)).bytes
  }

  static func signer(_ name: PartyName) throws -> StatementSigner {
    StatementSigner(
      party: name, key: try Ed25519.PrivateKey(seed: SecretBytes(copying: secret(name.text))))
  }

  static func noteSigner(
    _ name: PartyName, _ purpose: NoteKey.Purpose
  ) throws -> NoteSigner {
    NoteSigner(
      party: name, purpose: purpose,
      key: try Ed25519.PrivateKey(seed: SecretBytes(copying: secret(name.text))))
  }

  static func identity(_ name: String) throws -> Age.Identity {
    try Age.Identity(copying: SecretBytes(copying: secret("identity \(name)")))
  }

  static func atRest() throws -> AtRestKey {
    try AtRestKey(keyFile: SecretBytes(copying: secret("at rest")))
  }

  static let logName = Setting.name("log.example")
  static let witnessName = Setting.name("witness.example")

  private static func trustList() throws -> TrustStore {
    let root = try signer(Setting.name("root.example"))
    let from = Stage.start.adding(seconds: -30 * 86_400)
    func listed(_ signer: StatementSigner, _ role: Role) throws -> TrustedKey {
      guard let key = SigningKeyValue(signer.publicKey.bytes) else { throw Unusable() }
      return TrustedKey(
        party: signer.issuer.party, role: role, key: key, validFrom: from,
        validUntil: Stage.start.adding(seconds: 5 * 365 * 86_400))
    }
    func recipient(_ party: PartyName, _ role: Role) throws -> TrustedRecipient {
      TrustedRecipient(
        party: party, role: role, recipient: try identity(party.text).recipient.value)
    }
    var keys = [
      try listed(root, .trustRoot), try listed(signer(bankName), .bank),
      try listed(signer(Setting.coordinatorName), .coordinator),
      try listed(signer(logName), .log), try listed(signer(witnessName), .witness),
    ]
    for shop in shopNames { keys.append(try listed(signer(shop), .merchant)) }
    var entropy = SeededEntropy(seed: 11)
    return try TrustStore(
      TrustStore.sign(
        TrustList(
          madeAt: Stage.start.adding(seconds: -86_400), keys: keys,
          recipients: [
            try recipient(bankName, .bank), try recipient(Setting.coordinatorName, .coordinator),
          ], witnessQuorum: 1),
        with: root, entropy: &entropy))
  }

  struct Unusable: Error {}

  // MARK: - Founding

  private init() async throws {
    let trust = try Self.trustList()
    let verdicts = VerdictVerifier(trust)
    let clock = RunClock(Stage.start.adding(seconds: -3600))
    let bankStore = MemoryStore<any BankRows>(MemoryBankRows())
    let signer = LocalSigner(store: bankStore, atRest: try Self.atRest())
    let bank = Bank(
      store: bankStore, signer: try Self.signer(Self.bankName), denominationSigner: signer,
      identity: try Self.identity(Self.bankName.text), trust: trust, verdicts: verdicts,
      clock: clock)
    guard let currency = Currency("EUR") else { throw Unusable() }
    let keyset = try await Self.keyset(signer, currency: currency, trust: trust, at: clock.now())
    try await bank.publish(keyset)
    let accepted = try AcceptedKeyset(keyset, of: Self.bankName, trust: trust, at: clock.now())

    var shopStores: [MemoryStore<any ShopRows>] = []
    var offers: [[Signed<Offer>]] = []
    for (number, name) in Self.shopNames.enumerated() {
      let (store, signed) = try await Self.shop(
        number, name, trust: trust, currency: currency, clock: clock, stock: stock)
      shopStores.append(store)
      offers.append(signed)
      try await bank.openAccount(Self.account(name), key: Self.signer(name).publicKey)
    }

    var walletStores: [MemoryStore<any WalletRows>] = []
    for number in 0..<Self.customerCount {
      let store = MemoryStore<any WalletRows>(MemoryWalletRows())
      try await Wallet.create(
        in: store, seed: SecretBytes(copying: Self.secret("customer \(number)")),
        atRest: try Self.atRest())
      let wallet = try await Wallet(
        store: store, atRest: try Self.atRest(), trust: trust, verdicts: verdicts, clock: clock)
      let account = Self.account(Setting.name("customer-\(number).example"))
      let purse = try Amount(minor: Self.purse, currency: currency)
      try await bank.openAccount(account, key: wallet.accountKey(at: Self.bankName))
      try await bank.credit(
        purse, to: account, reference: SHA256.digest(Bytes("purse \(number)".utf8)))
      try await wallet.withdraw(purse, from: account, under: accepted, at: bank)
      walletStores.append(store)
    }
    self.trust = trust
    denominationSigner = signer
    self.shopStores = shopStores
    self.offers = offers
    // All but the first of each merchant.
    singlePieces = offers.flatMap { $0.dropFirst() }
      .compactMap { (try? UnverifiedStatement($0.bytes))?.id }
    self.walletStores = walletStores
    self.bankStore = bankStore
    money = UInt64(Self.customerCount) * Self.purse
  }

  static func account(_ name: PartyName) -> AccountName {
    guard let account = AccountName(name.text) else { fatalError("a name that is one") }
    return account
  }

  private static func keyset(
    _ signer: LocalSigner, currency: Currency, trust: TrustStore, at now: Timestamp
  ) async throws -> Signed<Keyset> {
    let made = await signer.generate(values: [1, 2, 4])
    let until = now.adding(seconds: 365 * 86_400)
    let keyset = Keyset(
      currency: currency, decimals: 2, period: 1,
      denominations: made.map { value, key in
        Denomination(
          value: value, publicKey: key, issuedFrom: now, issuedUntil: until, spentUntil: until,
          redeemedUntil: until)
      }, fees: Fees())
    var entropy = SeededEntropy(seed: 12)
    return try Self.signer(bankName).sign(keyset, entropy: &entropy)
  }

  /// A merchant with one good for everybody, one single piece, and a stock.
  private static func shop(
    _ number: Int, _ name: PartyName, trust: TrustStore, currency: Currency, clock: RunClock,
    stock: Int
  ) async throws -> (MemoryStore<any ShopRows>, [Signed<Offer>]) {
    let store = MemoryStore<any ShopRows>(MemoryShopRows())
    let shop = try Self.shop(name, store, trust: trust, clock: clock, seed: 40 + UInt64(number))
    try await shop.addStock(stock, of: "stock")
    var entropy = SeededEntropy(seed: 30 + UInt64(number))
    var offers: [Signed<Offer>] = []
    for place in 0..<6 {
      let name = "identity \(number) \(place)"
      let identity = try Self.identity(name)
      let container = try sealed(Bytes("good \(name)".utf8), to: identity, from: &entropy)
      let price = try Price(
        net: Amount(minor: 1 + UInt64(place % 3), currency: currency), tax: .zero(currency))
      var draft = OfferDraft(
        title: "Good \(place)", fileName: "good-\(place)", container: container,
        stock: place > 1 ? "stock" : nil, price: price,
        payee: Payee(bank: bankName, account: account(shop.name)),
        accepts: [AcceptedPayment(bank: bankName, method: .ecash)],
        coordinators: [try signer(Setting.coordinatorName).issuer.key],
        expiresAt: Stage.start.adding(seconds: 86_400),
        retainedUntil: Stage.start.adding(seconds: 864_000))
      if place == 0 { draft.mode = .catalogue }
      draft.holdLimitSeconds = 120
      offers.append(try await shop.publish(draft, identity: identity))
    }
    return (store, offers)
  }

  static func shop(
    _ name: PartyName, _ store: any Store<any ShopRows>, trust: TrustStore, clock: RunClock,
    seed: UInt64
  ) throws -> Shop {
    let source = SharedEntropy(seed)
    return Shop(
      store: store, signer: try signer(name), vaultKey: try atRest(), trust: trust,
      verdicts: VerdictVerifier(trust), clock: clock,
      policy: ShopPolicy(templates: [CoordinatorHost.template]),
      makeEntropy: { source.fork() })
  }

  /// Seals bytes by way of a scratch folder: a container is a file.
  private static func sealed(
    _ content: Bytes, to identity: borrowing Age.Identity, from entropy: inout SeededEntropy
  ) throws -> ContainerCommitment {
    let folder = FileManager.default.temporaryDirectory.appending(path: "foil-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let good = folder.appending(path: "good")
    try Data(content).write(to: good)
    return try Container.seal(
      FileSource(path: good.path), to: identity.recipient, container: "\(good.path).age",
      chunkList: "\(good.path).chunks", from: &entropy)
  }
}

/// Sources of seeded bytes for parties that want one for each thing that they do.
final class SharedEntropy: Sendable {
  private let source: Mutex<SimulationEntropy>

  init(_ seed: UInt64) { source = Mutex(SimulationEntropy(seed: seed)) }

  func fork() -> any Entropy & Sendable { source.withLock { $0.fork() } }
}
