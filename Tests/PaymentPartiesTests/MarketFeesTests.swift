// A market whose bank charges: what the keyset says is what is kept, and nothing is lost.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite(.timeLimit(.minutes(5))) struct MarketFeesTests {
  private func market() async throws -> Market {
    let home = HomeFolder(TestFolder.fresh("fees"))
    let usual = Fair.charter
    try await Market.found(
      Charter(
        bank: usual.bank, merchants: usual.merchants, coordinator: usual.coordinator,
        log: usual.log, witness: usual.witness, auditor: usual.auditor, root: usual.root,
        currency: usual.currency, decimals: usual.decimals, coinValues: [1, 2],
        fees: Fees(perCoin: 1, perTransfer: 2)),
      at: home)
    return try await Market(at: home)
  }

  @Test func feesOfTheKeysetAreKept() async throws {
    let market = try await market()
    let bank = market.bank
    try await bank.openAccount(Fair.alice, key: market.customer.wallet.accountKey(at: Fair.bank))
    for merchant in market.trust.keys(role: .merchant) {
      try await bank.openAccount(Fair.payee(of: merchant.party).account, key: merchant.publicKey)
    }
    try await bank.credit(
      Fair.amount(20), to: Fair.alice, reference: SHA256.digest(Bytes("credit".utf8)))
    let coins = try await market.withdraw(Fair.amount(3), from: Fair.alice)
    #expect(try await bank.balance(of: Fair.alice).minor == 20 - 3 - UInt64(coins.count))

    let goods = [
      try await market.sell(
        Fair.contract, as: "contract.txt", by: Fair.red, for: 5, largestFee: 2),
      try await market.sell(
        Fair.picture, as: "picture.txt", by: Fair.blue, for: 1, largestFee: 3),
    ]
    let account = try market.customer.wallet.accountMeans(Fair.alice, at: Fair.bank)
    let plan = try await market.plan(
      goods.map { Selection(try market.inspect($0)) }, paying: [Fair.bank: .transfer])
    let process = try await market.customer.place(plan, with: [Fair.bank: account])
    let purchase = try await market.conclude(process)
    #expect(purchase.decision.isCommit && purchase.report.answer == .proven)
    #expect(purchase.isSettled, "everybody takes what the order says for the transfer")
    #expect(
      purchase.report.findings.filter { $0.check == .transfer }.map(\.result) == [.proven, .proven])

    let books = try await bank.trialBalance()
    #expect(try await bank.balance(of: Fair.payee(of: Fair.red).account).minor == 3)
    #expect(try await bank.balance(of: Fair.payee(of: Fair.blue).account).minor == 0)
    #expect(books.balance(of: .fees) == Int64(coins.count) + 2 + 1)
    #expect(try await bank.balance(of: Fair.alice).minor == 20 - 3 - UInt64(coins.count) - 6)
    #expect(books.balances.reduce(0) { $0 + $1.minor } == 0)
    try await market.close()
  }

  @Test func whatAMerchantDoesNotAllowIsNotOrdered() async throws {
    let market = try await market()
    for largest in [0, 1] as [UInt64] {
      let good = try await market.sell(
        Fair.contract, as: "contract-\(largest).txt", by: Fair.red, for: 5, largestFee: largest)
      let selection = Selection(try market.inspect(good))
      await #expect { try await market.plan([selection]) } throws: { code(of: $0) == .order }
    }
    try await market.close()
  }
}
