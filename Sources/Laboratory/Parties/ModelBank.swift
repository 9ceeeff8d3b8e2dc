// A bank without cryptography: the rules of `ECash/Bank/Rules`, over books in memory.

package import Coordinator
import PaymentCrypto
package import PaymentModel

/// How a bank cheats.
package enum BankCheat: CaseIterable, Hashable, Sendable {
  /// Answers every other request.
  case silent
  /// Signs reservations of another total.
  case falseClaim
  /// Reserves, and then refuses what the verdict orders.
  case breaksPromises
  /// Says one thing to the first attempt and another to the next.
  case twoFaced
}

package struct BankBooks: Hashable, Sendable {
  package enum CoinState: Hashable, Sendable {
    case free
    case reserved(ProcessID)
    case spent(ProcessID)
  }

  package struct Coin: Hashable, Sendable {
    package let id: CoinID
    package let value: UInt64
    package var state = CoinState.free

    package init(id: CoinID, value: UInt64) {
      self.id = id
      self.value = value
    }
  }

  package struct Account: Hashable, Sendable {
    package let name: AccountName
    package var minor: UInt64

    package init(name: AccountName, minor: UInt64) {
      self.name = name
      self.minor = minor
    }
  }

  package enum HoldState: Hashable, Sendable {
    case reserved
    case posted
    case voided
    /// Given free without a verdict, which no honest bank does.
    case lapsed
  }

  package struct Hold: Hashable, Sendable {
    package let process: ProcessID
    package let coordinator: Thumbprint
    package let decideBy: Timestamp
    package let total: Amount
    package let payouts: [Payout]
    package let coins: [CoinID]
    package var state = HoldState.reserved
    package var verdict: LoggedVerdict?
    package var verdictID: StatementID?
    var reply: ParticipantReply?
  }

  struct Tombstone: Hashable, Sendable {
    let coordinator: Thumbprint
    let process: ProcessID
    let verdictID: StatementID
    let reply: ParticipantReply
  }

  package var accounts: [Account] = []
  /// Issued ones. A coin is what somebody knows who may spend it.
  package var coins: [Coin] = []
  package var holds: [Hold] = []
  var tombstones: [Tombstone] = []
  var replies: [StoredReply] = []
  package var statements: [StatementNote] = []
  package var proofs: [Signed<DoubleSpend>] = []
  /// How many requests came, for a cheat that counts.
  var requests = 0

  package init() {}

  /// Forgets in which order was written what is only looked up.
  mutating func forgetOrder() {
    requests = 0
    holds.sort { $0.process < $1.process }
    tombstones.sort { $0.process < $1.process }
    replies.sort { $0.precedes($1) }
    statements.sort { $0.id < $1.id }
  }
}

package struct ModelBank: Hashable, Sendable {
  package let name: PartyName
  package let cheat: BankCheat?
  package var desk: Desk<BankBooks>
  private let signer: SymbolicSigner
  private var entropy: SimulationEntropy

  package init(
    name: PartyName, cheat: BankCheat?, books: BankBooks, entropy: SimulationEntropy
  ) {
    self.name = name
    self.cheat = cheat
    desk = Desk(books)
    signer = SymbolicSigner(name)
    self.entropy = entropy
  }

  /// Answers a coordinator; `nil` is silence.
  package mutating func answer(
    _ request: ParticipantRequest, at now: Timestamp, in setting: Setting
  ) -> ParticipantReply? {
    desk.books.requests += 1
    if cheat == .silent, desk.books.requests.isMultiple(of: 2) { return nil }
    if setting.flaw == .bankHoldLapses { lapse(at: now) }
    switch request {
    case .reserve(let request, _): return .reserved(reserve(request, at: now, setting))
    case .post(let request, _): return post(request, setting)
    case .void(let request, _): return void(request, setting)
    default: return .unreachable
    }
  }

  private mutating func sign<Content: Claim>(
    _ claim: Content, process: ProcessID, of coordinator: Thumbprint, part: Int = 0
  ) -> Signed<Content> {
    let signed = signer.sign(claim, nonce: Nonce(from: &entropy))
    desk.books.statements.append(
      StatementNote(
        kind: Content.kind, coordinator: coordinator, process: process, part: part,
        id: SymbolicEvidence.id(of: signed)))
    return signed
  }
}

// MARK: - Reserve

extension ModelBank {
  private mutating func reserve(
    _ request: ReserveRequest, at now: Timestamp, _ setting: Setting
  ) -> Outcome<Signed<Reservation>> {
    guard let order = try? SymbolicEvidence.read(order: request.order),
      order.id.renamed() == request.id.process,
      case .payment(let part)? = try? SymbolicEvidence.read(request.part, of: order.claim),
      part.bank == name
    else { return .refused(.invalid, nil) }
    let coordinator = order.claim.coordinator
    guard setting.isCoordinator(coordinator) else { return .refused(.coordinatorRefused, nil) }
    let process = request.id.process
    let key = RequestKey(coordinator: coordinator, process: process, step: request.id.step)
    let isIdempotent = setting.flaw != .noIdempotency
    if isIdempotent, let stored = desk.books.replies.first(where: { $0.key == key }) {
      guard stored.request == .reserve(request, bank: name),
        case .reserved(let outcome) = stored.reply
      else { return .refused(.conflict, nil) }
      if cheat == .twoFaced { return .refused(.conflict, nil) }
      return outcome
    }
    if desk.books.tombstones.contains(where: {
      $0.coordinator == coordinator && $0.process == process
    }) {
      return refuse(.voided, key, request)
    }
    if isIdempotent, desk.books.holds.contains(where: { $0.process == process }) {
      return .refused(.conflict, nil)
    }
    if let reason = complaint(about: part, request, of: order.claim, at: now) {
      return refuse(reason, key, request)
    }
    guard let instrument = SymbolicInstrument(request.instrument) else {
      return refuse(.invalid, key, request)
    }
    return hold(instrument, part, of: order.claim, key: key, request, at: now, setting)
  }

  /// Why a payment is refused, whatever the books say.
  private func complaint(
    about part: PaymentPart, _ request: ReserveRequest, of order: Order, at now: Timestamp
  ) -> RefusalReason? {
    guard now < order.decideBy else { return .tooLate }
    guard part.method == .ecash else { return .methodRefused }
    guard
      part.payouts.allSatisfy({ payout in
        payout.payee.bank == name
          && desk.books.accounts.contains { $0.name == payout.payee.account }
      })
    else { return .notOffered }
    guard let instrument = SymbolicInstrument(request.instrument),
      instrument.process == request.id.process,
      instrument.part == SHA256.digest(request.part.part),
      instrument.total == part.total.minor,
      !zip(instrument.coins, instrument.coins.dropFirst()).contains(where: { $0 == $1 })
    else { return .invalid }
    var sum: UInt64 = 0
    for id in instrument.coins {
      guard let coin = desk.books.coins.first(where: { $0.id == id }) else {
        return .denominationRefused
      }
      sum += coin.value
    }
    return sum == instrument.total ? nil : .amountMismatch
  }

  private mutating func hold(
    _ instrument: SymbolicInstrument, _ part: PaymentPart, of order: Order, key: RequestKey,
    _ request: ReserveRequest, at now: Timestamp, _ setting: Setting
  ) -> Outcome<Signed<Reservation>> {
    let process = key.process
    var heldUntil: Timestamp?
    for id in instrument.coins {
      guard let coin = desk.books.coins.first(where: { $0.id == id }) else { continue }
      switch coin.state {
      case .free: break
      case .spent(let first):
        // Without idempotency the bank meets its own use again.
        if first == process { return .refused(.conflict, nil) }
        return prove(id, first: first, key: key, request)
      case .reserved(let first):
        if first == process { return .refused(.conflict, nil) }
        if setting.flaw == .proofWithoutVerdict {
          return prove(id, first: first, key: key, request)
        }
        let until = desk.books.holds.first { $0.process == first }?.decideBy ?? order.decideBy
        heldUntil = max(heldUntil ?? until, until)
      }
    }
    if let heldUntil { return .held(until: max(heldUntil, now.adding(seconds: 1))) }
    setCoins(instrument.coins, to: .reserved(process))
    desk.books.holds.append(
      BankBooks.Hold(
        process: process, coordinator: key.coordinator, decideBy: order.decideBy,
        total: part.total, payouts: part.payouts, coins: instrument.coins))
    if setting.flaw == .moneyBeforeVerdict {
      setCoins(instrument.coins, to: .spent(process))
      for payout in part.payouts { credit(payout) }
    }
    let total =
      cheat == .falseClaim
      ? Amount.zero(part.total.currency) : part.total
    let reservation = sign(
      Reservation(
        process: process, part: instrument.part, total: total, decideBy: order.decideBy),
      process: process, of: key.coordinator)
    return store(.done(reservation), key, request)
  }

  /// The second use of a coin whose first use is final.
  private mutating func prove(
    _ coin: CoinID, first: ProcessID, key: RequestKey, _ request: ReserveRequest
  ) -> Outcome<Signed<Reservation>> {
    let verdict =
      desk.books.holds.first { $0.process == first }?.verdict
      ?? LoggedVerdict(verdict: Signed([]), proof: [])
    let proof = sign(
      DoubleSpend(
        coin: coin, denomination: coin.renamed(), first: use(of: coin, in: first),
        second: use(of: coin, in: key.process),
        verdict: verdict),
      process: key.process, of: key.coordinator)
    desk.books.proofs.append(proof)
    return refuse(.doubleSpend, key, request, details: SHA256.digest(proof.bytes))
  }

  private func use(of coin: CoinID, in process: ProcessID) -> CoinUse {
    CoinUse(
      process: process, bank: name,
      signature: SHA256.digest(coin.bytes, process.bytes).bytes + Bytes(repeating: 0, count: 32))
  }

  private mutating func refuse(
    _ reason: RefusalReason, _ key: RequestKey, _ request: ReserveRequest, details: Digest? = nil
  ) -> Outcome<Signed<Reservation>> {
    let refusal = sign(
      Refusal(process: key.process, step: key.step, reason: reason, details: details),
      process: key.process, of: key.coordinator)
    return store(.refused(reason, refusal), key, request)
  }

  private mutating func store(
    _ outcome: Outcome<Signed<Reservation>>, _ key: RequestKey, _ request: ReserveRequest
  ) -> Outcome<Signed<Reservation>> {
    desk.books.replies.append(
      StoredReply(key: key, request: .reserve(request, bank: name), reply: .reserved(outcome)))
    desk.touch()
    return outcome
  }

  private mutating func setCoins(_ coins: [CoinID], to state: BankBooks.CoinState) {
    for place in desk.books.coins.indices where coins.contains(desk.books.coins[place].id) {
      desk.books.coins[place].state = state
    }
  }

  private mutating func credit(_ payout: Payout) {
    guard
      let place = desk.books.accounts.firstIndex(where: { $0.name == payout.payee.account })
    else { return }
    desk.books.accounts[place].minor += payout.amount.minor
  }

  /// What no bank may do: a hold ends by its verdict alone.
  private mutating func lapse(at now: Timestamp) {
    for place in desk.books.holds.indices
    where desk.books.holds[place].state == .reserved && desk.books.holds[place].decideBy <= now {
      desk.books.holds[place].state = .lapsed
      setCoins(desk.books.holds[place].coins, to: .free)
      desk.touch()
    }
  }
}

// MARK: - What a verdict does

extension ModelBank {
  private func verdict(
    _ request: VerdictRequest, _ setting: Setting
  ) -> (stated: Stated<Verdict>, logged: LoggedVerdict)? {
    SymbolicEvidence.read(request.verdict, of: request.id.process, flaw: setting.flaw).flatMap {
      setting.isCoordinator($0.issuer.key) ? ($0, request.verdict) : nil
    }
  }

  /// The place of a hold that this verdict is about.
  private func hold(
    of verdict: Stated<Verdict>, _ setting: Setting
  ) -> Int? {
    desk.books.holds.lastIndex {
      $0.process == verdict.claim.process
        && ($0.coordinator == verdict.issuer.key || setting.flaw == .believesAnyCoordinator)
    }
  }

  private mutating func post(
    _ request: PostRequest, _ setting: Setting
  ) -> ParticipantReply {
    guard let (verdict, logged) = verdict(request, setting), verdict.claim.decision.isCommit,
      let place = hold(of: verdict, setting)
    else { return .transferred(.refused(.invalid, nil)) }
    var hold = desk.books.holds[place]
    if cheat == .breaksPromises {
      let refusal = sign(
        Refusal(process: hold.process, step: request.id.step, reason: .conflict),
        process: hold.process, of: hold.coordinator)
      desk.touch()
      return .transferred(.refused(.conflict, refusal))
    }
    switch hold.state {
    case .voided, .lapsed: return .transferred(.refused(.conflict, nil))
    case .posted where setting.flaw != .noIdempotency:
      guard hold.verdictID == verdict.id, let reply = hold.reply else {
        return .transferred(.refused(.conflict, nil))
      }
      return reply
    case .posted, .reserved: break
    }
    setCoins(hold.coins, to: .spent(hold.process))
    var transfers: [Signed<Transfer>] = []
    for (number, payout) in hold.payouts.enumerated() {
      if setting.flaw != .moneyBeforeVerdict { credit(payout) }
      transfers.append(
        sign(
          Transfer(
            process: hold.process, verdict: verdict.id, payee: payout.payee,
            amount: payout.amount),
          process: hold.process, of: hold.coordinator, part: number))
    }
    hold.state = .posted
    return end(&hold, at: place, by: verdict, logged, reply: .transferred(.done(transfers)))
  }

  private mutating func void(
    _ request: VerdictRequest, _ setting: Setting
  ) -> ParticipantReply {
    guard let (verdict, logged) = verdict(request, setting), !verdict.claim.decision.isCommit else {
      return .voided(.refused(.invalid, nil))
    }
    if let place = hold(of: verdict, setting) {
      var hold = desk.books.holds[place]
      switch hold.state {
      case .posted, .lapsed: return .voided(.refused(.conflict, nil))
      case .voided where setting.flaw != .noIdempotency:
        guard hold.verdictID == verdict.id, let reply = hold.reply else {
          return .voided(.refused(.conflict, nil))
        }
        return reply
      case .voided, .reserved: break
      }
      if setting.flaw != .moneyBeforeVerdict { setCoins(hold.coins, to: .free) }
      let voided = sign(
        VoidedReservation(process: hold.process, verdict: verdict.id, released: hold.total),
        process: hold.process, of: hold.coordinator)
      hold.state = .voided
      return end(&hold, at: place, by: verdict, logged, reply: .voided(.done(voided)))
    }
    // Another coordinator's process is out of reach.
    guard !desk.books.holds.contains(where: { $0.process == verdict.claim.process }) else {
      return .voided(.refused(.invalid, nil))
    }
    return tombstone(verdict, setting)
  }

  /// A void before its reserve.
  private mutating func tombstone(
    _ verdict: Stated<Verdict>, _ setting: Setting
  ) -> ParticipantReply {
    let found = desk.books.tombstones.first {
      $0.coordinator == verdict.issuer.key && $0.process == verdict.claim.process
    }
    if let found {
      return found.verdictID == verdict.id ? found.reply : .voided(.refused(.conflict, nil))
    }
    let voided = sign(
      VoidedReservation(process: verdict.claim.process, verdict: verdict.id, released: nil),
      process: verdict.claim.process, of: verdict.issuer.key)
    let reply = ParticipantReply.voided(.done(voided))
    desk.touch()
    guard setting.flaw != .noTombstone else { return reply }
    desk.books.tombstones.append(
      BankBooks.Tombstone(
        coordinator: verdict.issuer.key, process: verdict.claim.process, verdictID: verdict.id,
        reply: reply))
    return reply
  }

  private mutating func end(
    _ hold: inout BankBooks.Hold, at place: Int, by verdict: Stated<Verdict>,
    _ logged: LoggedVerdict, reply: ParticipantReply
  ) -> ParticipantReply {
    hold.verdict = logged
    hold.verdictID = verdict.id
    hold.reply = reply
    desk.books.holds[place] = hold
    desk.touch()
    return reply
  }
}
