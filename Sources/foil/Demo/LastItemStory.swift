// Two customers order the last of both goods at the same time: one gets both, and the other nothing.

import ECash
import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties
import Receipts
import StoreSQLite

extension Storyteller {
  /// Each good is for one sale. Both orders hold their money and then take the goods in the same turns, so
  /// that neither can have one good while the other has the second.
  func tellLastItem() async throws -> StoryReport {
    let market = try await stage.openMarket()
    let goods = try await stage.seal(in: market)
    describe(goods)
    let bob = try await secondCustomer(in: market)
    let before = try await stage.balances(in: market, and: bob)
    say("There is one of each, and two customers order both at the same time.")

    let processes = [
      try await order(goods, in: market), try await order(goods, in: market, by: bob),
    ]
    market.directory.register(customer: bob, of: processes[1])
    async let first = market.conclude(processes[0])
    async let second = market.conclude(processes[1], for: bob)
    let ends = [
      (name: DemoCast.alice, customer: market.customer, purchase: try await first),
      (name: DemoCast.bob, customer: bob, purchase: try await second),
    ]
    guard let winner = ends.first(where: { $0.purchase.decision.isCommit }) else {
      throw Failure(.no, "nobody got the last of both")
    }
    var report = try await report(
      winner.purchase, .lastItem, goods: goods, before: before, in: market,
      of: winner.customer, and: bob)
    report.orders = [:]
    for end in ends {
      let words =
        switch end.purchase.decision {
        case .commit: "commit"
        case .abort(let reason): reason.rawValue
        }
      report.orders?[end.name.text] = words
      say("    the order of \(end.name): \(words)")
    }
    try await market.close()
    return report
  }

  /// A customer with an account, a wallet and coins of her own.
  private func secondCustomer(in market: Market) async throws -> Customer {
    let folder = try PartyFolder(
      at: "\(stage.home.path)/state/second-wallet", passphraseFile: stage.passphraseFile)
    let verdicts = VerdictVerifier(market.trust)
    let store = try SQLiteStore.wallet(in: folder.state)
    try await Wallet.create(
      in: store, seed: try folder.keys.secret("seed"), atRest: try folder.atRestKey())
    let wallet = try await Wallet(
      store: store, atRest: try folder.atRestKey(),
      trust: market.trust, verdicts: verdicts, clock: SystemWallClock())
    try await market.bank.openAccount(DemoCast.bob, key: wallet.accountKey(at: DemoCast.bank))
    let amount = try Amount(minor: try stage.prices(), currency: DemoCast.currency)
    var entropy = SystemEntropy()
    try await market.bank.credit(
      amount, to: DemoCast.bob, reference: SHA256.digest(entropy.bytes(32)))
    _ = try await wallet.withdraw(
      amount, from: DemoCast.bob, under: try await market.keyset(), at: market.bank)
    return Customer(
      wallet: wallet, trust: market.trust, verdicts: verdicts, clock: SystemWallClock())
  }
}
