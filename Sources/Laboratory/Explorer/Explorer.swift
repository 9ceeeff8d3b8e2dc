// Every interleaving of a small world: all positions that can be reached, and whether each of them is as it
// should be.

import Coordinator
import PaymentModel

/// What came of an exploration that went through.
package struct Exploration: Sendable {
  /// How many positions there are.
  package internal(set) var positions = 0
  /// How many choices lead from one of them to another, or back to itself.
  package internal(set) var choices = 0
  /// How the world can end.
  package internal(set) var ends: Set<ScarceMarket.End> = []
  package internal(set) var violation: Violation?

  /// What is wrong, and the way there.
  package struct Violation: Sendable {
    package let finding: Books.Finding
    /// In words, the first choice first. No shorter way leads to a position in which something is wrong.
    package let trace: [String]
  }
}

/// The search was given up: there are more positions than it may look at.
package struct ExplorationTooLarge: Error, Hashable, Sendable {
  package let positions: Int
}

/// Goes through every position of a market, the near ones first.
///
/// A position is visited once, however it is reached. In each one merchants' holds and queues are checked,
/// and the market's own rule; where nothing is left to do, the independent books and the market's claims. At
/// last every position must have a way to an end. `Reduction` says what is branched on, and why no outcome is
/// lost thereby.
package struct Explorer {
  private let market: ScarceMarket
  private let reduction: Reduction
  private let mostPositions: Int
  private let books: Books

  private var found: [Position: Int] = [:]
  /// For each position how it was reached first; the first one was not.
  private var arrivals: [(from: Int, by: Choice)?] = []
  /// For each position those that lead to it.
  private var sources: [[Int]] = []
  private var ends: [Int] = []
  private var result = Exploration()

  /// - Throws: `ExplorationTooLarge` when there are more positions than that. What was not looked at may
  ///   be wrong, so there is no result then.
  package static func explore(
    _ market: ScarceMarket, flaw: Flaw? = nil, reduction: Reduction = .commuting,
    mostPositions: Int = 1_000_000
  ) throws(ExplorationTooLarge) -> Exploration {
    let world = market.world(flaw: flaw)
    var explorer = Explorer(
      market: market, reduction: reduction, mostPositions: mostPositions, books: Books(of: world))
    try explorer.explore(world)
    return explorer.result
  }

  private init(market: ScarceMarket, reduction: Reduction, mostPositions: Int, books: Books) {
    self.market = market
    self.reduction = reduction
    self.mostPositions = mostPositions
    self.books = books
  }

  // MARK: - Searching

  private mutating func explore(_ start: World) throws(ExplorationTooLarge) {
    var first = start
    first.settle(reduction)
    found[Position(first)] = 0
    arrivals.append(nil)
    sources.append([])
    var layer = [(number: 0, world: first)]
    while !layer.isEmpty {
      var next: [(number: Int, world: World)] = []
      for (number, world) in layer {
        for choice in world.branches(reduction) {
          var after = world
          after.apply(choice)
          after.settle(reduction)
          result.choices += 1
          guard let new = try enter(after, from: number, by: choice) else { continue }
          if let finding = finding(in: after) {
            return violate(finding, at: new, from: start)
          }
          next.append((new, after))
        }
      }
      layer = next
    }
    result.positions = found.count
    if let stuck = firstWithoutEnd {
      let finding = Books.Finding(
        property: .progress, process: nil, message: "from here no end can be reached")
      violate(finding, at: stuck, from: start)
    }
  }

  /// - Returns: the position's number, if it is a new one.
  private mutating func enter(
    _ world: World, from source: Int, by choice: Choice
  ) throws(ExplorationTooLarge) -> Int? {
    let position = Position(world)
    if let known = found[position] {
      sources[known].append(source)
      return nil
    }
    let number = found.count
    guard number < mostPositions else { throw ExplorationTooLarge(positions: number) }
    found[position] = number
    arrivals.append((source, choice))
    sources.append([source])
    if world.branches(reduction).isEmpty {
      ends.append(number)
      result.ends.insert(market.end(of: world))
    }
    return number
  }

  private func finding(in world: World) -> Books.Finding? {
    for shop in world.shops.indices {
      if let finding = books.checkDeposits(at: shop, in: world) { return finding }
    }
    if let finding = market.finding(in: world) { return finding }
    guard world.branches(reduction).isEmpty else { return nil }
    return books.check(world) ?? market.finding(atTheEnd: world)
  }

  /// The nearest position from which nothing leads to an end.
  private var firstWithoutEnd: Int? {
    var reaches = Array(repeating: false, count: sources.count)
    var toVisit = ends
    for end in ends { reaches[end] = true }
    while let number = toVisit.popLast() {
      for source in sources[number] where !reaches[source] {
        reaches[source] = true
        toVisit.append(source)
      }
    }
    return reaches.firstIndex(of: false)
  }

  // MARK: - Showing

  private mutating func violate(_ finding: Books.Finding, at number: Int, from start: World) {
    var choices: [Choice] = []
    var place = number
    while let arrival = arrivals[place] {
      choices.append(arrival.by)
      place = arrival.from
    }
    var world = start
    var trace: [String] = []
    world.settle(reduction)
    for choice in choices.reversed() {
      trace.append(world.describe(choice))
      world.apply(choice)
      world.settle(reduction)
    }
    result.positions = found.count
    result.violation = Exploration.Violation(finding: finding, trace: trace)
  }
}
