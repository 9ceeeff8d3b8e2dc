// One merchant has its account at another bank than the one that pays: the transfer becomes money there, and the
// banks pay each other.

import ECash
import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties

extension Storyteller {
  func tellTwoBanks() async throws -> StoryReport {
    let market = try await stage.openMarket()
    guard let other = market.bank(DemoCast.otherBank) else {
      throw Failure(.notChecked, "the market has no \(DemoCast.otherBank)")
    }
    let goods = try await stage.seal(in: market)
    describe(goods)
    say("\(DemoCast.atelier) has its account at \(other.name), which clears with \(DemoCast.bank).")
    say("Its offers allow a bank to keep \(DemoCast.euros(DemoCast.transferFee)) of a transfer.")
    let before = try await stage.balances(in: market)
    let purchase = try await market.conclude(try await order(goods, in: market))
    var clearing: [String] = []
    for other in await market.bank.clearings() {
      clearing.append("    \(market.bank.name) owes \(other.bank) \(Self.euros(other.owed))")
    }
    for transfer in try await market.collect(purchase.process) {
      clearing.append(
        "    \(transfer.payee.bank) takes its transfer for money: "
          + "\(DemoCast.euros(transfer.amount.minor)) to \(transfer.payee.account)")
    }
    clearing += try await settle(market.bank, other)
    try await market.renewCreditLines()
    var report = try await report(
      purchase, .twoBanks, goods: goods, before: before, in: market)
    clearing.forEach(say)
    report.owed = [:]
    for bank in market.banks {
      _ = try await bank.trialBalance()
      for clearing in await bank.clearings() { report.owed?[bank.name.text] = clearing.owed }
    }
    try await market.close()
    return report
  }

  /// The bank that owes pays, outside of the books, and both book it.
  private func settle(_ debtor: Bank, _ creditor: Bank) async throws -> [String] {
    let owed = await debtor.clearings().first { $0.bank == creditor.name }?.owed ?? 0
    guard owed > 0 else { return [] }
    let amount = try Amount(minor: UInt64(owed), currency: DemoCast.currency)
    var entropy = SystemEntropy()
    let reference = SHA256.digest(entropy.bytes(32))
    try await debtor.settle(amount, .paid, creditor.name, reference: reference)
    try await creditor.settle(amount, .received, debtor.name, reference: reference)
    return [
      "    \(debtor.name) pays \(creditor.name) \(Self.euros(owed)); the books of both balance"
    ]
  }

  private static func euros(_ minor: Int64) -> String {
    DemoCast.euros(UInt64(clamping: minor))
  }
}
