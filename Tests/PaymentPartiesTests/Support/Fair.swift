// A market that is founded once: one bank, two merchants, a customer with coins, two goods on sale. Each
// test opens a copy of its own.

import Coordinator
import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

/// The founded market, closed, and what is in it.
struct Fair: Sendable {
  static let bank = party("bank.example")
  static let red = party("red.example")
  static let blue = party("blue.example")
  static let coordinator = party("coordinator.example")
  static let alice = account("alice")
  /// What was credited to Alice's account, in minor units.
  static let credited: UInt64 = 200
  /// What she has withdrawn of it.
  static let withdrawn: UInt64 = 60
  static let redPrice: UInt64 = 11
  static let bluePrice: UInt64 = 7

  static let contract = Bytes("The bearer owns one chair. \(UUID())".utf8)
  static let picture = Bytes("A picture of a chair, wider than it is high. \(UUID())".utf8)

  /// The folder of the founded market.
  let home: HomeFolder

  private static let founding = Task { try await found() }

  /// The founded market: the same for all tests.
  static func founded() async throws -> Fair { try await founding.value }

  /// Opens a copy of the market for one test.
  static func open(
    clock: any WallClock = SystemWallClock(), policy: RetryPolicy = .quick,
    journalHook: JournalHook = .none
  ) async throws -> Market {
    try await Market(
      at: try await copy(), passphraseFile: nil, clock: clock, policy: policy,
      journalHook: journalHook)
  }

  /// A copy of the closed market.
  static func copy() async throws -> HomeFolder {
    let copy = HomeFolder(TestFolder.fresh("home"))
    try TestFolder.copy(try await founded().home.path, to: copy.path)
    return copy
  }

  static let charter = Charter(
    bank: bank, merchants: [red, blue], coordinator: coordinator, log: party("log.example"),
    witness: party("witness.example"), auditor: party("auditor.example"),
    root: party("root.example"), currency: euro, decimals: 2,
    coinValues: [1, 2, 4, 8, 16])

  private static func found() async throws -> Fair {
    let home = HomeFolder(TestFolder.fresh("fair"))
    try await Market.found(charter, at: home)
    let market = try await Market(at: home)
    try await market.bank.openAccount(
      alice, key: market.customer.wallet.accountKey(at: bank))
    for merchant in market.trust.keys(role: .merchant) {
      try await market.bank.openAccount(payee(of: merchant.party).account, key: merchant.publicKey)
    }
    try await market.bank.credit(
      amount(credited), to: alice, reference: SHA256.digest(Bytes("credit".utf8)))
    _ = try await market.withdraw(amount(withdrawn), from: alice)
    _ = try await market.sell(contract, as: "contract.txt", by: red, for: redPrice)
    _ = try await market.sell(picture, as: "picture.txt", by: blue, for: bluePrice)
    try await market.close()
    return Fair(home: home)
  }

  static func payee(of merchant: PartyName) -> Payee {
    Payee(bank: bank, account: account("till-of-\(merchant.text.prefix { $0 != "." })"))
  }

  static let euro: Currency = {
    guard let euro = Currency("EUR") else { fatalError("EUR is a currency") }
    return euro
  }()

  static func amount(_ minor: UInt64) throws -> Amount {
    try Amount(minor: minor, currency: euro)
  }

  static func party(_ name: String) -> PartyName {
    guard let party = PartyName(name) else { fatalError("no party name: \(name)") }
    return party
  }

  static func account(_ name: String) -> AccountName {
    guard let account = AccountName(name) else { fatalError("no account name: \(name)") }
    return account
  }
}

extension RetryPolicy {
  /// For parties in one process: asks again soon.
  static let quick = RetryPolicy(firstPauseMilliseconds: 20, longestPauseMilliseconds: 200)
}

extension Market {
  /// Seals bytes and offers them.
  func sell(
    _ content: Bytes, as name: String, by merchant: PartyName, for price: UInt64,
    holdLimitSeconds: Int = 300, deliveryLimitSeconds: Int = 60, stock: String? = nil,
    largestFee: UInt64 = 0
  ) async throws -> LockedGood {
    let file = TestFolder.fresh("good")
    try Data(content).write(to: URL(filePath: file))
    let free = Amount.zero(Fair.euro)
    return try await sell(
      file, as: name, title: "The \(name) of \(merchant)", mediaType: "text/plain",
      by: try #require(shop(merchant)),
      terms: SaleTerms(
        price: try Price(net: try Fair.amount(price), tax: free),
        payee: Fair.payee(of: merchant), holdLimitSeconds: holdLimitSeconds,
        deliveryLimitSeconds: deliveryLimitSeconds, stock: stock, largestFee: largestFee))
  }

  /// Orders these goods, or all that are on sale: signed, on record, not yet handed in.
  func order(
    _ goods: [LockedGood]? = nil, decideWithinSeconds: Int64? = nil
  ) async throws -> ProcessID {
    let selections = try (goods ?? LockedGood.all(in: home.locked)).map {
      Selection(try inspect($0))
    }
    let plan = try await plan(selections, decideWithinSeconds: decideWithinSeconds)
    return try await customer.place(plan)
  }

  /// The number of the one-time keys of a purchase.
  func orderNumber(of process: ProcessID) async throws -> UInt64 {
    try await customer.purchase(process).orderNumber
  }
}
