// How goods are sold, step by step, with the public interface only.

import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct GoodsManualTests {
  @Test func `A good is sealed, offered, checked, deposited, delivered and opened`() async throws {
    let world = try ShopWorld()
    let folder = try TemporaryFolder()
    let photo = try folder.write(SealedFixture.bytes(150_000, seed: 1), to: "photo.jpg")
    var entropy = SystemEntropy()

    // Merchant: a fresh identity for this sale, and the good sealed to it. The container is an age
    // file; the chunk list goes with it.
    let identity = Age.Identity.generate(from: &entropy)
    let commitment = try Container.seal(
      FileSource(path: photo), to: identity.recipient, container: folder.path("photo.jpg.age"),
      chunkList: folder.path("photo.jpg.chunks"), from: &entropy)

    // Merchant: terms, signed. The shop keeps the identity in its vault.
    let draft = OfferDraft(
      title: "Photograph", fileName: "../photo.jpg", container: commitment,
      price: try Price(net: world.amount(1000), tax: world.amount(190)), payee: world.payee,
      accepts: [AcceptedPayment(bank: world.payee.bank, method: .ecash)],
      coordinators: [world.coordinator.issuer.key],
      expiresAt: ShopWorld.start.adding(seconds: 3600),
      retainedUntil: ShopWorld.start.adding(seconds: 30 * 86_400))
    let offer = try await world.shop.publish(draft, identity: identity)

    // Customer, before she pays: the signature, the terms, and the container to the byte.
    let verified = try world.trust.verify(offer, at: world.clock.now())
    try OfferRules.check(verified, at: world.clock.now())
    let container = try #require(verified.claim.container)
    try Container.check(
      FileSource(path: folder.path("photo.jpg.age")),
      chunkList: FileSource(path: folder.path("photo.jpg.chunks")),
      against: container)

    // Customer: an order, here with this one part. It names where the keys are sealed to.
    let oneTimeIdentity = Age.Identity.generate(from: &entropy)
    let order = try world.order(verified.id)

    // Merchant, asked by the coordinator: the key goes into escrow, the merchant is bound.
    let deposited = try #require(try await world.deposit(order, verified.id).value)
    let deposit = try world.trust.verify(deposited.deposit, at: world.clock.now())

    // Coordinator's escrow agent: the key opens the container, or nobody pays.
    let finding = world.escrow.examine(
      deposited.key, deposit: deposit.claim, offer: verified.claim)
    #expect(finding == .opens)

    // Coordinator: commit. The verdict names the bundle of all keys, which only the customer opens.
    let bundle = try #require(
      world.escrow.bundle([deposited.key], for: oneTimeIdentity.recipient.value))
    let verdict = world.verdict(.commit(keyBundle: bundle.digest), of: order)

    // Bank and merchant: the transfer, acknowledged.
    let transfer = try world.transfer(1190, for: verdict, order)
    #expect(try await world.settle(verdict, order, [transfer]).ending == .done)

    // Customer: her key out of the bundle opens the container, and what is in it is what was signed.
    let keys = try KeyBundle(bundle, with: oneTimeIdentity)
    let key = try keys.identity(opening: container)
    let opened = try Container.open(
      FileSource(path: folder.path("photo.jpg.age")),
      chunkList: FileSource(path: folder.path("photo.jpg.chunks")),
      against: container, with: key,
      to: .folder(folder.path, SafeFileName(verified.claim.fileName)))
    #expect(opened.path == folder.path("photo-2.jpg"), "the name is made safe, and nothing is lost")
    #expect(try folder.read("photo-2.jpg") == folder.read("photo.jpg"))
  }
}
