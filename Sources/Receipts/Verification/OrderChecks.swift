// Checks of the order: its parts, the offers of its items, the coordinator's fee, and that the payments are what all
// of these cost.

import Evidence
import PaymentCrypto
import PaymentModel

extension Examination {
  mutating func checkOrder() {
    guard let order else {
      if time != nil {
        findMissing(
          .order, .missing, of: .order, by: .customer, "the order of this purchase is not there")
      }
      return
    }
    find(.order, .proven, order, "the order is the process")
    checkParts(of: order)
    checkFee(of: order)
    checkPayments(of: order)
  }

  private mutating func checkParts(of order: Stated<Order>) {
    var places: Set<Int> = []
    for committed in receipt.parts {
      do {
        let part = try committed.verify(against: order.claim)
        guard places.insert(committed.index).inserted else {
          find(.part, .refuted, order, "the part at \(committed.index) is shown twice")
          continue
        }
        switch part {
        case .item(let item):
          itemCount += 1
          checkItem(item, of: order)
        case .payment(let payment):
          payments.append(Payment(content: payment, digest: SHA256.digest(committed.part)))
          find(.part, .proven, order, "a payment of \(payment.total) through \(payment.bank)")
        case .fee(let fee):
          guard self.fee == nil else {
            find(.fee, .refuted, order, "the order pays two fees")
            continue
          }
          self.fee = fee
          find(.part, .proven, order, "a fee of \(fee.amount) to \(fee.payee.account)")
        }
      } catch {
        find(.part, .refuted, order, "\(error.message) (\(error.code.rawValue))")
      }
    }
    if itemCount == 0 {
      find(.part, .missing, order, "no item of the order is shown")
    }
    if payments.isEmpty, !isFree {
      find(.part, .missing, order, "no payment of the order is shown")
    }
  }

  /// Whether all items are there and cost nothing: then there is nothing to pay.
  private var isFree: Bool {
    itemCount > 0 && items.count == itemCount && items.allSatisfy(\.amount.isZero)
  }

  private mutating func checkItem(_ part: ItemPart, of order: Stated<Order>) {
    guard let offer = unused.offers.take(where: { $0.id == part.offer }) else {
      findings.append(
        Finding(
          .offer, .missing, "the offer of an item is not there", kind: .offer,
          statement: part.offer))
      return
    }
    let claim = offer.claim
    guard claim.coordinators.contains(order.claim.coordinator) else {
      return find(.offer, .refuted, offer, "the offer does not allow the order's coordinator")
    }
    guard part.quantity <= claim.maximumQuantity else {
      return find(.offer, .refuted, offer, "the order takes more than the offer allows")
    }
    guard let amount = try? claim.price.gross.multiplied(by: UInt64(part.quantity)) else {
      return find(.offer, .refuted, offer, "the price is out of range")
    }
    items.append(Item(part: part, offer: offer, amount: amount))
    find(.offer, .proven, offer, "\(part.quantity) of this offer, for \(amount)")
  }

  /// The fee is one that terms of the order's coordinator ask for, and is paid in a way that they accept.
  private mutating func checkFee(of order: Stated<Order>) {
    guard let fee else { return }
    guard let terms = unused.terms.take(where: { $0.id == fee.terms }) else {
      findings.append(
        Finding(
          .fee, .missing, "the terms that ask for the coordinator's fee are not there",
          kind: .terms, statement: fee.terms))
      return
    }
    guard terms.issuer.key == order.claim.coordinator else {
      return find(.fee, .refuted, terms, "the terms are not those of the order's coordinator")
    }
    let contents = payments.map(\.content)
    guard let charge = fee.charge(of: terms.claim, in: contents.map(\.total.currency)) else {
      return find(.fee, .refuted, terms, "the terms do not ask for the fee that the order pays")
    }
    let paying = contents.filter { $0.payouts.contains { $0.payee == fee.payee } }
    guard !items.contains(where: { $0.offer.claim.payee == fee.payee }),
      paying.allSatisfy(charge.accepts), charge.bearsFees(of: contents, to: fee.payee)
    else {
      return find(.fee, .refuted, terms, "the coordinator does not accept how its fee is paid")
    }
    find(.fee, .proven, terms, "the coordinator charges \(fee.amount)")
  }

  /// Each payee gets what the offers cost, by ways that the offers accept, and the coordinator its fee.
  private mutating func checkPayments(of order: Stated<Order>) {
    guard items.count == itemCount, !items.isEmpty, !payments.isEmpty || isFree else { return }
    let owed = Self.total(
      items.map { Payout(payee: $0.offer.claim.payee, amount: $0.amount) }
        + (fee.map { [Payout(payee: $0.payee, amount: $0.amount)] } ?? []))
    let paid = Self.total(payments.flatMap(\.content.payouts))
    guard let owed, let paid, owed == paid else {
      return find(.payments, .refuted, order, "the payments are not what the offers cost")
    }
    for payment in payments.map(\.content) {
      let payees = payment.payouts.map(\.payee)
      for item in items where payees.contains(item.offer.claim.payee) {
        guard item.offer.claim.accepts(payment) else {
          return find(.payments, .refuted, item.offer, "the offer does not accept this payment")
        }
      }
    }
    let contents = payments.map(\.content)
    for item in items where !item.offer.claim.bearsFees(of: contents) {
      return find(
        .payments, .refuted, item.offer, "the banks keep more together than the offer allows")
    }
    find(
      .payments, .proven, order,
      "each payee gets what its offers cost\(fee == nil ? "" : ", and the coordinator its fee")")
  }

  /// The sum of each payee, sorted by payee, without those that get nothing; `nil` when the amounts cannot be
  /// added.
  private static func total(_ payouts: [Payout]) -> [Payout]? {
    var totals: [Payout] = []
    for payout in payouts.sorted(by: { $0.payee < $1.payee }) where !payout.amount.isZero {
      guard let last = totals.last, last.payee == payout.payee else {
        totals.append(payout)
        continue
      }
      guard let sum = try? last.amount.adding(payout.amount) else { return nil }
      totals[totals.count - 1] = Payout(payee: payout.payee, amount: sum)
    }
    return totals
  }
}
