// A bank with one method, two coordinators, a payer and two payees: where every method of payment is tried.

package import ECash
package import Evidence
import Foundation
package import PaymentCrypto
package import PaymentModel

/// Verdicts without a log: signatures are verified, and a word stands for the proof.
package struct WordVerdicts: VerdictReader {
  package static let proof = Bytes("logged".utf8)

  let trust: TrustStore
  let clock: any WallClock

  package init(trust: TrustStore, clock: any WallClock) {
    self.trust = trust
    self.clock = clock
  }

  package func read(
    _ verdict: LoggedVerdict, of process: ProcessID, by coordinator: Thumbprint
  ) throws(NotAdmitted) -> Stated<Verdict> {
    guard verdict.proof == Self.proof,
      let verified = try? trust.verify(verdict.verdict, at: clock.now()),
      verified.claim.process == process, verified.issuer.key == coordinator
    else { throw NotAdmitted(code: "verdict", message: "the verdict does not verify") }
    return verified.stated
  }
}

/// What was expected of a method and did not happen.
package struct SchemeFailure: Error, CustomStringConvertible {
  package let description: String
}

package struct SchemeWorld: Sendable {
  package static let start = Timestamp(seconds: 1_800_000_000)

  package let bank: Bank
  package let store: any Store<any BankRows>
  package let clock = ModelClock(at: Self.start)
  package let trust: TrustStore
  package let wallet: Wallet
  package let keyset: AcceptedKeyset
  let walletStore = MemoryStore<any WalletRows>(MemoryWalletRows())
  let coordinator: StatementSigner
  let otherCoordinator: StatementSigner
  /// The method that is tried, and what the payer pays with.
  let method: PaymentMethod
  private let means: (any PaymentMeans)?
  private let verdicts: WordVerdicts

  static func bankName() throws -> PartyName {
    guard let name = PartyName("bank.example") else { throw SchemeFailure(description: "a name") }
    return name
  }

  /// - Parameter minor: what the payer has, all told.
  package init(
    _ subject: SchemeSubject, in store: any Store<any BankRows>, holding minor: UInt64
  ) async throws {
    self.store = store
    method = subject.method
    let bankSigner = try Self.signer(Self.bankName().text)
    coordinator = try Self.signer("coordinator.example")
    otherCoordinator = try Self.signer("other.example")
    let identity = try Age.Identity(copying: SecretBytes(copying: Self.bytes("bank identity")))
    trust = try Self.trust(
      bank: bankSigner, recipient: identity.recipient,
      coordinators: [coordinator, otherCoordinator])
    verdicts = WordVerdicts(trust: trust, clock: clock)
    let signer = LocalSigner(store: store, atRest: try Self.atRest())
    let parts = try subject.make(store, clock)
    bank = Bank(
      store: store, signer: bankSigner, denominationSigner: signer, identity: identity,
      trust: trust, verdicts: verdicts, clock: clock, methods: parts.schemes, rules: .testing,
      makeEntropy: { SystemEntropy() })
    let signed = bankSigner.sign(
      Keyset(
        currency: try Self.currency(), decimals: 2, period: 1,
        denominations: try await Self.denominations(keptBy: signer), fees: Fees()),
      nonce: Self.nonce())
    try await bank.publish(signed)
    keyset = try AcceptedKeyset(
      signed, of: bank.name, trust: trust, at: Self.start, rules: .testing)
    try await Wallet.create(
      in: walletStore, seed: SecretBytes(copying: Self.bytes("seed")), atRest: Self.atRest())
    wallet = try await Self.wallet(walletStore, trust, verdicts, clock)
    for shop in ["shop-a", "shop-b"] {
      try await bank.openAccount(try Self.account(shop), key: Self.signer(shop).publicKey)
    }
    try await bank.openAccount(
      try Self.account("payer"), key: wallet.accountKey(at: bank.name))
    means = try await parts.fund(
      Payer(bank: bank, wallet: wallet, keyset: keyset, account: try Self.account("payer")), minor)
  }

  /// What a method's payer is given money with.
  package struct Payer: Sendable {
    package let bank: Bank
    package let wallet: Wallet
    package let keyset: AcceptedKeyset
    /// An account of hers, which the wallet's key opens.
    package let account: AccountName

    package func amount(_ minor: UInt64) throws -> Amount {
      try Amount(minor: minor, currency: keyset.currency)
    }

    /// Credits her account from outside.
    package func credit(_ minor: UInt64) async throws {
      try await bank.credit(
        amount(minor), to: account, reference: SHA256.digest(SchemeWorld.bytes("credit")))
    }
  }

  // MARK: - Purchases

  package struct Purchase: Sendable {
    package let process: ProcessID
    let part: CommittedPart
    let payable: PayableOrder

    func id(_ step: String) throws -> RequestID {
      guard let path = StepPath(rawValue: "\(step)/bank.example") else {
        throw SchemeFailure(description: "no step path")
      }
      return RequestID(process: process, step: path)
    }
  }

  /// An order over what shops are to get.
  func order(_ payouts: [(shop: String, minor: UInt64)]) async throws -> Purchase {
    var entropy = SystemEntropy()
    let currency = try Self.currency()
    let content = PaymentPart(
      bank: bank.name, method: method,
      total: try Amount(minor: payouts.reduce(0) { $0 + $1.minor }, currency: currency),
      payouts: try payouts.map {
        Payout(
          payee: Payee(bank: bank.name, account: try Self.account($0.shop)),
          amount: try Amount(minor: $0.minor, currency: currency))
      })
    let commitment = try OrderCommitment([.payment(content)], entropy: &entropy)
    let number = await wallet.nextOrderNumber()
    let signer = try wallet.orderSigner(number)
    let recipient = try wallet.orderIdentity(number).recipient
    guard let key = SigningKeyValue(signer.publicKey.bytes),
      let sealTo = RecipientValue(recipient.bytes)
    else { throw SchemeFailure(description: "no keys") }
    let signed = signer.sign(
      Order(
        oneTimeKey: key, recipient: sealTo, root: commitment.root,
        entryCount: commitment.entryCount, coordinator: coordinator.issuer.key,
        template: SHA256.digest([]), decideBy: clock.now().adding(seconds: 600),
        mask: SHA256.digest(entropy.bytes(32))),
      entropy: &entropy)
    return Purchase(
      process: try UnverifiedStatement(signed.bytes).id.renamed(), part: commitment.parts[0],
      payable: PayableOrder(order: signed, number: number, payments: commitment.parts))
  }

  /// What is sent to the bank for a purchase, out of a wallet.
  func request(for purchase: Purchase, by wallet: Wallet? = nil) async throws -> ReserveRequest {
    let blob = try await (wallet ?? self.wallet).pay(
      purchase.payable, with: means.map { [bank.name: $0] } ?? [:]
    ) { $0[0].bytes }
    return try request(for: purchase, with: blob)
  }

  func request(for purchase: Purchase, with blob: Bytes) throws -> ReserveRequest {
    ReserveRequest(
      id: try purchase.id("reserve"), order: purchase.payable.order, part: purchase.part,
      instrument: Sealed(blob, digest: SHA256.digest(blob)))
  }

  /// A wallet with the same coins, as a thief of its files has it.
  func copiedWallet() async throws -> Wallet {
    try await Self.wallet(
      MemoryStore<any WalletRows>(walletStore.snapshot()), trust, verdicts, clock)
  }

  // MARK: - Verdicts

  func verdict(
    _ purchase: Purchase, _ decision: Decision, by signer: StatementSigner? = nil
  ) -> LoggedVerdict {
    let claim = Verdict(
      process: purchase.process, decision: decision, decidedAt: clock.now(),
      evidence: SHA256.digest([]))
    return LoggedVerdict(
      verdict: (signer ?? coordinator).sign(claim, nonce: Self.nonce()), proof: WordVerdicts.proof)
  }

  func commit(_ purchase: Purchase, by signer: StatementSigner? = nil) -> LoggedVerdict {
    verdict(purchase, .commit(keyBundle: SHA256.digest([1])), by: signer)
  }

  func abort(_ purchase: Purchase, by signer: StatementSigner? = nil) -> LoggedVerdict {
    verdict(purchase, .abort(.timeout), by: signer)
  }

  func post(
    _ purchase: Purchase, _ verdict: LoggedVerdict
  ) async throws -> Outcome<[Signed<Transfer>]> {
    await bank.post(VerdictRequest(id: try purchase.id("post"), verdict: verdict))
  }

  func void(
    _ purchase: Purchase, _ verdict: LoggedVerdict
  ) async throws -> Outcome<Signed<VoidedReservation>> {
    await bank.void(VerdictRequest(id: try purchase.id("void"), verdict: verdict))
  }

  func balance(_ shop: String) async throws -> UInt64 {
    try await bank.balance(of: try Self.account(shop)).minor
  }

  // MARK: - Keys

  private static func wallet(
    _ store: MemoryStore<any WalletRows>, _ trust: TrustStore, _ verdicts: WordVerdicts,
    _ clock: ModelClock
  ) async throws -> Wallet {
    try await Wallet(
      store: store, atRest: atRest(), trust: trust, verdicts: verdicts, clock: clock,
      rules: .testing, makeEntropy: { SystemEntropy() })
  }

  /// The test denominations 1, 2, 4 and 8.
  private static func denominations(keptBy signer: LocalSigner) async throws -> [Denomination] {
    var made: [Denomination] = []
    for value in [UInt64(1), 2, 4, 8] {
      let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Vectors/denominations/value-000\(value).pem")
      let pem = SecretBytes(copying: Bytes(try Data(contentsOf: file)))
      let end = start.adding(seconds: 30 * 86_400)
      made.append(
        Denomination(
          value: value, publicKey: await signer.add(try BlindRSA.PrivateKey(pkcs8PEM: pem)),
          issuedFrom: start, issuedUntil: end, spentUntil: end, redeemedUntil: end))
    }
    return made
  }

  private static func trust(
    bank: StatementSigner, recipient: Age.Recipient, coordinators: [StatementSigner]
  ) throws -> TrustStore {
    let root = try signer("root.example")
    var entropy = SystemEntropy()
    func key(_ signer: StatementSigner, _ role: Role) throws -> TrustedKey {
      guard let value = SigningKeyValue(signer.publicKey.bytes) else {
        throw SchemeFailure(description: "no key")
      }
      return TrustedKey(
        party: signer.issuer.party, role: role, key: value, validFrom: start.adding(seconds: -1),
        validUntil: start.adding(seconds: 1000 * 86_400))
    }
    guard let value = RecipientValue(recipient.bytes) else {
      throw SchemeFailure(description: "no recipient")
    }
    let list = TrustList(
      madeAt: start,
      keys: try [key(root, .trustRoot), key(bank, .bank)]
        + coordinators.map { try key($0, .coordinator) },
      recipients: [TrustedRecipient(party: bank.issuer.party, role: .bank, recipient: value)],
      witnessQuorum: 0)
    return try TrustStore(TrustStore.sign(list, with: root, entropy: &entropy))
  }

  static func bytes(_ name: String) -> Bytes { SHA256.digest(Bytes(name.utf8)).bytes }

  static func signer(_ name: String) throws -> StatementSigner {
    guard let party = PartyName(name) else { throw SchemeFailure(description: "no party name") }
    return StatementSigner(
      party: party, key: try Ed25519.PrivateKey(seed: SecretBytes(copying: bytes(name))))
  }

  package static func atRest() throws -> AtRestKey {
    try AtRestKey(keyFile: SecretBytes(copying: bytes("at rest")))
  }

  private static func nonce() -> Nonce {
    var entropy = SystemEntropy()
    return Nonce(from: &entropy)
  }

  private static func account(_ name: String) throws -> AccountName {
    guard let name = AccountName(name) else { throw SchemeFailure(description: "no account") }
    return name
  }

  private static func currency() throws -> Currency {
    guard let currency = Currency("EUR") else { throw SchemeFailure(description: "no currency") }
    return currency
  }
}
