// A merchant without cryptography: the rules of `Goods/Shop/Rules`, over books in memory.

package import Coordinator
import PaymentCrypto
package import PaymentModel

/// How a merchant cheats.
package enum ShopCheat: CaseIterable, Hashable, Sendable {
  /// Answers every other request.
  case silent
  /// Answers when the time is out.
  case late
  /// Deposits a key that does not open the container.
  case wrongKey
  /// Sends something else than the key that it signed for.
  case unreadableKey
  /// Signs deposits of another amount.
  case falseClaim
  /// Says one thing to the first attempt and another to the next.
  case twoFaced
}

package struct ModelShop: Hashable, Sendable {
  package struct Waiting: Hashable, Sendable {
    package let process: ProcessID
    package let offer: StatementID
  }

  /// Something that others may notice: a good taken, given back, or not given.
  struct Done: Hashable, Sendable {
    let coordinator: Thumbprint
    let event: HistoryEvent
  }

  package let name: PartyName
  package let cheat: ShopCheat?
  package let goods: [Good]
  package var desk: Desk<ShopBooks>
  /// Who was told to wait, and for what: a good that others hold.
  package private(set) var waiting: [Waiting] = []
  /// What it did, of which nothing is durable yet, in order.
  private var done: [Done] = []
  package let limits: HoldLimits
  private let signer: SymbolicSigner
  private var entropy: SimulationEntropy
  /// What it did since somebody asked last.
  private var occurrences: [Occurrence] = []

  package init(
    name: PartyName, cheat: ShopCheat?, goods: [Good], books: ShopBooks,
    entropy: SimulationEntropy, limits: HoldLimits = .none
  ) {
    self.name = name
    self.cheat = cheat
    self.goods = goods
    self.limits = limits
    desk = Desk(books)
    signer = SymbolicSigner(name)
    self.entropy = entropy
  }

  /// Answers a coordinator; `nil` is silence.
  package mutating func answer(
    _ request: ParticipantRequest, at now: Timestamp, in setting: Setting
  ) -> ParticipantReply? {
    reply(to: request, at: now, in: setting).reply
  }

  /// Answers a coordinator, and says when.
  mutating func reply(
    to request: ParticipantRequest, at now: Timestamp, in setting: Setting
  ) -> PartyAnswer {
    desk.books.requests += 1
    if cheat == .silent, desk.books.requests.isMultiple(of: 2) {
      occurrences.append(.merchantSilence)
      return PartyAnswer(nil)
    }
    if setting.flaw == .releaseOnTimeout { lapse(at: now) }
    let reply =
      switch request {
      case .deposit(let request, _): ParticipantReply.deposited(deposit(request, at: now, setting))
      case .release(let request, _): ParticipantReply.released(release(request, setting))
      case .settle(let request, _): ParticipantReply.settled(settle(request, setting))
      default: ParticipantReply.unreachable
      }
    guard cheat == .late,
      let lateness = Lateness.draw(for: request, reply, from: &entropy)
    else { return PartyAnswer(reply) }
    occurrences.append(.merchantLateness)
    return PartyAnswer(reply, lateness: lateness)
  }

  mutating func takeOccurrences() -> [Occurrence] {
    guard !occurrences.isEmpty else { return [] }
    defer { occurrences = [] }
    return occurrences
  }

  mutating func sign<Content: Claim>(
    _ claim: Content, process: ProcessID, of coordinator: Thumbprint, part: Int
  ) -> Signed<Content> {
    let signed = signer.sign(claim, nonce: Nonce(from: &entropy))
    desk.books.statements.append(
      StatementNote(
        kind: Content.kind, coordinator: coordinator, process: process, part: part,
        id: SymbolicEvidence.id(of: signed)))
    return signed
  }

  func number(of offer: StatementID) -> Int {
    goods.firstIndex { $0.offer.id == offer } ?? -1
  }

  /// The stored answer; the second is whether the body is the same.
  func stored(_ key: RequestKey, _ request: ParticipantRequest) -> (ParticipantReply, Bool)? {
    desk.books.replies.first { $0.key == key }.map { ($0.reply, $0.request == request) }
  }

  mutating func store(
    _ reply: ParticipantReply, _ key: RequestKey, _ request: ParticipantRequest
  ) {
    desk.books.replies.append(StoredReply(key: key, request: request, reply: reply))
    desk.touch()
  }

  static func offer(of step: StepPath) -> StatementID? {
    step.rawValue.split(separator: "/").last.flatMap { StatementID(hex: $0) }
  }

  /// What no merchant may do: a hold ends by its verdict alone.
  private mutating func lapse(at now: Timestamp) {
    for place in desk.books.holds.indices
    where desk.books.holds[place].state == .held && desk.books.holds[place].decideBy <= now {
      desk.books.holds[place].state = .released
      note(undone: desk.books.holds[place])
      move(desk.books.holds[place].quantity, to: desk.books.holds[place].stock)
      desk.touch()
    }
  }

  // MARK: - What it did

  /// All that it did since this was asked last.
  mutating func takeDone() -> [Done] {
    guard !done.isEmpty else { return [] }
    defer { done = [] }
    return done
  }

  /// Forgets what is not durable, together with the books.
  mutating func crash(keepsWrites: Bool) {
    desk.crash(keepsWrites: keepsWrites)
    if !keepsWrites { done = [] }
  }

  mutating func forgetOrder() {
    desk.rearrange { $0.forgetOrder() }
    waiting.sort { ($0.process, $0.offer) < ($1.process, $1.offer) }
  }

  private static func path(of offer: StatementID) -> StepPath {
    guard let path = StepPath(rawValue: "deposit/\(offer)") else { fatalError("a path") }
    return path
  }

  /// A good takes its offer, if that is for one sale, and its pieces of a stock.
  private func uses(of offer: StatementID, stock: String?, quantity: Int) -> [ResourceUse] {
    var uses: [ResourceUse] = []
    if goods.first(where: { $0.offer.id == offer })?.offer.claim.mode == .individual {
      uses.append(ResourceUse(Resource(owner: name, name: offer.hex)))
    }
    if let stock {
      uses.append(
        ResourceUse(Resource(owner: name, name: stock), .counted(quantity)))
    }
    return uses
  }

  private mutating func note(done hold: ShopBooks.Hold) {
    let step = HistoryStep(
      Self.path(of: hold.offer),
      uses: uses(of: hold.offer, stock: hold.stock, quantity: hold.quantity))
    done.append(
      Done(
        coordinator: hold.coordinator,
        event: HistoryEvent(process: hold.process, kind: .done(step, .compensatable))))
  }

  mutating func note(undone hold: ShopBooks.Hold) {
    done.append(
      Done(
        coordinator: hold.coordinator,
        event: HistoryEvent(process: hold.process, kind: .undone(Self.path(of: hold.offer)))))
  }

  /// Refused for what others have: an offer that is sold or held, or pieces that are too few.
  private mutating func note(refused refusal: ShopBooks.SoldOut, to coordinator: Thumbprint) {
    let isOfferTaken = desk.books.holds.contains {
      $0.offer == refusal.offer && ($0.state == .held || $0.state == .sold)
    }
    let uses = uses(of: refusal.offer, stock: refusal.stock, quantity: refusal.quantity)
    let level = desk.books.stocks.first { $0.name == refusal.stock }?.level
    done.append(
      Done(
        coordinator: coordinator,
        event: HistoryEvent(
          process: refusal.process,
          kind: .refused(
            Self.path(of: refusal.offer), isOfferTaken ? uses.first : uses.last,
            left: isOfferTaken ? nil : level))))
  }

  mutating func move(_ pieces: Int, to stock: String?) {
    guard let place = desk.books.stocks.firstIndex(where: { $0.name == stock }) else { return }
    desk.books.stocks[place].level += pieces
  }
}

// MARK: - Deposit

extension ModelShop {
  private mutating func deposit(
    _ request: DepositRequest, at now: Timestamp, _ setting: Setting
  ) -> Outcome<DepositedKey> {
    let process = request.id.process
    guard let order = try? SymbolicEvidence.read(order: request.order),
      order.id.renamed() == process,
      case .item(let item)? = try? SymbolicEvidence.read(request.part, of: order.claim),
      Self.offer(of: request.id.step) == item.offer
    else { return .refused(.invalid, nil) }
    let coordinator = order.claim.coordinator
    guard setting.isCoordinator(coordinator) else { return .refused(.coordinatorRefused, nil) }
    let key = RequestKey(coordinator: coordinator, process: process, step: request.id.step)
    let isIdempotent = setting.flaw != .noIdempotency
    if isIdempotent, let (reply, isSame) = stored(key, .deposit(request, merchant: name)) {
      guard isSame, case .deposited(let outcome) = reply else {
        return .refused(.conflict, nil)
      }
      guard cheat != .twoFaced else {
        occurrences.append(.merchantTwoFaced)
        return .refused(.conflict, nil)
      }
      return outcome
    }
    let isHeld = desk.books.holds.contains {
      $0.coordinator == coordinator && $0.process == process && $0.offer == item.offer
    }
    if isIdempotent, isHeld { return .refused(.conflict, nil) }
    let ended = desk.books.verdicts.first {
      $0.coordinator == coordinator && $0.process == process
    }
    if let ended, setting.flaw != .noMerchantTombstone {
      return refuse(ended.isCommit ? .tooLate : .voided, key, request, item)
    }
    if setting.flaw == .merchantRefusesForNoReason,
      let reason = FalseRefusal.reason(for: process, among: FalseRefusal.reasonsOfMerchants)
    {
      return refuse(reason, key, request, item)
    }
    guard let good = goods.first(where: { $0.offer.id == item.offer }),
      good.offer.claim.coordinators.contains(coordinator), now < good.offer.claim.expiresAt,
      order.claim.template == setting.template,
      item.quantity <= good.offer.claim.maximumQuantity
    else { return refuse(.notOffered, key, request, item) }
    guard now < order.claim.decideBy else { return refuse(.tooLate, key, request, item) }
    waiting.removeAll { $0.process == process && $0.offer == item.offer }
    switch availability(of: good, quantity: item.quantity) {
    case .gone: return refuse(.soldOut, key, request, item)
    case .held(let until):
      waiting.append(Waiting(process: process, offer: item.offer))
      if setting.flaw == .refusesInsteadOfHeld { return refuse(.soldOut, key, request, item) }
      return .held(until: max(until, now.adding(seconds: 1)))
    case .full(let until): return .held(until: max(until, now.adding(seconds: 1)))
    case .available: break
    }
    return hold(good, item, of: order.claim, key, request, at: now)
  }

  private enum Availability {
    case available
    case held(until: Timestamp)
    /// There is enough, and the merchant holds as much as it allows itself.
    case full(until: Timestamp)
    case gone
  }

  /// Whether so many pieces can be held for whoever asks next.
  func isAvailable(_ good: Good, quantity: Int) -> Bool {
    if case .available = availability(of: good, quantity: quantity) { true } else { false }
  }

  private func availability(of good: Good, quantity: Int) -> Availability {
    let offer = good.offer.claim
    if offer.mode == .individual {
      let uses = desk.books.holds.filter { $0.offer == good.offer.id }
      if uses.contains(where: { $0.state == .sold }) { return .gone }
      if let first = uses.filter({ $0.state == .held }).map(\.decideBy).min() {
        return .held(until: first)
      }
    }
    if let stock = offer.stock {
      let level = desk.books.stocks.first { $0.name == stock }?.level ?? 0
      let others = desk.books.holds.filter { $0.stock == stock && $0.state == .held }
      if level + others.reduce(0, { $0 + $1.quantity }) < quantity { return .gone }
      if level < quantity, let first = others.map(\.decideBy).min() { return .held(until: first) }
    }
    if let until = full(for: good, quantity) { return .full(until: until) }
    return .available
  }

  /// Until when the merchant holds as much as it allows itself, in all or for nothing.
  private func full(for good: Good, _ quantity: Int) -> Timestamp? {
    let all = desk.books.holds.filter { $0.state == .held }
    if all.count >= limits.holds { return all.map(\.decideBy).min() }
    guard good.offer.claim.price.gross.isZero else { return nil }
    let free = all.filter(\.amount.isZero)
    if free.count >= limits.freeHolds { return free.map(\.decideBy).min() }
    guard let stock = good.offer.claim.stock else { return nil }
    let others = free.filter { $0.stock == stock }
    let pieces = others.reduce(0) { $0 + $1.quantity }
    return pieces + quantity > limits.freePieces ? others.map(\.decideBy).min() : nil
  }

  private mutating func hold(
    _ good: Good, _ item: ItemPart, of order: Order, _ key: RequestKey, _ request: DepositRequest,
    at now: Timestamp
  ) -> Outcome<DepositedKey> {
    let offer = good.offer.claim
    guard let amount = try? offer.price.gross.multiplied(by: UInt64(item.quantity)) else {
      return refuse(.invalid, key, request, item)
    }
    let identity =
      cheat == .wrongKey ? SHA256.digest(good.identity).bytes : good.identity
    switch cheat {
    case .wrongKey: occurrences.append(.wrongKey)
    case .unreadableKey: occurrences.append(.unreadableKey)
    case .falseClaim: occurrences.append(.merchantFalseClaim)
    default: break
    }
    let deposit = sign(
      Deposit(
        process: key.process, offer: item.offer, quantity: item.quantity,
        amount: cheat == .falseClaim ? twice(amount) : amount, payee: offer.payee,
        decideBy: order.decideBy,
        heldUntil: min(now.adding(seconds: Int64(offer.holdLimitSeconds)), order.decideBy),
        keyDigest: SymbolicKey.digest(of: identity, process: key.process)),
      process: key.process, of: key.coordinator, part: number(of: item.offer))
    move(-item.quantity, to: offer.stock)
    desk.books.holds.append(
      ShopBooks.Hold(
        coordinator: key.coordinator, process: key.process, offer: item.offer,
        stock: offer.stock, quantity: item.quantity, amount: amount, payee: offer.payee,
        decideBy: order.decideBy))
    if let hold = desk.books.holds.last { note(done: hold) }
    let sealed = SymbolicKey.seal(
      cheat == .unreadableKey ? SHA256.digest(identity).bytes : identity)
    let outcome = Outcome.done(DepositedKey(deposit: deposit, key: sealed))
    store(.deposited(outcome), key, .deposit(request, merchant: name))
    return outcome
  }

  /// More than was offered; of nothing, too.
  private func twice(_ amount: Amount) -> Amount {
    (try? Amount(minor: 2 * amount.minor + 1, currency: amount.currency)) ?? amount
  }

  private mutating func refuse(
    _ reason: RefusalReason, _ key: RequestKey, _ request: DepositRequest, _ item: ItemPart
  ) -> Outcome<DepositedKey> {
    let refusal = sign(
      Refusal(process: key.process, step: key.step, reason: reason), process: key.process,
      of: key.coordinator, part: number(of: item.offer))
    if reason == .soldOut {
      let refusal = ShopBooks.SoldOut(
        process: key.process, offer: item.offer,
        stock: goods.first { $0.offer.id == item.offer }?.offer.claim.stock,
        quantity: item.quantity)
      desk.books.soldOut.append(refusal)
      note(refused: refusal, to: key.coordinator)
    }
    let outcome = Outcome<DepositedKey>.refused(reason, refusal)
    store(.deposited(outcome), key, .deposit(request, merchant: name))
    return outcome
  }
}
