// Through which bank, and by which method, each payee of an order is paid.

import Evidence
import PaymentModel

enum PaymentRouting {
  /// The payment parts of an order: one for each bank that pays, ordered by bank.
  ///
  /// - Parameter methods: by which method banks pay; those that are not named pay with coins.
  /// - Throws: `order` when a payee cannot be paid so, or the prices do not add up; also when a bank was named
  ///   through which nothing is to be paid, so that nobody is surprised by how she pays.
  static func payments(
    for selections: [Selection], by methods: [PartyName: PaymentMethod]
  ) throws(PartyError) -> [PaymentPart] {
    var payouts: [PartyName: [Payout]] = [:]
    for due in try due(for: selections) where !due.amount.isZero {
      payouts[try bank(paying: due.payee, in: selections, by: methods), default: []].append(due)
    }
    if let unused = methods.keys.sorted().first(where: { payouts[$0] == nil }) {
      throw PartyError(.order, "nothing in this order can be paid so through \(unused)")
    }
    var payments: [PaymentPart] = []
    for (bank, due) in payouts.sorted(by: { $0.key < $1.key }) {
      guard let currency = due.first?.amount.currency else { continue }
      do {
        payments.append(
          PaymentPart(
            bank: bank, method: methods[bank] ?? .ecash,
            total: try Amount.sum(due.map(\.amount), in: currency), payouts: due))
      } catch {
        throw PartyError(.order, "the prices at \(bank) do not add up: \(error)")
      }
    }
    return payments
  }

  private static func due(for selections: [Selection]) throws(PartyError) -> [Payout] {
    do {
      return try PayoutRules.due(
        for: selections.map { PricedItem(offer: $0.offer.stated, quantity: $0.quantity) })
    } catch {
      throw PartyError(.order, error.message)
    }
  }

  /// The bank that pays a payee: one of those that were named, otherwise the payee's own, otherwise the first
  /// by name.
  private static func bank(
    paying payee: Payee, in selections: [Selection], by methods: [PartyName: PaymentMethod]
  ) throws(PartyError) -> PartyName {
    let offers = selections.map(\.offer.claim).filter { $0.payee == payee }
    let banks = Set(offers.flatMap { $0.accepts.map(\.bank) }).sorted()
    let possible = banks.filter { bank in
      let means = AcceptedPayment(bank: bank, method: methods[bank] ?? .ecash)
      return offers.allSatisfy { $0.accepts.contains(means) }
    }
    let named = possible.filter { methods[$0] != nil }
    let first = named.contains(payee.bank) ? payee.bank : named.first
    guard let bank = first ?? (possible.contains(payee.bank) ? payee.bank : possible.first) else {
      throw PartyError(
        .order, "there is no bank and method that all offers of \(payee.account) accept")
    }
    return bank
  }
}
