// What a customer of the real world will do, drawn beforehand.

import ECash
import PaymentModel

/// An order that a customer will make, as far as it can be said before she makes it.
struct RealOrder: Sendable {
  struct Line: Sendable {
    let offer: RealOffer
    let quantity: Int
  }

  let lines: [Line]
  let decideSeconds: Int64
  /// How she would like to pay, by bank.
  let methods: [PaymentMethod]
  /// The bank that pays into accounts at all banks that it clears with; without one each pays into its own.
  let route: Int?
  /// Of what coins and a card pay, so much in a thousand is paid with coins.
  let coinsPerMille: UInt64
  /// Hands in the instruments of an earlier order.
  let replays: Bool
}

struct RealWish: Sendable {
  enum Action: Sendable {
    case order(RealOrder)
    /// Of the order with that number.
    case resubmit(Int)
    case cancel(Int)
    case question(Int)
  }

  let at: Timestamp
  let action: Action

  /// All wishes of a customer, in the order of their times.
  static func draw(
    offers: [[RealOffer]], cheat: CustomerCheat?, from entropy: inout SimulationEntropy
  ) -> [RealWish] {
    var wishes: [RealWish] = []
    // Who spends twice does so fast, before the first use is final.
    let isTwice = cheat == .doubleSpend
    let count = isTwice ? 5 : 1 + entropy.below(3)
    for number in 0..<count {
      let at = Stage.start.adding(
        milliseconds: Int64(number) * (isTwice ? 8_000 : 30_000) + entropy.number(in: 0...20_000))
      let decideSeconds = entropy.number(in: 15...entropy.pick([60, 300]))
      wishes.append(
        RealWish(
          at: at,
          action: .order(
            order(
              offers, decideSeconds, replays: cheat == .replay && number > 0, from: &entropy))))
      func later() -> Timestamp {
        at.adding(milliseconds: entropy.number(in: 1...(decideSeconds * 1000)))
      }
      if entropy.happens(perMille: 150) {
        wishes.append(RealWish(at: later(), action: .resubmit(number)))
      }
      if entropy.happens(perMille: 80) {
        wishes.append(RealWish(at: later(), action: .question(number)))
      }
      if entropy.happens(perMille: 120) {
        let isLast = entropy.happens(perMille: 500)
        wishes.append(
          RealWish(
            at: isLast ? at.adding(seconds: decideSeconds) : later(), action: .cancel(number)))
      }
    }
    let sorted = wishes.enumerated().sorted {
      ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
    }
    return sorted.map(\.element)
  }

  private static func order(
    _ offers: [[RealOffer]], _ decideSeconds: Int64, replays: Bool,
    from entropy: inout SimulationEntropy
  ) -> RealOrder {
    var lines: [RealOrder.Line] = []
    func add(_ offer: RealOffer) {
      let most = entropy.happens(perMille: 300) ? offer.claim.maximumQuantity : 1
      lines.append(RealOrder.Line(offer: offer, quantity: 1 + entropy.below(most)))
    }
    for own in offers where entropy.happens(perMille: 550) {
      let first = entropy.pick(own)
      add(first)
      guard entropy.happens(perMille: 200) else { continue }
      // Two goods of one stock are no order.
      let others = own.filter {
        $0.id != first.id && ($0.claim.stock == nil || $0.claim.stock != first.claim.stock)
      }
      if !others.isEmpty { add(entropy.pick(others)) }
    }
    if lines.isEmpty { add(entropy.pick(entropy.pick(offers))) }
    let methods: [PaymentMethod] = [.ecash, .ecash, .transfer, .card, .coinsAndCard]
    return RealOrder(
      lines: lines, decideSeconds: decideSeconds,
      methods: RealMarket.bankNames.map { _ in entropy.pick(methods) },
      route: entropy.happens(perMille: 400) ? entropy.below(RealMarket.bankNames.count) : nil,
      coinsPerMille: UInt64(entropy.number(in: 100...900)), replays: replays)
  }
}
