// What verdicts do to held coins: one end, once, for whoever presents it.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct VerdictTests {
  /// A world in which coins of 7 are held for an order to two shops.
  private func held(
    fees: Fees = Fees()
  ) async throws -> (world: CashWorld, coins: [HeldCoin], order: TestOrder) {
    let world = try await CashWorld(fees: fees)
    for shop in ["shop-a", "shop-b"] { _ = try await world.account(shop) }
    if fees.perCoin > 0 { _ = try await world.account("payer", holding: 3 * fees.perCoin) }
    let coins = try await world.coins([1, 2, 4])
    let order = try world.order([("shop-b", 5), ("shop-a", 2)])
    #expect(try await world.reserve(order, coins).value != nil)
    return (world, coins, order)
  }

  @Test func commitPaysEachPayee() async throws {
    let (world, _, order) = try await held()
    let verdict = world.commit(order.process)
    let transfers = try #require(await world.post(order, verdict).value)
    let claims = try transfers.map {
      try world.trust.verify($0, by: world.bankName, at: CashWorld.start).claim
    }
    #expect(claims.map(\.payee.account.text) == ["shop-a", "shop-b"])
    #expect(claims.map(\.amount.minor) == [2, 5])
    let id = try UnverifiedStatement(verdict.verdict.bytes).id
    #expect(claims.allSatisfy { $0.verdict == id && $0.process == order.process })
    #expect(try await world.balance("shop-a") == 2)
    #expect(try await world.balance("shop-b") == 5)
    #expect(try await world.checkBooks().outstanding == 0)
  }

  @Test func feesAreTakenFromTransfers() async throws {
    let (world, _, order) = try await held(fees: Fees(perCoin: 1, perTransfer: 3))
    #expect(await world.post(order, world.commit(order.process)).value != nil)
    #expect(try await world.balance("shop-a") == 0, "never more than the transfer")
    #expect(try await world.balance("shop-b") == 2)
    #expect(try await world.checkBooks().balance(of: .fees) == 3 + 2 + 3)
  }

  @Test func aBankReservesAtItsOwnFeeOnly() async throws {
    let world = try await CashWorld(values: [1, 2, 4], fees: Fees(perTransfer: 3))
    _ = try await world.account("shop")
    let coins = try await world.coins([4])
    for fee in [0, 2, 4] as [UInt64] {
      let order = try world.order([("shop", 4)], transferFee: fee)
      #expect(try await world.reserve(order, coins).refusal == .feeMismatch)
    }
    let order = try world.order([("shop", 4)], transferFee: 3)
    #expect(try await world.reserve(order, coins).value != nil)
  }

  /// What was reserved is kept, whatever the bank charges by then.
  @Test(arguments: [0, 5] as [UInt64])
  func aNewFeeIsForNewOrders(later: UInt64) async throws {
    let world = try await CashWorld(values: [1, 2, 4, 8], fees: Fees(perTransfer: 3))
    _ = try await world.account("shop")
    let coins = (try await world.coins([8]), try await world.coins([4]))
    let order = try world.order([("shop", 8)])
    let late = try world.order([("shop", 4)])
    #expect(try await world.reserve(order, coins.0).value != nil)
    let keys = try TestDenominationKeys.shared.get().denominations.filter { $0.value == 16 }
    try await world.bank.publish(
      CashWorld.keyset(
        keys, fees: Fees(perTransfer: later), period: 2, currency: world.currency,
        signer: world.bankSigner))
    let transfer = try #require(await world.post(order, world.commit(order.process)).value?.first)
    let claim = try world.trust.verify(transfer, at: CashWorld.start).claim
    #expect(claim.fee?.minor == 3 && claim.net.minor == 5)
    #expect(try await world.balance("shop") == 5)
    #expect(try await world.reserve(late, coins.1).refusal == .feeMismatch)
    #expect(try await world.checkBooks().balance(of: .fees) == 3)
  }

  @Test func postIsAnsweredAgainAndPaysOnce() async throws {
    let (world, _, order) = try await held()
    let verdict = world.commit(order.process)
    let first = try #require(await world.post(order, verdict).value)
    #expect(await world.post(order, verdict).value == first)
    let step = VerdictRequest(id: order.id(.post, "/customer"), verdict: verdict)
    #expect(await world.bank.post(step).value == first, "owed to whoever presents the verdict")
    #expect(await world.post(order, world.commit(order.process)).refusal == .conflict)
    #expect(try await world.balance("shop-b") == 5)
    try await world.checkBooks()
  }

  @Test func abortGivesCoinsFree() async throws {
    let (world, coins, order) = try await held()
    let verdict = world.abort(order.process)
    let first = try #require(await world.void(order, verdict).value)
    let claim = try world.trust.verify(first, by: world.bankName, at: CashWorld.start).claim
    #expect(claim.released == order.total && claim.process == order.process)
    #expect(await world.void(order, verdict).value == first)
    #expect(try await world.checkBooks().coins.allSatisfy { $0.reserved == 0 })
    let next = try world.order([("shop-a", 7)])
    #expect(try await world.reserve(next, coins).value != nil, "they can be used again")
  }

  @Test func holdHasOneEnd() async throws {
    let (world, _, posted) = try await held()
    #expect(await world.post(posted, world.commit(posted.process)).value != nil)
    #expect(await world.void(posted, world.abort(posted.process)).refusal == .conflict)
    #expect(try await world.balance("shop-b") == 5)

    let coins = try await world.coins([8])
    let voided = try world.order([("shop-a", 8)])
    #expect(try await world.reserve(voided, coins).value != nil)
    #expect(await world.void(voided, world.abort(voided.process)).value != nil)
    #expect(await world.post(voided, world.commit(voided.process)).refusal == .conflict)
    #expect(try await world.balance("shop-a") == 2)
    try await world.checkBooks()
  }

  @Test func wrongVerdictsMoveNothing() async throws {
    let (world, _, order) = try await held()
    let other = try world.order([("shop-a", 1)])
    let bundle = Decision.commit(keyBundle: SHA256.digest([]))
    let good = world.commit(order.process)
    let wrong: [(Comment, LoggedVerdict)] = [
      ("an abort", world.abort(order.process)),
      ("of another process", world.commit(other.process)),
      ("another coordinator", world.verdict(order.process, bundle, by: world.otherCoordinator)),
      ("no coordinator", world.verdict(order.process, bundle, by: world.bankSigner)),
      ("not logged", LoggedVerdict(verdict: good.verdict, proof: [])),
      ("no verdict", LoggedVerdict(verdict: Signed([1, 2]), proof: TestVerdicts.proof)),
      (
        "a huge proof",
        LoggedVerdict(verdict: good.verdict, proof: Bytes(repeating: 0, count: 8193))
      ),
    ]
    for (what, verdict) in wrong {
      let outcome = await world.post(order, verdict)
      #expect(outcome.refusal == .invalid && outcome.signedRefusal == nil, what)
    }
    #expect(await world.void(order, good).refusal == .invalid, "a commit voids nothing")
    let foreign = world.verdict(order.process, .abort(.timeout), by: world.otherCoordinator)
    #expect(await world.void(order, foreign).refusal == .invalid, "another coordinator")
    #expect(try await world.balance("shop-b") == 0)
    try await world.checkBooks()
    #expect(await world.post(order, good).value != nil, "none of it was kept")
  }

  @Test func postNeedsHold() async throws {
    let world = try await CashWorld()
    let order = try world.order([("shop", 1)])
    #expect(await world.post(order, world.commit(order.process)).refusal == .invalid)
  }

  @Test func voidBeforeReserveLeavesTombstone() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let coins = try await world.coins([1])
    let order = try world.order([("shop", 1)])
    let foreign = world.verdict(order.process, .abort(.timeout), by: world.otherCoordinator)
    #expect(await world.void(order, foreign).value != nil, "of no order that is known")
    let request = try world.request(order, world.instrument(order, coins))

    let verdict = world.abort(order.process)
    let first = try #require(await world.void(order, verdict).value)
    #expect(try world.trust.verify(first, at: CashWorld.start).claim.released == nil)
    #expect(await world.void(order, verdict).value == first)
    #expect(await world.void(order, world.abort(order.process)).refusal == .conflict)
    let late = await world.bank.reserve(request)
    #expect(late.refusal == .voided)
    #expect(await world.bank.reserve(request).signedRefusal == late.signedRefusal)
    #expect(try await world.reserve(world.order([("shop", 1)]), coins).value != nil)
    try await world.checkBooks()
  }

  @Test func foreignTombstoneDoesNotHoldUp() async throws {
    let world = try await CashWorld()
    _ = try await world.account("shop")
    let coins = try await world.coins([1])
    let order = try world.order([("shop", 1)])
    let foreign = world.verdict(order.process, .abort(.timeout), by: world.otherCoordinator)
    #expect(await world.void(order, foreign).value != nil)
    #expect(try await world.reserve(order, coins).value != nil)
  }
}
