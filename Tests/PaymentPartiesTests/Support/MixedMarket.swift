// Three banks with three methods and two currencies, three merchants, one coordinator: real parties, in memory.

import Conformance
import Coordinator
import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Testing

/// A market of several banks. Coins of the first bank, cards of the second in dollars; the third sells vouchers
/// and moves money of accounts, and pays into accounts at the first.
struct MixedMarket: Sendable {
  static let dollar: Currency = {
    guard let dollar = Currency("USD") else { fatalError("USD is a currency") }
    return dollar
  }()
  static let banks = ["bank.example", "dollar-bank.example", "third-bank.example"].map(Fair.party)
  static let merchants = ["red.example", "blue.example", "green.example"].map(Fair.party)
  static let prices: [UInt64] = [11, 900, 5]
  static let payer = Fair.account("alice")
  static let limit: UInt64 = 1000

  let trust: TrustStore
  let banks: [Bank]
  let stores: [any Store<any BankRows>]
  let cards: CardIssuer
  let shops: [Shop]
  let coordinator: CoordinatorHost
  let customer: Customer
  let journal = MemoryStore<any JournalRows>(MemoryJournalRows())
  let directory = LocalDirectory()
  private let clock = SystemWallClock()

  init() async throws {
    var entropy = SystemEntropy()
    let now = clock.now()
    func signer(_ party: PartyName) -> StatementSigner {
      StatementSigner(party: party, key: Ed25519.PrivateKey.generate(from: &entropy))
    }
    let root = signer(Fair.party("root.example"))
    let bankSigners = Self.banks.map { signer($0) }
    let shopSigners = Self.merchants.map { signer($0) }
    let decider = signer(Fair.coordinator)
    let logKey = NoteSigner(
      party: Fair.party("log.example"), purpose: .note, key: .generate(from: &entropy))
    let witnessKey = NoteSigner(
      party: Fair.party("witness.example"), purpose: .cosignature, key: .generate(from: &entropy))
    let identities = Self.banks.map { "\($0) identity" } + ["escrow"]
    let recipients = try identities.map { try Self.identity($0).recipient }

    let listed: [(PartyName, Ed25519.PublicKey, Role)] =
      [(root.issuer.party, root.publicKey, .trustRoot)]
      + bankSigners.map { ($0.issuer.party, $0.publicKey, .bank) }
      + shopSigners.map { ($0.issuer.party, $0.publicKey, .merchant) }
      + [
        (Fair.coordinator, decider.publicKey, .coordinator),
        (Fair.party("log.example"), logKey.key.publicKey, .log),
        (Fair.party("witness.example"), witnessKey.key.publicKey, .witness),
      ]
    let sealing = Self.banks.map { ($0, Role.bank) } + [(Fair.coordinator, .coordinator)]
    let list = TrustList(
      madeAt: now,
      keys: try listed.map { party, key, role in
        TrustedKey(
          party: party, role: role, key: try #require(SigningKeyValue(key.bytes)),
          validFrom: now.adding(seconds: -60), validUntil: now.adding(seconds: 86_400))
      },
      recipients: try zip(sealing, recipients).map { party, recipient in
        TrustedRecipient(
          party: party.0, role: party.1,
          recipient: try #require(RecipientValue(recipient.bytes)))
      }, witnessQuorum: 1)
    let trust = try TrustStore(TrustStore.sign(list, with: root, entropy: &entropy))
    self.trust = trust
    let verdicts = VerdictVerifier(trust)

    // Banks
    let stores: [any Store<any BankRows>] = Self.banks.map { _ in
      MemoryStore<any BankRows>(MemoryBankRows())
    }
    self.stores = stores
    cards = CardIssuer(
      bank: Self.banks[1], store: stores[1], atRest: try Self.atRest(), clock: clock)
    let methods: [[any PaymentScheme]] = [
      [], [cards], [TransferScheme(store: stores[2]), VoucherScheme()],
    ]
    let denominations: [(Currency, [UInt64])] = [
      (Fair.euro, [1, 2, 4, 8]), (Self.dollar, [16]), (Fair.euro, [32]),
    ]
    var banks: [Bank] = []
    for number in Self.banks.indices {
      let denominationSigner = LocalSigner(store: stores[number], atRest: try Self.atRest())
      let bank = Bank(
        store: stores[number], signer: bankSigners[number],
        denominationSigner: denominationSigner,
        identity: try Self.identity(identities[number]), trust: trust, verdicts: verdicts,
        clock: clock,
        methods: methods[number], rules: .testing, makeEntropy: { SystemEntropy() })
      var coins: [Denomination] = []
      for value in denominations[number].1 {
        coins.append(try await Self.denomination(value, keptBy: denominationSigner, at: now))
      }
      try await bank.publish(
        bankSigners[number].sign(
          Keyset(
            currency: denominations[number].0, decimals: 2, period: 1, denominations: coins,
            fees: Fees()), entropy: &entropy))
      banks.append(bank)
    }
    let limit = try Fair.amount(Self.limit)
    for (one, other) in [(banks[0], banks[2]), (banks[2], banks[0])] {
      try await one.clear(with: other.name, claiming: limit, owing: limit)
    }
    try await banks[0].accept(banks[2].creditLine(for: banks[0].name))
    try await banks[2].accept(banks[0].creditLine(for: banks[2].name))
    self.banks = banks

    // Merchants: the third has its account at the first bank, and is paid through the third.
    let clock = clock
    let shops = try shopSigners.map { signer in
      Shop(
        store: MemoryStore<any ShopRows>(MemoryShopRows()), signer: signer,
        vaultKey: try Self.atRest(), trust: trust, verdicts: verdicts, clock: clock,
        policy: ShopPolicy(templates: [CoordinatorHost.template]))
    }
    self.shops = shops
    for number in shops.indices {
      let payee = Self.payee(number)
      let bank = try #require(banks.first { $0.name == payee.bank })
      try await bank.openAccount(payee.account, key: shopSigners[number].publicKey)
    }

    // Customer
    let purse = MemoryStore<any WalletRows>(MemoryWalletRows())
    try await Wallet.create(
      in: purse, seed: SecretBytes(count: 32, from: &entropy), atRest: Self.atRest())
    let wallet = try await Wallet(
      store: purse, atRest: Self.atRest(), trust: trust, verdicts: verdicts, clock: clock,
      rules: .testing, makeEntropy: { SystemEntropy() })
    customer = Customer(wallet: wallet, trust: trust, verdicts: verdicts, clock: clock)
    for bank in [banks[0], banks[2]] {
      try await bank.openAccount(Self.payer, key: wallet.accountKey(at: bank.name))
      try await bank.credit(
        Fair.amount(20), to: Self.payer, reference: SHA256.digest(Bytes("credit".utf8)))
    }

    // Coordinator
    let log = TransparencyLog(
      signer: logKey, store: MemoryStore<any LogRows>(MemoryLogRows()),
      witnesses: [
        LocalWitness(
          signer: witnessKey, logs: [logKey.key],
          store: MemoryStore<any LogRows>(MemoryLogRows()), clock: clock)
      ], quorum: 1, trust: trust, clock: clock)
    for bank in banks { directory.register(bank: bank, as: bank.name) }
    for shop in shops { directory.register(merchant: shop, as: shop.name) }
    directory.register(customer: customer)
    coordinator = CoordinatorHost(
      signer: decider, escrow: EscrowAgent(identity: try Self.identity("escrow")), trust: trust,
      log: log, journal: journal, participants: directory, clock: clock, policy: .quick, hook: .none
    )
  }

  // MARK: - Buying

  /// Coins for the first bank out of the payer's account there.
  func withdraw(_ minor: UInt64) async throws {
    let keyset = try AcceptedKeyset(
      try #require(await banks[0].keyset()), of: banks[0].name, trust: trust, at: clock.now(),
      rules: .testing)
    _ = try await customer.wallet.withdraw(
      Fair.amount(minor), from: Self.payer, under: keyset, at: banks[0])
  }

  /// One good of each merchant, for its price, in its currency, in the ways that it accepts.
  func offers(deliveryLimitSeconds: Int = 60) async throws -> [Verified<Offer>] {
    let third = Self.banks[2]
    let accepts: [[AcceptedPayment]] = [
      [AcceptedPayment(bank: Self.banks[0], method: .ecash)],
      [AcceptedPayment(bank: Self.banks[1], method: .card)],
      [
        AcceptedPayment(bank: third, method: VoucherScheme.method),
        AcceptedPayment(bank: third, method: .transfer),
      ],
    ]
    var offers: [Verified<Offer>] = []
    for number in shops.indices {
      let currency = number == 1 ? Self.dollar : Fair.euro
      var entropy = SystemEntropy()
      let file = TestFolder.fresh("good")
      try Data("A good of \(Self.merchants[number])".utf8).write(to: URL(filePath: file))
      let identity = Age.Identity.generate(from: &entropy)
      let commitment = try Container.seal(
        FileSource(path: file), to: identity.recipient, container: "\(file).age",
        chunkList: "\(file).chunks", from: &entropy)
      var draft = OfferDraft(
        title: "Good \(number)", fileName: "good", container: commitment,
        price: try Price(
          net: Amount(minor: Self.prices[number], currency: currency),
          tax: Amount.zero(currency)),
        payee: Self.payee(number), accepts: accepts[number], coordinators: [coordinator.key],
        expiresAt: clock.now().adding(seconds: 3600),
        retainedUntil: clock.now().adding(seconds: 7200))
      draft.deliveryLimitSeconds = deliveryLimitSeconds
      offers.append(
        try customer.inspect(try await shops[number].publish(draft, identity: identity)))
    }
    return offers
  }

  /// An order over all offers, signed and on record.
  func order(
    _ offers: [Verified<Offer>], card: CardDetails, third: any PaymentMeans
  ) async throws -> ProcessID {
    let plan = try await customer.plan(
      offers.map { Selection($0) }, coordinator: coordinator.key,
      template: coordinator.template,
      paying: [Self.banks[1]: card.method, Self.banks[2]: third.method])
    return try await customer.place(
      plan, with: [Self.banks[1]: card, Self.banks[2]: third])
  }

  /// Hands an order in and waits until everybody has carried out the verdict.
  func conclude(_ process: ProcessID) async throws -> PaymentModel.Decision {
    _ = try await coordinator.engine.submit(customer.submission(of: process))
    let verdict = try await coordinator.engine.verdict(of: process).verdict
    let decision = try await customer.conclude(process, with: verdict)
    _ = try await coordinator.engine.outcome(of: process)
    try await eventually("everybody has carried out the verdict") {
      try await coordinator.engine.status(of: process).state.hasEnded
    }
    return decision
  }

  /// What stands on an account of the books of a bank.
  func balance(_ account: LedgerAccount, at bank: Int) async throws -> Int64 {
    try await banks[bank].trialBalance().balance(of: account)
  }

  /// What the banks owe each other, all told.
  func cleared() async throws -> Int64 {
    try await balance(.correspondent(Self.banks[2]), at: 0)
      + balance(.correspondent(Self.banks[0]), at: 2)
  }

  static func payee(_ number: Int) -> Payee {
    Payee(bank: banks[number == 2 ? 0 : number], account: Fair.account("till-\(number)"))
  }

  // MARK: - Keys

  private static func identity(_ name: String) throws -> Age.Identity {
    try Age.Identity(
      copying: SecretBytes(copying: SHA256.digest(Bytes("mixed \(name)".utf8)).bytes))
  }

  private static func atRest() throws -> AtRestKey {
    try AtRestKey(keyFile: SecretBytes(copying: Bytes(0..<32)))
  }

  private static func denomination(
    _ value: UInt64, keptBy signer: LocalSigner, at now: Timestamp
  ) async throws -> Denomination {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../../Vectors/denominations/value-\(String(format: "%04d", Int(value))).pem")
    let pem = SecretBytes(copying: Bytes(try Data(contentsOf: file)))
    let end = now.adding(seconds: 86_400)
    return Denomination(
      value: value, publicKey: await signer.add(try BlindRSA.PrivateKey(pkcs8PEM: pem)),
      issuedFrom: now.adding(seconds: -60), issuedUntil: end, spentUntil: end, redeemedUntil: end)
  }
}
