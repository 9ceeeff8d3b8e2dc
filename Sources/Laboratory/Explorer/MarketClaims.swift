// What must come of a scarce market.

import Coordinator
import PaymentModel

extension ScarceMarket {
  func end(of world: World) -> End {
    End(
      outcomes: orders.indices.map { outcome(of: $0, in: world) },
      sold: world.shops.map { shop in
        orders.indices.filter { number in
          let process = world.customers[number].desk.books.purchases.first?.process
          return shop.desk.books.holds.contains { $0.process == process && $0.state == .sold }
        }
      },
      left: world.shops.map { $0.desk.books.stocks.map(\.level) },
      paid: world.banks.flatMap { $0.desk.books.accounts.map(\.minor) })
  }

  private func outcome(of order: Int, in world: World) -> Outcome {
    guard let purchase = world.customers[order].desk.books.purchases.first,
      let entry = world.log.desk.durable.entry(
        of: purchase.process, by: world.setting.coordinatorKey)
    else { return .undecided }
    switch entry.decision {
    case .commit: return .committed
    case .abort(let reason): return .aborted(reason)
    }
  }

  /// What must hold in every position.
  func finding(in world: World) -> Books.Finding? {
    guard isPlenty else { return nil }
    if let waiting = world.shops.lazy.flatMap(\.waiting).first {
      return Books.Finding(
        property: .progress, process: waiting.process,
        message: "told to wait although there is plenty")
    }
    for good in 0..<goodCount {
      let places = world.stage.node.places(on: resource(good, in: world))
      if let place = places.first(where: { $0.standing.isKeptBack }) {
        return Books.Finding(
          property: .progress, process: place.process, message: "queued although there is plenty")
      }
    }
    return nil
  }

  /// Each good goes to no more orders than there are pieces, and whoever is refused is refused for what was
  /// sold: not for what was held and came free again, and not for nothing. So of orders that all want the
  /// same last pieces one commits unless all have reasons of their own, and one of which nobody else wants
  /// anything commits unless it has one.
  func finding(atTheEnd world: World) -> Books.Finding? {
    let outcomes = orders.indices.map { outcome(of: $0, in: world) }
    func finding(_ property: Property, _ order: Int?, _ message: String) -> Books.Finding {
      Books.Finding(
        property: property,
        process: order.flatMap { world.customers[$0].desk.books.purchases.first?.process },
        message: message)
    }
    func winners(of good: Int, besides order: Int?) -> Int {
      orders.indices.filter {
        $0 != order && orders[$0].goods.contains(good) && outcomes[$0] == .committed
      }.count
    }
    for good in 0..<goodCount where winners(of: good, besides: nil) > supply.pieces {
      return finding(.stock, nil, "good \(good) went to more orders than there were pieces")
    }
    for (number, order) in orders.enumerated() {
      switch outcomes[number] {
      case .committed where order.temper == .declines || order.temper == .cannotPay:
        return finding(.atomicity, number, "order \(number) was committed, which it cannot be")
      case .aborted(.cancelled) where order.temper == .cancels: continue
      // Time passes when somebody does not ask for delivery, and may overtake others who do.
      case .aborted(.timeout) where order.temper == .timesOut || has(.declines): continue
      case .committed: continue
      case .aborted(.refused) where order.temper == .cannotPay: continue
      case .aborted(.refused):
        guard order.goods.contains(where: { winners(of: $0, besides: number) >= supply.pieces })
        else {
          return finding(
            .refusals, number, "order \(number) was refused a good that nobody bought")
        }
      case .aborted(let reason):
        return finding(
          .atomicity, number, "order \(number) was aborted without a reason: \(reason.rawValue)")
      case .undecided: return finding(.progress, number, "order \(number) was never decided")
      }
    }
    return nil
  }
}
