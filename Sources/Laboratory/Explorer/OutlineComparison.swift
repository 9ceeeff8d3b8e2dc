// Whether outlines have everything on which it depends how a market goes on.

import Coordinator
import PaymentModel

/// What came of comparing worlds of one outline.
package struct OutlineComparison: Hashable, Sendable {
  /// How many worlds there are, none equal to another one.
  package fileprivate(set) var worlds = 0
  package fileprivate(set) var outlines = 0
  /// How many worlds go on otherwise than an earlier one with the same outline.
  package fileprivate(set) var differences = 0
}

extension Explorer {
  /// Goes through a market in which whole worlds are compared, and looks at those with one outline: whether
  /// they lead to the same outlines, end alike, and are all in order or all not.
  ///
  /// If so, nothing is lost by visiting one of them only, whatever the outline leaves out.
  ///
  /// - Parameter forgetsTurns: compares outlines that leave out too much, to see that it is noticed.
  package static func compareOutlines(
    _ market: ScarceMarket, reduction: Reduction, mayCrash: Bool = false,
    forgetsTurns: Bool = false, mostPositions: Int = 200_000
  ) throws(ExplorationTooLarge) -> OutlineComparison {
    let branching = Branching(
      market: market, reduction: reduction, pausesEnd: true, mayCrash: mayCrash)
    var start = market.world()
    let books = Books(of: start)
    var outliner = Outliner(market, forgetsTurns: forgetsTurns)
    branching.settle(&start)
    let first = outliner.key(of: start, restarted: branching.restarted(start))
    var found: Set<Position> = [Position(start, key: first, keepsJournal: mayCrash)]
    var known: [PositionKey: Continuation] = [:]
    var result = OutlineComparison()
    var toVisit = [(key: first, world: start)]
    while let (key, world) = toVisit.popLast() {
      let choices = branching.choices(in: world)
      var following: Set<PositionKey> = []
      for choice in choices + branching.chances(in: world) {
        var after = world
        after.apply(choice)
        branching.settle(&after)
        let restarted = branching.restarted(after)
        let key = outliner.key(of: after, restarted: restarted)
        following.insert(key)
        let position = Position(after, key: key, keepsJournal: restarted != nil)
        guard found.insert(position).inserted else { continue }
        guard found.count <= mostPositions else {
          throw ExplorationTooLarge(positions: mostPositions)
        }
        toVisit.append((key, after))
      }
      let isInOrder =
        market.finding(in: world) == nil && market.waits(in: world) == nil
        && world.shops.indices.allSatisfy { books.checkDeposits(at: $0, in: world) == nil }
      let continuation = Continuation(
        following: following,
        ends: choices.isEmpty ? Set(market.rearrangements(of: market.end(of: world))) : [],
        isInOrder: isInOrder)
      if let other = known.updateValue(continuation, forKey: key), other != continuation {
        result.differences += 1
      }
    }
    result.worlds = found.count
    result.outlines = known.count
    return result
  }
}

/// How a position goes on.
private struct Continuation: Hashable {
  let following: Set<PositionKey>
  let ends: Set<ScarceMarket.End>
  let isInOrder: Bool
}
