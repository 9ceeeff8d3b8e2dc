// A purchase from the first key to the auditor's answer, with the public API only. Reads as the manual.

import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import Testing

@Suite struct PurchaseManualTests {
  @Test func severalGoodsOfSeveralMerchantsOrNone() async throws {
    let euro = try #require(Currency("EUR"))
    let bankName = try #require(PartyName("bank.example"))
    let press = try #require(PartyName("press.example"))
    let studio = try #require(PartyName("studio.example"))

    // Root: founds the market. Everybody gets keys; the bank makes coins of 1, 2, 4 and 8 cents.
    let home = HomeFolder(TestFolder.fresh("manual"))
    try await Market.found(
      Charter(
        bank: bankName, merchants: [press, studio],
        coordinator: try #require(PartyName("coordinator.example")),
        log: try #require(PartyName("log.example")),
        witness: try #require(PartyName("witness.example")),
        auditor: try #require(PartyName("auditor.example")),
        root: try #require(PartyName("root.example")), currency: euro, decimals: 2,
        coinValues: [1, 2, 4, 8]),
      at: home)
    let market = try await Market(at: home)

    // Bank: opens accounts, and credits money that the customer has paid in.
    let till = try #require(AccountName("till"))
    let safe = try #require(AccountName("safe"))
    let purse = try #require(AccountName("purse"))
    for (account, party) in [(till, press), (safe, studio)] {
      let key = try #require(market.trust.keys(role: .merchant).first { $0.party == party })
      try await market.bank.openAccount(account, key: key.publicKey)
    }
    try await market.bank.openAccount(
      purse, key: market.customer.wallet.accountKey(at: bankName))
    try await market.bank.credit(
      Amount(minor: 50, currency: euro), to: purse,
      reference: SHA256.digest(Bytes("a payment of 50 cents".utf8)))

    // Wallet: withdraws. The bank signs the coins without seeing them.
    let values = try await market.withdraw(Amount(minor: 30, currency: euro), from: purse)
    #expect(values.reduce(0, +) == 30)

    // Merchants: each seals a file and signs an offer. Containers can be handed to anybody.
    let article = Bytes("How to buy from two sellers at once.".utf8)
    let photograph = Bytes((0..<200_000).map { UInt8(truncatingIfNeeded: $0 * $0) })
    let goods = TestFolder.fresh("goods")
    for (file, content) in [("\(goods).article", article), ("\(goods).photograph", photograph)] {
      try Data(content).write(to: URL(filePath: file))
    }
    func price(_ net: UInt64, tax: UInt64) throws -> Price {
      try Price(
        net: Amount(minor: net, currency: euro), tax: Amount(minor: tax, currency: euro))
    }
    _ = try await market.sell(
      "\(goods).article", as: "article.txt", title: "An article", mediaType: "text/plain",
      by: try #require(market.shop(press)),
      terms: SaleTerms(
        price: try price(9, tax: 1), payee: Payee(bank: bankName, account: till)))
    _ = try await market.sell(
      "\(goods).photograph", as: "photograph.bin", title: "A photograph",
      mediaType: "application/octet-stream", by: try #require(market.shop(studio)),
      terms: SaleTerms(
        price: try price(5, tax: 2), payee: Payee(bank: bankName, account: safe)))

    // Customer: verifies each offer, and its container against it, before she pays.
    var selections: [Selection] = []
    for good in LockedGood.all(in: home.locked) {
      let offer = try market.inspect(good)
      selections.append(Selection(offer))
    }
    #expect(selections.map(\.offer.claim.title) == ["An article", "A photograph"])

    // Customer: draws up one order over both, reads what she is about to sign, and signs it. Her coins are
    // locked, and everything is on record before it is sent.
    let plan = try await market.plan(selections)
    #expect(try plan.contents().count == 3)
    let process = try await market.customer.place(plan)

    // Coordinator: generates the process from the order, runs it, and decides once. The bank holds the
    // money, the merchants hand their keys into escrow, the customer asks for delivery; then the verdict is
    // public, and the keys follow from it.
    let purchase = try await market.conclude(process)
    #expect(purchase.decision.isCommit)

    // Customer: fetches the keys from the log, and opens the goods.
    let opened = try await market.open(process)
    let contents = try opened.map { bought in
      Bytes(try Data(contentsOf: URL(filePath: try #require(bought.good?.path))))
    }
    #expect(Set(contents) == [article, photograph])

    // Bank: the merchants are paid, and the books balance.
    #expect(try await market.bank.balance(of: till).minor == 10)
    #expect(try await market.bank.balance(of: safe).minor == 7)
    #expect(try await market.bank.balance(of: purse).minor == 20)
    let books = try await market.bank.trialBalance()
    #expect(books.outstanding == 13)
    #expect(try await market.customer.wallet.balance(at: bankName, in: euro).minor == 13)

    // Auditor: verifies the purchase with nothing but the receipt and the trust list, both as files.
    let receipt = purchase.receipt.bytes
    let trustList = Bytes(try Data(contentsOf: URL(filePath: home.trust)))
    try await market.close()

    let auditor = ReceiptVerification(try TrustStore(Signed(trustList)))
    let report = auditor.verify(receipt)
    #expect(report.answer == .proven)
    #expect(report.process == process)
    #expect(report.decision == purchase.decision)
    #expect(report.atFault.isEmpty)
    #expect(report.findings.allSatisfy { $0.result == .proven })
  }
}
