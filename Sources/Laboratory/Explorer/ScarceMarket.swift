// Small markets in which not everybody can have what he wants, and what must come of them.

import Coordinator
package import PaymentModel

/// Some merchants, each with one good of which there is little, and some customers who each order once.
package struct ScarceMarket: Hashable, Sendable {
  /// What a customer does besides ordering.
  package enum Temper: Hashable, Sendable {
    case wants
    /// Cancels, at any time after the order.
    case cancels
    /// Never asks for delivery.
    case declines
    /// Has coins that her bank does not know.
    case cannotPay
    /// Wants it to be decided soon, and time may pass until then.
    case timesOut
  }

  package struct Order: Hashable, Sendable {
    /// By number, in the order in which she names them.
    package let goods: [Int]
    package let temper: Temper

    package init(_ goods: Int..., temper: Temper = .wants) {
      self.init(goods, temper: temper)
    }

    package init(_ goods: [Int], temper: Temper = .wants) {
      self.goods = goods
      self.temper = temper
    }

    fileprivate func isLike(_ other: Self) -> Bool {
      temper == other.temper && goods.sorted() == other.goods.sorted()
    }
  }

  package enum Supply: Hashable, Sendable {
    /// One piece under one offer: the coordinator lets one process after another ask for it.
    case singlePiece
    /// So many pieces, each order under an offer of its own: all may ask, and the merchant says who waits.
    case stock(Int)

    var pieces: Int {
      switch self {
      case .singlePiece: 1
      case .stock(let pieces): pieces
      }
    }
  }

  /// How an order ended.
  package enum Outcome: Hashable, Sendable {
    case committed
    case aborted(AbortReason)
    case undecided
  }

  /// What is left when everything has come to its end.
  package struct End: Hashable, Sendable {
    /// For each order.
    package let outcomes: [Outcome]
    /// For each good the orders that have it, and the pieces that are left in stock.
    let sold: [[Int]]
    let left: [[Int]]
    /// What each merchant got.
    let paid: [UInt64]

    /// The same end for orders that have changed places: `order` number of the new one was `places[order]`.
    func rearranged(_ places: [Int]) -> End {
      End(
        outcomes: places.map { outcomes[$0] },
        sold: sold.map { winners in
          places.indices.filter { winners.contains(places[$0]) }
        },
        left: left, paid: paid)
    }
  }

  package let supply: Supply
  package let orders: [Order]
  /// Nobody may be told to wait, nor have to: there is enough of everything.
  package let isPlenty: Bool

  package init(_ supply: Supply, _ orders: [Order], isPlenty: Bool = false) {
    self.supply = supply
    self.orders = orders
    self.isPlenty = isPlenty
  }

  var goodCount: Int { (orders.flatMap(\.goods).max() ?? 0) + 1 }

  /// The numbers of orders that want the same, in one list for each kind.
  ///
  /// In which order a customer names her goods does not count: goods are taken in an order of their own.
  var interchangeable: [[Int]] {
    var classes: [[Int]] = []
    for number in orders.indices {
      let place = classes.firstIndex { members in
        members.first.map { orders[$0].isLike(orders[number]) } == true
      }
      if let place { classes[place].append(number) } else { classes.append([number]) }
    }
    return classes
  }

  func has(_ temper: Temper) -> Bool { orders.contains { $0.temper == temper } }
}
