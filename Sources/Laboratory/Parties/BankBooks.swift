// What a model bank has on record: accounts, coins, accounts and cards of customers, holds, and what it
// signed.

import Coordinator
package import PaymentModel

extension Currency {
  /// Where one currency is enough.
  package static let euro = Currency.named("EUR")

  static func named(_ code: String) -> Currency {
    guard let currency = Currency(code) else { fatalError("no currency: \(code)") }
    return currency
  }
}

package struct BankBooks: Hashable, Sendable {
  package enum CoinState: Hashable, Sendable {
    case free
    case reserved(ProcessID)
    case spent(ProcessID)
  }

  package struct Coin: Hashable, Sendable {
    package let id: CoinID
    package let value: UInt64
    package let currency: Currency
    package var state = CoinState.free

    package init(id: CoinID, value: UInt64, currency: Currency = .euro) {
      self.id = id
      self.value = value
      self.currency = currency
    }
  }

  /// An account of a payee, or the bank's own one for fees.
  package struct Account: Hashable, Sendable {
    package let name: AccountName
    package let currency: Currency
    package var minor: UInt64

    package init(name: AccountName, minor: UInt64, currency: Currency = .euro) {
      self.name = name
      self.minor = minor
      self.currency = currency
    }
  }

  /// A customer's account, which pays with what is on it, or card, which pays up to its limit. Who knows its
  /// number may pay with it.
  package struct Purse: Hashable, Sendable {
    package let id: CoinID
    package let method: PaymentMethod
    package let currency: Currency
    /// What is on the account at first, or the card's limit.
    package let limit: UInt64
    package var spent: UInt64 = 0
    package var reserved: UInt64 = 0

    package init(id: CoinID, method: PaymentMethod, currency: Currency, limit: UInt64) {
      self.id = id
      self.method = method
      self.currency = currency
      self.limit = limit
    }

    /// What undecided processes may still give back counts as there.
    var left: UInt64 { limit - spent }
    var free: UInt64 { limit - spent - reserved }
  }

  package enum HoldState: Hashable, Sendable {
    case reserved
    case posted
    case voided
  }

  package struct Hold: Hashable, Sendable {
    package let process: ProcessID
    package let coordinator: Thumbprint
    package let decideBy: Timestamp
    package let total: Amount
    package let payouts: [Payout]
    /// What the bank keeps of each payout, in their order, in minor units.
    package var fees: [UInt64]
    package let method: PaymentMethod
    /// Of the coins, or of the account or card.
    package let numbers: [CoinID]
    package var state = HoldState.reserved
    package var verdict: LoggedVerdict?
    package var verdictID: StatementID?
    var reply: ParticipantReply?
  }

  struct Tombstone: Hashable, Sendable {
    let coordinator: Thumbprint
    let process: ProcessID
    let verdictID: StatementID
    let reply: ParticipantReply
  }

  /// That an account or card was refused for want of money.
  struct Declined: Hashable, Sendable {
    let process: ProcessID
    let purse: CoinID
    let total: UInt64
  }

  package var accounts: [Account] = []
  /// Issued ones. A coin is what somebody knows who may spend it.
  package var coins: [Coin] = []
  package var purses: [Purse] = []
  package var holds: [Hold] = []
  var tombstones: [Tombstone] = []
  var replies: [StoredReply] = []
  package var statements: [StatementNote] = []
  package var proofs: [Signed<DoubleSpend>] = []
  var declined: [Declined] = []
  /// How many requests came, for a cheat that counts.
  var requests = 0

  package init() {}

  /// Forgets in which order was written what is only looked up.
  mutating func forgetOrder() {
    requests = 0
    holds.sort { $0.process < $1.process }
    tombstones.sort { $0.process < $1.process }
    replies.sort { $0.precedes($1) }
    statements.sort { $0.id < $1.id }
    declined.sort { $0.process < $1.process }
  }

  // MARK: - Money

  mutating func setCoins(_ numbers: [CoinID], to state: CoinState) {
    var rest = numbers.count
    for place in coins.indices where rest > 0 && numbers.contains(coins[place].id) {
      coins[place].state = state
      rest -= 1
    }
  }

  mutating func changePurse(_ number: CoinID, _ body: (inout Purse) -> Void) {
    guard let place = purses.firstIndex(where: { $0.id == number }) else { return }
    body(&purses[place])
  }

  /// Money is set aside for a process.
  mutating func reserve(_ hold: Hold) {
    guard hold.method != .ecash, let number = hold.numbers.first else {
      return setCoins(hold.numbers, to: .reserved(hold.process))
    }
    changePurse(number) { $0.reserved += hold.total.minor }
  }

  /// What was set aside leaves the customer for good.
  mutating func spend(_ hold: Hold) {
    guard hold.method != .ecash, let number = hold.numbers.first else {
      return setCoins(hold.numbers, to: .spent(hold.process))
    }
    changePurse(number) {
      $0.reserved -= min($0.reserved, hold.total.minor)
      $0.spent += hold.total.minor
    }
  }

  /// What was set aside is the customer's again.
  mutating func free(_ hold: Hold) {
    guard hold.method != .ecash, let number = hold.numbers.first else {
      return setCoins(hold.numbers, to: .free)
    }
    changePurse(number) { $0.reserved -= min($0.reserved, hold.total.minor) }
  }

  mutating func credit(_ minor: UInt64, _ currency: Currency, to name: AccountName) {
    guard
      let place = accounts.firstIndex(where: { $0.name == name && $0.currency == currency })
    else { return }
    accounts[place].minor += minor
  }
}
