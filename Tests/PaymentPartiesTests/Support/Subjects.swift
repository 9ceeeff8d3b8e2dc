// The real bank and the real shop, put up for the conformance suites of participants.

import Conformance
import Coordinator
import ECash
import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Synchronization
import Testing

/// Says whatever verdict is wanted, signed and logged: a coordinator and a log that contradict themselves.
final class VerdictPress: Sendable {
  private let home: HomeFolder
  private let trust: TrustStore
  private let coordinator: StatementSigner
  /// Signs under the coordinator's name, with a key that is nobody's.
  let stranger: StatementSigner

  init(_ market: Market) throws {
    home = market.home
    trust = market.trust
    coordinator = StatementSigner(
      party: Fair.coordinator, key: try market.keys(of: Fair.coordinator).signingKey("statements"))
    stranger = StatementSigner(
      party: Fair.coordinator,
      key: try Ed25519.PrivateKey(seed: SecretBytes(copying: Bytes(repeating: 0x3C, count: 32))))
  }

  /// Each verdict stands in a log of its own, which log and witness have signed.
  func verdict(
    _ decision: PaymentModel.Decision, of process: ProcessID, by signer: StatementSigner? = nil
  ) async throws -> LoggedVerdict {
    var entropy = SystemEntropy()
    let clock = SystemWallClock()
    let signed = (signer ?? coordinator).sign(
      Verdict(
        process: process, decision: decision, decidedAt: clock.now(),
        evidence: SHA256.digest(process.bytes)),
      entropy: &entropy)
    let (logName, witnessName) = (Fair.charter.log, Fair.charter.witness)
    let noteSigner = NoteSigner(
      party: logName, purpose: .note,
      key: try home.keys(of: home.state(of: logName)).signingKey("checkpoints"))
    let witness = LocalWitness(
      signer: NoteSigner(
        party: witnessName, purpose: .cosignature,
        key: try home.keys(of: home.state(of: witnessName)).signingKey("cosignatures")),
      logs: [noteSigner.key], store: MemoryStore<any LogRows>(MemoryLogRows()), clock: clock)
    let log = TransparencyLog(
      signer: noteSigner, store: MemoryStore<any LogRows>(MemoryLogRows()), witnesses: [witness],
      quorum: trust.witnessQuorum, trust: trust, clock: clock)
    let id = try UnverifiedStatement(signed.bytes).id
    let proofs = try await log.include([LogEntry(slot: .verdict(of: process), statement: id)])
    return LoggedVerdict(verdict: signed, proof: try #require(proofs.first).bytes)
  }
}

/// A real bank, whose customer has a wallet that can be copied.
final class RealBank: BankSubject {
  private let market: Market
  private let press: VerdictPress
  private let purse: MemoryStore<any WalletRows>
  private let offer: Verified<Offer>
  /// The wallet as it was before each order.
  private let before = Mutex<[ProcessID: MemoryStore<any WalletRows>]>([:])

  init() async throws {
    market = try await Fair.open()
    press = try VerdictPress(market)
    purse = MemoryStore(MemoryWalletRows())
    let seed = Bytes(repeating: 0xA5, count: 32)
    try await Wallet.create(
      in: purse, seed: SecretBytes(copying: seed), atRest: try Self.atRest())
    offer = try market.inspect(
      try await market.sell(Bytes("a good".utf8), as: "good", by: Fair.red, for: 1))
    let account = Fair.account("bob")
    let wallet = try await customer(purse).wallet
    try await market.bank.openAccount(account, key: wallet.accountKey(at: Fair.bank))
    try await market.bank.credit(
      Fair.amount(4), to: account, reference: SHA256.digest(Bytes("bob".utf8)))
    for _ in 0..<4 {
      try await wallet.withdraw(
        Fair.amount(1), from: account, under: market.keyset(), at: market.bank)
    }
  }

  var agent: any PaymentAgent { market.bank }

  func reserveRequest() async throws -> ReserveRequest { try await reserveRequest(from: purse) }

  func secondUse(of request: ReserveRequest) async throws -> ReserveRequest {
    let copy = try #require(before.withLock { $0[request.id.process] })
    return try await reserveRequest(from: copy)
  }

  func verdict(
    _ decision: PaymentModel.Decision, of process: ProcessID
  ) async throws -> LoggedVerdict {
    try await press.verdict(decision, of: process)
  }

  func foreignVerdict(
    _ decision: PaymentModel.Decision, of process: ProcessID
  ) async throws -> LoggedVerdict {
    try await press.verdict(decision, of: process, by: press.stranger)
  }

  private static func atRest() throws -> AtRestKey {
    try AtRestKey(keyFile: SecretBytes(copying: Bytes(repeating: 0x5A, count: 32)))
  }

  private func customer(_ purse: MemoryStore<any WalletRows>) async throws -> Customer {
    let verdicts = VerdictVerifier(market.trust)
    let wallet = try await Wallet(
      store: purse, atRest: try Self.atRest(), trust: market.trust, verdicts: verdicts,
      clock: SystemWallClock())
    return Customer(
      wallet: wallet, trust: market.trust, verdicts: verdicts, clock: SystemWallClock())
  }

  private func reserveRequest(
    from purse: MemoryStore<any WalletRows>
  ) async throws -> ReserveRequest {
    let copy = MemoryStore(purse.snapshot())
    let placed = try await PlacedOrder([offer], by: customer(purse), in: market)
    before.withLock { $0[placed.process] = copy }
    return ReserveRequest(
      id: RequestID(
        process: placed.process, step: try #require(StepPath(rawValue: "reserve/bank.example"))),
      order: placed.submission.order, part: try #require(placed.paymentPart),
      instrument: try #require(placed.submission.instruments.first))
  }
}

/// A real shop, with a good for each sale.
struct RealMerchant: MerchantSubject {
  private let market: Market
  private let press: VerdictPress
  private let shop: Shop

  init() async throws {
    market = try await Fair.open()
    press = try VerdictPress(market)
    shop = try #require(market.shop(Fair.red))
  }

  var agent: any MerchantAgent { shop }

  func depositRequest() async throws -> DepositRequest {
    let good = try await market.sell(
      Bytes("a good".utf8), as: "good-\(TestFolder.fresh("").hashValue)", by: Fair.red, for: 1)
    let offer = try market.inspect(good)
    let placed = try await PlacedOrder([offer], by: market.customer, in: market)
    return DepositRequest(
      id: RequestID(
        process: placed.process, step: try #require(StepPath(rawValue: "deposit/\(offer.id)"))),
      order: placed.submission.order, part: try #require(placed.itemPart))
  }

  func releaseStep(for request: DepositRequest) -> StepPath {
    let step = request.id.step.rawValue.replacing("deposit/", with: "release/")
    return StepPath(rawValue: step) ?? request.id.step
  }

  /// What the bank pays for the one piece.
  func transfers(
    paying request: DepositRequest, under verdict: LoggedVerdict
  ) async throws -> [Signed<Transfer>] {
    var entropy = SystemEntropy()
    let bank = StatementSigner(
      party: Fair.bank, key: try market.keys(of: Fair.bank).signingKey("statements"))
    let transfer = Transfer(
      process: request.id.process, verdict: try UnverifiedStatement(verdict.verdict.bytes).id,
      payee: Fair.payee(of: Fair.red), amount: try Fair.amount(1))
    return [bank.sign(transfer, entropy: &entropy)]
  }

  func verdict(
    _ decision: PaymentModel.Decision, of process: ProcessID
  ) async throws -> LoggedVerdict {
    try await press.verdict(decision, of: process)
  }

  func foreignVerdict(
    _ decision: PaymentModel.Decision, of process: ProcessID
  ) async throws -> LoggedVerdict {
    try await press.verdict(decision, of: process, by: press.stranger)
  }
}

/// An order over some offers that was signed and put on record, and what is in it.
struct PlacedOrder {
  let process: ProcessID
  let submission: PurchaseSubmission
  private(set) var itemPart: CommittedPart?
  private(set) var paymentPart: CommittedPart?

  init(_ offers: [Verified<Offer>], by customer: Customer, in market: Market) async throws {
    let plan = try await customer.plan(
      offers.map { Selection($0) }, coordinator: market.coordinator.key,
      template: market.coordinator.template)
    process = try await customer.place(plan)
    submission = try await customer.submission(of: process)
    for (part, content) in zip(plan.parts, try plan.contents()) {
      switch content {
      case .item: itemPart = part
      case .payment: paymentPart = part
      case .fee: continue
      }
    }
  }
}
