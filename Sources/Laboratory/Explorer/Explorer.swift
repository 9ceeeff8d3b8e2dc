// Every interleaving of a small world: all positions that can be reached, and whether each of them is as it
// should be.

import Coordinator
import PaymentModel

/// Goes through every position of a market, the near ones first.
///
/// A position is visited once, however it is reached; it is known again by the digest of its outline, and the
/// world in it is forgotten when all that follows was looked at. In each one merchants' holds, the
/// coordinator's table of turns and the market's own rule are checked; where nothing is left to do but
/// to wait for a pause to end, the independent books and the market's claims. At last every position must have
/// a way to an end on which nobody waits for a pause. `Reduction` says what is branched on, and why no outcome
/// is lost thereby.
package struct Explorer {
  /// Whose worlds are to be the same.
  package enum Identity: Hashable, Sendable {
    /// Those with one outline, whoever of those who want the same is who.
    case outline
    /// Those with one outline, order by order.
    case outlineOfEach
    /// Equal ones, but for numbers and the past.
    case world
  }

  private let market: ScarceMarket
  private let branching: Branching
  private let identity: Identity
  private let looksAtHolds: Bool
  private let mostPositions: Int
  private let books: Books
  private var outliner: Outliner

  /// By the key of its outline, and by all of it where all is compared.
  private var found: [PositionKey: Int32] = [:]
  private var foundWorlds: [Position: Int32] = [:]
  /// For each position how it was reached first: from where, by which of the choices there.
  private var arrivals: [Arrival] = []
  /// The choices that must come: no end of a pause, and no crash.
  private var links: [Link] = []
  private var ends: [Int32] = []
  private var result = Exploration()

  private struct Arrival {
    let from: Int32
    let choice: UInt8
  }

  private struct Link {
    let from: Int32
    let to: Int32
  }

  /// A position whose choices were not looked at yet.
  private struct Waiting {
    let number: Int32
    let world: World
  }

  /// - Parameters:
  ///   - pausesEnd: whether a pause may end at any time. No end may depend on it.
  ///   - mayCrash: whether the coordinator may crash, once, at any position. It recovers at once.
  ///   - looksAtHolds: whether merchants' holds are checked in each position. If not, circles are found
  ///     in the coordinator's table alone.
  /// - Throws: `ExplorationTooLarge` when there are more positions than that. What was not looked at may
  ///   be wrong, so there is no result then.
  package static func explore(
    _ market: ScarceMarket, flaw: Flaw? = nil, reduction: Reduction = .persistent,
    identity: Identity = .outline, pausesEnd: Bool = true,
    mayCrash: Bool = false, looksAtHolds: Bool = true, mostPositions: Int = 4_000_000
  ) throws(ExplorationTooLarge) -> Exploration {
    let world = market.world(flaw: flaw)
    var explorer = Explorer(
      Branching(market: market, reduction: reduction, pausesEnd: pausesEnd, mayCrash: mayCrash),
      identity: identity,
      looksAtHolds: looksAtHolds, mostPositions: mostPositions, books: Books(of: world))
    try explorer.explore(world)
    return explorer.result
  }

  private init(
    _ branching: Branching, identity: Identity, looksAtHolds: Bool, mostPositions: Int,
    books: Books
  ) {
    market = branching.market
    self.branching = branching
    // Outlines say nothing of effects that were not carried out.
    self.identity = branching.reduction == .none ? .world : identity
    self.looksAtHolds = looksAtHolds
    self.mostPositions = mostPositions
    self.books = books
    outliner = Outliner(branching.market, mergesOrders: self.identity == .outline)
  }

  // MARK: - Searching

  private mutating func explore(_ start: World) throws(ExplorationTooLarge) {
    var first = start
    branching.settle(&first)
    var layer: [Waiting] = []
    _ = try enter(first, from: Arrival(from: -1, choice: 0), into: &layer)
    if let finding = finding(in: first) { return violate(finding, at: 0, from: start) }
    while !layer.isEmpty {
      var next: [Waiting] = []
      for waiting in layer {
        let choices = branching.choices(in: waiting.world)
        for (place, choice) in (choices + branching.chances(in: waiting.world)).enumerated() {
          var after = waiting.world
          after.apply(choice)
          branching.settle(&after)
          result.choices += 1
          let (number, isNew) = try enter(
            after, from: Arrival(from: waiting.number, choice: UInt8(clamping: place)),
            into: &next)
          if place < choices.count { links.append(Link(from: waiting.number, to: number)) }
          if isNew, let finding = finding(in: after) {
            return violate(finding, at: number, from: start)
          }
        }
      }
      layer = next
      if !layer.isEmpty { result.depth += 1 }
    }
    result.positions = arrivals.count
    if let stuck = firstWithoutEnd {
      let finding = Books.Finding(
        property: .progress, process: nil,
        message: "from here no end can be reached without waiting for a pause")
      violate(finding, at: stuck, from: start)
    }
  }

  /// - Returns: the position's number, and whether it is a new one, which is to be looked at then.
  private mutating func enter(
    _ world: World, from arrival: Arrival, into layer: inout [Waiting]
  ) throws(ExplorationTooLarge) -> (number: Int32, isNew: Bool) {
    let number = Int32(arrivals.count)
    let restarted = branching.restarted(world)
    let key = outliner.key(of: world, restarted: restarted)
    let known: Int32?
    if identity == .world {
      let position = Position(world, key: key, keepsJournal: restarted != nil)
      known = foundWorlds[position]
      if known == nil { foundWorlds[position] = number }
    } else {
      known = found[key]
      if known == nil { found[key] = number }
    }
    if let known { return (known, false) }
    guard arrivals.count < mostPositions else {
      throw ExplorationTooLarge(positions: arrivals.count)
    }
    arrivals.append(arrival)
    layer.append(Waiting(number: number, world: world))
    if branching.choices(in: world).isEmpty {
      ends.append(number)
      let end = market.end(of: world)
      result.ends.formUnion(identity == .outline ? market.rearrangements(of: end) : [end])
    }
    return (number, true)
  }

  private func finding(in world: World) -> Books.Finding? {
    for shop in world.shops.indices where looksAtHolds {
      if let finding = books.checkDeposits(at: shop, in: world) { return finding }
    }
    if let finding = market.waits(in: world) ?? market.finding(in: world) { return finding }
    guard branching.choices(in: world).isEmpty else { return nil }
    return market.finding(atTheEnd: world) ?? books.check(world)
  }

  /// The nearest position from which nothing leads to an end.
  private var firstWithoutEnd: Int32? {
    // The links by where they lead, one after another.
    var firsts = Array(repeating: 0, count: arrivals.count + 1)
    for link in links { firsts[Int(link.to) + 1] += 1 }
    for place in arrivals.indices { firsts[place + 1] += firsts[place] }
    var sources = Array(repeating: Int32(0), count: links.count)
    var filled = firsts
    for link in links {
      sources[filled[Int(link.to)]] = link.from
      filled[Int(link.to)] += 1
    }
    var reaches = Array(repeating: false, count: arrivals.count)
    var toVisit = ends
    for end in ends { reaches[Int(end)] = true }
    while let number = toVisit.popLast() {
      for source in sources[firsts[Int(number)]..<firsts[Int(number) + 1]]
      where !reaches[Int(source)] {
        reaches[Int(source)] = true
        toVisit.append(source)
      }
    }
    return reaches.firstIndex(of: false).map { Int32($0) }
  }

  // MARK: - Showing

  private mutating func violate(_ finding: Books.Finding, at number: Int32, from start: World) {
    var places: [Int] = []
    var position = number
    while arrivals[Int(position)].from >= 0 {
      places.append(Int(arrivals[Int(position)].choice))
      position = arrivals[Int(position)].from
    }
    var world = start
    var trace: [String] = []
    branching.settle(&world)
    for place in places.reversed() {
      let choices = branching.choices(in: world) + branching.chances(in: world)
      trace.append(world.describe(choices[place]))
      world.apply(choices[place])
      branching.settle(&world)
    }
    result.positions = arrivals.count
    result.violation = Exploration.Violation(finding: finding, trace: trace)
  }
}
