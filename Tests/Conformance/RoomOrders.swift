// Orders whose banks pay into accounts at other banks, and need room there.

public import PaymentModel

extension ModelWorld {
  /// A bank that pays into accounts at another, by number.
  public struct CrossPayment: Sendable {
    let from: Int
    let to: Int

    public init(from: Int, to: Int) {
      self.from = from
      self.to = to
    }
  }

  struct NoPayment: Error {}

  /// An order of the first good that is paid by the banks of these numbers, each into accounts at the other
  /// number.
  public func order(paying: [CrossPayment]) throws -> AdmittedOrder {
    let admitted = try notary.admit(order(goods: [0], banks: [0, 1]), at: clock.now())
    let payments = try paying.map { payment in
      guard
        let given = admitted.payments.first(where: {
          $0.content.bank == Self.bankNames[payment.from]
        }), let handover = given.handover
      else { throw NoPayment() }
      return AdmittedOrder.Payment(
        content: PaymentPart(
          bank: given.content.bank, method: .ecash, total: given.content.total,
          payouts: given.content.payouts.map {
            Payout(payee: payee(of: 0, bank: payment.to), amount: $0.amount)
          }),
        part: handover.part, partDigest: given.partDigest, instrument: handover.instrument)
    }
    return AdmittedOrder(
      process: admitted.process, signedOrder: admitted.signedOrder, order: admitted.order,
      items: admitted.items, payments: payments)
  }
}
