// Identifiers as people type and read them: a few digits are enough where they are unique.

import ECash
import PaymentModel
import PaymentParties

extension Identifier {
  /// The first eight digits.
  var short: String { String(hex.prefix(8)) }

  /// The one of several identifiers that begins with these digits.
  ///
  /// - Throws: `Failure` when these are not 4 to 64 hexadecimal digits, or fit none or several.
  static func matching(
    _ digits: String, among candidates: [Self], what: String, hint: String
  ) throws -> Self {
    let prefix = digits.lowercased()
    guard (4...64).contains(prefix.utf8.count), prefix.allSatisfy(\.isHexDigit) else {
      throw Failure(
        .usage, "'\(digits)' names no \(what), and is not 4 to 64 hexadecimal digits", hint: hint)
    }
    let found = Set(candidates.filter { $0.hex.hasPrefix(prefix) })
    guard let only = found.first else {
      throw Failure(.notChecked, "no \(what) begins with \(prefix)", hint: hint)
    }
    guard found.count == 1 else {
      throw Failure(.usage, "\(found.count) \(what)s begin with \(prefix): give more digits")
    }
    return only
  }
}

extension Market {
  /// How many purchases are looked through.
  static let listedPurchases = 10_000

  /// The purchase of the wallet that begins with these digits.
  func purchase(matching digits: String) async throws -> PurchaseRow {
    let rows = await customer.wallet.purchases(atMost: Self.listedPurchases)
    let process = try ProcessID.matching(
      digits, among: rows.map(\.process), what: "purchase", hint: "see 'foil purchase list'")
    return try await customer.purchase(process)
  }
}
