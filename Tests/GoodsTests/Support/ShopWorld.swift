// A merchant's shop among a bank, a coordinator and customers, for tests.

import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import Testing

/// A clock that stands still until it is set.
final class TestClock: WallClock, @unchecked Sendable {
  private let lock = NSLock()
  private var time: Timestamp

  init(_ time: Timestamp) { self.time = time }

  func now() -> Timestamp { lock.withLock { time } }
  func set(_ time: Timestamp) { lock.withLock { self.time = time } }
  func sleep(until time: Timestamp) async {}
}

/// Verifies a verdict's signature. The log and its proofs have tests of their own.
struct SignatureOnlyVerdicts: VerdictReader {
  let trust: TrustStore
  let time: Timestamp

  func read(
    _ verdict: LoggedVerdict, of process: ProcessID, by coordinator: Thumbprint
  ) throws(NotAdmitted) -> Stated<Verdict> {
    do {
      let verified = try trust.verify(verdict.verdict, at: time)
      guard verified.issuer.key == coordinator, verified.claim.process == process else {
        throw NotAdmitted(code: "verdict", message: "not this verdict")
      }
      return verified.stated
    } catch {
      throw NotAdmitted(code: "verdict", message: "\(error)")
    }
  }
}

/// An order with what its customer keeps.
struct PlacedOrder {
  let signed: Signed<Order>
  let process: ProcessID
  let parts: [CommittedPart]
}

final class ShopWorld {
  static let start = Timestamp(seconds: 1_800_000_000)
  static let template = SHA256.digest(Bytes("template".utf8))
  static let currency = Currency("EUR")
  static let bankName = PartyName("bank.example")
  static let accountName = AccountName("merchant")

  let clock = TestClock(start)
  let trust: TrustStore
  let bank: StatementSigner
  let otherBank: StatementSigner
  let coordinator: StatementSigner
  let otherCoordinator: StatementSigner
  let escrow: EscrowAgent
  let merchant: StatementSigner
  let store: MemoryStore<any ShopRows>
  let shop: Shop
  let payee: Payee

  private var entropy = SeededEntropy(seed: 7)

  init(
    policy: ShopPolicy = ShopPolicy(templates: [ShopWorld.template]),
    store: MemoryStore<any ShopRows> = MemoryStore(MemoryShopRows()), vaultSeed: UInt8 = 1
  ) throws {
    var entropy = SeededEntropy(seed: 42)
    func signer(_ name: String) throws -> StatementSigner {
      StatementSigner(
        party: try #require(PartyName(name)), key: Ed25519.PrivateKey.generate(from: &entropy))
    }
    let root = try signer("root.example")
    bank = try signer("bank.example")
    otherBank = try signer("other-bank.example")
    coordinator = try signer("coordinator.example")
    otherCoordinator = try signer("other-coordinator.example")
    merchant = try signer("merchant.example")
    let escrow = EscrowAgent(identity: Age.Identity.generate(from: &entropy))
    self.escrow = escrow
    func listed(_ signer: StatementSigner, _ role: Role) throws -> TrustedKey {
      TrustedKey(
        party: signer.issuer.party, role: role,
        key: try #require(SigningKeyValue(signer.publicKey.bytes)),
        validFrom: Self.start.adding(seconds: -1000),
        validUntil: Self.start.adding(seconds: 1 << 30))
    }
    let list = TrustList(
      madeAt: Self.start.adding(seconds: -1),
      keys: [
        try listed(root, .trustRoot), try listed(bank, .bank), try listed(otherBank, .bank),
        try listed(coordinator, .coordinator), try listed(otherCoordinator, .coordinator),
        try listed(merchant, .merchant),
      ],
      recipients: [coordinator, otherCoordinator].map {
        TrustedRecipient(
          party: $0.issuer.party, role: .coordinator, recipient: escrow.recipient.value)
      }, witnessQuorum: 0)
    trust = try TrustStore(TrustStore.sign(list, with: root, entropy: &entropy))
    payee = Payee(
      bank: bank.issuer.party, account: try #require(AccountName("merchant")))
    self.store = store
    shop = Shop(
      store: store, signer: merchant,
      vaultKey: try AtRestKey(
        keyFile: SecretBytes(copying: Bytes(repeating: vaultSeed, count: 32))),
      trust: trust, verdicts: SignatureOnlyVerdicts(trust: trust, time: Self.start), clock: clock,
      policy: policy)
  }

  // MARK: - The merchant

  func amount(_ minor: UInt64) throws -> Amount {
    try Amount(minor: minor, currency: try #require(Self.currency))
  }

  func draft(
    _ sealed: SealedFixture, price: UInt64 = 1000, stock: String? = nil
  ) throws -> OfferDraft {
    OfferDraft(
      title: "A good", fileName: "good.txt", container: sealed.commitment, stock: stock,
      price: try Price(net: amount(price), tax: amount(0)), payee: payee,
      accepts: [AcceptedPayment(bank: payee.bank, method: .ecash)],
      coordinators: [coordinator.issuer.key], expiresAt: Self.start.adding(seconds: 3600),
      retainedUntil: Self.start.adding(seconds: 86_400))
  }

  /// Publishes an offer and returns its identifier.
  func publish(
    _ sealed: SealedFixture, price: UInt64 = 1000, stock: String? = nil, mode: SaleMode? = nil,
    maximumQuantity: Int = 1
  ) async throws -> StatementID {
    var draft = try draft(sealed, price: price, stock: stock)
    if let mode { draft.mode = mode }
    draft.maximumQuantity = maximumQuantity
    return try await publish(draft, sealed)
  }

  func publish(_ draft: OfferDraft, _ sealed: SealedFixture) async throws -> StatementID {
    let signed = try await shop.publish(draft, identity: sealed.identity)
    return try UnverifiedStatement(signed.bytes).id
  }

  func offer(_ id: StatementID) async throws -> Offer {
    let signed = try #require(await shop.offer(id))
    return try trust.verify(signed, at: Self.start).claim
  }

  // MARK: - The customer

  func order(
    _ items: [(StatementID, Int)], decideBy: Timestamp = ShopWorld.start.adding(seconds: 600),
    by coordinator: StatementSigner? = nil, template: Digest = ShopWorld.template
  ) throws -> PlacedOrder {
    let parts = items.map { OrderPart.item(ItemPart(offer: $0.0, quantity: $0.1)) }
    let commitment = try OrderCommitment(parts, entropy: &entropy)
    let oneTime = StatementSigner(
      party: .customer, key: Ed25519.PrivateKey.generate(from: &entropy))
    let identity = Age.Identity.generate(from: &entropy)
    let signed = oneTime.sign(
      Order(
        oneTimeKey: try #require(SigningKeyValue(oneTime.publicKey.bytes)),
        recipient: identity.recipient.value, root: commitment.root,
        entryCount: commitment.entryCount,
        coordinator: (coordinator ?? self.coordinator).issuer.key, template: template,
        decideBy: decideBy, mask: SHA256.digest(entropy.bytes(32))),
      nonce: Nonce(from: &entropy))
    return PlacedOrder(
      signed: signed, process: try UnverifiedStatement(signed.bytes).id.renamed(),
      parts: commitment.parts)
  }

  func order(
    _ offer: StatementID, quantity: Int = 1,
    decideBy: Timestamp = ShopWorld.start.adding(seconds: 600)
  ) throws -> PlacedOrder {
    try order([(offer, quantity)], decideBy: decideBy)
  }

  // MARK: - The coordinator

  func id(_ order: PlacedOrder, _ step: String) throws -> RequestID {
    RequestID(process: order.process, step: try #require(StepPath(rawValue: step)))
  }

  func deposit(
    _ order: PlacedOrder, _ offer: StatementID, part: Int = 0, step: String = "deposit"
  ) async throws -> Outcome<DepositedKey> {
    await shop.deposit(
      DepositRequest(
        id: try id(order, "\(step)/\(offer)"), order: order.signed, part: order.parts[part]))
  }

  func verdict(
    _ decision: Decision, of order: PlacedOrder, by signer: StatementSigner? = nil
  ) -> LoggedVerdict {
    LoggedVerdict(
      verdict: (signer ?? coordinator).sign(
        Verdict(
          process: order.process, decision: decision, decidedAt: clock.now(),
          evidence: SHA256.digest([])),
        nonce: Nonce(from: &entropy)), proof: [])
  }

  func abort(_ order: PlacedOrder, by signer: StatementSigner? = nil) -> LoggedVerdict {
    verdict(.abort(.timeout), of: order, by: signer)
  }

  func commit(_ order: PlacedOrder) -> LoggedVerdict {
    verdict(.commit(keyBundle: SHA256.digest([])), of: order)
  }

  func release(
    _ verdict: LoggedVerdict, _ order: PlacedOrder, _ offer: StatementID
  ) async throws -> Outcome<Signed<Release>> {
    await shop.release(
      VerdictRequest(id: try id(order, "release/\(offer)"), verdict: verdict))
  }

  func settle(
    _ verdict: LoggedVerdict, _ order: PlacedOrder, _ transfers: [Signed<Transfer>],
    step: String = "confirm/merchant.example"
  ) async throws -> Outcome<Signed<Settlement>> {
    await shop.settle(
      SettleRequest(id: try id(order, step), verdict: verdict, transfers: transfers))
  }

  // MARK: - The bank

  func transfer(
    _ minor: UInt64, keeping fee: UInt64 = 0, for verdict: LoggedVerdict, _ order: PlacedOrder,
    to payee: Payee? = nil, by signer: StatementSigner? = nil
  ) throws -> Signed<Transfer> {
    (signer ?? bank).sign(
      Transfer(
        process: order.process, verdict: try UnverifiedStatement(verdict.verdict.bytes).id,
        payee: payee ?? self.payee, amount: try amount(minor),
        fee: fee == 0 ? nil : try amount(fee)),
      nonce: Nonce(from: &entropy))
  }
}

/// How an outcome ended, for comparison.
enum Ending: Equatable {
  case done
  /// With whether a signed refusal came along.
  case refused(RefusalReason, signed: Bool)
  case held(Timestamp)
  case unknown
}

extension Outcome {
  var ending: Ending {
    switch self {
    case .done: .done
    case .refused(let reason, let refusal): .refused(reason, signed: refusal != nil)
    case .held(let time): .held(time)
    case .unknown: .unknown
    }
  }

  var value: Value? {
    if case .done(let value) = self { value } else { nil }
  }
}
