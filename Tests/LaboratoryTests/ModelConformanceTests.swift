// The model bank and the model merchant do what every bank and merchant must do.

import Conformance
import Coordinator
import Laboratory
import PaymentCrypto
import PaymentModel
import Synchronization
import Testing

@Suite("Model participants")
struct ModelConformanceTests {
  @Test func bank() async throws {
    try await ParticipantConformance.checkBank { BankAtCounter(counter: try Counter()) }
  }

  @Test func merchant() async throws {
    try await ParticipantConformance.checkMerchant { ShopAtCounter(counter: try Counter()) }
  }
}

private struct BankAtCounter: BankSubject {
  let counter: Counter
  var agent: any PaymentAgent { counter }
  func reserveRequest() async throws -> ReserveRequest { try await counter.reserveRequest() }
  func secondUse(of request: ReserveRequest) async throws -> ReserveRequest {
    try await counter.secondUse(of: request)
  }
  func verdict(_ decision: Decision, of process: ProcessID) async throws -> LoggedVerdict {
    try await counter.verdict(decision, of: process)
  }
  func foreignVerdict(_ decision: Decision, of process: ProcessID) async throws -> LoggedVerdict {
    try await counter.verdict(decision, of: process, by: Counter.stranger)
  }
}

private struct ShopAtCounter: MerchantSubject {
  let counter: Counter
  var agent: any MerchantAgent { counter }
  func depositRequest() async throws -> DepositRequest { try await counter.depositRequest() }
  func releaseStep(for request: DepositRequest) -> StepPath { counter.releaseStep(for: request) }
  func transfers(
    paying request: DepositRequest, under verdict: LoggedVerdict
  ) async throws -> [Signed<Transfer>] {
    try await counter.transfers(paying: request, under: verdict)
  }
  func verdict(_ decision: Decision, of process: ProcessID) async throws -> LoggedVerdict {
    try await counter.verdict(decision, of: process)
  }
  func foreignVerdict(_ decision: Decision, of process: ProcessID) async throws -> LoggedVerdict {
    try await counter.verdict(decision, of: process, by: Counter.stranger)
  }
}

/// A bank and a merchant with plenty of everything.
private final class Counter: PaymentAgent, MerchantAgent, Sendable {
  private struct State {
    var bank: Laboratory.ModelBank
    var shop: ModelShop
    var entropy = SimulationEntropy(seed: 5)
    var nextCoin = 0
  }

  private struct Unusable: Error {}

  private let setting = Setting(banks: 1, shops: 1, flaw: nil)
  private let state: Mutex<State>
  private let coins: [CoinID]
  private let good: Good

  init() throws {
    var entropy = SimulationEntropy(seed: 3)
    let payee = Payee(
      bank: setting.bankNames[0], account: try #require(AccountName("account-0")))
    let price = try Price(
      net: Amount(minor: 100, currency: try #require(Currency("EUR"))),
      tax: .zero(try #require(Currency("EUR"))))
    let identity = entropy.bytes(32)
    let offer = Offer(
      title: "good", description: "", fileName: "good", mediaType: "text/plain",
      container: ContainerCommitment(
        recipient: SymbolicKey.recipient(of: identity), header: [],
        payloadNonce: Bytes(repeating: 0, count: 16), ciphertextLength: 100, chunkCount: 1,
        goodsRoot: entropy.identifier(), plaintextLength: 10),
      mode: .catalogue, stock: nil, price: price, maximumQuantity: 3, payee: payee,
      accepts: [AcceptedPayment(bank: payee.bank, method: .ecash)],
      coordinators: [setting.coordinatorKey], holdLimitSeconds: 60, deliveryLimitSeconds: 60,
      expiresAt: Stage.start.adding(seconds: 3600), retainedUntil: Stage.start.adding(seconds: 7200)
    )
    let signed = SymbolicSigner(setting.shopNames[0]).sign(offer, nonce: Nonce(from: &entropy))
    good = Good(
      offer: try SymbolicEvidence.read(signed, by: .party(setting.shopNames[0])), signed: signed,
      identity: identity)
    var books = BankBooks()
    books.accounts = [BankBooks.Account(name: payee.account, minor: 0)]
    coins = (0..<32).map { _ in entropy.identifier() }
    books.coins = coins.map { BankBooks.Coin(id: $0, value: 100) }
    state = Mutex(
      State(
        bank: Laboratory.ModelBank(
          name: setting.bankNames[0], cheat: nil, books: books, entropy: entropy.fork()),
        shop: ModelShop(
          name: setting.shopNames[0], cheat: nil, goods: [good], books: ShopBooks(),
          entropy: entropy.fork())))
  }

  // MARK: - Orders

  private func order(coin: CoinID) throws -> (ReserveRequest, DepositRequest) {
    try state.withLock { state in
      let gross = good.offer.claim.price.gross
      let parts = [
        OrderPart.item(ItemPart(offer: good.offer.id, quantity: 1)),
        OrderPart.payment(
          PaymentPart(
            bank: setting.bankNames[0], method: .ecash, total: gross,
            payouts: [Payout(payee: good.offer.claim.payee, amount: gross)])),
      ]
      let (root, committed) = SymbolicEvidence.commit(parts, entropy: &state.entropy)
      let order = Order(
        oneTimeKey: state.entropy.identifier(), recipient: state.entropy.identifier(), root: root,
        entryCount: 64, coordinator: setting.coordinatorKey, template: setting.template,
        decideBy: Stage.start.adding(seconds: 600), mask: state.entropy.identifier())
      let signed = SymbolicSigner(oneTimeKey: order.oneTimeKey)
        .sign(order, nonce: Nonce(from: &state.entropy))
      let process: ProcessID = SymbolicEvidence.id(of: signed).renamed()
      let instrument = SymbolicInstrument(
        process: process, part: SHA256.digest(committed[1].part), total: gross.minor,
        numbers: [coin])
      guard let reserve = StepPath(rawValue: "reserve/bank"),
        let deposit = StepPath(rawValue: "deposit/\(good.offer.id)")
      else { throw Unusable() }
      return (
        ReserveRequest(
          id: RequestID(process: process, step: reserve), order: signed, part: committed[1],
          instrument: instrument.sealed),
        DepositRequest(
          id: RequestID(process: process, step: deposit), order: signed, part: committed[0])
      )
    }
  }

  func reserveRequest() async throws -> ReserveRequest {
    let coin = state.withLock { state in
      state.nextCoin += 1
      return coins[state.nextCoin - 1]
    }
    return try order(coin: coin).0
  }

  func secondUse(of request: ReserveRequest) async throws -> ReserveRequest {
    try order(coin: try #require(CoinID(Bytes(request.instrument.bytes.suffix(32))))).0
  }

  func depositRequest() async throws -> DepositRequest { try order(coin: coins[0]).1 }

  func releaseStep(for request: DepositRequest) -> StepPath {
    StepPath(rawValue: request.id.step.rawValue.replacing("deposit/", with: "release/"))
      ?? request.id.step
  }

  func transfers(
    paying request: DepositRequest, under verdict: LoggedVerdict
  ) async throws -> [Signed<Transfer>] {
    state.withLock { state in
      let transfer = Transfer(
        process: request.id.process, verdict: SymbolicEvidence.id(of: verdict.verdict),
        payee: good.offer.claim.payee, amount: good.offer.claim.price.gross)
      return [
        SymbolicSigner(setting.bankNames[0]).sign(transfer, nonce: Nonce(from: &state.entropy))
      ]
    }
  }

  /// A coordinator that no order names.
  static let stranger = Setting.name("other-coordinator.example")

  func verdict(
    _ decision: Decision, of process: ProcessID, by coordinator: PartyName = Setting.coordinatorName
  ) async throws -> LoggedVerdict {
    let verdict = Verdict(
      process: process, decision: decision, decidedAt: Stage.start, evidence: process.renamed())
    let nonce = state.withLock { Nonce(from: &$0.entropy) }
    let signed = SymbolicSigner(coordinator).sign(verdict, nonce: nonce)
    return LoggedVerdict(verdict: signed, proof: SymbolicEvidence.proof(of: signed))
  }

  // MARK: - Ports

  private func bank(_ request: ParticipantRequest) -> ParticipantReply? {
    state.withLock { $0.bank.answer(request, at: Stage.start, in: setting) }
  }

  private func shop(_ request: ParticipantRequest) -> ParticipantReply? {
    state.withLock { $0.shop.answer(request, at: Stage.start, in: setting) }
  }

  func reserve(_ request: ReserveRequest) async -> Outcome<Signed<Reservation>> {
    guard case .reserved(let outcome)? = bank(.reserve(request, bank: setting.bankNames[0])) else {
      return .unknown("no answer")
    }
    return outcome
  }

  func post(_ request: PostRequest) async -> Outcome<[Signed<Transfer>]> {
    guard case .transferred(let outcome)? = bank(.post(request, bank: setting.bankNames[0])) else {
      return .unknown("no answer")
    }
    return outcome
  }

  func void(_ request: VerdictRequest) async -> Outcome<Signed<VoidedReservation>> {
    guard case .voided(let outcome)? = bank(.void(request, bank: setting.bankNames[0])) else {
      return .unknown("no answer")
    }
    return outcome
  }

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    guard case .deposited(let outcome)? = shop(.deposit(request, merchant: setting.shopNames[0]))
    else { return .unknown("no answer") }
    return outcome
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    guard case .released(let outcome)? = shop(.release(request, merchant: setting.shopNames[0]))
    else { return .unknown("no answer") }
    return outcome
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    guard case .settled(let outcome)? = shop(.settle(request, merchant: setting.shopNames[0]))
    else { return .unknown("no answer") }
    return outcome
  }
}
