// A market with two banks: a merchant is paid by one bank, and has its account at the other. In the end both
// banks' books are balanced, and they owe each other nothing.

import Coordinator
import ECash
import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Synchronization
import Testing

/// The time of day, moved ahead by as much as a test says.
private final class ShiftedClock: WallClock {
  private let seconds = Mutex<Int64>(0)

  func shift(seconds: Int64) { self.seconds.withLock { $0 = seconds } }
  func now() -> Timestamp { SystemWallClock().now().adding(seconds: seconds.withLock { $0 }) }

  func sleep(until time: Timestamp) async {
    await SystemWallClock().sleep(until: time.adding(seconds: -seconds.withLock { $0 }))
  }
}

@Suite(.timeLimit(.minutes(5))) struct MarketClearingTests {
  private static let other = Fair.party("other-bank.example")
  private static let till = Payee(bank: other, account: Fair.account("till-of-red"))

  /// Red has its account at the other bank, and blue at the customer's.
  private func market(clock: any WallClock = SystemWallClock()) async throws -> Market {
    let home = HomeFolder(TestFolder.fresh("clearing"))
    let usual = Fair.charter
    try await Market.found(
      Charter(
        bank: usual.bank, merchants: usual.merchants, coordinator: usual.coordinator,
        log: usual.log, witness: usual.witness, auditor: usual.auditor, root: usual.root,
        currency: usual.currency, decimals: usual.decimals, coinValues: [1, 2, 4],
        fees: Fees(perTransfer: 2), otherBanks: [Self.other], clearingLimit: 12),
      at: home)
    let market = try await Market(at: home, clock: clock)
    try await market.bank.openAccount(
      Fair.alice, key: market.customer.wallet.accountKey(at: Fair.bank))
    let shops = market.trust.keys(role: .merchant)
    let red = try #require(shops.first { $0.party == Fair.red }).publicKey
    let blue = try #require(shops.first { $0.party == Fair.blue }).publicKey
    try await market.bank(Self.other)?.openAccount(Self.till.account, key: red)
    try await market.bank.openAccount(Fair.payee(of: Fair.blue).account, key: blue)
    try await market.bank.credit(
      Fair.amount(40), to: Fair.alice, reference: SHA256.digest(Bytes("credit".utf8)))
    return market
  }

  private func good(
    _ name: String, by merchant: PartyName, for price: UInt64, in market: Market
  ) async throws -> Selection {
    let file = TestFolder.fresh("good")
    try Data(Fair.contract).write(to: URL(filePath: file))
    let good = try await market.sell(
      file, as: name, title: name, mediaType: "text/plain", by: #require(market.shop(merchant)),
      terms: SaleTerms(
        price: try Price(net: try Fair.amount(price), tax: .zero(Fair.euro)),
        payee: merchant == Fair.red ? Self.till : Fair.payee(of: merchant), largestFee: 2))
    return Selection(try market.inspect(good))
  }

  private func buy(_ selections: [Selection], in market: Market) async throws -> ConcludedPurchase {
    let account = try market.customer.wallet.accountMeans(Fair.alice, at: Fair.bank)
    let plan = try await market.plan(selections, paying: [Fair.bank: .transfer])
    let process = try await market.customer.place(plan, with: [Fair.bank: account])
    return try await market.conclude(process)
  }

  /// A transfer is shown after the key that has signed it, and all other keys of the market, have ended.
  @Test func theReceiptOutlivesTheBanksKey() async throws {
    let clock = ShiftedClock()
    let market = try await market(clock: clock)
    let purchase = try await buy(
      [good("contract", by: Fair.red, for: 9, in: market)], in: market)
    #expect(purchase.decision.isCommit && purchase.isSettled)
    let file = try await market.coordinator.engine.file(of: purchase.process)
    let transfer = try #require(file.transfers.first).signed
    clock.shift(seconds: 6 * 365 * 86_400)
    let other = try #require(market.bank(Self.other))
    await #expect(throws: ECashError(.transferInvalid, "")) { try await other.collect(transfer) }
    #expect(try await market.collect(purchase.process).map(\.amount.minor) == [7])
    #expect(try await other.balance(of: Self.till.account).minor == 7)
    try await market.close()
  }

  /// The merchant complains that it was not credited: what the banks have on file decides it.
  @Test func aComplaintIsDecidedByWhatTheBanksHave() async throws {
    let market = try await market()
    let other = try #require(market.bank(Self.other))
    let purchase = try await buy(
      [good("contract", by: Fair.red, for: 9, in: market)], in: market)
    let transfer = try #require(
      try await market.coordinator.engine.file(of: purchase.process).transfers.first)
    let claim = try market.trust.verify(transfer.signed, at: SystemWallClock().now()).claim
    let draw = try #require(claim.draw)
    #expect(draw.total == 7)
    let line = try #require(await market.bank.creditLine(draw.line))
    #expect(await other.creditLine(draw.line) == line)
    let proof = try #require(await market.bank.proof(ofCreditLine: draw.line))
    #expect(
      try VerdictVerifier(market.trust).read(line, proof: proof).issuer.party == Self.other)

    var entropy = SystemEntropy()
    let red = StatementSigner(
      party: Fair.red, key: try market.keys(of: Fair.red).signingKey("statements"))
    let complaint = red.sign(
      Complaint(.notCredited, about: transfer.id, process: purchase.process), entropy: &entropy)
    func judged(_ more: [Bytes]) async throws -> Judgement {
      let evidence = try await market.log.receipt(
        for: ReceiptContents(
          process: purchase.process,
          statements: [transfer.signed.bytes, complaint.bytes] + more, verdict: nil, parts: []))
      return try DisputeAudit([evidence], trust: market.trust).judgement
    }
    #expect(try await judged([]) == .ask(Fair.bank, .creditLine))
    #expect(try await judged([line.bytes]) == .ask(Self.other, .credit))
    let credit = try await other.collect(transfer.signed).statement
    guard case .ruled(let ruling) = try await judged([line.bytes, credit.bytes]) else {
      Issue.record("it is not decided")
      return
    }
    #expect(ruling.outcome == .notAtFault && ruling.party == Self.other)
    #expect(ruling.rule == .answered)

    // Both may stand in the receipt, and no credit of another transfer.
    let stranger = StatementSigner(
      party: Self.other, key: try market.keys(of: Self.other).signingKey("statements"))
    let strange = stranger.sign(
      Credit(transfer: draw.line, account: claim.payee.account, amount: claim.net),
      entropy: &entropy)
    let part = stranger.sign(
      Credit(transfer: transfer.id, account: claim.payee.account, amount: try Fair.amount(6)),
      entropy: &entropy)
    for (more, answer) in [
      ([line.bytes, credit.bytes], ReceiptReport.Answer.proven),
      ([strange.bytes], .refuted),
      ([part.bytes], .proven),
    ] {
      let receipt = purchase.receipt
      let verdict = try #require(
        receipt.entries.first { (try? UnverifiedStatement($0.statement).kind) == .verdict })
      let whole = try await market.log.receipt(
        for: ReceiptContents(
          process: purchase.process, statements: receipt.entries.map(\.statement) + more,
          verdict: LoggedVerdict(
            verdict: Signed(verdict.statement), proof: #require(receipt.verdictProof).bytes),
          parts: receipt.parts, exhibits: receipt.exhibits, keyBundle: receipt.keyBundle))
      #expect(ReceiptVerification(market.trust).verify(whole).answer == answer)
    }
    try await market.close()
  }

  @Test func aPayeeElsewhereIsPaidAndTheBanksAreEven() async throws {
    let market = try await market()
    let other = try #require(market.bank(Self.other))
    let purchase = try await buy(
      [
        good("contract", by: Fair.red, for: 9, in: market),
        good("picture", by: Fair.blue, for: 5, in: market),
      ], in: market)
    #expect(purchase.decision.isCommit && purchase.isSettled)
    #expect(purchase.report.answer == .proven)
    #expect(try await other.balance(of: Self.till.account).minor == 0, "on the way")
    #expect(await market.bank.clearings().map(\.owed) == [7])

    for _ in 0..<2 {
      let collected = try await market.collect(purchase.process)
      #expect(collected.map(\.payee) == [Self.till] && collected.map(\.amount.minor) == [7])
    }
    #expect(try await other.balance(of: Self.till.account).minor == 7)
    #expect(try await market.bank.balance(of: Fair.payee(of: Fair.blue).account).minor == 3)

    // 7 are owed and 6 more would be above the limit of 12: nothing is reserved.
    let dear = try await good("dear", by: Fair.red, for: 8, in: market)
    let refused = try await buy([dear], in: market)
    #expect(refused.decision == .abort(.refused))
    #expect(await market.bank.clearings().map(\.promised) == [0])

    let wire = SHA256.digest(Bytes("a wire".utf8))
    try await market.bank.settle(Fair.amount(7), .paid, Self.other, reference: wire)
    try await other.settle(Fair.amount(7), .received, Fair.bank, reference: wire)
    try await market.renewCreditLines()
    let again = try await buy([dear], in: market)
    #expect(again.decision.isCommit)
    _ = try await market.collect(again.process)
    #expect(try await other.balance(of: Self.till.account).minor == 13)
    try await market.bank.settle(
      Fair.amount(6), .paid, Self.other, reference: SHA256.digest(Bytes("another".utf8)))
    try await other.settle(
      Fair.amount(6), .received, Fair.bank, reference: SHA256.digest(Bytes("another".utf8)))

    for bank in market.banks {
      let books = try await bank.trialBalance()
      #expect(books.balances.reduce(0) { $0 + $1.minor } == 0)
      #expect(await bank.clearings().map(\.owed) == [0])
    }
    let books = try await market.bank.trialBalance()
    #expect(books.balance(of: .fees) == 6)
    #expect(books.balance(of: .clearing) == -40 + 13, "13 have left for the other bank")
    #expect(try await other.trialBalance().balance(of: .clearing) == -13)
    try await market.close()
  }
}
