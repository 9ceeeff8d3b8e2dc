// The coordinator's notary over symbolic evidence, with the checks of an order.

import PaymentCrypto
package import PaymentModel

package struct SymbolicNotary: Notary, Hashable {
  private let signer: SymbolicSigner
  private let terms: PublishedTerms
  private var asksForFees: Bool

  /// - Parameters:
  ///   - terms: what the coordinator charges.
  ///   - asksForFees: whether it refuses orders that do not pay so.
  package init(
    _ coordinator: PartyName, terms: PublishedTerms = PublishedTerms(), asksForFees: Bool = true
  ) {
    signer = SymbolicSigner(coordinator)
    self.terms = terms
    self.asksForFees = asksForFees
  }

  package var key: Thumbprint { signer.issuer.key }

  package func process(of order: Signed<Order>) -> ProcessID? {
    (try? SymbolicEvidence.read(order: order))?.id.renamed()
  }

  /// No fee is asked for again.
  package func readmit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder {
    var reading = self
    reading.asksForFees = false
    return try reading.admit(submission, at: time)
  }

  package func admit(
    _ submission: PurchaseSubmission, at time: Timestamp
  ) throws(NotAdmitted) -> AdmittedOrder {
    let order = try SymbolicEvidence.read(order: submission.order)
    guard order.claim.coordinator == signer.issuer.key else {
      throw NotAdmitted(code: "coordinator", message: "the order names another coordinator")
    }
    guard order.claim.decideBy > time,
      order.claim.decideBy <= time.adding(seconds: 7 * 86_400)
    else { throw NotAdmitted(code: "deadline", message: "decideBy has passed, or is far away") }
    var offers: [Stated<Offer>] = []
    for signed in submission.offers { offers.append(try offer(signed, at: time)) }
    offers.sort { $0.id < $1.id }
    var items: [AdmittedOrder.Item] = []
    var payments: [AdmittedOrder.Payment] = []
    var fees: [FeePart] = []
    for committed in submission.parts {
      switch try SymbolicEvidence.read(committed, of: order.claim) {
      case .item(let item):
        guard let offer = offers.first(where: { $0.id == item.offer }),
          item.quantity <= offer.claim.maximumQuantity
        else { throw NotAdmitted(code: "item", message: "an item without its offer") }
        items.append(
          AdmittedOrder.Item(
            merchant: offer.issuer.party, offer: offer, quantity: item.quantity, part: committed))
      case .payment(let payment):
        guard payments.count < submission.instruments.count else {
          throw NotAdmitted(code: "payment", message: "a payment without an instrument")
        }
        let sealed = submission.instruments[payments.count]
        payments.append(
          AdmittedOrder.Payment(
            content: payment, part: committed, partDigest: digest(committed.part),
            instrument: Sealed(sealed.bytes, digest: digest(sealed.bytes))))
      case .fee(let fee): fees.append(fee)
      }
    }
    items.sort { $0.offer.id < $1.offer.id }
    payments.sort { $0.content.bank < $1.content.bank }
    try checkFee(fees, by: payments, under: submission.terms, at: time)
    guard items.map(\.offer.id) == offers.map(\.id), isPaid(items, fees.first, by: payments) else {
      throw NotAdmitted(code: "payment", message: "what is paid is not what is bought")
    }
    return AdmittedOrder(
      process: order.id.renamed(), signedOrder: submission.order, order: order.claim,
      items: items, payments: payments)
  }

  /// There is one fee, by terms of this coordinator that hold, or none is asked for.
  private func checkFee(
    _ fees: [FeePart], by payments: [AdmittedOrder.Payment], under signed: Signed<Terms>?,
    at time: Timestamp
  ) throws(NotAdmitted) {
    let currencies = payments.map(\.content.total.currency)
    let isAsked = !terms.allowNoFee(in: currencies, at: time)
    guard !fees.isEmpty || (isAsked && asksForFees) else { return }
    guard fees.count == 1, let signed,
      let stated = try? SymbolicEvidence.read(
        signed, by: .party(SymbolicEvidence.party(of: key) ?? .customer)),
      stated.id == fees[0].terms, stated.claim.coverOrder(at: time),
      let charge = fees[0].charge(of: stated.claim, in: currencies),
      payments.allSatisfy({ payment in
        !payment.content.payouts.contains { $0.payee == fees[0].payee }
          || charge.accepts(payment.content)
      })
    else {
      throw NotAdmitted(code: "fee", message: "the coordinator's fee is not as its terms say")
    }
  }

  private func offer(
    _ signed: Signed<Offer>, at time: Timestamp
  ) throws(NotAdmitted) -> Stated<Offer> {
    guard let key = SymbolicEvidence.issuerKey(of: signed),
      let merchant = SymbolicEvidence.party(of: key)
    else { throw NotAdmitted(code: "offer", message: "nobody made that offer") }
    let offer = try SymbolicEvidence.read(signed, by: .party(merchant))
    guard offer.claim.coordinators.contains(signer.issuer.key), time < offer.claim.expiresAt else {
      throw NotAdmitted(code: "offer", message: "an offer under other terms")
    }
    return offer
  }

  /// Payee by payee, by the payee's own bank and in a way that all its offers accept. Free goods are not
  /// paid. The fee goes to nobody else's account.
  private func isPaid(
    _ items: [AdmittedOrder.Item], _ fee: FeePart?, by payments: [AdmittedOrder.Payment]
  ) -> Bool {
    var owed: [Payout] = []
    if let fee {
      guard !items.contains(where: { $0.offer.claim.payee == fee.payee }) else { return false }
      owed.append(Payout(payee: fee.payee, amount: fee.amount))
    }
    for item in items {
      let offer = item.offer.claim
      guard let price = try? offer.price.gross.multiplied(by: UInt64(item.quantity)) else {
        return false
      }
      guard !price.isZero else { continue }
      if let place = owed.firstIndex(where: { $0.payee == offer.payee }) {
        guard let sum = try? owed[place].amount.adding(price) else { return false }
        owed[place] = Payout(payee: offer.payee, amount: sum)
      } else {
        owed.append(Payout(payee: offer.payee, amount: price))
      }
    }
    let isTwice = zip(payments, payments.dropFirst()).contains {
      $0.content.bank == $1.content.bank
    }
    let paid = payments.flatMap { payment in
      payment.content.payouts.map { (payment: payment.content, payout: $0) }
    }
    return !isTwice && paid.count == owed.count
      && owed.allSatisfy { due in
        guard let found = paid.first(where: { $0.payout == due }),
          found.payment.bank == due.payee.bank
        else { return false }
        return items.allSatisfy {
          $0.offer.claim.payee != due.payee || $0.offer.claim.accepts(found.payment)
        }
      }
  }

  package func read<Content: Claim>(
    _ signed: Signed<Content>, by signatory: Signatory, at time: Timestamp
  ) throws(NotAdmitted) -> Stated<Content> {
    try SymbolicEvidence.read(signed, by: signatory)
  }

  package func sign<Content: Claim>(_ claim: Content, nonce: Nonce) -> Signed<Content> {
    signer.sign(claim, nonce: nonce)
  }

  package func digest(_ bytes: Bytes) -> Digest { SHA256.digest(bytes) }
}
