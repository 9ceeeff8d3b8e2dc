// Participants that tell one lie, over and over, until they repent.

import Conformance
import Coordinator
import PaymentModel
import Synchronization
import Testing

/// Stands before the model participants of a world and changes their answers.
final class Liar: Participants, PaymentAgent, MerchantAgent, CustomerAgent {
  private let world: ModelWorld
  private let lie: LyingParticipantTests.Lie
  private let told = Mutex((count: 0, isOver: false))
  private let name: PartyName?

  private let teller: Liar?

  init(world: ModelWorld, lie: LyingParticipantTests.Lie) {
    self.world = world
    self.lie = lie
    name = nil
    teller = nil
  }

  private init(_ teller: Liar, as name: PartyName) {
    world = teller.world
    lie = teller.lie
    self.name = name
    self.teller = teller
  }

  var count: Int { told.withLock { $0.count } }

  func repent() { told.withLock { $0.isOver = true } }

  func bank(_ name: PartyName) -> (any PaymentAgent)? { Liar(self, as: name) }
  func merchant(_ name: PartyName) -> (any MerchantAgent)? { Liar(self, as: name) }
  func customer(of process: ProcessID) -> (any CustomerAgent)? { Liar(self, as: .customer) }

  /// Whether to lie now, where one of these lies could be told.
  private func lies(_ lies: LyingParticipantTests.Lie...) -> Bool {
    guard lies.contains(lie) else { return false }
    return (teller ?? self).told.withLock { told in
      if !told.isOver { told.count += 1 }
      return !told.isOver
    }
  }

  private func sign<Content: Claim>(
    _ claim: Content, by party: PartyName? = nil
  ) -> Signed<Content> {
    world.evidence.sign(
      claim, by: .party(party ?? name ?? .customer), nonce: world.draw { Nonce(from: &$0) })
  }

  private func claim<Content: Claim>(of signed: Signed<Content>) -> Content? {
    try? world.evidence.read(signed, by: .party(name ?? .customer)).claim
  }

  private func less(_ amount: Amount) -> Amount {
    (try? Amount(minor: amount.minor - 1, currency: amount.currency)) ?? amount
  }

  private func more(_ amount: Amount) -> Amount {
    (try? Amount(minor: amount.minor + 1, currency: amount.currency)) ?? amount
  }

  // MARK: - Bank

  func reserve(_ request: ReserveRequest) async -> Outcome<Signed<Reservation>> {
    guard let bank = name.flatMap(world.bank) else { return .unknown("nobody") }
    let outcome = await bank.reserve(request)
    guard case .done(let signed) = outcome, let truth = claim(of: signed),
      lies(
        .reservationOfOtherProcess, .reservationOfOtherPart, .reservationOfLess,
        .reservationForShorter, .reservationByMerchant)
    else { return outcome }
    let isOther = lie == .reservationOfOtherProcess
    let claim = Reservation(
      process: isOther ? truth.part.renamed() : truth.process,
      part: lie == .reservationOfOtherPart ? truth.process.renamed() : truth.part,
      total: lie == .reservationOfLess ? less(truth.total) : truth.total,
      decideBy: truth.decideBy.adding(seconds: lie == .reservationForShorter ? -1 : 0))
    return .done(
      sign(claim, by: lie == .reservationByMerchant ? ModelWorld.merchantNames[0] : nil))
  }

  func post(_ request: PostRequest) async -> Outcome<[Signed<Transfer>]> {
    guard let bank = name.flatMap(world.bank) else { return .unknown("nobody") }
    let outcome = await bank.post(request)
    guard case .done(let transfers) = outcome,
      lies(
        .transfersMissing, .transferOfLess, .transferOnOtherVerdict, .transferThatKeepsMore,
        .transferThatDrawsAtHome,
        .unsignedRefusalToPost, .refusalOfOtherStep)
    else { return outcome }
    if lie == .unsignedRefusalToPost { return .refused(.invalid, nil) }
    if lie == .refusalOfOtherStep, let step = StepPath(rawValue: "reserve/bank-a.example") {
      let process = request.id.process
      return .refused(
        .invalid,
        sign(Refusal(process: process, step: step, reason: .invalid, details: nil)))
    }
    if lie == .transfersMissing { return .done(Array(transfers.dropLast())) }
    return .done(
      transfers.compactMap { signed in
        claim(of: signed).map { truth in
          sign(
            Transfer(
              process: truth.process,
              verdict: lie == .transferOnOtherVerdict ? truth.process.renamed() : truth.verdict,
              payee: truth.payee,
              amount: lie == .transferOfLess ? less(truth.amount) : truth.amount,
              fee: lie == .transferThatKeepsMore
                ? more(truth.fee ?? .zero(truth.amount.currency)) : truth.fee,
              draw: lie == .transferThatDrawsAtHome
                ? Draw(line: truth.verdict, total: truth.amount.minor) : truth.draw))
        }
      })
  }

  func void(_ request: VerdictRequest) async -> Outcome<Signed<VoidedReservation>> {
    .unknown("no abort is told here")
  }

  // MARK: - Merchant

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    guard let merchant = name.flatMap(world.merchant) else { return .unknown("nobody") }
    let outcome = await merchant.deposit(request)
    guard case .done(let deposited) = outcome, let truth = claim(of: deposited.deposit),
      lies(
        .depositForMore, .depositToOtherPayee, .depositOfOtherOffer, .depositOfMorePieces,
        .depositForLonger, .depositByOtherMerchant, .depositWithOtherKeyDigest)
    else { return outcome }
    let isOtherOffer = lie == .depositOfOtherOffer
    let claim = Deposit(
      process: truth.process, offer: isOtherOffer ? truth.process.renamed() : truth.offer,
      quantity: truth.quantity + (lie == .depositOfMorePieces ? 1 : 0),
      amount: lie == .depositForMore ? more(truth.amount) : truth.amount,
      payee: lie == .depositToOtherPayee ? world.payee(of: 2) : truth.payee,
      decideBy: truth.decideBy.adding(seconds: lie == .depositForLonger ? 1 : 0),
      heldUntil: truth.heldUntil,
      keyDigest: lie == .depositWithOtherKeyDigest ? truth.process.renamed() : truth.keyDigest)
    let other = ModelWorld.merchantNames[2]
    return .done(
      DepositedKey(
        deposit: sign(claim, by: lie == .depositByOtherMerchant ? other : nil),
        key: deposited.key))
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    .unknown("no abort is told here")
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    guard let merchant = name.flatMap(world.merchant) else { return .unknown("nobody") }
    let outcome = await merchant.settle(request)
    guard case .done(let signed) = outcome, let truth = claim(of: signed),
      lies(.settlementOfNothing)
    else { return outcome }
    return .done(
      sign(Settlement(process: truth.process, verdict: truth.verdict, transfers: [])))
  }

  // MARK: - Customer

  func requestDelivery(_ query: DeliveryQuery) async -> Outcome<Signed<DeliveryRequest>> {
    guard let customer = world.modelCustomer(of: query.id.process) else {
      return .unknown("nobody")
    }
    let outcome = await customer.requestDelivery(query)
    let key = Signatory.oneTime(customer.oneTimeKey)
    guard case .done(let signed) = outcome,
      let truth = try? world.evidence.read(signed, by: key).claim,
      lies(.requestForOtherProcess, .requestForFewer, .requestByOtherKey)
    else { return outcome }
    let isOther = lie == .requestForOtherProcess
    let claim = DeliveryRequest(
      process: isOther ? query.acceptancesDigest.renamed() : truth.process,
      acceptances: lie == .requestForFewer
        ? Array(truth.acceptances.dropLast()) : truth.acceptances)
    let stranger = Signatory.oneTime(truth.process.renamed())
    return .done(
      world.evidence.sign(
        claim, by: lie == .requestByOtherKey ? stranger : key,
        nonce: world.draw { Nonce(from: &$0) }))
  }

  func notify(_ notice: VerdictRequest) async -> Outcome<Notified> { .done(Notified()) }
}

extension DeliveryQuery {
  fileprivate var acceptancesDigest: Digest {
    ModelEvidence.digest(acceptances.flatMap(\.bytes))
  }
}
