// A coordinator's terms in its folder and among several banks: who signs them, who reads them, and through whom the
// fee goes.

import Coordinator
import ECash
import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite(.timeLimit(.minutes(5))) struct MarketTermsTests {
  private static let till = Fair.account("coordinator")

  private func tariff(
    _ minor: UInt64, at bank: PartyName? = nil, largestFee: UInt64 = 0, from: Timestamp? = nil
  ) throws -> Tariff {
    Tariff(
      amount: try Fair.amount(minor), account: Self.till, at: bank, largestFee: largestFee,
      validFrom: from, validUntil: SystemWallClock().now().adding(seconds: 90_000))
  }

  // MARK: - Several banks

  private static let banks = (2...5).map { Fair.party("bank-\($0).example") }

  /// Five banks that clear with each other and keep 2 of each transfer.
  private func manyBanks() async throws -> Market {
    let home = HomeFolder(TestFolder.fresh("terms"))
    let usual = Fair.charter
    try await Market.found(
      Charter(
        bank: usual.bank, merchants: usual.merchants, coordinator: usual.coordinator,
        log: usual.log, witness: usual.witness, auditor: usual.auditor, root: usual.root,
        currency: usual.currency, decimals: usual.decimals, coinValues: [1],
        fees: Fees(perTransfer: 2), otherBanks: Self.banks, clearingLimit: 100),
      at: home)
    return try await Market(at: home)
  }

  @Test func aHomeWithManyBanksCharges() async throws {
    let market = try await manyBanks()
    // What no bank keeps so little of would stop all sales.
    await #expect {
      try await market.charge(try tariff(5, largestFee: 1))
    } throws: { code(of: $0) == .feeLimit }
    #expect(try market.terms() == nil)
    await #expect(throws: ECashError.self) { try await market.bank.balance(of: Self.till) }

    let last = Self.banks[3]
    let terms = try await market.charge(try tariff(5, at: last, largestFee: 2))
    let accepts = try #require(terms.claim.charges.first).accepts
    #expect(Set(accepts.map(\.bank)) == Set([Fair.bank] + Self.banks))
    #expect(accepts.count == market.banks.map(\.methods.count).reduce(0, +) && accepts.count > 16)

    // The fee goes through the bank that has the account, although another payment comes first.
    var goods: [Selection] = []
    for (merchant, bank) in [(Fair.red, Fair.bank), (Fair.blue, last)] {
      let file = TestFolder.fresh("good")
      try Data("A good of \(merchant)".utf8).write(to: URL(filePath: file))
      let good = try await market.sell(
        file, as: "\(bank)", title: "A good", mediaType: "text/plain",
        by: try #require(market.shop(merchant)),
        terms: SaleTerms(
          price: try Price(net: try Fair.amount(7), tax: Amount.zero(Fair.euro)),
          payee: Payee(bank: bank, account: Fair.payee(of: merchant).account),
          accepts: [Fair.bank, last].map {
            AcceptedPayment(bank: $0, method: .ecash, largestFee: 2)
          }))
      goods.append(Selection(try market.inspect(good)))
    }
    func payments(_ selections: [Selection]) async throws -> [PartyName: UInt64] {
      let plan = try await market.plan(
        selections, paying: selections.count == 1 ? [:] : [Fair.bank: .ecash, last: .ecash])
      let payments = try plan.contents().compactMap {
        if case .payment(let payment) = $0 { payment } else { nil }
      }
      return Dictionary(uniqueKeysWithValues: payments.map { ($0.bank, $0.total.minor) })
    }
    #expect(try await payments(goods) == [Fair.bank: 7, last: 12])
    // Where there is no such payment it goes through another bank.
    #expect(try await payments([goods[0]]) == [Fair.bank: 12])
    try await market.close()

    let again = try await Market(at: market.home)
    #expect(try again.terms()?.id == terms.id)
    try await again.close()
  }

  // MARK: - Terms that another program has signed

  /// Puts terms into the coordinator's folder, as another program does.
  @discardableResult
  private func put(
    _ minor: UInt64, from: Timestamp, in market: Market, by signer: StatementSigner? = nil,
    _ change: (inout Bytes) -> Void = { _ in }
  ) throws -> StatementID {
    let own = try StatementSigner(
      party: Fair.coordinator, key: market.keys(of: Fair.coordinator).signingKey("statements"))
    let charge = Charge(
      amount: try Fair.amount(minor), payees: [Payee(bank: Fair.bank, account: Self.till)],
      accepts: [AcceptedPayment(bank: Fair.bank, method: .ecash)])
    var entropy = SystemEntropy()
    let signed = (signer ?? own).sign(
      Terms(charges: [charge], validFrom: from, validUntil: from.adding(seconds: 90_000)),
      entropy: &entropy)
    let id = try UnverifiedStatement(signed.bytes).id
    var bytes = signed.bytes
    change(&bytes)
    let folder = "\(market.home.state(of: Fair.coordinator))/terms"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: "\(folder)/\(id.hex).terms"))
    return id
  }

  /// The coordinator took an order without a fee, and another program had charged for longer than that allows: the
  /// process goes on all the same, and the next order is refused.
  @Test func aProcessOutlivesTermsOfWhichItsCoordinatorDidNotKnow() async throws {
    let clock = AheadClock()
    let market = try await Fair.open(clock: clock)
    try market.replace(Fair.red) { UndecidedMerchant(shop: $0) }
    let begin = SystemWallClock().now()
    clock.ahead(seconds: 2 * Terms.graceSeconds)
    let (process, next) = (try await market.order(), try await market.order())
    let terms = try put(5, from: begin, in: market)
    let submission = try await market.customer.submission(of: process)
    _ = try await market.coordinator.engine.submit(submission)
    await #expect { try await market.conclude(next) } throws: {
      ($0 as? PartyError)?.message.contains("fee: ") == true
    }
    #expect(try market.terms()?.id == terms)
    try await market.close()

    let again = try await Market(at: market.home, clock: clock)
    #expect(try again.terms()?.id == terms)
    let report = await again.recover()
    #expect(report.resumed == [process] && report.failed.isEmpty)
    let purchase = try await again.conclude(process)
    #expect(purchase.decision.isCommit && purchase.report.answer == .proven)
    try await again.close()
  }

  /// Terms of a key that was not the coordinator's when they began shut no home. Those that nobody has signed do.
  @Test func whatLiesInTheFolder() async throws {
    let market = try await Fair.open()
    var entropy = SystemEntropy()
    let stranger = StatementSigner(
      party: Fair.coordinator, key: Ed25519.PrivateKey.generate(from: &entropy))
    let now = SystemWallClock().now()
    try put(5, from: now, in: market, by: stranger)
    try put(5, from: Timestamp(seconds: 1000), in: market)
    #expect(try market.terms() == nil)
    try await market.close()
    let again = try await Market(at: market.home)
    #expect(again.coordinator.terms.isEmpty)
    #expect(try await again.conclude(try await again.order()).decision.isCommit)

    try put(5, from: now, in: again) { $0[$0.count - 20] ^= 1 }
    #expect { try again.terms() } throws: { code(of: $0) == .home }
    try await again.close()
    await #expect { try await Market(at: market.home) } throws: { code(of: $0) == .home }
  }

  /// What cannot be looked into is not taken for nothing: orders would be taken without the fee.
  @Test func aFolderThatCannotBeRead() async throws {
    let market = try await Fair.open()
    let folder = "\(market.home.state(of: Fair.coordinator))/terms"
    try Data().write(to: URL(filePath: folder))
    #expect { try market.terms() } throws: { code(of: $0) == .home }
    try await market.close()
  }

  // MARK: - When terms begin

  @Test func noTwoBeginAtOnceThoughBothAreBeingSigned() async throws {
    let market = try await Fair.open()
    let begin = SystemWallClock().now().adding(seconds: 60)
    let until = begin.adding(seconds: 60)
    var inner: Verified<Terms>?
    let outer = try await market.coordinator.announce([], from: begin, until: until) {
      _ throws(PartyError) in
      inner = try await market.coordinator.announce([], from: begin, until: until) { _ in }
    }
    #expect(outer.claim.validFrom == begin)
    #expect(inner?.claim.validFrom == begin.adding(milliseconds: 1))
    #expect(market.coordinator.terms.map(\.id) == [outer.id, inner?.id])
    try await market.close()
  }

  @Test func aCustomerWhoseClockIsBehind() async throws {
    let market = try await Fair.open()
    let now = SystemWallClock().now()
    let soon = try await market.charge(
      try tariff(5, from: now.adding(seconds: Terms.graceSeconds - 60)))
    let key = market.coordinator.key
    #expect(try market.customer.inspect(soon.signed, of: key).id == soon.id)
    let later = try await market.charge(
      try tariff(5, from: now.adding(seconds: Terms.graceSeconds + 120)))
    #expect { try market.customer.inspect(later.signed, of: key) } throws: {
      code(of: $0) == .fee
    }
    try await market.close()
  }
}
