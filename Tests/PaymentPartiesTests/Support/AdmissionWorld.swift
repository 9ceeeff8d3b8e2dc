// Orders as a coordinator receives them, good and bad: made by hand, so that each can be wrong in one
// place.

import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

/// A coordinator's notary, two merchants with an offer each, two banks.
struct AdmissionWorld {
  static let now = Timestamp(seconds: 1_800_000_000)
  static let merchants = [Fair.red, Fair.blue]
  static let banks = [Fair.bank, Fair.party("other-bank.example")]
  static let prices: [UInt64] = [11, 7]
  /// How many of an offer one order may take.
  static let maximumQuantity = 3

  let notary: EvidenceNotary
  let coordinator: StatementSigner
  /// The coordinator's key until half a minute ago.
  let former: StatementSigner
  let signers: [PartyName: StatementSigner]
  private let commitment: ContainerCommitment
  private var entropy = SystemEntropy()

  init() throws {
    var entropy = SystemEntropy()
    func signer(_ party: PartyName) -> StatementSigner {
      StatementSigner(party: party, key: Ed25519.PrivateKey.generate(from: &entropy))
    }
    let root = signer(Fair.party("root.example"))
    coordinator = signer(Fair.coordinator)
    former = signer(Fair.coordinator)
    var signers: [PartyName: StatementSigner] = [:]
    for merchant in Self.merchants { signers[merchant] = signer(merchant) }
    self.signers = signers
    func listed(_ signer: StatementSigner, _ role: Role) throws -> TrustedKey {
      TrustedKey(
        party: signer.issuer.party, role: role,
        key: try #require(SigningKeyValue(signer.publicKey.bytes)),
        validFrom: Self.now.adding(seconds: -60), validUntil: Self.now.adding(seconds: 30 * 86_400))
    }
    var keys = [try listed(root, .trustRoot), try listed(coordinator, .coordinator)]
    for merchant in Self.merchants {
      keys.append(try listed(try #require(signers[merchant]), .merchant))
    }
    keys.append(
      TrustedKey(
        party: Fair.coordinator, role: .coordinator,
        key: try #require(SigningKeyValue(former.publicKey.bytes)),
        validFrom: Self.now.adding(seconds: -7200), validUntil: Self.now.adding(seconds: -30)))
    let list = TrustList(madeAt: Self.now, keys: keys, witnessQuorum: 0)
    notary = EvidenceNotary(
      trust: try TrustStore(TrustStore.sign(list, with: root, entropy: &entropy)),
      signer: coordinator)

    let good = TestFolder.fresh("good")
    try Data("a good".utf8).write(to: URL(filePath: good))
    commitment = try Container.seal(
      FileSource(path: good), to: Age.Identity.generate(from: &entropy).recipient,
      container: "\(good).age", chunkList: "\(good).chunks", from: &entropy)
  }

  // MARK: - Offers

  /// What may be different about an offer.
  struct Terms {
    var price: UInt64
    var currency = Fair.euro
    var payee: Payee
    var banks = [Fair.bank]
    var largestFee: UInt64 = 0
    var coordinator: Thumbprint?
    var expiresAfterSeconds: Int64 = 3600
    var title = "A good"
  }

  /// The usual terms of the first or the second merchant.
  static func terms(_ number: Int) -> Terms {
    Terms(price: prices[number], payee: Fair.payee(of: merchants[number]))
  }

  mutating func offer(
    _ number: Int, signer: StatementSigner? = nil, _ change: (inout Terms) -> Void = { _ in }
  ) throws -> Signed<Offer> {
    var terms = Self.terms(number)
    change(&terms)
    let expiresAt = Self.now.adding(seconds: terms.expiresAfterSeconds)
    let claim = Offer(
      title: terms.title, description: "", fileName: "good", mediaType: "text/plain",
      container: commitment, mode: .catalogue, stock: nil,
      price: try Price(
        net: Amount(minor: terms.price, currency: terms.currency),
        tax: Amount.zero(terms.currency)),
      maximumQuantity: Self.maximumQuantity, payee: terms.payee,
      accepts: terms.banks.map {
        AcceptedPayment(bank: $0, method: .ecash, largestFee: terms.largestFee)
      },
      coordinators: [terms.coordinator ?? coordinator.issuer.key], holdLimitSeconds: 60,
      deliveryLimitSeconds: 60, expiresAt: expiresAt, retainedUntil: expiresAt)
    let signer = try signer ?? #require(signers[Self.merchants[number]])
    return signer.sign(claim, entropy: &entropy)
  }

  // MARK: - Orders

  /// What goes into an order. Each member can be changed before it is signed.
  struct Draft {
    var offers: [Signed<Offer>]
    var parts: [OrderPart]
    var instrumentCount = 1
    var terms: Signed<PaymentModel.Terms>?
    var coordinator: Thumbprint
    var decideAfterSeconds: Int64 = 600
  }

  /// A draft over both offers that any coordinator takes.
  mutating func draft() throws -> Draft {
    let offers = [try offer(0), try offer(1)]
    return Draft(
      offers: offers,
      parts: try offers.map { try Self.item($0) } + [
        Self.payment([try Self.payout(0), try Self.payout(1)])
      ], coordinator: coordinator.issuer.key)
  }

  /// Signs a draft.
  mutating func submission(_ draft: Draft) throws -> PurchaseSubmission {
    let commitment = try OrderCommitment(draft.parts, entropy: &entropy)
    let customer = StatementSigner(
      party: .customer, key: Ed25519.PrivateKey.generate(from: &entropy))
    let recipient = Age.Identity.generate(from: &entropy).recipient
    let order = Order(
      oneTimeKey: try #require(SigningKeyValue(customer.publicKey.bytes)),
      recipient: try #require(RecipientValue(recipient.bytes)), root: commitment.root,
      entryCount: commitment.entryCount, coordinator: draft.coordinator,
      template: CoordinatorHost.template,
      decideBy: Self.now.adding(seconds: draft.decideAfterSeconds),
      mask: try #require(Digest(entropy.bytes(32))))
    let instruments = (0..<draft.instrumentCount).map { number in
      let bytes = Bytes("sealed \(number)".utf8)
      return Sealed<SealedContent.Instrument>(bytes, digest: SHA256.digest(bytes))
    }
    return PurchaseSubmission(
      order: customer.sign(order, entropy: &entropy), parts: commitment.parts,
      offers: draft.offers, instruments: instruments, terms: draft.terms)
  }

  /// The code with which the coordinator refuses; `nil` when it takes the order.
  func refusal(of submission: PurchaseSubmission, at time: Timestamp = now) -> String? {
    do {
      _ = try notary.admit(submission, at: time)
      return nil
    } catch {
      return error.code
    }
  }

  // MARK: - Parts

  static func item(_ offer: Signed<Offer>, quantity: Int = 1) throws -> OrderPart {
    .item(ItemPart(offer: try UnverifiedStatement(offer.bytes).id, quantity: quantity))
  }

  static func payout(
    _ number: Int, minor: UInt64? = nil, currency: Currency = Fair.euro
  ) throws -> Payout {
    Payout(
      payee: Fair.payee(of: merchants[number]),
      amount: try Amount(minor: minor ?? prices[number], currency: currency))
  }

  static func payment(
    _ payouts: [Payout], bank: PartyName = Fair.bank, method: PaymentMethod = .ecash,
    transferFee: UInt64 = 0
  ) -> OrderPart {
    let payouts = payouts.sorted { $0.payee < $1.payee }
    let currency = payouts.first?.amount.currency ?? Fair.euro
    let total = try? Amount.sum(payouts.map(\.amount), in: currency)
    return .payment(
      PaymentPart(
        bank: bank, method: method, total: total ?? Amount.zero(currency), payouts: payouts,
        transferFee: transferFee))
  }
}

extension AdmissionWorld.Draft {
  /// Puts another payment in the place of the last part.
  mutating func pay(
    _ payouts: [Payout], bank: PartyName = Fair.bank, method: PaymentMethod = .ecash,
    transferFee: UInt64 = 0
  ) {
    parts[parts.count - 1] = AdmissionWorld.payment(
      payouts, bank: bank, method: method, transferFee: transferFee)
  }
}
