// One bank, two coordinators, and whoever else a test needs. Test denominations, model time.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

struct CashWorld {
  static let start = Timestamp(seconds: 1_800_000_000)
  static let day: Int64 = 86_400

  let bankName: PartyName
  let currency: Currency
  let clock = TestClock(start)
  let store = MemoryStore<any BankRows>(MemoryBankRows())
  let trust: TrustStore
  let verdicts: TestVerdicts
  let bank: Bank
  let bankSigner: StatementSigner
  let keyset: AcceptedKeyset
  /// Issues the bank's cards, in a world with all methods.
  let cards: CardIssuer
  let coordinator: StatementSigner
  let otherCoordinator: StatementSigner

  /// - Parameters:
  ///   - values: of the denominations; all twelve unless said otherwise.
  ///   - hasAllMethods: whether the bank takes cards and account transfers, too.
  ///   - methods: what else it takes.
  ///   - banks: other banks that the trust list names.
  init(
    values: [UInt64] = TestDenominationKeys.values, fees: Fees = Fees(),
    signer: (any DenominationSigner)? = nil, bank name: String = "bank.example",
    denominations: [(value: UInt64, publicKey: Bytes)]? = nil, terms: BankTerms = BankTerms(),
    hasAllMethods: Bool = false, methods: [any PaymentScheme] = [], banks: [String] = []
  ) async throws {
    let keys = try TestDenominationKeys.shared.get()
    let chosen = denominations ?? keys.denominations.filter { values.contains($0.value) }
    bankName = try #require(PartyName(name))
    currency = try #require(Currency("EUR"))
    bankSigner = try Self.signer(name)
    coordinator = try Self.signer("coordinator.example")
    otherCoordinator = try Self.signer("other.example")
    let identity = try Age.Identity(
      copying: SecretBytes(copying: SHA256.digest(Bytes("\(name) identity".utf8)).bytes))
    trust = try Self.trust(
      bank: bankSigner, recipient: identity.recipient,
      coordinators: [coordinator, otherCoordinator],
      others: banks.filter { $0 != name }.map { try Self.signer($0) })
    cards = CardIssuer(
      bank: bankName, store: store,
      atRest: try AtRestKey(keyFile: SecretBytes(copying: Bytes(0..<32))),
      clock: clock)
    verdicts = TestVerdicts(trust: trust, clock: clock)
    bank = Bank(
      store: store, signer: bankSigner, denominationSigner: signer ?? keys, identity: identity,
      trust: trust, verdicts: verdicts, transfers: verdicts, clock: clock, terms: terms,
      methods: (hasAllMethods
        ? [
          TransferScheme(store: store), cards,
          CoinsAndCardScheme(cards, store: store, rules: .testing),
        ] : []) + methods,
      rules: .testing,
      makeEntropy: { SystemEntropy() })
    let signed = Self.keyset(chosen, fees: fees, currency: currency, signer: bankSigner)
    try await bank.publish(signed)
    keyset = try AcceptedKeyset(
      signed, of: bankName, trust: trust, at: clock.now(), rules: .testing)
  }

  static func keyset(
    _ keys: [(value: UInt64, publicKey: Bytes)], fees: Fees = Fees(), period: Int = 1,
    currency: Currency, signer: StatementSigner
  ) -> Signed<Keyset> {
    var entropy = SystemEntropy()
    let denominations = keys.map {
      Denomination(
        value: $0.value, publicKey: $0.publicKey, issuedFrom: start,
        issuedUntil: start.adding(seconds: 30 * day), spentUntil: start.adding(seconds: 60 * day),
        redeemedUntil: start.adding(seconds: 90 * day))
    }
    return signer.sign(
      Keyset(
        currency: currency, decimals: 2, period: period, denominations: denominations, fees: fees),
      entropy: &entropy)
  }

  /// A signer whose key follows from its name.
  static func signer(_ name: String) throws -> StatementSigner {
    let seed = SecretBytes(copying: SHA256.digest(Bytes("\(name) key".utf8)).bytes)
    return StatementSigner(
      party: try #require(PartyName(name)), key: try Ed25519.PrivateKey(seed: seed))
  }

  private static func trust(
    bank: StatementSigner, recipient: Age.Recipient, coordinators: [StatementSigner],
    others: [StatementSigner]
  ) throws -> TrustStore {
    let root = try signer("root.example")
    var entropy = SystemEntropy()
    func key(_ signer: StatementSigner, _ role: Role) throws -> TrustedKey {
      TrustedKey(
        party: signer.issuer.party, role: role,
        key: try #require(SigningKeyValue(signer.publicKey.bytes)),
        validFrom: start.adding(seconds: -day), validUntil: start.adding(seconds: 1000 * day))
    }
    let list = TrustList(
      madeAt: start,
      keys: try [key(root, .trustRoot), key(bank, .bank)]
        + coordinators.map { try key($0, .coordinator) } + others.map { try key($0, .bank) },
      recipients: [
        TrustedRecipient(
          party: bank.issuer.party, role: .bank,
          recipient: try #require(RecipientValue(recipient.bytes)))
      ],
      witnessQuorum: 0)
    return try TrustStore(TrustStore.sign(list, with: root, entropy: &entropy))
  }

  // MARK: - Parties

  /// An account at the bank with this much on it, and its key.
  func account(_ name: String, holding minor: UInt64 = 0) async throws -> StatementSigner {
    let account = try #require(AccountName(name))
    let seed = SecretBytes(copying: SHA256.digest(Bytes("account \(name)".utf8)).bytes)
    let signer = StatementSigner(party: .customer, key: try Ed25519.PrivateKey(seed: seed))
    try await bank.openAccount(account, key: signer.publicKey)
    try await credit(minor, to: name)
    return signer
  }

  func credit(_ minor: UInt64, to name: String) async throws {
    var entropy = SystemEntropy()
    guard minor > 0 else { return }
    try await bank.credit(
      amount(minor), to: try #require(AccountName(name)),
      reference: try #require(Digest(entropy.bytes(32))))
  }

  /// A wallet with an account of its own that holds this much.
  func wallet(
    _ name: String, holding minor: UInt64,
    in store: MemoryStore<any WalletRows> = MemoryStore(MemoryWalletRows())
  ) async throws -> Wallet {
    let key = try AtRestKey(keyFile: SecretBytes(copying: Bytes(repeating: 9, count: 32)))
    let seed = SecretBytes(copying: SHA256.digest(Bytes("seed \(name)".utf8)).bytes)
    if await store.read({ $0.sealedSeed() }) == nil {
      try await Wallet.create(in: store, seed: seed, atRest: key)
    }
    let wallet = try await Wallet(
      store: store, atRest: key, trust: trust, verdicts: verdicts, clock: clock, rules: .testing,
      makeEntropy: { SystemEntropy() })
    try await bank.openAccount(
      try #require(AccountName(name)), key: try wallet.accountKey(at: bankName))
    try await credit(minor, to: name)
    return wallet
  }

  func amount(_ minor: UInt64) throws -> Amount { try Amount(minor: minor, currency: currency) }

  // MARK: - Verdicts

  func verdict(
    _ process: ProcessID, _ decision: Decision, by signer: StatementSigner? = nil
  ) -> LoggedVerdict {
    var entropy = SystemEntropy()
    let claim = Verdict(
      process: process, decision: decision, decidedAt: clock.now(),
      evidence: SHA256.digest(process.bytes))
    return LoggedVerdict(
      verdict: (signer ?? coordinator).sign(claim, entropy: &entropy), proof: TestVerdicts.proof)
  }

  func commit(_ process: ProcessID) -> LoggedVerdict {
    verdict(process, .commit(keyBundle: SHA256.digest(process.bytes)))
  }

  func abort(_ process: ProcessID) -> LoggedVerdict { verdict(process, .abort(.timeout)) }

  func post(_ order: TestOrder, _ verdict: LoggedVerdict) async -> Outcome<[Signed<Transfer>]> {
    await bank.post(VerdictRequest(id: order.id(.post), verdict: verdict))
  }

  func void(
    _ order: TestOrder, _ verdict: LoggedVerdict
  ) async -> Outcome<Signed<VoidedReservation>> {
    await bank.void(VerdictRequest(id: order.id(.void), verdict: verdict))
  }

  // MARK: - Books

  /// The books hold together, and all money that came in is still there: on accounts, held, in coins, or with
  /// the bank; what cards and other banks owe counts against it.
  @discardableResult
  func checkBooks(sourceLocation: SourceLocation = #_sourceLocation) async throws -> TrialBalance {
    let books = try await bank.trialBalance()
    let holders = books.balances.reduce(Int64(0)) { sum, balance in
      switch balance.account {
      case .holder, .held, .issued, .card, .correspondent: sum + balance.minor
      case .outstanding, .fees, .clearing: sum
      }
    }
    #expect(
      holders + Int64(books.outstanding) + books.balance(of: .fees)
        == -books.balance(of: .clearing),
      "money is conserved", sourceLocation: sourceLocation)
    return books
  }

  func balance(_ name: String) async throws -> UInt64 {
    try await bank.balance(of: try #require(AccountName(name))).minor
  }
}
