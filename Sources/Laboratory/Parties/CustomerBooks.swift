// What a model customer has on record: money, purchases, and what proves each; and what she wants.

package import PaymentModel

/// Something that a customer will do.
package struct Wish: Hashable, Sendable {
  package enum Action: Hashable, Sendable {
    case order(OrderWish)
    /// Hands her order of that number in again.
    case resubmit(Int)
    case cancel(Int)
    /// Asks what became of it.
    case question(Int)
  }

  package let at: Timestamp
  package let action: Action
}

package struct OrderWish: Hashable, Sendable {
  package struct Line: Hashable, Sendable {
    package let good: Good
    package let quantity: Int
  }

  package let lines: [Line]
  package let decideSeconds: Int64
  /// Takes coins whether they are locked or not, and money that is not there any more.
  package let takesLockedCoins: Bool
  /// Hands in the instruments of that earlier order.
  package let replays: Int?
  /// Orders at the rogue.
  package let isForRogue: Bool
  /// How she pays through which bank; with coins, unless it stands here.
  package var methods: [BankMethod] = []

  package struct BankMethod: Hashable, Sendable {
    let bank: PartyName
    let method: PaymentMethod
  }

  func method(at bank: PartyName) -> PaymentMethod {
    methods.first { $0.bank == bank }?.method ?? .ecash
  }
}

package struct CustomerBooks: Hashable, Sendable {
  package enum CoinState: Hashable, Sendable {
    case free
    case locked(ProcessID)
    case spent(ProcessID)
  }

  package struct Coin: Hashable, Sendable {
    package let id: CoinID
    package let bank: PartyName
    package let value: UInt64
    package var currency = Currency.euro
    package var state = CoinState.free
  }

  /// An account or a card of hers, and what she has let it pay.
  package struct Purse: Hashable, Sendable {
    package let id: CoinID
    package let bank: PartyName
    package let method: PaymentMethod
    package let currency: Currency
    package let limit: UInt64
    package var uses: [Use] = []

    package struct Use: Hashable, Sendable {
      package let process: ProcessID
      package let minor: UInt64
      package var isSpent = false
    }
  }

  package enum PurchaseState: Hashable, Sendable {
    case undecided
    case committed
    case aborted
  }

  /// What one bank is to pay.
  package struct Payment: Hashable, Sendable {
    package let content: PaymentPart
    /// Of the coins, or of the account or card.
    package let numbers: [CoinID]
  }

  package struct Purchase: Hashable, Sendable {
    package let process: ProcessID
    package let order: Order
    package let submission: PurchaseSubmission
    package let lines: [OrderWish.Line]
    package let payments: [Payment]
    package let isForRogue: Bool
    package var state = PurchaseState.undecided
    package var deliveryRequest: Signed<DeliveryRequest>?
    /// The coordinator's word that it has each key: what she asked for delivery on.
    package var acceptances: [Signed<Acceptance>] = []
    package var verdict: LoggedVerdict?
    package var verdictID: StatementID?
    /// The goods' identities, in the order of the offers.
    package var keys: [Bytes]?
    /// Whether the coordinator said that it took the order, or will not.
    var isAnswered = false
    var asksAt: Timestamp
  }

  package var coins: [Coin] = []
  package var purses: [Purse] = []
  package var purchases: [Purchase] = []
  var nextWish = 0

  // MARK: - Money

  mutating func lock(_ payments: [Payment], for process: ProcessID) {
    for payment in payments {
      guard payment.content.method != .ecash, let number = payment.numbers.first else {
        for place in coins.indices where payment.numbers.contains(coins[place].id) {
          coins[place].state = .locked(process)
        }
        continue
      }
      for place in purses.indices where purses[place].id == number {
        purses[place].uses.append(
          Purse.Use(process: process, minor: payment.content.total.minor))
      }
    }
  }

  /// Coins that another order of hers has locked meanwhile stay locked.
  mutating func unlock(_ purchase: Purchase, isSpent: Bool) {
    let process = purchase.process
    for place in coins.indices where coins[place].state == .locked(process) {
      coins[place].state = isSpent ? .spent(process) : .free
    }
    for place in purses.indices {
      if isSpent {
        for use in purses[place].uses.indices where purses[place].uses[use].process == process {
          purses[place].uses[use].isSpent = true
        }
      } else {
        purses[place].uses.removeAll { $0.process == process }
      }
    }
  }
}
