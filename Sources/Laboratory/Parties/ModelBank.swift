// A bank without cryptography: the rules of `ECash/Bank/Rules`, over books in memory.

package import Coordinator
import PaymentCrypto
package import PaymentModel

/// How a bank cheats.
package enum BankCheat: CaseIterable, Hashable, Sendable {
  /// Answers every other request.
  case silent
  /// Answers when the time is out.
  case late
  /// Signs reservations of another total.
  case falseClaim
  /// Reserves, and then refuses what the verdict orders.
  case breaksPromises
  /// Says one thing to the first attempt and another to the next.
  case twoFaced
  /// Posts, and keeps more of a transfer than was agreed on.
  case keepsMore
}

package struct ModelBank: Hashable, Sendable {
  package let name: PartyName
  package let cheat: BankCheat?
  package var desk: Desk<BankBooks>
  let signer: SymbolicSigner
  var entropy: SimulationEntropy
  /// What it did since somebody asked last.
  private var occurrences: [Occurrence] = []

  package init(
    name: PartyName, cheat: BankCheat?, books: BankBooks, entropy: SimulationEntropy
  ) {
    self.name = name
    self.cheat = cheat
    desk = Desk(books)
    signer = SymbolicSigner(name)
    self.entropy = entropy
  }

  /// The account that fees go to.
  package static let feeAccount: AccountName = {
    guard let name = AccountName("fees") else { fatalError("a name") }
    return name
  }()

  mutating func note(_ occurrence: Occurrence) { occurrences.append(occurrence) }

  mutating func takeOccurrences() -> [Occurrence] {
    guard !occurrences.isEmpty else { return [] }
    defer { occurrences = [] }
    return occurrences
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
      note(.bankSilence)
      return PartyAnswer(nil)
    }
    if setting.flaw == .bankHoldLapses { lapse(at: now) }
    let reply =
      switch request {
      case .reserve(let request, _): ParticipantReply.reserved(reserve(request, at: now, setting))
      case .post(let request, _): post(request, at: now, setting)
      case .void(let request, _): void(request, setting)
      default: ParticipantReply.unreachable
      }
    guard cheat == .late,
      let lateness = Lateness.draw(for: request, reply, from: &entropy)
    else { return PartyAnswer(reply) }
    note(.bankLateness)
    return PartyAnswer(reply, lateness: lateness)
  }

  mutating func sign<Content: Claim>(
    _ claim: Content, process: ProcessID, of coordinator: Thumbprint, part: Int = 0
  ) -> Signed<Content> {
    let signed = signer.sign(claim, nonce: Nonce(from: &entropy))
    desk.books.statements.append(
      StatementNote(
        kind: Content.kind, coordinator: coordinator, process: process, part: part,
        id: SymbolicEvidence.id(of: signed)))
    return signed
  }

  /// What no bank may do: a hold ends by its verdict alone.
  private mutating func lapse(at now: Timestamp) {
    for place in desk.books.holds.indices
    where desk.books.holds[place].state == .reserved && desk.books.holds[place].decideBy <= now {
      desk.books.holds[place].state = .voided
      desk.books.free(desk.books.holds[place])
      desk.touch()
    }
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
      if cheat == .twoFaced {
        note(.bankTwoFaced)
        return .refused(.conflict, nil)
      }
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
    if setting.flaw == .refusesForNoReason,
      let reason = FalseRefusal.reason(for: process, among: FalseRefusal.reasonsOfBanks)
    {
      return refuse(reason, key, request)
    }
    if let reason = complaint(about: part, request, of: order.claim, at: now, setting) {
      return refuse(reason, key, request)
    }
    guard let instrument = SymbolicInstrument(request.instrument) else {
      return refuse(.invalid, key, request)
    }
    let hold = BankBooks.Hold(
      process: process, coordinator: coordinator, decideBy: order.claim.decideBy,
      total: part.total, payouts: part.payouts,
      fees: part.payouts.map { part.fee(of: $0)?.minor ?? 0 }, method: part.method,
      numbers: instrument.numbers)
    return part.method == .ecash
      ? reserveCoins(hold, instrument.part, key: key, request, at: now, setting)
      : reservePurse(hold, instrument.part, key: key, request, at: now, setting)
  }

  /// Why a payment is refused, whatever was spent.
  private func complaint(
    about part: PaymentPart, _ request: ReserveRequest, of order: Order, at now: Timestamp,
    _ setting: Setting
  ) -> RefusalReason? {
    guard now < order.decideBy else { return .tooLate }
    guard [.ecash, .transfer, .card].contains(part.method) else { return .methodRefused }
    guard part.transferFee == setting.transferFee(of: name, at: now) else { return .feeMismatch }
    guard
      part.payouts.allSatisfy({ payout in
        payout.payee.bank == name
          && desk.books.accounts.contains {
            $0.name == payout.payee.account && $0.currency == payout.amount.currency
          }
      })
    else { return .payeeUnknown }
    guard let instrument = SymbolicInstrument(request.instrument),
      instrument.process == request.id.process,
      instrument.part == SHA256.digest(request.part.part),
      instrument.total == part.total.minor, instrument.method == part.method,
      Set(instrument.numbers).count == instrument.numbers.count
    else { return .invalid }
    guard part.method == .ecash else {
      let isKnown = desk.books.purses.contains {
        [$0.id] == instrument.numbers && $0.method == part.method
          && $0.currency == part.total.currency
      }
      return isKnown ? nil : .invalid
    }
    var sum: UInt64 = 0
    for id in instrument.numbers {
      guard let coin = desk.books.coins.first(where: { $0.id == id }),
        coin.currency == part.total.currency
      else { return .denominationRefused }
      sum += coin.value
    }
    return sum == instrument.total ? nil : .amountMismatch
  }

  private mutating func reserveCoins(
    _ hold: BankBooks.Hold, _ part: Digest, key: RequestKey, _ request: ReserveRequest,
    at now: Timestamp, _ setting: Setting
  ) -> Outcome<Signed<Reservation>> {
    let process = key.process
    var heldUntil: Timestamp?
    for id in hold.numbers {
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
        let until = desk.books.holds.first { $0.process == first }?.decideBy ?? hold.decideBy
        heldUntil = max(heldUntil ?? until, until)
      }
    }
    if let heldUntil { return .held(until: max(heldUntil, now.adding(seconds: 1))) }
    return reserve(hold, part, key: key, request, setting)
  }

  /// Money that undecided processes hold may come back: it is waited for.
  private mutating func reservePurse(
    _ hold: BankBooks.Hold, _ part: Digest, key: RequestKey, _ request: ReserveRequest,
    at now: Timestamp, _ setting: Setting
  ) -> Outcome<Signed<Reservation>> {
    guard let number = hold.numbers.first,
      let purse = desk.books.purses.first(where: { $0.id == number })
    else { return refuse(.invalid, key, request) }
    guard hold.total.minor <= purse.left else {
      desk.books.declined.append(
        BankBooks.Declined(process: key.process, purse: number, total: hold.total.minor))
      return refuse(.declined, key, request)
    }
    guard hold.total.minor <= purse.free else {
      let until = desk.books.holds.filter { $0.state == .reserved && $0.numbers == [number] }
        .map(\.decideBy).max()
      return .held(until: max(until ?? now, now.adding(seconds: 1)))
    }
    return reserve(hold, part, key: key, request, setting)
  }

  private mutating func reserve(
    _ hold: BankBooks.Hold, _ part: Digest, key: RequestKey, _ request: ReserveRequest,
    _ setting: Setting
  ) -> Outcome<Signed<Reservation>> {
    desk.books.reserve(hold)
    desk.books.holds.append(hold)
    if setting.flaw == .moneyBeforeVerdict { pay(hold) }
    if cheat == .falseClaim { note(.bankFalseClaim) }
    let reservation = sign(
      Reservation(
        process: hold.process, part: part,
        total: cheat == .falseClaim ? Amount.zero(hold.total.currency) : hold.total,
        decideBy: hold.decideBy),
      process: hold.process, of: key.coordinator)
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
}
