// A customer of the real world: her wallets, what she will do, and what she has ordered.

import ECash
import Evidence
import PaymentModel
import PaymentParties

struct RealBuyer {
  let number: Int
  let cheat: CustomerCheat?
  /// Who spends twice has two, over copies of one purse.
  let wallets: [Customer]
  /// By wallet.
  let stores: [MemoryStore<any WalletRows>]
  let wishes: [RealWish]
  var nextWish = 0
  var purchases: [RealPurchase] = []

  /// Whether one of the coins that a wallet pays with is paid with by the other one, too.
  func isTwice(_ purchase: RealPurchase, from place: Int) -> Bool {
    purchases.enumerated().contains { number, other in
      number % wallets.count != place
        && other.payments.contains { payment in
          purchase.payments.contains { $0.sharesCoins(with: payment) }
        }
    }
  }
}

/// What she has ordered, and how she pays.
struct RealPurchase {
  /// What one bank is to pay, and out of what, in minor units.
  struct Payment {
    let part: PaymentPart
    /// The bank's number.
    let bank: Int
    var coins: UInt64 = 0
    var account: UInt64 = 0
    var credit: UInt64 = 0
    /// Which coins they are.
    var keys: [CoinKey] = []

    /// Whether both pay with the same coin.
    func sharesCoins(with other: Self) -> Bool {
      bank == other.bank && !Set(keys).isDisjoint(with: other.keys)
    }

    /// What reaches accounts at another bank, without fees.
    func paid(at bank: PartyName) -> UInt64 {
      part.payouts.filter { $0.payee.bank == bank }.reduce(0) { $0 + net(of: $1) }
    }

    func net(of payout: Payout) -> UInt64 { payout.amount.minor - fee(of: payout) }

    func fee(of payout: Payout) -> UInt64 { min(part.transferFee, payout.amount.minor) }
  }

  let process: ProcessID
  let buyer: Int
  let order: Order
  /// As it is handed in.
  let submission: PurchaseSubmission
  let wallet: Customer
  let lines: [RealOrder.Line]
  let payments: [Payment]
  /// The instruments are those of another order.
  let isReplay: Bool
  var isEnded = false
  var asksAt: Timestamp

  /// When she begins to ask what became of it: so long after its end.
  static let askSeconds: Int64 = 8
}
