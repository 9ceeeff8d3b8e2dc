// How purchases end: all goods for all the money, or nothing for nothing.

import Coordinator
import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import StoreSQLite
import Testing

@Suite(.timeLimit(.minutes(5))) struct ScenarioTests {
  private static let total = Fair.redPrice + Fair.bluePrice

  @Test func commit() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    let purchase = try await market.conclude(process)
    #expect(purchase.decision.isCommit)
    #expect(purchase.report.answer == .proven)
    #expect(purchase.doubleSpend == nil)

    let opened = try await market.open(process)
    #expect(Set(opened.map(\.merchant)) == [Fair.red, Fair.blue])
    #expect(try Set(opened.map { try content(of: $0) }) == [Fair.contract, Fair.picture])

    let books = try await market.expectMoneyConserved(earned: Self.total)
    #expect(books[Fair.payee(of: Fair.red).account] == Fair.redPrice)
    #expect(books[Fair.payee(of: Fair.blue).account] == Fair.bluePrice)

    // The same again is the same purchase, and opens under other names.
    let again = try await market.conclude(process)
    #expect(again.decision == purchase.decision)
    #expect(
      try await Set(market.open(process).map(\.good?.path)).isDisjoint(
        with: opened.map(\.good?.path))
    )
    try await market.expectMoneyConserved(earned: Self.total)
    try await market.close()
  }

  @Test func aMerchantsTimeFramePassesBeforeEverybodyIsPrepared() async throws {
    let market = try await Fair.open()
    let goods = [
      try await market.sell(Fair.contract, as: "a", by: Fair.blue, for: 3, holdLimitSeconds: 1),
      try await market.sell(Fair.picture, as: "b", by: Fair.red, for: 2),
    ]
    try market.replace(Fair.red) { LateMerchant(shop: $0, delayMilliseconds: 1500) }
    try await expectAbort(.timeout, of: goods, in: market)
  }

  @Test func theCustomerIsGone() async throws {
    let market = try await Fair.open()
    let goods = [
      try await market.sell(Fair.contract, as: "a", by: Fair.red, for: 3, deliveryLimitSeconds: 1),
      try await market.sell(Fair.picture, as: "b", by: Fair.blue, for: 2, deliveryLimitSeconds: 1),
    ]
    market.directory.register(customer: GoneCustomer())
    try await expectAbort(.timeout, of: goods, in: market)
  }

  @Test func aSilentMerchant() async throws {
    let market = try await Fair.open()
    let gate = Gate()
    try market.replace(Fair.blue) { HesitantMerchant(shop: $0, gate: gate) }
    try await expectAbort(.timeout, in: market, decideWithinSeconds: 30)
    gate.open()
  }

  @Test func aWrongKeyIsFoundBeforeAnythingIsPaid() async throws {
    let market = try await Fair.open()
    let keys = try market.keys(of: Fair.blue)
    try market.replace(Fair.blue) {
      try CheatingMerchant(shop: $0, keys: keys, trust: market.trust)
    }
    let purchase = try await expectAbort(.invalid, in: market)
    #expect(purchase.report.atFault == [Fair.blue])
    #expect(purchase.report.findings.contains { $0.check == .depositedKey })
    let file = try await market.coordinator.engine.file(of: purchase.process)
    #expect(file.wrongKeys.count == 1)
    #expect(file.transfers.isEmpty && file.verdictRecord != nil)
  }

  @Test func theCustomerCancels() async throws {
    let market = try await Fair.open()
    let gate = Gate()
    try market.replace(Fair.blue) { HesitantMerchant(shop: $0, gate: gate) }
    let process = try await market.order()
    _ = try await market.coordinator.engine.submit(market.customer.submission(of: process))
    try await eventually("the money is held") {
      try await market.coordinator.engine.file(of: process).reservations.count == 1
    }

    // Nobody else can: not even with the keys of another order.
    var entropy = SystemEntropy()
    let cancellation = Cancellation(process: process)
    let number = try await market.orderNumber(of: process)
    let stranger = try market.customer.wallet.orderSigner(number + 1)
    await #expect {
      try await market.coordinator.engine.cancel(
        process, stranger.sign(cancellation, entropy: &entropy))
    } throws: {
      ($0 as? CoordinatorError)?.code == .notEntitled
    }

    let purchase = try await market.cancel(process)
    #expect(purchase.decision == .abort(.cancelled))
    #expect(purchase.report.answer == .proven)
    try await expectNothingHappened(process, in: market)
    gate.open()
  }

  @Test func aCancellationAfterTheVerdictIsTooLate() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    #expect(try await market.conclude(process).decision.isCommit)
    var entropy = SystemEntropy()
    let customer = try market.customer.wallet.orderSigner(
      try await market.orderNumber(of: process))
    try await market.coordinator.engine.cancel(
      process, customer.sign(Cancellation(process: process), entropy: &entropy))
    #expect(try await market.conclude(process).decision.isCommit)
    try await market.expectMoneyConserved(earned: Self.total)
  }

  /// Nobody can be sure that an order was not taken until its coordinator has said so: it is aborted once
  /// its time and a margin have passed, and not before.
  @Test func anOrderThatIsHandedInTooLate() async throws {
    let clock = SteppedClock()
    let market = try await Fair.open(clock: clock)
    let process = try await market.order(decideWithinSeconds: 30)
    clock.step(seconds: 31)
    await #expect { try await market.conclude(process) } throws: { code(of: $0) == .submission }
    clock.step(seconds: 5)
    let purchase = try await market.conclude(process)
    #expect(purchase.decision == .abort(.timeout))
    #expect(purchase.report.answer == .proven)
    try await expectNothingHappened(process, in: market)
  }

  /// Two orders for the last of both goods: one gets both, the other nothing.
  @Test func twoOrdersForTheSameGoods() async throws {
    let market = try await Fair.open()
    let orders = [try await market.order(), try await market.order()]
    let purchases = try await withThrowingTaskGroup(of: ConcludedPurchase.self) { group in
      for process in orders { group.addTask { try await market.conclude(process) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(purchases.filter(\.decision.isCommit).count == 1)
    #expect(purchases.filter { $0.decision == .abort(.refused) }.count == 1)
    #expect(purchases.allSatisfy { $0.report.answer == .proven && $0.report.atFault.isEmpty })
    try await market.expectMoneyConserved(earned: Self.total)
  }

  // MARK: - Double spending

  @Test func aCopiedWalletWaitsWhileTheFirstUseIsUndecided() async throws {
    let home = try await Fair.copy()
    let copied = TestFolder.fresh("copied-wallet")
    try TestFolder.copy(home.wallet, to: copied)
    let market = try await Market(
      at: home, passphraseFile: nil, clock: SystemWallClock(), policy: .quick)
    let thief = try await customer(of: market, walletIn: copied)
    let gate = Gate()
    try market.replace(Fair.blue) { HesitantMerchant(shop: $0, gate: gate) }

    // Alice's purchase holds her coins and waits for a merchant.
    let first = try await market.order(decideWithinSeconds: 60)
    let engine = market.coordinator.engine
    _ = try await engine.submit(market.customer.submission(of: first))
    try await eventually("the money is held") {
      try await engine.file(of: first).reservations.count == 1
    }

    // The same coins, in an order over other goods.
    let other = try await market.sell(Fair.contract, as: "other", by: Fair.red, for: Self.total)
    let second = try await thief.place(
      try await thief.plan(
        [Selection(try market.inspect(other))], coordinator: market.coordinator.key,
        template: market.coordinator.template))
    market.directory.register(customer: thief, of: second)
    _ = try await engine.submit(thief.submission(of: second))
    try await eventually("the second use waits") {
      if case .held = await market.bank.reserve(try await reserve(second, by: thief, in: market)) {
        return true
      }
      return false
    }
    #expect(try await engine.status(of: second).state.phase == .preparing)
    #expect(try await engine.file(of: second).refusals.isEmpty)

    gate.open()
    #expect(try await market.conclude(first).decision.isCommit)
    let outcome = try await engine.outcome(of: second)
    #expect(outcome.decision == .abort(.refused))

    // The proof is for the thief's eyes; the coordinator has its digest.
    let file = try await engine.file(of: second)
    let refusal = try #require(file.refusals.first?.exhibit)
    let refused = try market.trust.verify(refusal.signed, at: SystemWallClock().now())
    #expect(refused.claim.reason == .doubleSpend)
    let details = try RefusalDetails(
      opening: try #require(await market.bank.refusalDetails(of: second)),
      with: try thief.wallet.orderIdentity(try await thief.purchase(second).orderNumber),
      digest: try #require(refused.claim.details))
    let proof = try market.trust.verify(
      details.proof, by: Fair.bank, at: SystemWallClock().now())
    try proof.claim.check(with: VerdictVerifier(market.trust))
    #expect(proof.claim.first.process == first && proof.claim.second.process == second)
    try await market.expectMoneyConserved(earned: Self.total)
  }

  @Test func aCopiedWalletIsRefusedWithAProofAfterTheFirstUse() async throws {
    let home = try await Fair.copy()
    let copied = TestFolder.fresh("copied-wallet")
    try TestFolder.copy(home.wallet, to: copied)
    let market = try await Market(at: home)
    let first = try await market.order()
    #expect(try await market.conclude(first).decision.isCommit)
    let other = try await market.sell(Fair.contract, as: "other", by: Fair.red, for: Self.total)
    let before = try await Books(market)
    try await market.close()

    // The copy comes back in the place of the wallet.
    try FileManager.default.removeItem(atPath: home.wallet)
    try TestFolder.copy(copied, to: home.wallet)
    let robbed = try await Market(at: home)
    let second = try await robbed.order([other])
    let purchase = try await robbed.conclude(second)
    #expect(purchase.decision == .abort(.refused))
    #expect(purchase.report.answer == .proven)
    let proof = try #require(purchase.doubleSpend)
    #expect(proof.claim.first.process == first && proof.claim.second.process == second)
    #expect(proof.issuer.party == Fair.bank)
    let finding = try #require(purchase.report.findings.first { $0.check == .doubleSpend })
    #expect(finding.result == .proven)

    let after = try await Books(robbed)
    #expect(after.accounts == before.accounts && after.outstanding == before.outstanding)
    await #expect { try await robbed.open(second) } throws: {
      ($0 as? PartyError)?.code == .purchase
    }
  }

  // MARK: - Steps

  private func content(of good: BoughtGood) throws -> Bytes {
    Bytes(try Data(contentsOf: URL(filePath: try #require(good.good?.path))))
  }

  /// Buys, and expects that nothing comes of it.
  @discardableResult
  private func expectAbort(
    _ reason: AbortReason, of goods: [LockedGood]? = nil, in market: Market,
    decideWithinSeconds: Int64? = nil
  ) async throws -> ConcludedPurchase {
    let process = try await market.order(goods, decideWithinSeconds: decideWithinSeconds)
    let purchase = try await market.conclude(process)
    #expect(purchase.decision == .abort(reason))
    #expect(purchase.report.answer == .proven)
    try await expectNothingHappened(process, in: market)
    return purchase
  }

  private func expectNothingHappened(_ process: ProcessID, in market: Market) async throws {
    try await market.expectMoneyConserved(earned: 0)
    #expect(try await market.log.bundle(of: process) == nil)
    await #expect { try await market.open(process) } throws: {
      ($0 as? PartyError)?.code == .purchase
    }
    let unopened = try FileManager.default.contentsOfDirectory(atPath: market.home.opened)
    #expect(unopened.isEmpty)
  }

  /// A customer with a wallet of her own in this market.
  private func customer(of market: Market, walletIn folder: String) async throws -> Customer {
    let folder = try PartyFolder(at: folder)
    let verdicts = VerdictVerifier(market.trust)
    let wallet = try await Wallet(
      store: try SQLiteStore.wallet(in: folder.state), atRest: try folder.atRestKey(),
      trust: market.trust, verdicts: verdicts, clock: SystemWallClock())
    return Customer(
      wallet: wallet, trust: market.trust, verdicts: verdicts, clock: SystemWallClock())
  }

  /// The coordinator's request to the bank, sent again.
  private func reserve(
    _ process: ProcessID, by customer: Customer, in market: Market
  ) async throws -> ReserveRequest {
    let submission = try await customer.submission(of: process)
    let order = try market.trust.verifyOrder(submission.order).claim
    let part = try submission.parts.first { part in
      if case .payment = try part.verify(against: order) { true } else { false }
    }
    let definition = try await market.coordinator.engine.status(of: process).definition
    let activity = try #require(definition.activities.first { $0.verb == .reserve })
    return ReserveRequest(
      id: RequestID(process: process, step: activity.path), order: submission.order,
      part: try #require(part), instrument: try #require(submission.instruments.first))
  }
}
