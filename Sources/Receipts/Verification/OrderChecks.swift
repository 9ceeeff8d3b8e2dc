// Checks of the order: its parts, the offers of its items, and that the payments are what the offers cost.

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

  /// Each payee gets what the offers cost, by ways that the offers accept.
  private mutating func checkPayments(of order: Stated<Order>) {
    guard items.count == itemCount, !items.isEmpty, !payments.isEmpty || isFree else { return }
    let owed = Self.total(items.map { Payout(payee: $0.offer.claim.payee, amount: $0.amount) })
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
    find(.payments, .proven, order, "each payee gets what its offers cost")
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
