// Through which bank, and by which method, each payee of an order is paid, the coordinator among them.

import ECash
import Evidence
import PaymentModel

enum PaymentRouting {
  /// The payment parts of an order: one for each bank that pays, ordered by bank.
  ///
  /// - Parameters:
  ///   - methods: by which method banks pay; those that are not named pay with coins.
  ///   - keysets: what the banks charge; those that are not named charge nothing.
  ///   - usual: the bank that pays wherever no other was named and the offers accept it.
  /// - Throws: `order` when a payee cannot be paid so, or the prices do not add up; also when a bank was named
  ///   through which nothing is to be paid, so that nobody is surprised by how she pays.
  static func payments(
    for selections: [Selection], by methods: [PartyName: PaymentMethod],
    under keysets: [AcceptedKeyset], preferring usual: PartyName?
  ) throws(PartyError) -> [PaymentPart] {
    var payouts: [PartyName: [Payout]] = [:]
    for due in try due(for: selections) where !due.amount.isZero {
      let bank = try bank(
        paying: due, in: selections, by: methods, under: keysets, preferring: usual)
      payouts[bank, default: []].append(due)
    }
    if let unused = methods.keys.sorted().first(where: { payouts[$0] == nil }) {
      throw PartyError(.order, "nothing in this order can be paid so through \(unused)")
    }
    var payments: [PaymentPart] = []
    for (bank, due) in payouts.sorted(by: { $0.key < $1.key }) {
      guard let currency = due.first?.amount.currency else { continue }
      do {
        payments.append(
          part(
            of: bank, by: methods, total: try Amount.sum(due.map(\.amount), in: currency), due,
            under: keysets))
      } catch {
        throw PartyError(.order, "the prices at \(bank) do not add up: \(error)")
      }
    }
    return payments
  }

  /// Adds the coordinator's fee to payments that merchants get anyhow: to the first whose currency the terms name, that
  /// the coordinator accepts as it is, and at whose bank it has an account; where there is none, to the first of another
  /// bank.
  ///
  /// - Parameter taken: accounts of merchants, to which no fee can go.
  /// - Returns: the payments with the fee, and the fee; `nil` where the terms ask for none.
  /// - Throws: `fee` when none of the payments can take it along.
  static func payments(
    _ payments: [PaymentPart], charged terms: Verified<Terms>, besides taken: [Payee]
  ) throws(PartyError) -> (payments: [PaymentPart], fee: FeePart?) {
    guard let asked = terms.claim.charge(in: payments.map(\.total.currency)) else {
      return (payments, nil)
    }
    let ways = payments.enumerated().flatMap { place, payment in
      let charge = terms.claim.charge(in: [payment.total.currency])
      guard let charge, charge.accepts(payment) else {
        return [] as [(place: Int, charge: Charge, payee: Payee)]
      }
      return charge.payees.filter { !taken.contains($0) }.map { (place, charge, $0) }
    }
    let direct = ways.filter { $0.payee.bank == payments[$0.place].bank }
    for (place, charge, payee) in direct + ways {
      let payment = payments[place]
      guard let total = try? payment.total.adding(charge.amount) else { continue }
      let payout = Payout(payee: payee, amount: charge.amount)
      var payments = payments
      payments[place] = PaymentPart(
        bank: payment.bank, method: payment.method, total: total,
        payouts: (payment.payouts + [payout]).sorted { $0.payee < $1.payee },
        transferFee: payment.transferFee)
      return (payments, FeePart(terms: terms.id, amount: charge.amount, payee: payee))
    }
    throw PartyError(
      .fee, "the coordinator's fee of \(asked.amount) cannot be paid in the way the goods are")
  }

  private static func part(
    of bank: PartyName, by methods: [PartyName: PaymentMethod], total: Amount, _ payouts: [Payout],
    under keysets: [AcceptedKeyset]
  ) -> PaymentPart {
    PaymentPart(
      bank: bank, method: methods[bank] ?? .ecash, total: total, payouts: payouts,
      transferFee: keysets.first { $0.bank == bank }?.keyset.fees.perTransfer ?? 0)
  }

  private static func due(for selections: [Selection]) throws(PartyError) -> [Payout] {
    do {
      return try PayoutRules.due(
        for: selections.map { PricedItem(offer: $0.offer.stated, quantity: $0.quantity) })
    } catch {
      throw PartyError(.order, error.message)
    }
  }

  /// The bank that pays a payee: one of those that were named, otherwise the usual one, otherwise the payee's own,
  /// otherwise the first by name.
  private static func bank(
    paying due: Payout, in selections: [Selection], by methods: [PartyName: PaymentMethod],
    under keysets: [AcceptedKeyset], preferring usual: PartyName?
  ) throws(PartyError) -> PartyName {
    let payee = due.payee
    let offers = selections.map(\.offer.claim).filter { $0.payee == payee }
    let banks = Set(offers.flatMap { $0.accepts.map(\.bank) }).sorted()
    let possible = banks.filter { bank in
      let payment = part(of: bank, by: methods, total: due.amount, [due], under: keysets)
      return offers.allSatisfy { $0.accepts(payment) }
    }
    let named = possible.filter { methods[$0] != nil }
    let candidates = [named, possible.filter { $0 == usual }, possible].first { !$0.isEmpty } ?? []
    guard let bank = candidates.contains(payee.bank) ? payee.bank : candidates.first else {
      throw PartyError(
        .order, "there is no bank and method that all offers of \(payee.account) accept at its fee")
    }
    return bank
  }
}
