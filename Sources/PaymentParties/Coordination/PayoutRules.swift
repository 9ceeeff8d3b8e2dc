// What is paid must be what is bought: payee by payee, and in a way that the offers accept.

import PaymentModel

/// So many of one offer, whoever holds it.
struct PricedItem: Sendable {
  let offer: Stated<Offer>
  let quantity: Int
}

/// The coordinator's fee that an order pays, and the charge of its terms that asks for it.
struct AskedFee: Sendable {
  let part: FeePart
  let charge: Charge
}

enum PayoutRules {
  /// Checks that the payments pay for the items and the coordinator's fee, and for nothing else.
  ///
  /// What goes to the fee's payee adds up to the fee, in ways that the coordinator accepts; each payment pays a merchant
  /// beside it.
  ///
  /// For every payee the payouts of all payments add up to the prices of that payee's items, so a payee of
  /// free items alone is paid nothing; a payment that pays a payee uses a bank and a method that all offers
  /// of that payee accept, at a fee that they accept, whether or not that bank keeps the payee's account; what
  /// all banks together keep of a payee's money is no more than each of its offers accepts of each of them; the
  /// currencies match.
  ///
  /// - Throws: `fee` or `payment`, with what does not match.
  static func check(
    _ payments: [PaymentPart], pay items: [PricedItem], and fee: AskedFee? = nil
  ) throws(NotAdmitted) {
    var owed = try due(for: items)
    if let fee { try check(fee, in: payments, besides: owed) }
    for payment in payments {
      let payouts = payment.payouts.filter { $0.payee != fee?.part.payee }
      guard !payouts.isEmpty else { throw refused("a payment without a payout to a merchant") }
      for payout in payouts {
        guard !payout.amount.isZero else { throw refused("a payout of nothing") }
        guard let index = owed.firstIndex(where: { $0.payee == payout.payee }) else {
          throw refused("\(payout.payee.account) is paid for nothing")
        }
        guard let rest = try? owed[index].amount.subtracting(payout.amount) else {
          throw refused("\(payout.payee.account) is paid too much, or in another currency")
        }
        owed[index] = Payout(payee: payout.payee, amount: rest)
        for item in items where item.offer.claim.payee == payout.payee {
          guard item.offer.claim.accepts(payment) else {
            throw refused("offer \(item.offer.id) does not accept this bank, method and fee")
          }
        }
      }
    }
    guard owed.allSatisfy(\.amount.isZero) else { throw refused("a payee is paid too little") }
    for item in items where !item.offer.claim.bearsFees(of: payments) {
      throw refused("offer \(item.offer.id) does not accept these fees together")
    }
  }

  private static func check(
    _ fee: AskedFee, in payments: [PaymentPart], besides owed: [Payout]
  ) throws(NotAdmitted) {
    let payee = fee.part.payee
    // A transfer to a shared account would be one sum.
    guard !owed.contains(where: { $0.payee == payee }) else {
      throw wrongFee("a merchant has the account to which the fee goes")
    }
    let paying = payments.filter { $0.payouts.contains { $0.payee == payee } }
    let payouts = paying.flatMap(\.payouts).filter { $0.payee == payee }
    guard !payouts.contains(where: \.amount.isZero),
      let paid = try? Amount.sum(payouts.map(\.amount), in: fee.part.amount.currency),
      paid == fee.part.amount
    else { throw wrongFee("what is paid to the coordinator is not its fee") }
    guard paying.allSatisfy(fee.charge.accepts), fee.charge.bearsFees(of: payments, to: payee)
    else { throw wrongFee("the coordinator does not accept this bank, method and bank's fee") }
  }

  private static func wrongFee(_ message: String) -> NotAdmitted {
    NotAdmitted(code: "fee", message: message)
  }

  /// What each payee is to receive, ordered by payee.
  static func due(for items: [PricedItem]) throws(NotAdmitted) -> [Payout] {
    var due: [Payout] = []
    for item in items {
      let payee = item.offer.claim.payee
      // A transfer to a shared account would be one sum, which neither merchant could take as its own.
      if let other = items.first(where: {
        $0.offer.claim.payee == payee && $0.offer.issuer.party != item.offer.issuer.party
      }) {
        throw refused("\(item.offer.issuer.party) and \(other.offer.issuer.party) share a payee")
      }
      do {
        let price = try item.offer.claim.price.gross.multiplied(by: UInt64(item.quantity))
        if let index = due.firstIndex(where: { $0.payee == payee }) {
          due[index] = Payout(payee: payee, amount: try due[index].amount.adding(price))
        } else {
          due.append(Payout(payee: payee, amount: price))
        }
      } catch {
        throw refused("the prices do not add up: \(error)")
      }
    }
    return due.sorted { $0.payee < $1.payee }
  }

  private static func refused(_ message: String) -> NotAdmitted {
    NotAdmitted(code: "payment", message: message)
  }
}
