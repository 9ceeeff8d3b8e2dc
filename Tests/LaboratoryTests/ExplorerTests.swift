// The last a and the last b: every interleaving.

import Foundation
import Laboratory
import PaymentModel
import Testing

@Suite("Explorer")
struct ExplorerTests {
  static let isSecondTier = ProcessInfo.processInfo.environment["FOIL_TIER"] == "2"
  typealias Order = ScarceMarket.Order
  typealias Outcome = ScarceMarket.Outcome

  @discardableResult
  private func explore(
    _ name: String, _ market: ScarceMarket, flaw: Flaw? = nil, reduction: Reduction = .commuting
  ) throws -> Exploration {
    let start = ContinuousClock.now
    let result = try Explorer.explore(market, flaw: flaw, reduction: reduction)
    print(
      "explorer: \(name): \(result.positions) positions, \(result.choices) choices, "
        + "\(result.ends.count) ends, \(ContinuousClock.now - start)")
    return result
  }

  @Test func probe() throws {
    for supply in [ScarceMarket.Supply.singlePiece, .stock(1)] {
      let two = try explore("ab ba \(supply)", ScarceMarket(supply, [Order(0, 1), Order(1, 0)]))
      for line in two.violation?.trace ?? [] { print("   ", line) }
      print(two.violation?.finding as Any, two.ends.map(\.outcomes))
      let c = try explore("ab ba cancels \(supply)", ScarceMarket(supply, [Order(0, 1, temper: .cancels), Order(1, 0)]))
      for line in c.violation?.trace ?? [] { print("   ", line) }
      print(c.violation?.finding as Any, c.ends.map(\.outcomes))
      let d = try explore("ab ba declines \(supply)", ScarceMarket(supply, [Order(0, 1, temper: .declines), Order(1, 0)]))
      for line in d.violation?.trace ?? [] { print("   ", line) }
      print(d.violation?.finding as Any, d.ends.map(\.outcomes))
    }
  }
}
