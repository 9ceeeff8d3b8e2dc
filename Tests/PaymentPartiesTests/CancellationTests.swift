// A customer withdraws what she has ordered: in time, too late, again, before it was handed in, and after a crash.

import Coordinator
import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct CancellationTests {
  private static let total = Fair.redPrice + Fair.bluePrice

  @Test func whatIsUnderWayIsWithdrawnAndTheCoinsAreFree() async throws {
    let market = try await Fair.open()
    let gate = Gate()
    try market.replace(Fair.blue) { HesitantMerchant(shop: $0, gate: gate) }
    let process = try await handedIn(in: market)
    let purchase = try await market.cancel(process)
    try await expectWithdrawn(purchase, in: market)
    #expect(purchase.isSettled)
    let file = try await market.coordinator.engine.file(of: process)
    #expect(file.voids.count == 1 && file.cancellation != nil)
    gate.open()

    // The same coins buy the other good.
    let other = try await market.order([
      try #require(LockedGood.all(in: market.home.locked).first { $0.name == "contract.txt" })
    ])
    #expect(try await market.conclude(other).decision.isCommit)
    try await market.expectMoneyConserved(earned: Fair.redPrice)
    try await market.close()
  }

  @Test func onceMoreChangesNothing() async throws {
    let market = try await Fair.open()
    let gate = Gate()
    try market.replace(Fair.blue) { HesitantMerchant(shop: $0, gate: gate) }
    let process = try await handedIn(in: market)
    let first = try await market.customer.cancellation(of: process)
    #expect(try await market.customer.cancellation(of: process) == first)
    try await expectWithdrawn(try await market.cancel(process), in: market)
    let records = try await market.coordinator.engine.file(of: process).records
    try await expectWithdrawn(try await market.cancel(process), in: market)
    // Nor does handing the order in.
    let again = try await market.conclude(process)
    #expect(again.decision == .abort(.cancelled))
    _ = try await market.coordinator.engine.submit(market.customer.submission(of: process))
    #expect(try await market.customer.cancellation(of: process) == first)
    #expect(try await market.coordinator.engine.file(of: process).records == records)
    #expect(records.filter { $0.kind == .verdict }.count == 1)
    gate.open()
  }

  /// The coordinator has never seen the order, and aborts it at once: no bank and no merchant hears of it.
  @Test func whatWasNeverHandedInIsWithdrawnAtOnce() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    let purchase = try await market.cancel(process)
    try await expectWithdrawn(purchase, in: market)
    let engine = market.coordinator.engine
    let status = try await engine.status(of: process)
    #expect(status.definition.activities.map(\.verb) == [.recordAbort])
    #expect(await market.bank.refusalDetails(of: process) == nil)

    // It cannot be taken on any more.
    let submission = try await market.customer.submission(of: process)
    _ = try await engine.submit(submission)
    #expect(try await engine.outcome(of: process).decision == .abort(.cancelled))
    #expect(try await engine.file(of: process).reservations.isEmpty)
    #expect(try await market.conclude(process).decision == .abort(.cancelled))

    let again = try await market.order()
    #expect(try await market.conclude(again).decision.isCommit)
    try await market.expectMoneyConserved(earned: Self.total)
    try await market.close()
  }

  /// Its time has passed, and the margin has not in which nobody else can have it aborted.
  @Test func whatWasNeverHandedInAndIsOverdueIsAbortedForThat() async throws {
    let clock = SteppedClock()
    let market = try await Fair.open(clock: clock)
    let process = try await market.order(decideWithinSeconds: 30)
    clock.step(seconds: 31)
    let purchase = try await market.cancel(process)
    #expect(purchase.decision == .abort(.timeout) && purchase.report.answer == .proven)
    try await market.expectMoneyConserved(earned: 0)
  }

  @Test func whoeverWaitsForTheVerdictHearsOfIt() async throws {
    let market = try await Fair.open()
    let gate = Gate()
    try market.replace(Fair.blue) { HesitantMerchant(shop: $0, gate: gate) }
    let process = try await market.order()
    async let waiting = market.conclude(process)
    try await eventually("the money is held") {
      (try? await market.coordinator.engine.file(of: process))?.reservations.count == 1
    }
    try await expectWithdrawn(try await market.cancel(process), in: market)
    try await expectWithdrawn(try await waiting, in: market)
    gate.open()
  }

  @Test func afterTheVerdictThereIsNothingToWithdraw() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    #expect(try await market.conclude(process).decision.isCommit)
    await #expect {
      try await market.customer.cancellation(of: process)
    } throws: { code(of: $0) == .decided }
    #expect(try await market.cancel(process).decision.isCommit)
    #expect(try await market.customer.purchase(process).cancellation == nil)
    #expect(try await market.open(process).allSatisfy { $0.good != nil })
    try await market.expectMoneyConserved(earned: Self.total)

    // One that was aborted for another reason stays so.
    let gone = try await market.order(
      [try await market.sell(Fair.contract, as: "late", by: Fair.red, for: 1)],
      decideWithinSeconds: 30)
    market.directory.register(customer: GoneCustomer())
    #expect(try await market.conclude(gone).decision == .abort(.timeout))
    #expect(try await market.cancel(gone).decision == .abort(.timeout))
    #expect(try await market.customer.purchase(gone).cancellation == nil)
  }

  /// The coordinator has decided, and she has not heard of it: she withdraws, and learns that it is too late.
  @Test func aCommitThatSheHasNotHeardOfStands() async throws {
    let market = try await Fair.open()
    market.directory.register(customer: ForgetfulCustomer(customer: market.customer))
    let process = try await market.order()
    let engine = market.coordinator.engine
    _ = try await engine.submit(market.customer.submission(of: process))
    #expect(try await engine.verdict(of: process).decision.isCommit)
    #expect(try await market.customer.purchase(process).state == .undecided)

    let purchase = try await market.cancel(process, settlementSeconds: 1)
    #expect(purchase.decision.isCommit && purchase.report.answer == .proven)
    let row = try await market.customer.purchase(process)
    #expect(row.state == .committed && row.cancellation != nil)
    #expect(try await engine.file(of: process).cancellation == nil)
    #expect(try await market.open(process).allSatisfy { $0.good != nil })
    try await market.expectMoneyConserved(earned: Self.total)
  }

  // MARK: - Requests for delivery

  /// What she has withdrawn cannot be committed: she asks nobody to deliver it.
  @Test func whoHasWithdrawnAsksForNoDelivery() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    let customer = PausingCustomer(customer: market.customer, signs: false)
    market.directory.register(customer: customer)
    let engine = market.coordinator.engine
    _ = try await engine.submit(market.customer.submission(of: process))
    try await eventually("she is asked") { customer.query != nil }

    _ = try await market.customer.cancellation(of: process)
    guard case .unknown = await market.customer.requestDelivery(try #require(customer.query)) else {
      Issue.record("she asks for the delivery of what she has withdrawn")
      return
    }
    #expect(try await market.customer.purchase(process).deliveryRequest == nil)
    try await expectWithdrawn(try await market.cancel(process), in: market)
  }

  /// Her request was signed, and lost. It is not given again.
  @Test func aLostRequestIsNotGivenAgain() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    let customer = PausingCustomer(customer: market.customer, signs: true)
    market.directory.register(customer: customer)
    let engine = market.coordinator.engine
    _ = try await engine.submit(market.customer.submission(of: process))
    try await eventually("she is asked") { customer.query != nil }
    #expect(try await market.customer.purchase(process).deliveryRequest != nil)

    _ = try await market.customer.cancellation(of: process)
    guard case .unknown = await market.customer.requestDelivery(try #require(customer.query)) else {
      Issue.record("she asks for the delivery of what she has withdrawn")
      return
    }
    try await expectWithdrawn(try await market.cancel(process), in: market)
  }

  // MARK: - Crashes and strangers

  @Test(arguments: [false, true])
  func aCrashBetweenSigningAndHandingIn(wasHandedIn: Bool) async throws {
    let market = try await Fair.open()
    let home = market.home
    let process: ProcessID
    if wasHandedIn {
      let gate = Gate()
      try market.replace(Fair.blue) { HesitantMerchant(shop: $0, gate: gate) }
      process = try await handedIn(in: market)
      _ = try await market.customer.cancellation(of: process)
      gate.open()
    } else {
      process = try await market.order()
      _ = try await market.customer.cancellation(of: process)
    }
    let signed = try await market.customer.cancellation(of: process)
    try await market.close()

    let again = try await Market(at: home)
    _ = await again.recover()
    let waiting = try await again.customer.purchase(process)
    #expect(waiting.state == .undecided)
    let standing = try await again.standing(of: waiting, at: SystemWallClock().now())
    #expect(standing.word == .waiting && standing.isWithdrawn && !standing.isDecided)
    #expect(standing.due.map(\.verb) == [.recordAbort])

    try await again.resumeCancellations(withinSeconds: 120)
    #expect(try await again.customer.purchase(process).state == .aborted)
    #expect(try await again.coordinator.engine.file(of: process).cancellation?.signed == signed)
    try await expectWithdrawn(try await again.conclude(process), in: again)
    #expect(try await again.isFinished(again.customer.purchase(process)))
    try await again.resumeCancellations(withinSeconds: 120)
    try await again.close()
  }

  @Test func aCoordinatorThatIsAwayIsToldLater() async throws {
    let market = try await Fair.open()
    let home = market.home
    let process = try await market.order()
    await market.coordinator.engine.stop()
    for _ in 0..<2 {
      await #expect {
        try await market.cancel(process)
      } throws: { code(of: $0) == .cancellation }
    }
    let row = try await market.customer.purchase(process)
    #expect(row.state == .undecided && row.cancellation != nil)
    try await market.close()

    let again = try await Market(at: home)
    try await expectWithdrawn(try await again.cancel(process), in: again)
    try await again.close()
  }

  /// Merchants and banks get the signed order. That withdraws nothing, neither before nor after it was handed in.
  @Test func whoHasTheOrderAloneCannotWithdrawIt() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    let other = try await market.order([
      try await market.sell(Fair.contract, as: "other", by: Fair.red, for: 1)
    ])
    let order = try await market.customer.submission(of: process).order
    let own = try market.trust.verifyOrder(order).claim.oneTimeKey
    let ownSigner = try market.customer.wallet.orderSigner(
      try await market.orderNumber(of: process))
    let stranger = try market.customer.wallet.orderSigner(
      try await market.orderNumber(of: other))
    let strangersKey = try market.trust.verifyOrder(
      try await market.customer.submission(of: other).order
    ).claim.oneTimeKey
    var entropy = SystemEntropy()
    let attempts = [
      (own, stranger.sign(Cancellation(process: process), entropy: &entropy)),
      (strangersKey, stranger.sign(Cancellation(process: process), entropy: &entropy)),
      (own, ownSigner.sign(Cancellation(process: other), entropy: &entropy)),
      (own, Signed<Cancellation>([1, 2, 3])),
    ]
    let engine = market.coordinator.engine
    func expectRefused() async {
      for (key, cancellation) in attempts {
        await #expect {
          try await engine.cancel(order, oneTimeKey: key, cancellation)
        } throws: { ($0 as? CoordinatorError)?.code == .notEntitled }
      }
    }
    await expectRefused()
    await #expect {
      try await engine.state(of: process)
    } throws: { ($0 as? CoordinatorError)?.code == .unknownProcess }

    let gate = Gate()
    try market.replace(Fair.blue) { HesitantMerchant(shop: $0, gate: gate) }
    _ = try await engine.submit(market.customer.submission(of: process))
    await expectRefused()
    gate.open()
    #expect(try await market.conclude(process).decision.isCommit)
  }

  @Test func whatTheWalletDidNotMakeIsNotWithdrawn() async throws {
    let market = try await Fair.open()
    let nobody: ProcessID = SHA256.digest([1]).renamed()
    await #expect {
      try await market.cancel(nobody)
    } throws: { code(of: $0) == .purchase }
    await #expect {
      try await market.customer.cancellation(of: nobody)
    } throws: { code(of: $0) == .purchase }
  }

  // MARK: - Steps

  /// An order whose money is held.
  private func handedIn(in market: Market) async throws -> ProcessID {
    let process = try await market.order()
    _ = try await market.coordinator.engine.submit(market.customer.submission(of: process))
    try await eventually("the money is held") {
      try await market.coordinator.engine.file(of: process).reservations.count == 1
    }
    return process
  }

  private func expectWithdrawn(
    _ purchase: ConcludedPurchase, in market: Market,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    #expect(purchase.decision == .abort(.cancelled), sourceLocation: sourceLocation)
    #expect(purchase.report.answer == .proven, sourceLocation: sourceLocation)
    #expect(purchase.report.atFault.isEmpty, sourceLocation: sourceLocation)
    #expect(
      try await market.customer.purchase(purchase.process).state == .aborted,
      sourceLocation: sourceLocation)
    try await market.expectMoneyConserved(earned: 0, sourceLocation: sourceLocation)
    #expect(try await market.log.bundle(of: purchase.process) == nil)
  }
}

/// She asks for delivery, and takes no note of the verdict.
private struct ForgetfulCustomer: CustomerAgent {
  let customer: Customer

  func requestDelivery(_ query: DeliveryQuery) async -> Outcome<Signed<DeliveryRequest>> {
    await customer.requestDelivery(query)
  }

  func notify(_ notice: VerdictRequest) async -> Outcome<Notified> { .unknown("not now") }
}

/// Her answers are lost, signed or not.
private final class PausingCustomer: CustomerAgent {
  private let customer: Customer
  private let signs: Bool
  private let asked = Mutex<DeliveryQuery?>(nil)

  init(customer: Customer, signs: Bool) {
    self.customer = customer
    self.signs = signs
  }

  var query: DeliveryQuery? { asked.withLock { $0 } }

  func requestDelivery(_ query: DeliveryQuery) async -> Outcome<Signed<DeliveryRequest>> {
    if signs, self.query == nil { _ = await customer.requestDelivery(query) }
    asked.withLock { $0 = query }
    return .unknown("lost")
  }

  func notify(_ notice: VerdictRequest) async -> Outcome<Notified> {
    await customer.notify(notice)
  }
}
