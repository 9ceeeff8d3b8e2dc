// After the verdict: releases, tombstones and settlements.

import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct VerdictTests {
  let world: ShopWorld
  let sealed: SealedFixture

  init() throws {
    world = try ShopWorld()
    sealed = try SealedFixture(byteCount: 10)
  }

  // MARK: - Abort

  @Test func `A release is acknowledged, again with the same bytes`() async throws {
    let offer = try await world.publish(sealed)
    let order = try world.order(offer)
    _ = try await world.deposit(order, offer)
    let verdict = world.abort(order)
    let release = try #require(try await world.release(verdict, order, offer).value)
    let claim = try world.trust.verify(release, at: ShopWorld.start).claim
    #expect(claim.process == order.process && claim.offer == offer)
    #expect(try claim.verdict == UnverifiedStatement(verdict.verdict.bytes).id)
    let sameVerdictLaterProof = LoggedVerdict(verdict: verdict.verdict, proof: [1, 2, 3])
    #expect(try await world.release(sameVerdictLaterProof, order, offer).value == release)
  }

  @Test func `A release before its deposit refuses the late deposit`() async throws {
    let offer = try await world.publish(sealed)
    let order = try world.order(offer)
    #expect(try await world.release(world.abort(order), order, offer).ending == .done)
    #expect(try await world.deposit(order, offer).ending == .refused(.voided, signed: true))
    #expect(try await world.deposit(world.order(offer), offer).ending == .done)
  }

  @Test func `A deposit that was refused can be released`() async throws {
    let unknown: StatementID = SHA256.digest([1]).renamed()
    let order = try world.order(unknown)
    #expect(
      try await world.deposit(order, unknown).ending == .refused(.notOffered, signed: true))
    #expect(try await world.release(world.abort(order), order, unknown).ending == .done)
    #expect(
      await world.shop.release(
        VerdictRequest(id: try world.id(order, "release/x"), verdict: world.abort(order))
      ).ending == .refused(.invalid, signed: false))
  }

  @Test func `Nothing is released but by an abort of that process and coordinator`() async throws {
    let offer = try await world.publish(sealed)
    let (order, other) = (try world.order(offer), try world.order(offer))
    _ = try await world.deposit(order, offer)
    #expect(
      try await world.release(world.commit(order), order, offer).ending
        == .refused(.invalid, signed: false))
    #expect(
      try await world.release(world.abort(other), order, offer).ending
        == .refused(.invalid, signed: false))
    #expect(
      try await world.release(world.abort(order, by: world.bank), order, offer).ending
        == .refused(.invalid, signed: false))
    var forged = world.abort(order).verdict.bytes
    forged[forged.count - 10] ^= 1
    #expect(
      try await world.release(
        LoggedVerdict(verdict: Signed(forged), proof: []), order, offer
      ).ending == .refused(.invalid, signed: false))
    let huge = LoggedVerdict(
      verdict: world.abort(order).verdict, proof: Bytes(repeating: 0, count: 8193))
    #expect(
      try await world.release(huge, order, offer).ending == .refused(.invalid, signed: false))
    // Another coordinator's verdict reaches no hold but its own.
    _ = try await world.release(world.abort(order, by: world.otherCoordinator), order, offer)
    #expect(
      try await world.deposit(other, offer).ending == .held(ShopWorld.start.adding(seconds: 600)))
  }

  @Test func `A second abort verdict is a conflict`() async throws {
    let offer = try await world.publish(sealed)
    let order = try world.order(offer)
    _ = try await world.deposit(order, offer)
    #expect(try await world.release(world.abort(order), order, offer).ending == .done)
    #expect(
      try await world.release(world.abort(order), order, offer).ending
        == .refused(.conflict, signed: false))
  }

  // MARK: - Commit

  @Test func `A settlement names the transfers, again with the same bytes`() async throws {
    let offer = try await world.publish(sealed)
    let order = try world.order(offer)
    _ = try await world.deposit(order, offer)
    let verdict = world.commit(order)
    let transfer = try world.transfer(1000, for: verdict, order)
    let settlement = try #require(try await world.settle(verdict, order, [transfer]).value)
    let claim = try world.trust.verify(settlement, at: ShopWorld.start).claim
    #expect(claim.process == order.process)
    #expect(try claim.transfers == [UnverifiedStatement(transfer.bytes).id])
    #expect(try await world.settle(verdict, order, [transfer]).value == settlement)
    let another = try world.transfer(1000, for: verdict, order)
    #expect(
      try await world.settle(verdict, order, [another]).ending
        == .refused(.conflict, signed: false))
  }

  @Test func `Two goods of one merchant are settled together`() async throws {
    let (one, two) = (
      try await world.publish(sealed, price: 300),
      try await world.publish(SealedFixture(byteCount: 5, seed: 3), price: 500)
    )
    let order = try world.order([(one, 1), (two, 1)])
    #expect(try await world.deposit(order, one, part: 0).ending == .done)
    #expect(try await world.deposit(order, two, part: 1).ending == .done)
    let verdict = world.commit(order)
    let short = [try world.transfer(500, for: verdict, order)]
    #expect(
      try await world.settle(verdict, order, short).ending
        == .refused(.amountMismatch, signed: false))
    let whole = [try world.transfer(800, for: verdict, order)]
    #expect(try await world.settle(verdict, order, whole).ending == .done, "it may be mended")
  }

  @Test func `A bank that the offer accepts may pay into an account elsewhere, and no other bank`()
    async throws
  {
    var draft = try world.draft(sealed)
    draft.accepts.append(
      AcceptedPayment(bank: world.otherBank.issuer.party, method: .transfer))
    let offer = try await world.publish(draft, sealed)
    let order = try world.order(offer)
    _ = try await world.deposit(order, offer)
    let verdict = world.commit(order)
    let foreign = [try world.transfer(1000, for: verdict, order, by: world.otherBank)]
    #expect(try await world.settle(verdict, order, foreign).ending == .done)
  }

  @Test func `A bank may keep what the offer allows, and no more`() async throws {
    for (largest, kept, ending) in [
      (0, 1, .refused(.invalid, signed: false)), (3, 4, .refused(.invalid, signed: false)),
      (3, 3, .done), (3, 0, .done),
    ] as [(UInt64, UInt64, Ending)] {
      var draft = try world.draft(sealed)
      draft.accepts = [
        AcceptedPayment(bank: world.payee.bank, method: .ecash, largestFee: largest)
      ]
      let offer = try await world.publish(draft, sealed)
      let order = try world.order(offer)
      _ = try await world.deposit(order, offer)
      let verdict = world.commit(order)
      let transfer = try world.transfer(1000, keeping: kept, for: verdict, order)
      #expect(try await world.settle(verdict, order, [transfer]).ending == ending, "\(kept)")
    }
  }

  @Test func `Only transfers that pay this sale settle it`() async throws {
    let offer = try await world.publish(sealed)
    let order = try world.order(offer)
    let other = try world.order(offer)
    _ = try await world.deposit(order, offer)
    let verdict = world.commit(order)
    let otherVerdict = world.commit(other)
    let elsewhere = Payee(
      bank: world.payee.bank, account: try #require(AccountName("somebody-else")))
    let good = try world.transfer(1000, for: verdict, order)
    let cases: [([Signed<Transfer>], RefusalReason)] = [
      ([], .amountMismatch),
      ([try world.transfer(999, for: verdict, order)], .amountMismatch),
      ([try world.transfer(1001, for: verdict, order)], .amountMismatch),
      ([try world.transfer(1000, for: verdict, order, to: elsewhere)], .amountMismatch),
      ([good, try world.transfer(1, for: verdict, order, to: elsewhere)], .amountMismatch),
      ([good, good], .invalid),
      ([try world.transfer(1000, for: verdict, order, by: world.otherBank)], .invalid),
      ([try world.transfer(1000, for: verdict, order, by: world.merchant)], .invalid),
      ([try world.transfer(1000, for: otherVerdict, order)], .invalid),
      ([try world.transfer(1000, for: otherVerdict, other)], .invalid),
      (Array(repeating: good, count: 257), .invalid),
    ]
    for (number, (transfers, reason)) in cases.enumerated() {
      #expect(
        try await world.settle(verdict, order, transfers, step: "confirm/\(number)").ending
          == .refused(reason, signed: false), "case \(number)")
    }
    #expect(try await world.settle(verdict, order, [good]).ending == .done)
  }

  @Test func `Free goods are settled without a transfer`() async throws {
    let offer = try await world.publish(sealed, price: 0)
    let order = try world.order(offer)
    _ = try await world.deposit(order, offer)
    #expect(try await world.settle(world.commit(order), order, []).ending == .done)
  }

  @Test func `What was never held is not settled`() async throws {
    let offer = try await world.publish(sealed)
    let order = try world.order(offer)
    let verdict = world.commit(order)
    #expect(
      try await world.settle(verdict, order, []).ending == .refused(.notOffered, signed: false))
  }

  @Test func `Two verdicts of one process never both take effect`() async throws {
    let offer = try await world.publish(sealed)
    let (order, other) = (try world.order(offer), try world.order(offer))
    _ = try await world.deposit(order, offer)
    let commit = world.commit(order)
    let transfer = try world.transfer(1000, for: commit, order)
    #expect(try await world.settle(commit, order, [transfer]).ending == .done)
    #expect(
      try await world.release(world.abort(order), order, offer).ending
        == .refused(.conflict, signed: false))
    #expect(try await world.deposit(other, offer).ending == .refused(.soldOut, signed: true))

    let second = try await world.publish(SealedFixture(byteCount: 5, seed: 3))
    let aborted = try world.order(second)
    _ = try await world.deposit(aborted, second)
    #expect(try await world.release(world.abort(aborted), aborted, second).ending == .done)
    let late = world.commit(aborted)
    let paid = try world.transfer(1000, for: late, aborted)
    #expect(
      try await world.settle(late, aborted, [paid]).ending == .refused(.conflict, signed: false))
  }
}
