// Offers: what is signed, what is refused, and with which code.

import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct OfferTests {
  let world: ShopWorld
  let sealed: SealedFixture

  init() throws {
    world = try ShopWorld()
    sealed = try SealedFixture(byteCount: 70_000)
  }

  private func code(
    at time: Timestamp = ShopWorld.start, _ change: (inout OfferDraft) throws -> Void
  ) throws -> GoodsError.Code? {
    var draft = try world.draft(sealed)
    try change(&draft)
    var entropy = SystemEntropy()
    return try goodsCode { _ = try draft.signed(by: world.merchant, at: time, from: &entropy) }
  }

  @Test func `A signed offer says what was drafted and keeps the rules`() throws {
    let draft = try world.draft(sealed)
    var entropy = SystemEntropy()
    let signed = try draft.signed(by: world.merchant, at: ShopWorld.start, from: &entropy)
    let offer = try world.trust.verify(
      signed, by: world.merchant.issuer.party, at: ShopWorld.start)
    try OfferRules.check(offer, at: ShopWorld.start)
    #expect(offer.claim.container == sealed.commitment)
    #expect(offer.claim.mode == .individual)
    #expect(offer.claim.title == "A good")
    #expect(
      try goodsCode { try OfferRules.check(offer, at: offer.claim.expiresAt) } == .offerExpired)
  }

  @Test func `Every rule has its code, and what breaks one is not signed`() throws {
    let container = sealed.commitment
    let zero = try #require(RecipientValue(Bytes(repeating: 0, count: 32)))
    let price = try Price(net: world.amount(Amount.largestMinor), tax: world.amount(0))
    #expect(try code { _ in } == nil)
    #expect(try code { $0.container = container.with(recipient: zero) } == .offerRecipient)
    #expect(try code { $0.container = container.with(header: [1]) } == .offerHeader)
    #expect(try code { $0.container = container.with(chunkCount: 1) } == .offerChunkCount)
    #expect(
      try code { $0.container = container.with(ciphertextLength: 9) } == .offerCiphertextLength)
    #expect(try code { $0.title = " \u{A0}\n" } == .offerTitle)
    #expect(
      try code {
        $0.price = price
        $0.maximumQuantity = 2
      } == .offerPrice)
    #expect(
      try code {
        $0.stock = "chairs"
        $0.mode = .catalogue
      } == .offerMode)
    #expect(try code { $0.accepts = [] } == .offerPayment)
    #expect(try code { $0.accepts += $0.accepts } == .offerPayment)
    #expect(try code { $0.coordinators = [] } == .offerCoordinators)
    #expect(try code { $0.coordinators += $0.coordinators } == .offerCoordinators)
    #expect(try code { $0.retainedUntil = ShopWorld.start } == .offerRetention)
    #expect(try code(at: ShopWorld.start.adding(seconds: 3600)) { _ in } == .offerExpired)
  }

  @Test func `What no reader would accept is not signed`() throws {
    #expect(try code { $0.title = String(repeating: "x", count: 201) } == .offerLimit)
    #expect(try code { $0.description = String(repeating: "x", count: 4001) } == .offerLimit)
    #expect(try code { $0.holdLimitSeconds = 0 } == .offerLimit)
    #expect(try code { $0.deliveryLimitSeconds = 86_401 } == .offerLimit)
    #expect(try code { $0.maximumQuantity = 0 } == .offerLimit)
    #expect(
      try code { draft in
        draft.coordinators = (0..<17).map { SHA256.digest([$0]).renamed() }
      } == .offerLimit)
  }

  @Test func `Goods may be free`() throws {
    #expect(try code { $0.price = try Price(net: world.amount(0), tax: world.amount(0)) } == nil)
  }

  @Test
  func `A payment without a good has a price, and is paid once unless the merchant says otherwise`()
    async throws
  {
    var invoice = try world.draft(sealed)
    invoice.container = nil
    let signed = try await world.shop.publish(invoice)
    let offer = try world.trust.verify(signed, at: ShopWorld.start)
    #expect(offer.claim.container == nil)
    #expect(try offer.claim == UnverifiedStatement(signed.bytes).unverifiedClaim(as: Offer.self))
    let fresh = OfferDraft(
      title: "An invoice", fileName: "", container: nil, price: invoice.price,
      payee: invoice.payee, accepts: invoice.accepts, coordinators: invoice.coordinators,
      expiresAt: invoice.expiresAt, retainedUntil: invoice.retainedUntil)
    #expect(fresh.mode == .individual)
    #expect(try code { $0.container = nil } == nil)
    #expect(
      try code {
        $0.container = nil
        $0.price = try Price(net: world.amount(0), tax: world.amount(0))
      } == .offerPrice)

    // Only what has a container needs the identity that opens it, and then it must.
    let good = try world.draft(sealed)
    await #expect { _ = try await world.shop.publish(good) } throws: {
      ($0 as? GoodsError)?.code == .vaultIdentity
    }
    await #expect {
      _ = try await world.shop.publish(invoice, identity: sealed.identity)
    } throws: {
      ($0 as? GoodsError)?.code == .vaultIdentity
    }
  }

  @Test func `Small and limited goods are sold one by one unless the merchant says otherwise`()
    throws
  {
    #expect(try world.draft(sealed).mode == .individual)
    let large = ContainerCommitment(
      recipient: sealed.commitment.recipient, header: sealed.commitment.header,
      payloadNonce: sealed.commitment.payloadNonce, ciphertextLength: 0, chunkCount: 0,
      goodsRoot: sealed.commitment.goodsRoot, plaintextLength: OfferDraft.individualBelow)
    var draft = try world.draft(sealed)
    draft = OfferDraft(
      title: draft.title, fileName: draft.fileName, container: large, price: draft.price,
      payee: draft.payee, accepts: draft.accepts, coordinators: draft.coordinators,
      expiresAt: draft.expiresAt, retainedUntil: draft.retainedUntil)
    #expect(draft.mode == .catalogue)
  }

  @Test func `An offer that another merchant signed is not this merchant's`() throws {
    var entropy = SystemEntropy()
    let draft = try world.draft(sealed)
    let signed = try draft.signed(by: world.bank, at: ShopWorld.start, from: &entropy)
    #expect(throws: EvidenceError.self) {
      try world.trust.verify(signed, at: ShopWorld.start)
    }
  }
}
