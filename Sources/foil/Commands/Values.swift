// Money and time, for people and for programs.

import ECash
import Foundation
import PaymentModel
import PaymentParties

/// Writes amounts in major units, as far as the bank's keyset tells their decimals.
struct MoneyFormat {
  private let currency: Currency?
  private let decimals: Int

  init(of market: Market) async {
    let keyset = try? await market.keyset().keyset
    currency = keyset?.currency
    decimals = keyset?.decimals ?? 0
  }

  func text(_ amount: Amount) -> String {
    amount.currency == currency
      ? amount.formatted(decimals: decimals) : "\(amount)"
  }
}

/// An amount in its wire form.
struct AmountValue: Encodable {
  let currency: String
  let minor: UInt64

  init(_ amount: Amount) {
    currency = amount.currency.code
    minor = amount.minor
  }
}

extension Timestamp {
  /// `2026-01-31 12:00:00 UTC`.
  var forPeople: String {
    description.prefix(19).replacing("T", with: " ") + " UTC"
  }

  /// The time, and how far ahead it lies: `… (in 6 minutes)`.
  func forPeople(from now: Timestamp) -> String {
    let seconds = milliseconds(since: now) / 1000
    guard seconds > 0 else { return "\(forPeople) (passed)" }
    let distance =
      switch seconds {
      case ..<120: "\(seconds) seconds"
      case ..<7200: "\(seconds / 60) minutes"
      case ..<172_800: "\(seconds / 3600) hours"
      default: "\(seconds / 86_400) days"
      }
    return "\(forPeople) (in \(distance))"
  }
}
