// Participants that answer at once, with the statements that are wanted of them, and check nothing.

import PaymentModel

/// How the second merchant answers a request to deposit.
enum DepositHabit: Sendable {
  case answers
  /// The request is never answered.
  case isSilent
  /// The request is put off, time and again.
  case holds(until: Timestamp)
}

/// Bank, merchants and customers of a catalogue.
struct TrivialParties: Participants {
  private let catalogue: TrivialCatalogue
  private let merchants: [TrivialMerchant]

  /// - Parameter habit: of the second merchant.
  init(catalogue: TrivialCatalogue, habit: DepositHabit) {
    self.catalogue = catalogue
    merchants = zip(catalogue.merchants, [.answers, habit]).map { name, habit in
      TrivialMerchant(catalogue: catalogue, name: name, habit: habit)
    }
  }

  func bank(_ name: PartyName) -> (any PaymentAgent)? { TrivialBank(catalogue: catalogue) }

  func merchant(_ name: PartyName) -> (any MerchantAgent)? {
    merchants.first { $0.name == name }
  }

  func customer(of process: ProcessID) -> (any CustomerAgent)? {
    TrivialCustomer(catalogue: catalogue)
  }
}

struct TrivialBank: PaymentAgent {
  let catalogue: TrivialCatalogue

  private func sign<Content: Claim>(_ claim: Content) -> Signed<Content> {
    catalogue.evidence.sign(claim, by: .party(catalogue.bank), nonce: catalogue.nonce)
  }

  func reserve(_ request: ReserveRequest) async -> Outcome<Signed<Reservation>> {
    .done(
      sign(
        Reservation(
          process: request.id.process, part: TrivialEvidence.digest(request.part.part),
          total: catalogue.payment.total, decideBy: catalogue.decideBy)))
  }

  func post(_ request: PostRequest) async -> Outcome<[Signed<Transfer>]> {
    let verdict = TrivialEvidence.id(of: request.verdict.verdict)
    return .done(
      catalogue.payment.payouts.map { payout in
        sign(
          Transfer(
            process: request.id.process, verdict: verdict, payee: payout.payee,
            amount: payout.amount))
      })
  }

  func void(_ request: VerdictRequest) async -> Outcome<Signed<VoidedReservation>> {
    .done(
      sign(
        VoidedReservation(
          process: request.id.process, verdict: TrivialEvidence.id(of: request.verdict.verdict),
          released: catalogue.payment.total)))
  }
}

final class TrivialMerchant: MerchantAgent {
  let name: PartyName
  private let catalogue: TrivialCatalogue
  private let habit: DepositHabit

  init(catalogue: TrivialCatalogue, name: PartyName, habit: DepositHabit) {
    self.catalogue = catalogue
    self.name = name
    self.habit = habit
  }

  private func sign<Content: Claim>(_ claim: Content) -> Signed<Content> {
    catalogue.evidence.sign(claim, by: .party(name), nonce: catalogue.nonce)
  }

  private var offer: Stated<Offer>? {
    catalogue.offers.first { $0.stated.issuer.party == name }?.stated
  }

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    switch habit {
    case .answers: break
    case .isSilent: await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    case .holds(let until): return .held(until: until)
    }
    return deposited(request)
  }

  private func deposited(_ request: DepositRequest) -> Outcome<DepositedKey> {
    guard let offer else { return .unknown("no offer") }
    let key = Bytes(repeating: 5, count: catalogue.sizes.goodsKey)
    let digest = TrivialEvidence.digest(key)
    return .done(
      DepositedKey(
        deposit: sign(
          Deposit(
            process: request.id.process, offer: offer.id, quantity: 1,
            amount: offer.claim.price.gross, payee: offer.claim.payee,
            decideBy: catalogue.decideBy, heldUntil: catalogue.decideBy, keyDigest: digest)),
        key: Sealed(key, digest: digest)))
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    guard let offer else { return .unknown("no offer") }
    return .done(
      sign(
        Release(
          process: request.id.process, offer: offer.id,
          verdict: TrivialEvidence.id(of: request.verdict.verdict))))
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    .done(
      sign(
        Settlement(
          process: request.id.process,
          verdict: TrivialEvidence.id(of: request.verdict.verdict),
          transfers: request.transfers.map { TrivialEvidence.id(of: $0) }.sorted())))
  }
}

struct TrivialCustomer: CustomerAgent {
  let catalogue: TrivialCatalogue

  func requestDelivery(_ query: DeliveryQuery) async -> Outcome<Signed<DeliveryRequest>> {
    .done(
      catalogue.evidence.sign(
        DeliveryRequest(
          process: query.id.process,
          acceptances: query.acceptances.map { TrivialEvidence.id(of: $0) }.sorted()),
        by: .oneTime(catalogue.oneTimeKey), nonce: catalogue.nonce))
  }

  func notify(_ notice: VerdictRequest) async -> Outcome<Notified> { .done(Notified()) }
}

/// All keys open.
struct TrivialExaminer: KeyExaminer {
  let sizes: StatementSizes

  func examine(
    _ key: Sealed<SealedContent.GoodsKey>, deposit: Deposit, offer: Offer
  ) -> KeyFinding { .opens }

  func bundle(
    _ keys: [Sealed<SealedContent.GoodsKey>], for recipient: RecipientValue
  ) -> Sealed<SealedContent.KeyBundle>? {
    let bytes = Bytes(repeating: 6, count: sizes.keyBundle)
    return Sealed(bytes, digest: TrivialEvidence.digest(bytes))
  }
}

/// A log that keeps nothing.
struct TrivialLog: VerdictLog {
  let sizes: StatementSizes

  func publish(
    _ verdict: Signed<Verdict>, process: ProcessID, bundle: Sealed<SealedContent.KeyBundle>?
  ) async -> Outcome<LoggedVerdict> {
    .done(LoggedVerdict(verdict: verdict, proof: Bytes(repeating: 8, count: sizes.proof)))
  }

  func latestVerdicts(
    by key: Thumbprint, atMost count: Int
  ) async -> Outcome<[VerdictEntry]> { .done([]) }

  func loggedVerdict(of process: ProcessID) async -> Outcome<Signed<Verdict>?> { .done(nil) }
}

/// Bytes of a counter (SplitMix64): random enough to tell nonces apart.
struct CountedEntropy: Entropy, Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func bytes(_ count: Int) -> Bytes {
    var bytes = Bytes()
    bytes.reserveCapacity(count + 7)
    while bytes.count < count {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      mixed ^= mixed >> 31
      withUnsafeBytes(of: mixed) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
