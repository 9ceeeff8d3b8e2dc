// Which coins pay an amount, and into which coins an amount is withdrawn.

import PaymentModel

/// Picks coins that add up to an amount exactly.
///
/// Every value divides all larger ones. So it is enough to take, from the largest value down, as many
/// coins as fit: when a largest coin that fits is left out of some sum, smaller ones of that sum add up to
/// just its value and can be exchanged for it. What is reached in this way is the largest payable amount
/// that is not above the wanted one.
enum CoinSelection {
  /// Coins for the amount, in minor units.
  ///
  /// Of one value those go first that the bank has not seen, then those that run out sooner.
  ///
  /// - Throws: `notPayable`, with the nearest amounts that could be paid.
  static func choose(
    _ minor: UInt64, from coins: [SpendableCoin]
  ) throws(ECashError) -> [SpendableCoin] {
    let chosen = largest(notAbove: minor, from: coins)
    let below = chosen.reduce(0) { $0 + $1.minor }
    guard below == minor else {
      throw notPayable(minor, below: below, coins: coins)
    }
    return chosen
  }

  private static func largest(
    notAbove minor: UInt64, from coins: [SpendableCoin]
  ) -> [SpendableCoin] {
    var rest = minor
    var chosen: [SpendableCoin] = []
    for coin in coins.sorted(by: precedes) where coin.minor <= rest {
      rest -= coin.minor
      chosen.append(coin)
    }
    return chosen
  }

  private static func precedes(_ left: SpendableCoin, _ right: SpendableCoin) -> Bool {
    if left.minor != right.minor { return left.minor > right.minor }
    if left.isShown != right.isShown { return !left.isShown }
    return (left.spentUntil, left.key) < (right.spentUntil, right.key)
  }

  /// The smallest payable amount above is what is left when the largest one below the rest is kept.
  private static func notPayable(
    _ minor: UInt64, below: UInt64, coins: [SpendableCoin]
  ) -> ECashError {
    let total = coins.reduce(0) { $0 + $1.minor }
    guard minor <= total else {
      return ECashError(
        .notPayable, "the wallet holds \(total) of the \(minor) minor units: withdraw more")
    }
    let kept = largest(notAbove: total - minor, from: coins).reduce(0) { $0 + $1.minor }
    return ECashError(
      .notPayable,
      "no coins add up to \(minor) minor units, only to \(below) or \(total - kept): withdraw more")
  }
}

/// Splits an amount into coins.
public enum WithdrawalPlan {
  /// Which values to withdraw, so that afterwards as many amounts as possible can be paid; from an empty
  /// wallet every amount up to the total that is a multiple of the smallest value.
  ///
  /// From the smallest value up it fills what makes the next larger value payable in small coins, as far as
  /// the amount goes; the rest goes into as few coins as possible.
  ///
  /// - Parameters:
  ///   - minor: in minor units.
  ///   - values: of the denominations that are issued.
  ///   - held: the values of the coins at hand.
  /// - Throws: `notWithdrawable` when the amount is no sum of the values; `tooManyCoins`.
  public static func values(
    for minor: UInt64, of values: [UInt64], holding held: [UInt64] = []
  ) throws(ECashError) -> [UInt64] {
    let values = values.sorted()
    guard let smallest = values.first, smallest > 0, minor.isMultiple(of: smallest),
      zip(values, values.dropFirst()).allSatisfy({ $1.isMultiple(of: $0) })
    else {
      throw ECashError(.notWithdrawable, "the bank has no coins for that amount")
    }
    var rest = minor
    var counts = [UInt64](repeating: 0, count: values.count)
    for (index, value) in values.enumerated().dropLast() {
      let wanted = values[index + 1] / value - 1
      let missing = wanted - min(wanted, UInt64(held.count { $0 == value }))
      counts[index] = min(missing, rest / value)
      rest -= counts[index] * value
    }
    for (index, value) in values.enumerated().reversed() {
      counts[index] += rest / value
      rest %= value
    }
    guard counts.allSatisfy({ $0 <= UInt64(WithdrawalRequest.largestCoinCount) }),
      counts.reduce(0, +) <= UInt64(WithdrawalRequest.largestCoinCount)
    else {
      throw ECashError(.tooManyCoins, "that amount takes more coins than one request may ask for")
    }
    return zip(values, counts).flatMap { Array(repeating: $0, count: Int($1)) }
  }
}
