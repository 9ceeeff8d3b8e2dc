// What a coordinator checks before it takes an order: signatures, the parts' places in the order, and
// that what is paid is what is bought.

import Coordinator
import Evidence
import Goods
import PaymentCrypto
import PaymentModel

/// The checks of a submission, in the order in which they are made. The first that fails is reported.
///
/// | code | what failed |
/// |---|---|
/// | `too-large` | more parts, offers or instruments than a purchase may have |
/// | `order` | the order's signature or form |
/// | `coordinator` | the order names neither the coordinator's key nor an older one that was valid then |
/// | `deadline` | `decideBy` has passed or lies too far ahead |
/// | `offer` | an offer's signature, form or terms |
/// | `part` | a part does not hang below the order's root, or stands there twice |
/// | `item` | an item without its offer, an offer without its item, or too many pieces |
/// | `fee` | the coordinator's fee is missing, twice there, not that of its terms, or not what is paid to it |
/// | `payment` | what is paid is not what is bought, or not in a way that the offers accept |
struct OrderAdmission {
  /// The most offers and payments in one purchase.
  static let largestCount = 256
  /// How far `decideBy` may lie ahead, in seconds.
  static let longestSeconds: Int64 = 7 * 86_400

  let trust: TrustStore
  let coordinator: Issuer
  /// What the coordinator has charged and charges.
  let published: PublishedTerms

  func admit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder {
    guard submission.parts.count <= PaymentProcess.largestPartCount,
      submission.offers.count <= Self.largestCount,
      submission.instruments.count <= Self.largestCount
    else { throw NotAdmitted(code: "too-large", message: "too many parts for one purchase") }

    let order = try checkedOrder(submission.order, at: time)
    let offers = try checkedOffers(
      submission.offers, for: order.claim.coordinator, at: time)
    let parts = try checkedParts(submission.parts, of: order.claim)
    let items = try checkedItems(parts, offers: offers)
    let payments = try checkedPayments(parts, instruments: submission.instruments)
    let fee = try checkedFee(
      parts, payments: payments.map(\.content), terms: submission.terms,
      by: order.claim.coordinator, at: time)
    try PayoutRules.check(
      payments.map(\.content),
      pay: items.map { PricedItem(offer: $0.offer, quantity: $0.quantity) }, and: fee)
    return AdmittedOrder(
      process: order.id.renamed(), signedOrder: submission.order, order: order.claim, items: items,
      payments: payments)
  }

  private func checkedOrder(
    _ signed: Signed<Order>, at time: Timestamp
  ) throws(NotAdmitted) -> Stated<Order> {
    let order: Stated<Order>
    do {
      order = try trust.verifyOrder(signed).stated
    } catch {
      throw NotAdmitted(code: "order", message: "\(error)")
    }
    guard isOwn(order.claim.coordinator, at: time) else {
      throw NotAdmitted(code: "coordinator", message: "the order names another coordinator")
    }
    guard order.claim.decideBy > time,
      order.claim.decideBy <= time.adding(seconds: Self.longestSeconds)
    else {
      throw NotAdmitted(
        code: "deadline", message: "decideBy has passed or lies more than a week ahead")
    }
    return order
  }

  /// Whether the key is the coordinator's, or was then: what was begun under an older one is read back.
  private func isOwn(_ key: Thumbprint, at time: Timestamp) -> Bool {
    if key == coordinator.key { return true }
    let older = try? trust.key(key, party: coordinator.party, role: .coordinator, at: time)
    return older != nil
  }

  private func checkedOffers(
    _ signed: [Signed<Offer>], for coordinator: Thumbprint, at time: Timestamp
  ) throws(NotAdmitted) -> [Stated<Offer>] {
    var offers: [Stated<Offer>] = []
    for offer in signed {
      do {
        let verified = try trust.verify(offer, at: time)
        try OfferRules.check(verified.claim, at: time)
        offers.append(verified.stated)
      } catch {
        throw NotAdmitted(code: "offer", message: "\(error)")
      }
    }
    offers.sort { $0.id < $1.id }
    guard zip(offers, offers.dropFirst()).allSatisfy({ $0.id != $1.id }) else {
      throw NotAdmitted(code: "offer", message: "an offer is there twice")
    }
    for offer in offers where !offer.claim.coordinators.contains(coordinator) {
      throw NotAdmitted(code: "offer", message: "offer \(offer.id) does not allow this coordinator")
    }
    return offers
  }

  private func checkedParts(
    _ committed: [CommittedPart], of order: Order
  ) throws(NotAdmitted) -> [(part: OrderPart, committed: CommittedPart)] {
    var parts: [(OrderPart, CommittedPart)] = []
    for part in committed {
      do {
        parts.append((try part.verify(against: order), part))
      } catch {
        throw NotAdmitted(code: "part", message: "\(error)")
      }
    }
    guard Set(committed.map(\.index)).count == committed.count else {
      throw NotAdmitted(code: "part", message: "two parts in one place")
    }
    return parts
  }

  private func checkedItems(
    _ parts: [(part: OrderPart, committed: CommittedPart)], offers: [Stated<Offer>]
  ) throws(NotAdmitted) -> [AdmittedOrder.Item] {
    var items: [AdmittedOrder.Item] = []
    for (part, committed) in parts {
      guard case .item(let item) = part else { continue }
      guard let offer = offers.first(where: { $0.id == item.offer }) else {
        throw NotAdmitted(code: "item", message: "offer \(item.offer) was not handed in")
      }
      guard item.quantity <= offer.claim.maximumQuantity else {
        throw NotAdmitted(code: "item", message: "more of \(item.offer) than one order may take")
      }
      items.append(
        AdmittedOrder.Item(
          merchant: offer.issuer.party, offer: offer, quantity: item.quantity, part: committed))
    }
    items.sort { $0.offer.id < $1.offer.id }
    guard items.map(\.offer.id) == offers.map(\.id) else {
      throw NotAdmitted(code: "item", message: "items and offers do not match one to one")
    }
    return items
  }

  private func checkedPayments(
    _ parts: [(part: OrderPart, committed: CommittedPart)],
    instruments: [Sealed<SealedContent.Instrument>]
  ) throws(NotAdmitted) -> [AdmittedOrder.Payment] {
    var contents: [(content: PaymentPart, committed: CommittedPart)] = []
    for (part, committed) in parts {
      if case .payment(let payment) = part { contents.append((payment, committed)) }
    }
    guard contents.count == instruments.count else {
      throw NotAdmitted(code: "payment", message: "not one instrument for each payment")
    }
    let payments = zip(contents, instruments).map { payment, instrument in
      AdmittedOrder.Payment(
        content: payment.content, part: payment.committed,
        partDigest: SHA256.digest(payment.committed.part),
        instrument: Sealed(instrument.bytes, digest: SHA256.digest(instrument.bytes)))
    }
    .sorted { $0.content.bank < $1.content.bank }
    guard zip(payments, payments.dropFirst()).allSatisfy({ $0.content.bank != $1.content.bank })
    else { throw NotAdmitted(code: "payment", message: "a bank is asked to pay twice") }
    return payments
  }

  /// The fee that the order pays, which terms of its coordinator ask for that held when it was signed; `nil` for
  /// none, when none was asked for then.
  private func checkedFee(
    _ parts: [(part: OrderPart, committed: CommittedPart)], payments: [PaymentPart],
    terms signed: Signed<Terms>?, by key: Thumbprint, at time: Timestamp
  ) throws(NotAdmitted) -> AskedFee? {
    let fees = parts.compactMap { if case .fee(let fee) = $0.part { fee } else { nil } }
    let currencies = payments.map(\.total.currency)
    guard let fee = fees.first else {
      guard signed == nil else { throw Self.fee("terms were handed in, and no fee is paid") }
      guard published.signed(by: key).allowNoFee(in: currencies, at: time) else {
        throw Self.fee("the order does not pay the coordinator's fee")
      }
      return nil
    }
    guard fees.count == 1 else { throw Self.fee("the order pays the coordinator's fee twice") }
    guard let signed else { throw Self.fee("the terms of the order's fee were not handed in") }
    let terms: Stated<Terms>
    do {
      terms = try trust.verify(signed, by: coordinator.party, at: time).stated
    } catch {
      throw Self.fee("the terms do not verify: \(error.message)")
    }
    guard terms.issuer.key == key, terms.id == fee.terms else {
      throw Self.fee("the terms are not those of the order's coordinator and fee")
    }
    guard terms.claim.coverOrder(at: time) else {
      throw Self.fee("the coordinator's terms do not hold now: they are others, or have ended")
    }
    guard let charge = fee.charge(of: terms.claim, in: currencies) else {
      throw Self.fee("the terms ask for another fee, or for another payee")
    }
    return AskedFee(part: fee, charge: charge)
  }

  private static func fee(_ message: String) -> NotAdmitted {
    NotAdmitted(code: "fee", message: message)
  }
}
