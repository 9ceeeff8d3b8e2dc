// The methods that one bank is put together from.

import PaymentModel

/// A bank's methods, found by name.
struct PaymentSchemes: Sendable {
  private let schemes: [any PaymentScheme]

  /// Each method once: two that share a name are a mistake of whoever puts the bank together.
  init(_ schemes: [any PaymentScheme]) {
    precondition(
      Set(schemes.map(\.properties.method)).count == schemes.count, "a method stands there twice")
    self.schemes = schemes
  }

  /// What the methods promise, in the order in which they were named.
  var properties: [PaymentMethodProperties] { schemes.map(\.properties) }

  /// The method of that name; `nil` for one that the bank does not have.
  func scheme(_ method: PaymentMethod) -> (any PaymentScheme)? {
    schemes.first { $0.properties.method == method }
  }

  /// The method of a hold. A bank that held money by a method must keep it until the hold has ended.
  ///
  /// - Throws: `methodMissing`.
  subscript(method: PaymentMethod) -> any PaymentScheme {
    get throws(ECashError) {
      guard let scheme = scheme(method) else {
        throw ECashError(.methodMissing, "the bank holds money by a method that it no longer has")
      }
      return scheme
    }
  }
}
