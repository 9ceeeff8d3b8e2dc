// Money: whole minor units of a named currency.

/// A currency's code: 3 to 12 characters of A–Z and 0–9.
///
/// How many decimals it has is fixed by the bank's signed keyset, not by the code.
public struct Currency: Hashable, Sendable {
  public let code: String

  /// Takes 3 to 12 characters of A–Z and 0–9; anything else is no currency.
  public init?(_ code: String) {
    let letters = code.utf8
    guard (3...12).contains(letters.count),
      letters.allSatisfy({
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
      })
    else { return nil }
    self.code = code
  }
}

extension Currency: CustomStringConvertible {
  public var description: String { code }
}

/// What can be wrong with a calculation on money.
public enum AmountError: Error, Equatable, Sendable {
  /// Two currencies met in one calculation.
  case currencyMismatch(Currency, Currency)
  /// The result is above `Amount.largestMinor`.
  case overflow
  /// The result would be below zero.
  case negative
}

/// An amount of money: a number of the currency's smallest units.
///
/// The wire form is `{"currency":"EUR","minor":1250}`. Adding, subtracting and comparing throw on
/// mixed currencies; a result outside 0…2^53−1 is an error, never a wrapped number.
public struct Amount: Hashable, Sendable {
  /// 2^53 − 1, the largest whole number that every JSON reader keeps exactly.
  public static let largestMinor: UInt64 = 9_007_199_254_740_991

  /// How many of the currency's smallest units.
  public let minor: UInt64
  public let currency: Currency

  /// - Throws: `AmountError.overflow` above `largestMinor`.
  public init(minor: UInt64, currency: Currency) throws(AmountError) {
    guard minor <= Self.largestMinor else { throw .overflow }
    self.minor = minor
    self.currency = currency
  }

  private init(checked minor: UInt64, _ currency: Currency) {
    self.minor = minor
    self.currency = currency
  }

  /// Nothing, in that currency.
  public static func zero(_ currency: Currency) -> Amount { Amount(checked: 0, currency) }

  public var isZero: Bool { minor == 0 }

  public func adding(_ other: Amount) throws(AmountError) -> Amount {
    try requireSameCurrency(as: other)
    return try Amount(minor: minor + other.minor, currency: currency)
  }

  public func subtracting(_ other: Amount) throws(AmountError) -> Amount {
    try requireSameCurrency(as: other)
    guard other.minor <= minor else { throw .negative }
    return Amount(checked: minor - other.minor, currency)
  }

  public func multiplied(by count: UInt64) throws(AmountError) -> Amount {
    let (product, overflow) = minor.multipliedReportingOverflow(by: count)
    guard !overflow else { throw .overflow }
    return try Amount(minor: product, currency: currency)
  }

  /// Whether this is less than `other`; mixed currencies cannot be compared.
  public func isLess(than other: Amount) throws(AmountError) -> Bool {
    try requireSameCurrency(as: other)
    return minor < other.minor
  }

  /// The sum of amounts of one currency.
  public static func sum(
    _ amounts: some Sequence<Amount>, in currency: Currency
  ) throws(AmountError) -> Amount {
    var total = Amount.zero(currency)
    for amount in amounts { total = try total.adding(amount) }
    return total
  }

  /// The amount in major units, for people: `12.50 EUR` for 1250 at two decimals.
  public func formatted(decimals: Int) -> String {
    guard decimals > 0 else { return "\(minor) \(currency)" }
    let digits = String(minor)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return "\(padded.dropLast(decimals)).\(padded.suffix(decimals)) \(currency)"
  }

  private func requireSameCurrency(as other: Amount) throws(AmountError) {
    guard currency == other.currency else { throw .currencyMismatch(currency, other.currency) }
  }
}

extension Amount: CustomStringConvertible {
  /// In minor units, because only a keyset tells how many decimals there are.
  public var description: String { "\(minor) minor units of \(currency)" }
}
