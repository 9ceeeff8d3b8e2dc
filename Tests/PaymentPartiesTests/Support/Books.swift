// Where the money is, and that none was made or lost.

import ECash
import PaymentModel
import PaymentParties
import Testing

/// All money of a market at one moment, in minor units.
struct Books: Equatable {
  let accounts: [AccountName: UInt64]
  /// What the bank owes to whoever holds its coins.
  let outstanding: UInt64
  /// What the customer can spend.
  let wallet: UInt64

  init(_ market: Market) async throws {
    var accounts: [AccountName: UInt64] = [:]
    for entry in try await market.bank.balances() { accounts[entry.account] = entry.balance.minor }
    self.accounts = accounts
    outstanding = try await market.bank.trialBalance().outstanding
    wallet = try await market.customer.wallet.balance(at: Fair.bank, in: Fair.euro).minor
  }

  subscript(account: AccountName) -> UInt64 { accounts[account] ?? 0 }

  /// What merchants have earned.
  var earned: UInt64 { accounts.reduce(0) { $0 + ($1.key == Fair.alice ? 0 : $1.value) } }

}

extension Market {
  /// Checks that accounts and outstanding coins add up to what was credited, that the bank's books hold
  /// together, and that the wallet can spend every coin that is outstanding.
  @discardableResult
  func expectMoneyConserved(
    earned: UInt64, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Books {
    let books = try await Books(self)
    #expect(
      books.accounts.values.reduce(0, +) + books.outstanding == Fair.credited,
      "accounts and coins", sourceLocation: sourceLocation)
    #expect(books.wallet == books.outstanding, "the wallet's coins", sourceLocation: sourceLocation)
    #expect(books.earned == earned, "what was earned", sourceLocation: sourceLocation)
    #expect(
      books.wallet == Fair.withdrawn - earned, "what was spent", sourceLocation: sourceLocation)
    return books
  }
}
