// The same coins in a second order: held, refused with proof, or free, as the first one ends.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct DoubleSpendTests {
  /// A world with two orders for the same coins, the first of which holds them.
  private func contested() async throws -> (
    world: CashWorld, coins: [HeldCoin], first: TestOrder, second: TestOrder,
    request: ReserveRequest
  ) {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let coins = try await world.coins([1, 2, 4])
    let first = try world.order([("shop", 7)], decideIn: 100)
    let second = try world.order([("shop", 3)], decideIn: 200)
    #expect(try await world.reserve(first, coins).value != nil)
    let request = try world.request(second, world.instrument(second, Array(coins[..<2])))
    return (world, coins, first, second, request)
  }

  @Test func undecidedUseMakesTheSecondWait() async throws {
    let (world, _, first, _, request) = try await contested()
    #expect(await world.bank.reserve(request).heldUntil == first.claim.decideBy)
    #expect(await world.bank.reserve(request).heldUntil == first.claim.decideBy)
    world.clock.set(first.claim.decideBy.adding(seconds: 5))
    let overdue = try #require(await world.bank.reserve(request).heldUntil)
    #expect(overdue > world.clock.now(), "an overdue verdict is still waited for")
    try await world.checkBooks()
  }

  @Test func committedUseIsProven() async throws {
    let (world, coins, first, second, request) = try await contested()
    let verdict = world.commit(first.process)
    #expect(await world.post(first, verdict).value != nil)
    let outcome = await world.bank.reserve(request)
    #expect(outcome.refusal == .doubleSpend)
    let refusal = try world.trust.verify(
      #require(outcome.signedRefusal), by: world.bankName, at: CashWorld.start
    ).claim
    let digest = try #require(refusal.details)

    let sealed = try #require(await world.bank.refusalDetails(of: second.process))
    #expect(await world.bank.refusalDetails(of: first.process) == nil)
    let details = try second.open {
      try RefusalDetails(opening: sealed, with: $0, digest: digest)
    }
    #expect(throws: ECashError(code: .proofInvalid), "for the customer only") {
      try first.open { _ = try RefusalDetails(opening: sealed, with: $0, digest: digest) }
    }
    #expect(throws: ECashError(code: .proofInvalid), "what the refusal speaks of") {
      try second.open {
        _ = try RefusalDetails(opening: sealed, with: $0, digest: SHA256.digest([]))
      }
    }
    let proof = try world.trust.verify(details.proof, by: world.bankName, at: CashWorld.start)
    #expect(try [coins[0].id, coins[1].id].contains(proof.claim.coin))
    #expect(proof.claim.first.process == first.process)
    #expect(proof.claim.second.process == second.process)
    try proof.claim.check(with: world.verdicts)
    #expect(await world.bank.reserve(request).signedRefusal == outcome.signedRefusal)
    try await world.checkBooks()
  }

  @Test func abortedUseProvesNothing() async throws {
    let (world, _, first, second, request) = try await contested()
    #expect(await world.bank.reserve(request).heldUntil != nil)
    #expect(await world.void(first, world.abort(first.process)).value != nil)
    #expect(await world.bank.reserve(request).value != nil, "the same request, now that it can be")
    #expect(await world.bank.refusalDetails(of: second.process) == nil)
    try await world.checkBooks()
  }

  @Test func spentCoinDecidesBeforeHeldOne() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let coins = try await world.coins([1, 2])
    let (spent, held) = (try world.order([("shop", 2)]), try world.order([("shop", 1)]))
    #expect(try await world.reserve(spent, [coins[1]]).value != nil)
    #expect(await world.post(spent, world.commit(spent.process)).value != nil)
    #expect(try await world.reserve(held, [coins[0]]).value != nil)
    let both = try world.order([("shop", 3)])
    #expect(try await world.reserve(both, coins).refusal == .doubleSpend)
  }

  @Test func proofsThatProveNothing() async throws {
    let (world, coins, first, second, _) = try await contested()
    let coin = try coins[0].used(in: first.process, at: world.bankName)
    func use(_ order: TestOrder, _ signer: HeldCoin) throws -> CoinUse {
      CoinUse(
        process: order.process, bank: world.bankName,
        signature: try signer.used(in: order.process, at: world.bankName).use)
    }
    func proof(
      _ first: CoinUse, _ second: CoinUse, _ verdict: LoggedVerdict
    ) -> DoubleSpend {
      DoubleSpend(
        coin: coin.coin, denomination: coin.denomination, first: first, second: second,
        verdict: verdict)
    }
    let (one, two) = (try use(first, coins[0]), try use(second, coins[0]))
    let other = try #require(PartyName("other.example"))
    let commit = world.commit(first.process)
    try proof(one, two, commit).check(with: world.verdicts)
    let wrong: [(Comment, DoubleSpend)] = [
      ("one use twice", proof(one, one, commit)),
      ("another coin's use", proof(one, try use(second, coins[1]), commit)),
      (
        "a use at another bank",
        proof(
          one,
          CoinUse(
            process: second.process, bank: other,
            signature: try coins[0].used(in: second.process, at: other).use), commit)
      ),
      ("an aborted first use", proof(one, two, world.abort(first.process))),
      ("a verdict about the second use", proof(one, two, world.commit(second.process))),
      (
        "a verdict that is not logged",
        proof(one, two, LoggedVerdict(verdict: commit.verdict, proof: []))
      ),
      (
        "a verdict of no coordinator",
        proof(
          one, two,
          world.verdict(
            first.process, .commit(keyBundle: SHA256.digest([])), by: world.bankSigner))
      ),
    ]
    for (what, proof) in wrong {
      #expect(throws: ECashError(code: .proofInvalid), what) {
        try proof.check(with: world.verdicts)
      }
    }
  }
}
