// A market whose coordinator charges: who sees it, who pays it, who has it in the end.

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

@Suite(.timeLimit(.minutes(5))) struct MarketChargingTests {
  private static let fee: UInt64 = 5
  private static let till = Fair.account("coordinator")
  private static let goods = Fair.redPrice + Fair.bluePrice

  /// A market whose coordinator charges from now on.
  private func market(fee minor: UInt64 = fee) async throws -> Market {
    let market = try await Fair.open()
    try await charge(minor, in: market)
    return market
  }

  @discardableResult
  private func charge(_ minor: UInt64, in market: Market) async throws -> Verified<Terms> {
    try await market.charge(
      Tariff(
        amount: try Fair.amount(minor), account: Self.till,
        validUntil: SystemWallClock().now().adding(seconds: 3600)))
  }

  private func earned(in market: Market) async throws -> UInt64 {
    try await market.bank.balance(of: Self.till).minor
  }

  private func selections(in market: Market) throws -> [Selection] {
    try LockedGood.all(in: market.home.locked).map { Selection(try market.inspect($0)) }
  }

  // MARK: - As it should be

  @Test func theCustomerPaysWhatTheTermsAsk() async throws {
    // Operator: signs terms, which anybody can check.
    let market = try await market()
    let terms = try #require(try market.terms())
    #expect(terms.claim.charges.map(\.amount.minor) == [Self.fee])
    #expect(terms.claim.charges[0].payees == [Payee(bank: Fair.bank, account: Self.till)])
    #expect(try await market.log.proof(of: terms.id) != nil)

    // Customer: sees the fee before she signs, in the bytes that she signs.
    let plan = try await market.plan(try selections(in: market), feeAtMost: Self.fee)
    let fees = try plan.contents().compactMap { if case .fee(let fee) = $0 { fee } else { nil } }
    #expect(fees.map(\.amount.minor) == [Self.fee])
    #expect(fees.map(\.terms) == [terms.id] && plan.terms?.id == terms.id)
    let process = try await market.customer.place(plan)

    // Everybody: the fee is paid with the goods, or nothing is.
    let purchase = try await market.conclude(process)
    #expect(purchase.decision.isCommit && purchase.isSettled)
    #expect(purchase.report.answer == .proven)
    #expect(try await earned(in: market) == Self.fee)
    #expect(
      try await market.bank.balance(of: Fair.payee(of: Fair.red).account).minor == Fair.redPrice)
    let wallet = try await market.customer.wallet.balance(at: Fair.bank, in: Fair.euro)
    #expect(wallet.minor == Fair.withdrawn - Self.goods - Self.fee)
    _ = try await market.bank.trialBalance()

    // Auditor: the receipt shows who asked for it.
    let kinds = try purchase.receipt.entries.map { try UnverifiedStatement($0.statement).kind }
    #expect(kinds.filter { $0 == .terms }.count == 1)
    #expect(kinds.filter { $0 == .transfer }.count == 3)
    let findings = purchase.report.findings.filter { $0.check == .fee }
    #expect(findings.map(\.result) == [.proven] && findings.map(\.statement) == [terms.id])
    let row = try await market.customer.purchase(process)
    let standing = try await market.standing(of: row, at: SystemWallClock().now())
    #expect(standing.fee == fees.first)
    #expect(try await market.open(process).allSatisfy { $0.good != nil })
    try await market.close()

    // The terms outlast the program, and so does what was begun under them.
    let again = try await Market(at: market.home)
    #expect(try again.terms()?.id == terms.id)
    #expect(await again.recover().failed.isEmpty)
    #expect(try await again.conclude(process).report.answer == .proven)
    #expect(try await earned(in: again) == Self.fee)
    try await again.close()
  }

  @Test func anAbortCostsNothing() async throws {
    let market = try await market()
    let gate = Gate()
    try market.replace(Fair.red) { HesitantMerchant(shop: $0, gate: gate) }
    let process = try await market.order(decideWithinSeconds: 30)
    let purchase = try await market.conclude(process)
    #expect(purchase.decision == .abort(.timeout) && purchase.report.answer == .proven)
    #expect(try await earned(in: market) == 0)
    try await market.expectMoneyConserved(earned: 0)
    gate.open()
    try await market.close()
  }

  /// What was begun under terms goes on under them after a crash, although others are in force by then.
  @Test func aProcessThatWasLeftOpenGoesOnUnderItsTerms() async throws {
    let market = try await market()
    try market.replace(Fair.red) { UndecidedMerchant(shop: $0) }
    let process = try await market.order()
    _ = try await market.coordinator.engine.submit(market.customer.submission(of: process))
    try await charge(2 * Self.fee, in: market)
    try await market.close()

    let again = try await Market(at: market.home)
    let report = await again.recover()
    #expect(report.resumed == [process] && report.failed.isEmpty)
    let purchase = try await again.conclude(process)
    #expect(purchase.decision.isCommit && purchase.report.answer == .proven)
    #expect(try await earned(in: again) == Self.fee)
    try await again.close()
  }

  @Test func whatWasChargedCanEnd() async throws {
    let market = try await market()
    let free = try await charge(0, in: market)
    #expect(free.claim.charges.isEmpty)
    #expect(try market.terms()?.id == free.id)
    let purchase = try await market.conclude(try await market.order())
    #expect(purchase.decision.isCommit && purchase.report.answer == .proven)
    #expect(purchase.report.findings.allSatisfy { $0.check != .fee })
    #expect(try await earned(in: market) == 0)
    try await market.close()
  }

  /// Where the coordinator has its account at another bank than the one that pays, its transfer is money there.
  @Test func anAccountAtAnotherBank() async throws {
    let other = Fair.party("other-bank.example")
    let home = HomeFolder(TestFolder.fresh("charging"))
    let usual = Fair.charter
    try await Market.found(
      Charter(
        bank: usual.bank, merchants: usual.merchants, coordinator: usual.coordinator,
        log: usual.log, witness: usual.witness, auditor: usual.auditor, root: usual.root,
        currency: usual.currency, decimals: usual.decimals, coinValues: [1, 2, 4],
        fees: Fees(perTransfer: 2), otherBanks: [other], clearingLimit: 12),
      at: home)
    let market = try await Market(at: home)
    try await market.bank.openAccount(
      Fair.alice, key: market.customer.wallet.accountKey(at: Fair.bank))
    for merchant in market.trust.keys(role: .merchant) {
      try await market.bank.openAccount(
        Fair.payee(of: merchant.party).account, key: merchant.publicKey)
    }
    try await market.bank.credit(
      Fair.amount(40), to: Fair.alice, reference: SHA256.digest(Bytes("credit".utf8)))
    try await market.charge(
      Tariff(
        amount: try Fair.amount(Self.fee), account: Self.till, at: other, largestFee: 2,
        validUntil: SystemWallClock().now().adding(seconds: 3600)))

    let good = try await market.sell(
      Fair.contract, as: "good", by: Fair.red, for: 7, largestFee: 2)
    let plan = try await market.plan(
      [Selection(try market.inspect(good))], paying: [Fair.bank: .transfer])
    let account = try market.customer.wallet.accountMeans(Fair.alice, at: Fair.bank)
    let process = try await market.customer.place(plan, with: [Fair.bank: account])
    let purchase = try await market.conclude(process)
    #expect(purchase.decision.isCommit && purchase.report.answer == .proven)
    let collected = try await market.collect(process)
    #expect(collected.map(\.payee) == [Payee(bank: other, account: Self.till)])
    #expect(collected.map(\.amount.minor) == [Self.fee - 2], "the bank's fee is the coordinator's")
    #expect(try await market.bank(other)?.balance(of: Self.till).minor == Self.fee - 2)
    for bank in market.banks { _ = try await bank.trialBalance() }
    #expect(try await market.bank.balance(of: Fair.alice).minor == 40 - 7 - Self.fee)
    try await market.close()
  }

  // MARK: - Customers and operators who want it otherwise

  @Test func aFeeAboveTheCustomersLimitIsNotOrdered() async throws {
    let market = try await market()
    let selections = try selections(in: market)
    await #expect {
      try await market.plan(selections, feeAtMost: Self.fee - 1)
    } throws: { code(of: $0) == .fee }
    try await market.close()
  }

  @Test func anOrderWithoutTheFeeIsNotTaken() async throws {
    let clock = AheadClock()
    let market = try await Fair.open(clock: clock)
    try await market.charge(
      Tariff(
        amount: try Fair.amount(Self.fee), account: Self.till,
        validUntil: clock.now().adding(seconds: 7200)))
    // Before that a customer may have signed earlier.
    clock.ahead(seconds: Terms.graceSeconds + 1)
    let plan = try await market.customer.plan(
      try selections(in: market), coordinator: market.coordinator.key,
      template: market.coordinator.template)
    let process = try await market.customer.place(plan)
    await #expect { try await market.conclude(process) } throws: {
      ($0 as? PartyError)?.message.contains("fee: ") == true
    }
    // Nobody asked the bank, and after its time the order is aborted.
    #expect(await market.bank.refusalDetails(of: process) == nil)
    #expect(try await earned(in: market) == 0)
    clock.ahead(seconds: Terms.graceSeconds + 3600)
    let purchase = try await market.conclude(process)
    #expect(!purchase.decision.isCommit)
    try await market.close()
  }

  @Test func termsThatBeginInThePastAreNotSigned() async throws {
    let market = try await Fair.open()
    let now = SystemWallClock().now()
    await #expect {
      try await market.charge(
        Tariff(
          amount: try Fair.amount(1), account: Self.till, validFrom: now.adding(seconds: -1),
          validUntil: now.adding(seconds: 60)))
    } throws: { code(of: $0) == .fee }
    // Nor may the fee go to somebody else's account.
    await #expect {
      try await market.charge(
        Tariff(
          amount: try Fair.amount(1), account: Fair.alice, validFrom: now.adding(seconds: 5),
          validUntil: now.adding(seconds: 60)))
    } throws: { code(of: $0) == .payment }
    #expect(try market.terms() == nil)
    try await market.close()
  }

  @Test func termsOfAnotherAreNotBelieved() async throws {
    let market = try await market()
    let terms = try #require(try market.terms())
    #expect {
      try market.customer.inspect(terms.signed, of: terms.id.renamed())
    } throws: { code(of: $0) == .fee }
    var bytes = terms.signed.bytes
    bytes[bytes.count / 2] ^= 1
    #expect {
      try market.customer.inspect(Signed(bytes), of: market.coordinator.key)
    } throws: { code(of: $0) == .fee }
    try await market.close()
  }

  // MARK: - A bank that keeps it

  /// A bank that hands over other transfers than it has signed.
  private struct KeepingBank: PaymentAgent {
    let bank: Bank
    let forged: @Sendable ([Signed<Transfer>]) -> [Signed<Transfer>]

    func reserve(_ request: ReserveRequest) async -> Outcome<Signed<Reservation>> {
      await bank.reserve(request)
    }

    func post(_ request: PostRequest) async -> Outcome<[Signed<Transfer>]> {
      guard case .done(let transfers) = await bank.post(request) else { return .unknown("") }
      return .done(forged(transfers))
    }

    func void(_ request: VerdictRequest) async -> Outcome<Signed<VoidedReservation>> {
      await bank.void(request)
    }
  }

  @Test func aBankThatKeepsTheFeeIsAskedOn() async throws {
    let market = try await market()
    let bank = market.bank
    // The coordinator's account comes first by name: without its transfer, and with another one instead.
    let none: @Sendable ([Signed<Transfer>]) -> [Signed<Transfer>] = { Array($0.dropFirst()) }
    let another: @Sendable ([Signed<Transfer>]) -> [Signed<Transfer>] = { [$0[1], $0[1], $0[2]] }
    for (name, forged) in [("none", none), ("another", another)] {
      let goods = [
        try await market.sell(Fair.contract, as: "\(name)-a", by: Fair.red, for: 3),
        try await market.sell(Fair.picture, as: "\(name)-b", by: Fair.blue, for: 2),
      ]
      market.directory.register(bank: KeepingBank(bank: bank, forged: forged), as: Fair.bank)
      let before = try await earned(in: market)
      _ = try await market.withdraw(Fair.amount(5 + Self.fee), from: Fair.alice)
      let process = try await market.order(goods)
      let purchase = try await market.conclude(process, settlementSeconds: 1)
      #expect(purchase.decision.isCommit && !purchase.isSettled)
      #expect(purchase.report.answer == .proven, "what comes later is pending")
      #expect(purchase.report.findings.contains { $0.check == .transfer && $0.result == .pending })
      market.directory.register(bank: bank, as: Fair.bank)
      #expect(try await market.conclude(process).isSettled, "it is asked until it has signed")
      #expect(try await earned(in: market) == before + Self.fee)
    }
    try await market.close()
  }
}

/// A merchant that does not say whether it deposits.
struct UndecidedMerchant: MerchantAgent {
  let shop: Shop

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> { .unknown("later") }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    await shop.release(request)
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    await shop.settle(request)
  }
}

/// The time of day, moved ahead by as much as a test says.
final class AheadClock: WallClock {
  private let seconds = Mutex<Int64>(0)

  func ahead(seconds: Int64) { self.seconds.withLock { $0 = seconds } }
  func now() -> Timestamp { SystemWallClock().now().adding(seconds: seconds.withLock { $0 }) }

  func sleep(until time: Timestamp) async {
    await SystemWallClock().sleep(until: time.adding(seconds: -seconds.withLock { $0 }))
  }
}
