// A real receipt: two goods of two merchants, bought in a market of its own, as `foil demo` does it.

import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts

/// The receipt of a committed and settled purchase, and the trust store that it is verified with.
struct BoughtReceipt {
  let receipt: Receipt
  let trust: TrustStore

  init() async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "foil-benchmark-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let home = HomeFolder(folder.appending(path: "home").path)
    let good = folder.appending(path: "good.txt")
    try Data(repeating: 0x61, count: 100_000).write(to: good)

    let currency = try required(Currency("EUR"))
    let bank = try required(PartyName("bank.example"))
    let merchants = try ["guide.example", "atelier.example"].map { try required(PartyName($0)) }
    let customer = try required(AccountName("alice"))
    try await Market.found(
      Charter(
        bank: bank, merchants: merchants,
        coordinator: try required(PartyName("coordinator.example")),
        log: try required(PartyName("log.example")),
        witness: try required(PartyName("witness.example")),
        root: try required(PartyName("root.example")), currency: currency, decimals: 2,
        coinValues: (0...5).map { 1 << $0 }), at: home)
    let market = try await Market(at: home)
    let payees = try merchants.map { merchant in
      Payee(
        bank: bank,
        account: try required(AccountName(String(merchant.text.prefix { $0 != "." }))))
    }
    try await market.bank.openAccount(
      customer, key: market.customer.wallet.accountKey(at: bank))
    for (merchant, payee) in zip(market.trust.keys(role: .merchant), payees) {
      try await market.bank.openAccount(payee.account, key: merchant.publicKey)
    }
    try await market.bank.credit(
      Amount(minor: 100, currency: currency), to: customer, reference: SHA256.digest([1]))
    _ = try await market.withdraw(Amount(minor: 30, currency: currency), from: customer)
    let price = try Price(
      net: Amount(minor: 10, currency: currency), tax: Amount(minor: 2, currency: currency))
    var selections: [Selection] = []
    for (number, shop) in market.shops.enumerated() {
      let locked = try await market.sell(
        good.path, as: "good-\(number).txt", title: "Good \(number)", mediaType: "text/plain",
        by: shop, terms: SaleTerms(price: price, payee: payees[number]))
      selections.append(Selection(try market.inspect(locked)))
    }
    let process = try await market.customer.place(try await market.plan(selections))
    let purchase = try await market.conclude(process)
    guard purchase.isSettled, purchase.report.answer == .proven else { throw BrokenFixture() }
    receipt = purchase.receipt
    trust = market.trust
    try await market.close()
  }
}
