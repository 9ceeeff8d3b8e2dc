// Orders with free goods, with payments without a good, and with both, among real parties: each commits, and
// each aborts.

import Coordinator
import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite(.timeLimit(.minutes(5))) struct OrderKindTests {
  private func free(_ market: Market) async throws -> LockedGood {
    try await market.sell(Fair.picture, as: "free", by: Fair.blue, for: 0)
  }

  private func invoice(
    _ market: Market, for price: UInt64 = 5, by merchant: PartyName = Fair.red
  ) async throws -> LockedGood {
    try await market.invoice(
      as: "invoice", title: "Invoice 17", by: try #require(market.shop(merchant)),
      terms: SaleTerms(
        price: try Price(net: try Fair.amount(price), tax: Amount.zero(Fair.euro)),
        payee: Fair.payee(of: merchant)))
  }

  private func content(of good: BoughtGood) throws -> Bytes {
    Bytes(try Data(contentsOf: URL(filePath: try #require(good.good?.path))))
  }

  // MARK: - Commit

  @Test func aFreeGood() async throws {
    let market = try await Fair.open()
    let process = try await market.order([try await free(market)])
    let purchase = try await market.conclude(process)
    #expect(purchase.decision.isCommit && purchase.isSettled)
    #expect(purchase.report.answer == .proven, "\(purchase.report.findings)")
    let opened = try await market.open(process)
    #expect(try opened.map { try content(of: $0) } == [Fair.picture])
    try await market.expectMoneyConserved(earned: 0)
    // No bank took part, and the merchant has confirmed.
    let file = try await market.coordinator.engine.file(of: process)
    #expect(file.reservations.isEmpty && file.transfers.isEmpty && file.settlements.count == 1)
    let definition = file.definition
    for role in [ProcessRole.customer, .coordinator, .merchant(Fair.blue, paidBy: [])] {
      #expect(definition.check(for: role) == [])
    }
    try await market.close()
  }

  @Test func aPaymentWithoutAGood() async throws {
    let market = try await Fair.open()
    let invoice = try await invoice(market)
    let process = try await market.order([invoice])
    let purchase = try await market.conclude(process)
    #expect(purchase.decision.isCommit && purchase.isSettled)
    #expect(purchase.report.answer == .proven, "\(purchase.report.findings)")
    // The bundle holds no key, and there is nothing to open.
    let bundle = try #require(try await market.keyBundle(of: process))
    let number = try await market.orderNumber(of: process)
    let keys = try KeyBundle(bundle, with: try market.customer.wallet.orderIdentity(number))
    #expect(keys.recipients == [])
    #expect(try await market.open(process).isEmpty)
    let books = try await market.expectMoneyConserved(earned: 5)
    #expect(books[Fair.payee(of: Fair.red).account] == 5)
    let file = try await market.coordinator.engine.file(of: process)
    #expect(file.settlements.count == 1 && file.transfers.count == 1)

    // It is paid once.
    let again = try await market.conclude(try await market.order([invoice]))
    #expect(again.decision == .abort(.refused))
    try await market.expectMoneyConserved(earned: 5)

    // Nobody owes a key, and whoever complains that it is missing learns so.
    let complaint = try await market.complain(.keyMissing, of: process)
    let audit = try DisputeAudit([try Receipt(complaint.bytes)], trust: market.trust)
    #expect(
      DisputeCase.words(audit.judgement) == "not-at-fault coordinator.example nothing-owed")
    try await market.close()
  }

  /// All kinds in one order, two of them of one merchant and to one account.
  @Test func allInOneOrder() async throws {
    let market = try await Fair.open()
    let goods = [
      try await free(market), try await invoice(market),
      try await market.sell(Fair.contract, as: "sold", by: Fair.red, for: 3),
    ]
    let process = try await market.order(goods)
    let purchase = try await market.conclude(process)
    #expect(purchase.decision.isCommit && purchase.isSettled)
    #expect(purchase.report.answer == .proven, "\(purchase.report.findings)")
    let opened = try await market.open(process)
    #expect(try Set(opened.map { try content(of: $0) }) == [Fair.picture, Fair.contract])
    let books = try await market.expectMoneyConserved(earned: 8)
    #expect(books[Fair.payee(of: Fair.red).account] == 8)
    // Goods and keys of a folder are checked for what has a container, and only for that.
    let audit = GoodsAudit(purchase.receipt, trust: ReceiptVerification(market.trust))
    let findings =
      audit.containers(in: market.home.locked)
      + audit.keys(in: market.home.keys, goodsFolder: market.home.locked)
    #expect(findings.count == 4 && findings.allSatisfy { $0.result == .proven })
    try await market.close()
  }

  // MARK: - Abort

  @Test func aFreeGoodIsNotGivenAway() async throws {
    let market = try await Fair.open()
    let good = try await free(market)
    try market.replace(Fair.blue) { LateMerchant(shop: $0, delayMilliseconds: 31_000) }
    try await expectAbort(.timeout, [good], in: market, decideWithinSeconds: 30)
    try await market.close()
  }

  @Test func anInvoiceIsNotPaid() async throws {
    let market = try await Fair.open()
    market.directory.register(customer: GoneCustomer())
    let invoice = try await invoice(market)
    let process = try await expectAbort(
      .timeout, [invoice], in: market, decideWithinSeconds: 30)
    let file = try await market.coordinator.engine.file(of: process)
    #expect(file.voids.count == 1 && file.releases.count == 1)
    try await market.close()
  }

  @Test func allOrNothing() async throws {
    let market = try await Fair.open()
    let goods = [
      try await free(market), try await invoice(market),
      try await market.sell(Fair.contract, as: "sold", by: Fair.red, for: 3),
    ]
    let keys = try market.keys(of: Fair.blue)
    try market.replace(Fair.blue) {
      try CheatingMerchant(shop: $0, keys: keys, trust: market.trust)
    }
    try await expectAbort(.invalid, goods, in: market)
    try await market.close()
  }

  @discardableResult
  private func expectAbort(
    _ reason: AbortReason, _ goods: [LockedGood], in market: Market,
    decideWithinSeconds: Int64? = nil
  ) async throws -> ProcessID {
    let process = try await market.order(goods, decideWithinSeconds: decideWithinSeconds)
    let purchase = try await market.conclude(process)
    #expect(purchase.decision == .abort(reason))
    #expect(purchase.report.answer == .proven, "\(purchase.report.findings)")
    try await market.expectMoneyConserved(earned: 0)
    #expect(try await market.log.bundle(of: process) == nil)
    return process
  }

  // MARK: - What is not admitted

  /// A payment that no offer asks for binds nobody, so it is no payment without a good.
  @Test func aPaymentWithoutAnOffer() async throws {
    var world = try AdmissionWorld()
    var draft = try world.draft()
    draft.parts = [AdmissionWorld.payment([try AdmissionWorld.payout(0)])]
    draft.offers = []
    #expect(world.refusal(of: try world.submission(draft)) == "payment")
  }

  /// A free good takes no payment, and a payout of nothing is none.
  @Test func freeGoodsAreNotPaidFor() async throws {
    var world = try AdmissionWorld()
    let offer = try world.offer(0) { $0.price = 0 }
    func refusal(_ payments: [OrderPart]) throws -> String? {
      var draft = try world.draft()
      draft.offers = [offer]
      draft.parts = [try AdmissionWorld.item(offer)] + payments
      draft.instrumentCount = payments.count
      return world.refusal(of: try world.submission(draft))
    }
    #expect(try refusal([]) == nil)
    for minor: UInt64 in [0, 1] {
      let payout = try AdmissionWorld.payout(0, minor: minor)
      #expect(try refusal([AdmissionWorld.payment([payout])]) == "payment")
    }
    // A payment that no offer asks for.
    #expect(
      try refusal([AdmissionWorld.payment([try AdmissionWorld.payout(1, minor: 1)])]) == "payment")
  }

  /// One payment part for each bank, whatever the method.
  @Test func aBankPaysOnce() async throws {
    var world = try AdmissionWorld()
    var draft = try world.draft()
    let halves = try [AdmissionWorld.payout(0), AdmissionWorld.payout(1)]
    let card = try #require(PaymentMethod(rawValue: "card"))
    draft.parts =
      Array(draft.parts.dropLast()) + [
        AdmissionWorld.payment([halves[0]]), AdmissionWorld.payment([halves[1]], method: card),
      ]
    draft.instrumentCount = 2
    #expect(world.refusal(of: try world.submission(draft)) == "payment")
  }
}
