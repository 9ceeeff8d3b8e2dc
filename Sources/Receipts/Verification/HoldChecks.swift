// Checks of what was held before the verdict: money by banks, keys in escrow, and that the customer wanted
// them.

import PaymentModel

extension Examination {
  mutating func checkHolds() {
    guard let order else { return }
    for payment in payments { checkReservation(of: payment.content, payment.digest) }
    var acceptances: [StatementID] = []
    for item in items {
      if let acceptance = checkKey(of: item, order) { acceptances.append(acceptance) }
    }
    checkDeliveryRequest(over: acceptances)
    for submission in unused.submissions {
      let isRight =
        submission.issuer.key == order.claim.coordinator
        && submission.claim.template == order.claim.template
      find(
        .order, isRight ? .proven : .refuted, submission,
        isRight ? "the coordinator has taken the order" : "another coordinator or template")
    }
    unused.submissions = []
    let offers = items.map(\.offer.id)
    for share in unused.shareAcceptances where offers.contains(share.claim.offer) {
      find(
        .acceptance, .proven, share,
        "\(share.issuer.party) holds share \(share.claim.index) of a key, of which "
          + "\(share.claim.threshold) of \(share.claim.shareCount) restore it")
    }
    unused.shareAcceptances.removeAll { offers.contains($0.claim.offer) }
  }

  private mutating func checkReservation(of payment: PaymentPart, _ part: Digest) {
    let reservation = unused.reservations.take { $0.claim.part == part }
    guard let reservation else {
      return findMissing(
        .reservation, requiredForCommit, of: .reservation, by: payment.bank,
        "no reservation of \(payment.total) by \(payment.bank) is there")
    }
    let isRight =
      reservation.issuer.party == payment.bank && reservation.claim.total == payment.total
    if isRight { reserved.append(part) }
    find(
      .reservation, isRight ? .proven : .refuted, reservation,
      isRight
        ? "\(payment.bank) has reserved \(payment.total)"
        : "the reservation is not that of the payment")
  }

  /// The deposit of an item's key and the coordinator's acceptance of it, which is returned.
  private mutating func checkKey(of item: Item, _ order: Stated<Order>) -> StatementID? {
    let merchant = item.offer.issuer.party
    guard let deposit = unused.deposits.take(where: { $0.claim.offer == item.offer.id }) else {
      findMissing(
        .deposit, requiredForCommit, of: .deposit, by: merchant,
        "no deposited key of \(merchant) is there")
      return nil
    }
    let claim = deposit.claim
    guard deposit.issuer.party == merchant, claim.quantity == item.part.quantity,
      claim.amount == item.amount, claim.payee == item.offer.claim.payee
    else {
      find(.deposit, .refuted, deposit, "the deposit is not that of the item")
      return nil
    }
    find(.deposit, .proven, deposit, "\(merchant) has deposited the key, for \(item.amount)")
    deposits.append((deposit, item))
    guard let acceptance = unused.acceptances.take(where: { $0.claim.deposit == deposit.id }) else {
      findMissing(
        .acceptance, requiredForCommit, of: .acceptance, by: nil,
        "no acceptance of the key of \(merchant) is there")
      return nil
    }
    guard acceptance.issuer.key == order.claim.coordinator else {
      find(.acceptance, .refuted, acceptance, "the acceptance is not by the order's coordinator")
      return nil
    }
    guard acceptance.claim.offer == item.offer.id, acceptance.claim.keyDigest == claim.keyDigest
    else {
      find(
        .acceptance, .refuted, acceptance, "the acceptance misstates the deposit that it names",
        atFault: acceptance.issuer.party)
      return nil
    }
    find(.acceptance, .proven, acceptance, "the key of \(merchant) was examined and opens")
    return acceptance.id
  }

  private mutating func checkDeliveryRequest(over acceptances: [StatementID]) {
    guard let request = unused.deliveryRequests.take(where: { _ in true }) else {
      return findMissing(
        .deliveryRequest, requiredForCommit, of: .deliveryRequest, by: .customer,
        "no delivery request is there")
    }
    guard
      acceptances.count == itemCount || !acceptances.allSatisfy(request.claim.acceptances.contains)
    else {
      return find(
        .deliveryRequest, requiredForCommit, request,
        "the customer has asked for keys whose acceptances are not there")
    }
    let isRight = request.claim.acceptances == acceptances.sorted()
    find(
      .deliveryRequest, isRight ? .proven : .refuted, request,
      isRight
        ? "the customer has asked for exactly these keys"
        : "the delivery request is not over the keys of this purchase")
  }
}
