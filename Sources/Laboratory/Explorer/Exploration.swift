// What comes of an exploration.

/// What came of an exploration that went through.
package struct Exploration: Sendable {
  /// How many positions there are, orders that want the same being as good as each other.
  package internal(set) var positions = 0
  /// How many choices lead from one of them to another, or back to itself.
  package internal(set) var choices = 0
  /// How many choices away from the beginning the last new position was.
  package internal(set) var depth = 0
  /// How the world can end, whoever of those who want the same is who.
  package internal(set) var ends: Set<ScarceMarket.End> = []
  package internal(set) var violation: Violation?

  /// What is wrong, and the way there.
  package struct Violation: Sendable {
    package let finding: Books.Finding
    /// In words, the first choice first. Among the positions that were looked at none is nearer in which
    /// something is wrong.
    package let trace: [String]
  }
}

/// The search was given up: there are more positions than it may look at.
package struct ExplorationTooLarge: Error, Hashable, Sendable {
  package let positions: Int
}

extension ScarceMarket {
  /// The ends that one becomes when orders that want the same change places.
  func rearrangements(of end: End) -> [End] {
    var places: [[Int]] = [Array(orders.indices)]
    for members in interchangeable {
      places = places.flatMap { place in
        Self.permutations(of: members).map { permuted in
          var place = place
          for (member, other) in zip(members, permuted) { place[member] = other }
          return place
        }
      }
    }
    return places.map { end.rearranged($0) }
  }

  private static func permutations(of members: [Int]) -> [[Int]] {
    guard members.count > 1 else { return [members] }
    return members.indices.flatMap { place in
      var rest = members
      let first = rest.remove(at: place)
      return permutations(of: rest).map { [first] + $0 }
    }
  }
}
