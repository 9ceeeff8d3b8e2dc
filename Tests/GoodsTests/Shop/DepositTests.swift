// Deposits: what binds the merchant, what is refused, and that answers never change.

import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct DepositTests {
  let world: ShopWorld
  let sealed: SealedFixture

  init() throws {
    world = try ShopWorld()
    sealed = try SealedFixture(byteCount: 1000)
  }

  @Test func `A deposit binds the merchant, and its key opens the container`() async throws {
    let offer = try await world.publish(sealed)
    let order = try world.order(offer)
    let deposited = try #require(try await world.deposit(order, offer).value)
    let deposit = try world.trust.verify(
      deposited.deposit, by: world.merchant.issuer.party, at: ShopWorld.start
    ).claim
    #expect(deposit.process == order.process)
    #expect(deposit.offer == offer)
    #expect(deposit.quantity == 1)
    #expect(try deposit.amount == world.amount(1000))
    #expect(deposit.payee == world.payee)
    #expect(deposit.decideBy == ShopWorld.start.adding(seconds: 600))
    #expect(deposit.heldUntil == ShopWorld.start.adding(seconds: 300))
    #expect(
      deposit.keyDigest == GoodsKey.digest(of: sealed.identity, process: order.process))
    #expect(deposited.key.digest == SHA256.digest(deposited.key.bytes))
    let finding = world.escrow.examine(
      deposited.key, deposit: deposit, offer: try await world.offer(offer))
    #expect(finding == .opens)
  }

  @Test func `The same request gets the same bytes, whatever happens meanwhile`() async throws {
    let offer = try await world.publish(sealed)
    let order = try world.order(offer)
    let first = try #require(try await world.deposit(order, offer).value)
    world.clock.set(ShopWorld.start.adding(seconds: 1_000_000))
    #expect(try await world.deposit(order, offer).value == first)
    _ = try await world.release(world.abort(order), order, offer)
    #expect(try await world.deposit(order, offer).value == first)
  }

  @Test func `The same step with another content is a conflict`() async throws {
    let offer = try await world.publish(sealed, mode: .catalogue, maximumQuantity: 5)
    let order = try world.order([(offer, 1), (offer, 2)])
    #expect(try await world.deposit(order, offer, part: 0).ending == .done)
    #expect(
      try await world.deposit(order, offer, part: 1).ending == .refused(.conflict, signed: false))
    #expect(
      try await world.deposit(order, offer, part: 1, step: "again").ending
        == .refused(.conflict, signed: false), "one hold for each offer of a process")
    #expect(try await world.deposit(order, offer, part: 0).ending == .done)
  }

  @Test func `What does not verify is refused and not kept`() async throws {
    let offer = try await world.publish(sealed)
    let order = try world.order(offer)
    let other = try world.order(offer)
    let step = "deposit/\(offer)"
    let outbox = await world.shop.unlogged(atMost: 100).count
    var flipped = order.signed.bytes
    flipped[flipped.count / 2] ^= 1
    let requests = [
      DepositRequest(
        id: try world.id(other, step), order: order.signed, part: order.parts[0]),
      DepositRequest(id: try world.id(order, step), order: order.signed, part: other.parts[0]),
      DepositRequest(id: try world.id(order, step), order: Signed(flipped), part: order.parts[0]),
      DepositRequest(id: try world.id(order, step), order: Signed([]), part: order.parts[0]),
      DepositRequest(
        id: try world.id(order, "deposit/\(order.process)"), order: order.signed,
        part: order.parts[0]),
      DepositRequest(id: try world.id(order, "deposit"), order: order.signed, part: order.parts[0]),
      DepositRequest(
        id: try world.id(order, step), order: order.signed,
        part: CommittedPart(
          part: order.parts[0].part, salt: order.parts[0].salt, index: -1,
          path: order.parts[0].path)),
    ]
    for request in requests {
      #expect(await world.shop.deposit(request).ending == .refused(.invalid, signed: false))
    }
    #expect(await world.shop.unlogged(atMost: 100).count == outbox)
    #expect(try await world.deposit(order, offer).ending == .done)
  }

  @Test func `Terms of the offer are kept`() async throws {
    let offer = try await world.publish(sealed)
    let start = ShopWorld.start
    let cases: [(PlacedOrder, RefusalReason)] = [
      (try world.order([(offer, 2)]), .notOffered),
      (try world.order([(offer, 1)], template: SHA256.digest([])), .notOffered),
      (try world.order([(offer, 1)], decideBy: start.adding(seconds: 8 * 86_400)), .notOffered),
      (try world.order([(offer, 1)], decideBy: start), .tooLate),
      (try world.order([(offer, 1)], by: world.otherCoordinator), .coordinatorRefused),
    ]
    for (order, reason) in cases {
      let outcome = try await world.deposit(order, offer)
      #expect(outcome.ending == .refused(reason, signed: true))
      guard case .refused(_, let refusal?) = outcome else { continue }
      let statement = try UnverifiedStatement(refusal.bytes)
      #expect(statement.kind == .refusal && statement.issuer == world.merchant.issuer)
      let payload = String(decoding: statement.payload, as: UTF8.self)
      #expect(payload.contains(#""process":"\#(order.process)""#))
      #expect(payload.contains(#""reason":"\#(reason.rawValue)""#))
    }
    let unknown: StatementID = SHA256.digest([1]).renamed()
    #expect(
      try await world.deposit(world.order(unknown), unknown).ending
        == .refused(.notOffered, signed: true))
    #expect(
      try await world.deposit(world.order([(offer, 1)], by: world.bank), offer).ending
        == .refused(.coordinatorRefused, signed: false))
    world.clock.set(start.adding(seconds: 3600))
    let late = try world.order(offer, decideBy: start.adding(seconds: 4000))
    #expect(try await world.deposit(late, offer).ending == .refused(.notOffered, signed: true))
  }

  @Test func `A refusal is final, also when the shop would do it now`() async throws {
    let strict = try ShopWorld(policy: ShopPolicy(templates: []))
    let offer = try await strict.publish(sealed)
    let order = try strict.order(offer)
    guard case .refused(.notOffered, let first?) = try await strict.deposit(order, offer) else {
      Issue.record("not refused")
      return
    }
    let willing = try ShopWorld(store: strict.store)
    guard case .refused(.notOffered, let second?) = try await willing.deposit(order, offer) else {
      Issue.record("the refusal was taken back")
      return
    }
    #expect(first == second)
  }

  @Test func `The good is not held for longer than the order is undecided`() async throws {
    let offer = try await world.publish(sealed)
    let decideBy = ShopWorld.start.adding(seconds: 20)
    let order = try world.order(offer, decideBy: decideBy)
    let deposited = try #require(try await world.deposit(order, offer).value)
    let claim = try world.trust.verify(deposited.deposit, at: ShopWorld.start).claim
    #expect(claim.heldUntil == decideBy)
  }

  // MARK: - The vault

  @Test func `The rows hold no identity in clear`() async throws {
    let offer = try await world.publish(sealed)
    _ = try await world.deposit(world.order(offer), offer)
    let secret = sealed.identity.withSpan { span in span.indices.map { span[$0] } }
    let container = sealed.commitment.recipient
    let sealedIdentity = await world.store.read { $0.sealedIdentity(of: container) }
    #expect(sealedIdentity?.count == 32 + 28)
    let rows = String(reflecting: world.store.snapshot())
    #expect(!rows.contains(secret.map(String.init).joined(separator: ", ")))
  }

  @Test func `With another vault key nothing is deposited and nothing is held`() async throws {
    let offer = try await world.publish(sealed)
    let order = try world.order(offer)
    let stranger = try ShopWorld(store: world.store, vaultSeed: 2)
    #expect(try await stranger.deposit(order, offer).ending == .unknown)
    #expect(try await world.deposit(order, offer).ending == .done)
  }

  @Test func `An offer is published only with the key that opens its container`() async throws {
    let other = try SealedFixture(byteCount: 1, seed: 2)
    let draft = try world.draft(sealed)
    #expect(
      try await asyncGoodsCode {
        _ = try await world.shop.publish(draft, identity: other.identity)
      } == .vaultIdentity)
    var wrongHeader = draft
    wrongHeader.container = sealed.commitment.with(header: other.commitment.header)
    #expect(
      try await asyncGoodsCode {
        _ = try await world.shop.publish(wrongHeader, identity: sealed.identity)
      } == .vaultIdentity)
    #expect(await world.shop.offers(atMost: 10).isEmpty)
  }

  @Test func `Every statement goes into the outbox`() async throws {
    let offer = try await world.publish(sealed)
    let order = try world.order(offer)
    _ = try await world.deposit(order, offer)
    _ = try await world.deposit(order, offer)
    let kinds = await world.shop.unlogged(atMost: 10)
    #expect(kinds.map(\.kind) == [.offer, .deposit])
    #expect(kinds.first?.statement == offer)
    await world.shop.logged(through: kinds[0].number)
    #expect(await world.shop.unlogged(atMost: 10).map(\.kind) == [.deposit])
  }
}
