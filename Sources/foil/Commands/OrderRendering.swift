// An order for the eyes of whoever will sign it, out of the very bytes that will be signed.

import Coordinator
import ECash
import Evidence
import PaymentModel
import PaymentParties

/// What a plan will order, pay and tell to whom.
struct OrderRendering {
  private struct Item {
    let offer: Verified<Offer>
    let quantity: Int
    let price: Amount
  }

  private let order: Order
  private let items: [Item]
  private let payments: [PaymentPart]
  /// What the coordinator is paid out of the payments.
  let fee: FeePart?
  /// What the methods of the home's banks promise.
  private let methods: [PartyName: [PaymentMethodProperties]]
  private let coordinator: PartyName
  private let money: MoneyFormat
  private let now: Timestamp

  /// Reads the plan back from its bytes.
  init(_ plan: PurchasePlan, in market: Market, money: MoneyFormat, now: Timestamp) throws {
    order = plan.order
    methods = Dictionary(
      market.banks.map { ($0.name, $0.methods) }, uniquingKeysWith: { first, _ in first })
    coordinator = market.coordinator.name
    self.money = money
    self.now = now
    var items: [Item] = []
    var payments: [PaymentPart] = []
    var fee: FeePart?
    for part in try plan.contents() {
      switch part {
      case .payment(let payment): payments.append(payment)
      case .fee(let part):
        guard plan.terms?.id == part.terms else {
          throw Failure(.no, "the order pays a fee that the coordinator's terms do not ask for")
        }
        fee = part
      case .item(let item):
        guard let offer = plan.selections.first(where: { $0.offer.id == item.offer })?.offer else {
          throw Failure(.no, "the order names an offer that was not chosen")
        }
        items.append(
          Item(
            offer: offer, quantity: item.quantity,
            price: try offer.claim.price.gross.multiplied(by: UInt64(item.quantity))))
      }
    }
    self.items = items
    self.payments = payments
    self.fee = fee
  }

  /// The sum that will be paid, by currency.
  var total: String {
    payments.isEmpty ? "nothing" : payments.map { money.text($0.total) }.joined(separator: " + ")
  }

  var lines: [String] {
    var lines = ["One order, all or nothing:"]
    var goods = TextTable()
    for item in items {
      goods.add(
        "\(item.quantity) x", item.offer.claim.title,
        item.price.isZero ? "free" : money.text(item.price),
        "\(item.offer.claim.container == nil ? "paid to" : "from") \(item.offer.issuer.party)",
        "offer \(item.offer.id.short)")
    }
    lines += goods.lines()
    lines.append(payments.isEmpty ? "Payment: none" : "Payment:")
    var ways = TextTable()
    for payment in payments {
      let shares = payment.payouts.map { "\(money.text($0.amount)) to \($0.payee.account)" }
      ways.add(
        money.text(payment.total), "through \(payment.bank), \(payment.method.rawValue)",
        shares.joined(separator: ", "))
    }
    lines += ways.lines()
    if let fee {
      lines.append(
        "  \(coordinator) charges \(money.text(fee.amount)), which is in it, and nothing when it aborts."
      )
    }
    lines += promises
    lines.append("What each party learns, and no more:")
    lines += knowledge.lines()
    lines += [
      "Deadline: \(order.decideBy.forPeople(from: now)); from then on it can only be aborted: "
        + "nothing is paid, nothing opens.",
      "Signed with the one-time key \(order.oneTimeKey.short), order root \(order.root.short).",
    ]
    return lines
  }

  /// What each method that is used promises, and what the banks keep.
  private var promises: [String] {
    var lines: [String] = []
    for payment in payments {
      let words = properties(of: payment)?.words ?? ["not known to this program"]
      lines.append("  \(payment.method.rawValue): \(words.joined(separator: "; ")).")
      if payment.method == .coinsAndCard {
        lines.append(
          "  \(payment.bank) sees these coins beside your card: after an abort they pay beside a "
            + "card again, and never alone.")
      }
      if let fee = try? Amount(minor: payment.transferFee, currency: payment.total.currency),
        !fee.isZero
      {
        lines.append(
          "  \(payment.bank) keeps up to \(money.text(fee)) of each transfer; the payee bears it.")
      }
    }
    return lines
  }

  private func properties(of payment: PaymentPart) -> PaymentMethodProperties? {
    methods[payment.bank]?.first { $0.method == payment.method }
  }

  private var knowledge: TextTable {
    var table = TextTable()
    table.add("each merchant", "its own item, the verdict, its transfer; not who buys or what else")
    for payment in payments {
      let payees = payment.payouts.count == 1 ? "the payee" : "the payees"
      let isAnonymous = properties(of: payment)?.payer == .anonymous
      table.add(
        payment.bank.text,
        isAnonymous
          ? "\(payees), amounts and coins; not the goods, nor who withdrew the coins"
          : "\(payees), amounts, and who you are to it; not the goods")
    }
    table.add(
      coordinator.text, "the order, and the keys until the verdict; no coins, no name, no goods")
    table.add("the log", "that some order was decided, and keys that only you can open")
    return table
  }
}
