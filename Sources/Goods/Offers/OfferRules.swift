// What makes an offer one that can be relied on, beyond its signature.

public import Evidence
public import PaymentModel

/// The rules that every party checks an offer by: the merchant before it signs, the customer before she
/// orders, the coordinator before it starts. One code for each.
public enum OfferRules {
  /// Checks a verified offer as of a time.
  ///
  /// - Throws: what `checkTerms` throws, in its order; then `offerExpired`.
  public static func check(_ offer: Verified<Offer>, at time: Timestamp) throws(GoodsError) {
    try check(offer.claim, at: time)
  }

  /// As `check(_:at:)`, for an offer whose signature was verified elsewhere.
  package static func check(_ offer: Offer, at time: Timestamp) throws(GoodsError) {
    try checkTerms(offer)
    guard time < offer.expiresAt else {
      throw GoodsError(.offerExpired, "the offer expired at \(offer.expiresAt)")
    }
  }

  /// Checks all of an offer that does not depend on time: first the container, then the terms.
  ///
  /// - Throws: what `CommitmentRules.check` throws; then the first of `offerTitle`, `offerPrice`, `offerMode`, `offerPayment`,
  ///   `offerCoordinators`, `offerRetention` that applies.
  static func checkTerms(_ offer: Offer) throws(GoodsError) {
    if let container = offer.container { _ = try CommitmentRules.check(container) }
    guard offer.title.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
      throw GoodsError(.offerTitle, "the offer has no title")
    }
    guard (try? offer.price.gross.multiplied(by: UInt64(offer.maximumQuantity))) != nil else {
      throw GoodsError(.offerPrice, "the price of the largest quantity is too large")
    }
    guard offer.container != nil || !offer.price.gross.isZero else {
      throw GoodsError(.offerPrice, "the offer has neither a good nor a price")
    }
    guard offer.stock == nil || offer.mode == .individual else {
      throw GoodsError(.offerMode, "a limited good needs a container for each sale")
    }
    let ways = offer.accepts.map { AcceptedPayment(bank: $0.bank, method: $0.method) }
    guard !ways.isEmpty, Set(ways).count == ways.count else {
      throw GoodsError(.offerPayment, "the offer must name ways to pay, each once")
    }
    guard !offer.coordinators.isEmpty,
      Set(offer.coordinators).count == offer.coordinators.count
    else { throw GoodsError(.offerCoordinators, "the offer must name coordinators, each once") }
    guard offer.expiresAt <= offer.retainedUntil else {
      throw GoodsError(.offerRetention, "the keys are kept for a shorter time than the offer holds")
    }
  }
}
