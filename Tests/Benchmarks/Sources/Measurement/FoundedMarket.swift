// A market of its own, as `foil demo` founds it: a bank, two merchants with a good each, a coordinator with
// its log, and a customer.

import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
package import PaymentModel
package import PaymentParties

/// A market in a temporary folder, in which one good of each of two merchants is for sale.
package final class FoundedMarket: Sendable {
  package let market: Market
  /// One of each good.
  package let selections: [Selection]
  private let folder: TemporaryFolder
  private let customer: AccountName
  private let currency: Currency

  /// - Parameters:
  ///   - price: of each good, in minor units.
  ///   - mode: whether one good can be bought again and again.
  ///   - credit: what the customer has at the bank.
  package init(price: UInt64, mode: SaleMode, credit: UInt64) async throws {
    let folder = try TemporaryFolder()
    let home = HomeFolder(folder.path("home"))
    let good = folder.url.appending(path: "good.txt")
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
        auditor: try required(PartyName("auditor.example")),
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
      Amount(minor: credit, currency: currency), to: customer, reference: SHA256.digest([1]))
    let tax = price / 6
    let goodPrice = try Price(
      net: Amount(minor: price - tax, currency: currency),
      tax: Amount(minor: tax, currency: currency))
    var selections: [Selection] = []
    for (number, shop) in market.shops.enumerated() {
      var entropy = SystemEntropy()
      let identity = Age.Identity.generate(from: &entropy)
      let stem = folder.path("good-\(number)")
      let commitment = try Container.seal(
        FileSource(path: good.path), to: identity.recipient, container: "\(stem).age",
        chunkList: "\(stem).chunks", from: &entropy)
      let now = SystemWallClock().now()
      var draft = OfferDraft(
        title: "Good \(number)", fileName: "good-\(number).txt", container: commitment,
        price: goodPrice, payee: payees[number],
        accepts: [AcceptedPayment(bank: bank, method: .ecash)],
        coordinators: [market.coordinator.key], expiresAt: now.adding(seconds: 30 * 86_400),
        retainedUntil: now.adding(seconds: 60 * 86_400))
      draft.mediaType = "text/plain"
      draft.mode = mode
      let offer = try await shop.publish(draft, identity: identity)
      selections.append(Selection(try market.customer.inspect(offer)))
    }
    self.folder = folder
    self.market = market
    self.selections = selections
    self.customer = customer
    self.currency = currency
  }

  /// Withdraws coins for so much.
  package func withdraw(_ minor: UInt64) async throws {
    _ = try await market.withdraw(Amount(minor: minor, currency: currency), from: customer)
  }

  /// An order over both goods, signed, paid, and on record.
  package func place() async throws -> ProcessID {
    try await market.customer.place(try await market.plan(selections))
  }
}
