// Banks, merchants, customers and a log in memory: honest, without cryptography, and as forgetful or
// silent as their script says. They pass the participants' conformance suite.

import Coordinator
public import PaymentModel
import Synchronization

/// The answers that were given, by request: the same body gets the same answer, another a conflict.
private struct Answers<Body: Hashable & Sendable, Value: Sendable>: Sendable {
  private var given: [RequestID: (body: Body, answer: Outcome<Value>)] = [:]

  /// The earlier answer to the request, or the one that `make` gives. Held and unknown are not kept.
  mutating func answer(
    _ id: RequestID, _ body: Body, _ make: () -> Outcome<Value>
  ) -> Outcome<Value> {
    if let earlier = given[id] {
      return earlier.body == body ? earlier.answer : .refused(.conflict, nil)
    }
    let answer = make()
    switch answer {
    case .done, .refused: given[id] = (body, answer)
    case .held, .unknown: break
    }
    return answer
  }
}

/// Signs and reads for one party.
struct ModelSigner: Sendable {
  let evidence: ModelEvidence
  let name: PartyName
  let coordinator: PartyName

  /// Deterministic, so that what is made again is the same.
  func sign<Content: Claim>(_ claim: Content) -> Signed<Content> {
    let seed = ModelEvidence.digest(Bytes("\(name) \(claim)".utf8)).bytes
    var entropy = ModelEntropy(seed: seed.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    return evidence.sign(claim, by: .party(name), nonce: Nonce(from: &entropy))
  }

  func refuse<Value>(_ id: RequestID, _ reason: RefusalReason) -> Outcome<Value> {
    .refused(
      reason, sign(Refusal(process: id.process, step: id.step, reason: reason, details: nil)))
  }

  func verdict(_ request: VerdictRequest) -> Stated<Verdict>? {
    verdict(request.verdict, of: request.id.process)
  }

  func verdict(_ logged: LoggedVerdict, of process: ProcessID) -> Stated<Verdict>? {
    guard let verdict = try? evidence.read(logged.verdict, by: .party(coordinator)),
      verdict.claim.process == process, logged.proof == ModelLog.proof
    else { return nil }
    return verdict
  }
}

/// A bank whose coins are numbers.
public final class ModelBank: PaymentAgent {
  private struct Hold: Sendable {
    var coin: Int
    var part: PaymentPart
    var isPosted = false
  }

  private struct State: Sendable {
    var reserves = Answers<ReserveRequest, Signed<Reservation>>()
    var posts = Answers<VerdictRequest, [Signed<Transfer>]>()
    var voids = Answers<VerdictRequest, Signed<VoidedReservation>>()
    var coins: [Int: (process: ProcessID, until: Timestamp, isSpent: Bool)] = [:]
    var holds: [ProcessID: Hold] = [:]
    var voided: [ProcessID] = []
    var balances: [Payee: UInt64] = [:]
  }

  public let name: PartyName
  public let faults: ModelFaults
  private let signer: ModelSigner
  private let state = Mutex(State())

  public init(
    name: PartyName, evidence: ModelEvidence, coordinator: PartyName, clock: ModelClock
  ) {
    self.name = name
    signer = ModelSigner(evidence: evidence, name: name, coordinator: coordinator)
    faults = ModelFaults(clock: clock)
  }

  /// A payment with one coin that is worth whatever it has to pay.
  public static func instrument(coin: Int) -> Sealed<SealedContent.Instrument> {
    ModelExaminer.seal(Bytes("coin \(coin)".utf8), as: SealedContent.Instrument.self)
  }

  public func balance(of payee: Payee) -> UInt64 {
    state.withLock { $0.balances[payee] ?? 0 }
  }

  /// Whether some process that is not ended holds money.
  public var isHolding: Bool {
    state.withLock { state in state.holds.values.contains { !$0.isPosted } }
  }

  /// How many coins undecided processes hold, and how many are spent.
  public var coinCounts: (held: Int, spent: Int) {
    state.withLock { state in
      let spent = state.coins.values.count { $0.isSpent }
      return (state.coins.count - spent, spent)
    }
  }

  public func reserve(_ request: ReserveRequest) async -> Outcome<Signed<Reservation>> {
    await faults.around(.reserve) { [self] in
      state.withLock { state in
        var reserves = state.reserves
        defer { state.reserves = reserves }
        return reserves.answer(request.id, request) { reserve(request, &state) }
      }
    }
  }

  private func reserve(
    _ request: ReserveRequest, _ state: inout State
  ) -> Outcome<Signed<Reservation>> {
    let process = request.id.process
    guard let order = try? signer.evidence.read(order: request.order),
      order.id == process.renamed(), state.holds[process] == nil,
      case .payment(let part) = signer.evidence.read(part: request.part), part.bank == name,
      let coin = Int(String(decoding: request.instrument.bytes.dropFirst(5), as: UTF8.self))
    else { return signer.refuse(request.id, .invalid) }
    guard !state.voided.contains(process) else { return signer.refuse(request.id, .voided) }
    if let use = state.coins[coin], use.process != process {
      return use.isSpent
        ? signer.refuse(request.id, .doubleSpend) : .held(until: use.until)
    }
    state.coins[coin] = (process, order.claim.decideBy, false)
    state.holds[process] = Hold(coin: coin, part: part)
    return .done(
      signer.sign(
        Reservation(
          process: process, part: ModelEvidence.digest(request.part.part), total: part.total,
          decideBy: order.claim.decideBy)))
  }

  public func post(_ request: PostRequest) async -> Outcome<[Signed<Transfer>]> {
    await faults.around(.post) { [self] in
      state.withLock { state in
        var posts = state.posts
        defer { state.posts = posts }
        guard let verdict = signer.verdict(request), verdict.claim.decision.isCommit else {
          return signer.refuse(request.id, .invalid)
        }
        return posts.answer(request.id, request) { post(request, under: verdict, &state) }
      }
    }
  }

  private func post(
    _ request: VerdictRequest, under verdict: Stated<Verdict>, _ state: inout State
  ) -> Outcome<[Signed<Transfer>]> {
    let process = request.id.process
    guard !state.voided.contains(process) else { return signer.refuse(request.id, .voided) }
    guard let hold = state.holds[process], !hold.isPosted else {
      return signer.refuse(request.id, .invalid)
    }
    state.holds[process]?.isPosted = true
    state.coins[hold.coin]?.isSpent = true
    return .done(
      hold.part.payouts.map { payout in
        state.balances[payout.payee, default: 0] += payout.amount.minor
        return signer.sign(
          Transfer(
            process: process, verdict: verdict.id, payee: payout.payee, amount: payout.amount,
            fee: hold.part.fee(of: payout),
            // Model banks let each other draw whatever they want.
            draw: payout.payee.bank == name
              ? nil : Draw(line: verdict.id, total: Amount.largestMinor)))
      })
  }

  public func void(_ request: VerdictRequest) async -> Outcome<Signed<VoidedReservation>> {
    await faults.around(.void) { [self] in
      state.withLock { state in
        var voids = state.voids
        defer { state.voids = voids }
        guard let verdict = signer.verdict(request), !verdict.claim.decision.isCommit else {
          return signer.refuse(request.id, .invalid)
        }
        return voids.answer(request.id, request) { void(request, under: verdict, &state) }
      }
    }
  }

  private func void(
    _ request: VerdictRequest, under verdict: Stated<Verdict>, _ state: inout State
  ) -> Outcome<Signed<VoidedReservation>> {
    let process = request.id.process
    let hold = state.holds[process]
    guard hold?.isPosted != true else { return signer.refuse(request.id, .conflict) }
    state.voided.append(process)
    state.holds[process] = nil
    if let hold { state.coins[hold.coin] = nil }
    return .done(
      signer.sign(
        VoidedReservation(process: process, verdict: verdict.id, released: hold?.part.total)))
  }
}

/// A merchant whose goods are their offers.
public final class ModelMerchant: MerchantAgent {
  private struct State: Sendable {
    var deposits = Answers<DepositRequest, DepositedKey>()
    var releases = Answers<VerdictRequest, Signed<Release>>()
    var settlements = Answers<SettleRequest, Signed<Settlement>>()
    var offers: [StatementID: Offer] = [:]
    /// What an offer's deposits bring instead of the right identity.
    var wrongKeys: [StatementID] = []
    var stock: [String: Int] = [:]
    var holds: [ProcessID: [(offer: StatementID, step: StepPath)]] = [:]
    var released: [ProcessID] = []
    var settled: [ProcessID] = []
    var decideBy: [ProcessID: Timestamp] = [:]

    /// When the other processes that hold a piece of a stock are to be decided.
    func undecided(_ stock: String, but process: ProcessID) -> [Timestamp] {
      holds.filter { $0.key != process && !settled.contains($0.key) }.flatMap { holder, held in
        held.filter { offers[$0.offer]?.stock == stock }.compactMap { _ in decideBy[holder] }
      }
    }
  }

  public let name: PartyName
  public let faults: ModelFaults
  private let clock: ModelClock
  private let signer: ModelSigner
  private let state = Mutex(State())

  public init(
    name: PartyName, evidence: ModelEvidence, coordinator: PartyName, clock: ModelClock
  ) {
    self.name = name
    self.clock = clock
    signer = ModelSigner(evidence: evidence, name: name, coordinator: coordinator)
    faults = ModelFaults(clock: clock)
  }

  public func offer(_ offer: Offer) -> Signed<Offer> {
    let signed = signer.sign(offer)
    let id = ModelEvidence.digest(signed.bytes)
    state.withLock { $0.offers[id.renamed()] = offer }
    return signed
  }

  /// Deposits of that offer bring a key that does not open it.
  public func depositWrongKey(for offer: StatementID) {
    state.withLock { $0.wrongKeys.append(offer) }
  }

  public func setStock(_ name: String, to count: Int) {
    state.withLock { $0.stock[name] = count }
  }

  /// Pieces that nobody holds or has bought.
  public func stock(_ name: String) -> Int { state.withLock { $0.stock[name] ?? 0 } }

  /// Whether the sale has been confirmed.
  public func hasSettled(_ process: ProcessID) -> Bool {
    state.withLock { $0.settled.contains(process) }
  }

  public var isHolding: Bool {
    state.withLock { state in
      state.holds.keys.contains { !state.settled.contains($0) }
    }
  }

  public func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    await faults.around(.deposit) { [self] in
      state.withLock { state in
        var deposits = state.deposits
        defer { state.deposits = deposits }
        return deposits.answer(request.id, request) { deposit(request, &state) }
      }
    }
  }

  private func deposit(
    _ request: DepositRequest, _ state: inout State
  ) -> Outcome<DepositedKey> {
    let process = request.id.process
    guard let order = try? signer.evidence.read(order: request.order),
      order.id == process.renamed(), case .item(let item) = signer.evidence.read(part: request.part)
    else { return signer.refuse(request.id, .invalid) }
    guard let offer = state.offers[item.offer] else {
      return signer.refuse(request.id, .notOffered)
    }
    guard !state.released.contains(process) else { return signer.refuse(request.id, .voided) }
    if let stock = offer.stock {
      let count = state.stock[stock] ?? 0
      guard count >= item.quantity else {
        // Somebody else's undecided hold is no reason to refuse.
        let undecided = state.undecided(stock, but: process)
        guard count + undecided.count >= item.quantity, let until = undecided.min() else {
          return signer.refuse(request.id, .soldOut)
        }
        return .held(until: until)
      }
      state.stock[stock] = count - item.quantity
    }
    guard let amount = try? offer.price.gross.multiplied(by: UInt64(item.quantity)) else {
      return signer.refuse(request.id, .invalid)
    }
    state.holds[process, default: []].append((item.offer, request.id.step))
    state.decideBy[process] = order.claim.decideBy
    let identity =
      state.wrongKeys.contains(item.offer)
      ? Bytes("opens nothing".utf8)
      : ModelExaminer.identity(opening: offer)
    let deposit = Deposit(
      process: process, offer: item.offer, quantity: item.quantity, amount: amount,
      payee: offer.payee, decideBy: order.claim.decideBy,
      heldUntil: clock.now().adding(seconds: Int64(offer.holdLimitSeconds)),
      keyDigest: ModelExaminer.keyDigest(of: identity, process: process))
    return .done(
      DepositedKey(
        deposit: signer.sign(deposit),
        key: ModelExaminer.seal(identity, as: SealedContent.GoodsKey.self)))
  }

  public func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    await faults.around(.release) { [self] in
      state.withLock { state in
        var releases = state.releases
        defer { state.releases = releases }
        guard let verdict = signer.verdict(request), !verdict.claim.decision.isCommit else {
          return signer.refuse(request.id, .invalid)
        }
        return releases.answer(request.id, request) { release(request, under: verdict, &state) }
      }
    }
  }

  private func release(
    _ request: VerdictRequest, under verdict: Stated<Verdict>, _ state: inout State
  ) -> Outcome<Signed<Release>> {
    let process = request.id.process
    guard !state.settled.contains(process) else { return signer.refuse(request.id, .conflict) }
    guard let offer = StatementID(hex: request.id.step.rawValue.split(separator: "/").last ?? "")
    else { return signer.refuse(request.id, .invalid) }
    state.released.append(process)
    if let stock = state.offers[offer]?.stock,
      state.holds[process]?.contains(where: { $0.offer == offer }) == true
    {
      state.stock[stock, default: 0] += 1
    }
    state.holds[process]?.removeAll { $0.offer == offer }
    if state.holds[process]?.isEmpty == true { state.holds[process] = nil }
    return .done(
      signer.sign(Release(process: process, offer: offer, verdict: verdict.id)))
  }

  public func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    await faults.around(.confirm) { [self] in
      state.withLock { state in
        var settlements = state.settlements
        defer { state.settlements = settlements }
        guard let verdict = signer.verdict(request.verdict, of: request.id.process),
          verdict.claim.decision.isCommit
        else { return signer.refuse(request.id, .invalid) }
        return settlements.answer(request.id, request) { settle(request, under: verdict, &state) }
      }
    }
  }

  private func settle(
    _ request: SettleRequest, under verdict: Stated<Verdict>, _ state: inout State
  ) -> Outcome<Signed<Settlement>> {
    let process = request.id.process
    guard !state.released.contains(process) else { return signer.refuse(request.id, .conflict) }
    state.settled.append(process)
    let transfers: [StatementID] = request.transfers.map {
      ModelEvidence.digest($0.bytes).renamed()
    }
    return .done(
      signer.sign(
        Settlement(process: process, verdict: verdict.id, transfers: transfers.sorted())))
  }
}

/// A customer who wants what she ordered.
public final class ModelCustomer: CustomerAgent {
  public let oneTimeKey: SigningKeyValue
  public let faults: ModelFaults
  private let evidence: ModelEvidence
  private let told = Mutex<[LoggedVerdict]>([])
  private let isWilling = Mutex(true)

  public init(oneTimeKey: SigningKeyValue, evidence: ModelEvidence, clock: ModelClock) {
    self.oneTimeKey = oneTimeKey
    self.evidence = evidence
    faults = ModelFaults(clock: clock)
  }

  /// She does not want what she ordered any more.
  public func refuseDelivery() { isWilling.withLock { $0 = false } }

  /// The verdicts that she was told.
  public var verdicts: [LoggedVerdict] { told.withLock { $0 } }

  public func requestDelivery(_ query: DeliveryQuery) async -> Outcome<Signed<DeliveryRequest>> {
    await faults.around(.decide) { [self] in
      guard isWilling.withLock({ $0 }) else { return .refused(.invalid, nil) }
      let ids = query.acceptances.map { ModelEvidence.digest($0.bytes) }
      return .done(
        sign(
          DeliveryRequest(process: query.id.process, acceptances: ids.map { $0.renamed() }.sorted())
        ))
    }
  }

  public func notify(_ notice: VerdictRequest) async -> Outcome<Notified> {
    await faults.around(.notify) { [self] in
      told.withLock { $0.append(notice.verdict) }
      return .done(Notified())
    }
  }

  public func cancellation(of process: ProcessID) -> Signed<Cancellation> {
    sign(Cancellation(process: process))
  }

  private func sign<Content: Claim>(_ claim: Content) -> Signed<Content> {
    var entropy = ModelEntropy(seed: 7)
    return evidence.sign(claim, by: .oneTime(oneTimeKey), nonce: Nonce(from: &entropy))
  }
}

/// A log that keeps one verdict for each process.
public final class ModelLog: VerdictLog {
  static let proof = Bytes("in the log".utf8)

  public let faults: ModelFaults
  private let slots = Mutex<[ProcessID: Signed<Verdict>]>([:])
  private let published = Mutex<[VerdictEntry]>([])
  private let bundles = Mutex<[ProcessID: Sealed<SealedContent.KeyBundle>]>([:])
  private let isReachable = Mutex(true)
  private let questions = Mutex(0)

  public init(clock: ModelClock) {
    faults = ModelFaults(clock: clock)
  }

  /// Whether it says what it holds.
  public func setReachable(_ value: Bool) { isReachable.withLock { $0 = value } }

  /// How often it was asked what it holds.
  public var questionCount: Int { questions.withLock { $0 } }

  /// The sealed keys of a committed purchase, for anybody.
  public func bundle(of process: ProcessID) -> Sealed<SealedContent.KeyBundle>? {
    bundles.withLock { $0[process] }
  }

  public var verdictCount: Int { slots.withLock { $0.count } }

  public func verdict(of process: ProcessID) -> Signed<Verdict>? {
    slots.withLock { $0[process] }
  }

  public func latestVerdicts(
    by key: Thumbprint, atMost count: Int
  ) async -> Outcome<[VerdictEntry]> {
    questions.withLock { $0 += 1 }
    guard isReachable.withLock({ $0 }) else { return .unknown("no connection") }
    return .done(Array(published.withLock { $0.suffix(count).reversed() }))
  }

  public func loggedVerdict(of process: ProcessID) async -> Outcome<Signed<Verdict>?> {
    questions.withLock { $0 += 1 }
    guard isReachable.withLock({ $0 }) else { return .unknown("no connection") }
    return .done(verdict(of: process))
  }

  public func publish(
    _ verdict: Signed<Verdict>, process: ProcessID, bundle: Sealed<SealedContent.KeyBundle>?
  ) async -> Outcome<LoggedVerdict> {
    await faults.around(.publish) { [self] in
      slots.withLock { slots in
        if let other = slots[process], other != verdict { return .refused(.conflict, nil) }
        if slots[process] == nil {
          published.withLock { $0.append(VerdictEntry(process: process, verdict: verdict)) }
        }
        slots[process] = verdict
        if let bundle { bundles.withLock { $0[process] = bundle } }
        return .done(LoggedVerdict(verdict: verdict, proof: Self.proof))
      }
    }
  }
}
