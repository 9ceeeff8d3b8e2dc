// Who waits for whom in a scarce market, and for how long: looked up in the coordinator's table of turns and
// among what is under way.

import Coordinator
import PaymentModel

extension LockStanding {
  /// Whether somebody else must do something before the process goes on.
  var isKeptBack: Bool {
    switch self {
    case .absent, .waiting, .contended: true
    case .granted, .asking, .holding: false
    }
  }
}

extension ScarceMarket {
  /// Nobody waits in a circle, and nobody waits for what is free.
  func waits(in world: World) -> Books.Finding? {
    circle(in: world) ?? idleWait(in: world)
  }

  /// In the table of turns processes never stand in a circle.
  ///
  /// Whoever is kept back waits for those who hold what he wants, and for those who have come before him.
  private func circle(in world: World) -> Books.Finding? {
    // For each order those that it waits for, as bits.
    var waitsFor = Array(repeating: UInt64(0), count: orders.count)
    for good in 0..<goodCount {
      let places = world.stage.node.places(on: resource(good, in: world))
        .map { (order: order(of: $0.process, in: world) ?? 0, standing: $0.standing) }
      for (rank, place) in places.enumerated() where place.standing.isKeptBack {
        for (otherRank, other) in places.enumerated()
        where otherRank != rank && (otherRank < rank || other.standing == .holding) {
          waitsFor[place.order] |= 1 << UInt64(other.order)
        }
      }
    }
    for between in orders.indices {
      for order in orders.indices where waitsFor[order] & (1 << UInt64(between)) != 0 {
        waitsFor[order] |= waitsFor[between]
      }
    }
    guard let first = orders.indices.first(where: { waitsFor[$0] & (1 << UInt64($0)) != 0 }) else {
      return nil
    }
    return Books.Finding(
      property: .cycles, process: process(of: first, in: world),
      message: "in the table of turns processes wait for each other")
  }

  /// Where a good is free and somebody waits for it, somebody is on his way to its merchant, or back.
  private func idleWait(in world: World) -> Books.Finding? {
    guard !world.stage.node.hasEffects, !world.parties.contains(where: { world.isDirty($0) }) else {
      return nil
    }
    for good in 0..<goodCount where isFree(good, in: world) {
      let places = world.stage.node.places(on: resource(good, in: world))
      guard let idle = places.first(where: { $0.standing.isKeptBack }) else { continue }
      let isSomebodyUnderWay = world.stage.network.messages.contains {
        $0.from == .shop(good) || $0.to == .shop(good)
      }
      if !isSomebodyUnderWay {
        return Books.Finding(
          property: .progress, process: idle.process,
          message: "waits for a pause to end although the good is free")
      }
    }
    return nil
  }

  private func isFree(_ good: Int, in world: World) -> Bool {
    let books = world.shops[good].desk.books
    switch supply {
    case .singlePiece: return !books.holds.contains { $0.state == .held || $0.state == .sold }
    case .stock: return books.stocks.contains { $0.level > 0 }
    }
  }
}
