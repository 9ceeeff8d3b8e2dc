// What may still go wrong after the verdict, and must not cost the customer her goods or her receipt.

import Coordinator
import ECash
import Evidence
import Foundation
import Goods
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite struct AfterTheVerdictTests {
  @Test func aMerchantThatIsSilentAfterTheCommitKeepsNothingBack() async throws {
    let market = try await Fair.open()
    let shop = try #require(market.shop(Fair.red))
    market.directory.register(merchant: UnconfirmingMerchant(shop: shop), as: Fair.red)
    let process = try await market.order()
    let purchase = try await market.conclude(process, settlementSeconds: 1)
    #expect(purchase.decision.isCommit)
    #expect(!purchase.isSettled)
    #expect(purchase.report.answer == .proven)
    let pending = purchase.report.findings.filter { $0.result == .pending }
    #expect(pending.contains { $0.check == .settlement && $0.party == Fair.red })
    #expect(try await market.open(process).allSatisfy { $0.good != nil })
    #expect(try await !market.isFinished(market.customer.purchase(process)))

    // The merchant speaks again: the receipt is made anew, with all that has come.
    market.directory.register(merchant: shop, as: Fair.red)
    let later = try await market.conclude(process)
    #expect(later.isSettled)
    #expect(later.report.findings.allSatisfy { $0.result == .proven })
    #expect(try await market.isFinished(market.customer.purchase(process)))
    try await market.close()
  }

  /// The wallet knows the verdict before the receipt is made; a crash in between loses neither.
  @Test func aVerdictWithoutAReceiptIsNotTheEnd() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    _ = try await market.coordinator.engine.submit(market.customer.submission(of: process))
    let outcome = try await market.coordinator.engine.outcome(of: process)
    try await market.customer.conclude(process, with: outcome.verdict)
    let row = try await market.customer.purchase(process)
    #expect(row.state == .committed && row.receipt == nil)
    #expect(await !market.isFinished(row))
    #expect(try await market.standing(of: row, at: SystemWallClock().now()).word == .waiting)

    let home = market.home
    try await market.close()
    let again = try await Market(at: home)
    _ = await again.recover()
    let purchase = try await again.conclude(process)
    #expect(purchase.report.answer == .proven)
    #expect(try await again.isFinished(again.customer.purchase(process)))
    try await again.expectMoneyConserved(earned: Fair.redPrice + Fair.bluePrice)
    try await again.close()
  }

  /// The commit is logged, and the coordinator never comes back: with the logged verdict the bank pays, the
  /// merchants confirm, and the customer opens what she has bought.
  @Test func everybodyFinishesWithTheLoggedVerdict() async throws {
    let market = try await Fair.open()
    market.directory.register(bank: UnpayingBank(bank: market.bank), as: Fair.bank)
    let process = try await market.order()
    let engine = market.coordinator.engine
    _ = try await engine.submit(market.customer.submission(of: process))
    let verdict = try await engine.verdict(of: process).verdict
    await engine.quiesce()
    #expect(try await market.log.verdict(of: process)?.verdict == verdict.verdict)
    #expect(try await Books(market).earned == 0)

    // Anybody may present it.
    func id(_ step: String) throws -> RequestID {
      RequestID(process: process, step: try #require(StepPath(rawValue: step)))
    }
    let post = PostRequest(id: try id("post/bank.example"), verdict: verdict)
    guard case .done(let transfers) = await market.bank.post(post) else {
      Issue.record("the bank does not pay on the logged verdict")
      return
    }
    let now = SystemWallClock().now()
    for name in [Fair.red, Fair.blue] {
      let own = try transfers.filter {
        try market.trust.verify($0, by: Fair.bank, at: now).claim.payee == Fair.payee(of: name)
      }
      #expect(own.count == 1)
      let settle = SettleRequest(
        id: try id("confirm/\(name)"), verdict: verdict, transfers: own)
      guard case .done = await market.shop(name)?.settle(settle) else {
        Issue.record("\(name) does not confirm")
        return
      }
    }
    #expect(try await market.customer.conclude(process, with: verdict).isCommit)
    let opened = try await market.open(process).map { bought in
      Bytes(try Data(contentsOf: URL(filePath: try #require(bought.good?.path))))
    }
    #expect(Set(opened) == [Fair.contract, Fair.picture])
    try await market.expectMoneyConserved(earned: Fair.redPrice + Fair.bluePrice)
    // Presented once more it moves nothing.
    guard case .done(transfers) = await market.bank.post(post) else {
      Issue.record("the bank pays twice, or forgets")
      return
    }
    try await market.expectMoneyConserved(earned: Fair.redPrice + Fair.bluePrice)
    try await market.close()
  }

  @Test func oneBadContainerKeepsNoOtherGoodBack() async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    let purchase = try await market.conclude(process)
    #expect(purchase.decision.isCommit)
    for good in LockedGood.all(in: market.home.locked) {
      let honest = try Data(contentsOf: URL(filePath: good.container))
      var changed = honest
      changed[changed.count - 5] ^= 1
      try changed.write(to: URL(filePath: good.container))
      let bought = try await market.open(process)
      #expect(bought.count == 2)
      for one in bought {
        #expect((one.good == nil) == (one.offer == good.id))
        #expect((one.problem == nil) == (one.offer != good.id))
        #expect(FileManager.default.fileExists(atPath: one.keyPath))
      }
      try honest.write(to: URL(filePath: good.container))
    }
    try await market.close()
  }

  /// Closing waits until nobody uses a database any more; otherwise the process would end here.
  @Test(arguments: [0, 5, 20, 60]) func aMarketClosesUnderRunningProcesses(
    afterMilliseconds: Int
  ) async throws {
    let market = try await Fair.open()
    let process = try await market.order()
    _ = try await market.coordinator.engine.submit(market.customer.submission(of: process))
    try await Task.sleep(for: .milliseconds(afterMilliseconds))
    let home = market.home
    try await market.close()

    // Handing in what was handed in before is enough to go on.
    let again = try await Market(at: home)
    if afterMilliseconds > 5 { _ = await again.recover() }
    #expect(try await again.conclude(process).decision.isCommit)
    try await again.close()
  }
}

/// A merchant that deposits its key and never confirms.
private struct UnconfirmingMerchant: MerchantAgent {
  let shop: Shop

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    await shop.deposit(request)
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    await shop.release(request)
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    .unknown("no answer")
  }
}
