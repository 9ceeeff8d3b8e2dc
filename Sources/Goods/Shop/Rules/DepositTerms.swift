// Whether an order keeps to the terms of an offer.

import PaymentModel

enum DepositTerms {
  /// Why an order is refused under an offer's terms and the shop's policy; `nil` when it is not.
  static func refusal(
    of deposit: CheckedDeposit, offer: Offer, policy: ShopPolicy, at now: Timestamp
  ) -> RefusalReason? {
    let order = deposit.order
    guard offer.coordinators.contains(order.coordinator) else { return .coordinatorRefused }
    guard now < offer.expiresAt, policy.templates.contains(order.template),
      deposit.item.quantity <= offer.maximumQuantity
    else { return .notOffered }
    guard now < order.decideBy else { return .tooLate }
    guard order.decideBy <= now.adding(seconds: policy.largestHoldSeconds) else {
      return .notOffered
    }
    return nil
  }
}
