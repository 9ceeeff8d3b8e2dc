// The last a and the last b: every interleaving, with refusal and release as steps of their own.

import Laboratory
import PaymentModel
import Testing

@Suite("Explorer", .onOneThread)
struct ExplorerTests {
  typealias Order = ScarceMarket.Order
  typealias Outcome = ScarceMarket.Outcome

  /// Explores, and prints how much there was.
  private func explore(
    _ market: ScarceMarket, pausesEnd: Bool = true, mayCrash: Bool = false, name: String
  ) throws -> Exploration {
    let start = ContinuousClock.now
    let result = try Explorer.explore(market, pausesEnd: pausesEnd, mayCrash: mayCrash)
    print(
      "explorer: \(name): \(result.positions) positions, \(result.choices) choices, "
        + "\(result.depth) deep, \(result.ends.count) ends, \(ContinuousClock.now - start)")
    if let violation = result.violation {
      Issue.record("\(violation.finding)\n\(violation.trace.joined(separator: "\n"))")
    }
    return result
  }

  private func check(_ one: ExplorerCase) throws {
    let result = try explore(
      one.market, pausesEnd: one.pausesEnd, mayCrash: one.mayCrash, name: one.testDescription)
    #expect(Set(result.ends.map(\.outcomes)) == one.outcomes)
    #expect(result.positions == one.positions)
    #expect(result.choices == one.choices)
  }

  @Test(
    "every interleaving of a market ends as it should",
    arguments: ExplorerCase.quick + ExplorerCase.quickFourForThree)
  func quick(_ one: ExplorerCase) throws { try check(one) }

  @Test(
    "every interleaving of a larger market ends as it should",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"),
    arguments: ExplorerCase.long + ExplorerCase.longFourForThree)
  func long(_ one: ExplorerCase) throws { try check(one) }

  @Test(
    "every interleaving of the largest markets ends as it should",
    .enabled(if: Tier.isThird, "FOIL_TIER is not 3"), arguments: ExplorerCase.largest)
  func largest(_ one: ExplorerCase) throws { try check(one) }

  @Test("with plenty of stock nobody is told to wait, and nobody is queued")
  func plenty() throws {
    let result = try explore(
      ScarceMarket(.stock(2), [Order(0, 1), Order(1, 0)], isPlenty: true), name: "plenty")
    #expect(Set(result.ends.map(\.outcomes)) == [[.committed, .committed]])
    // The claim can fail.
    let scarce = try Explorer.explore(
      ScarceMarket(.stock(1), [Order(0, 1), Order(1, 0)], isPlenty: true))
    #expect(scarce.violation?.finding.property == .progress)
  }

  @Test(
    "with plenty of stock for three nobody is told to wait",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"))
  func plentyForThree() throws {
    let market = ScarceMarket(.stock(3), [Order(0, 1), Order(1, 0), Order(0)], isPlenty: true)
    let result = try explore(market, name: "plenty for three")
    #expect(Set(result.ends.map(\.outcomes)) == [[.committed, .committed, .committed]])
  }

  /// Markets in which not everybody wants everything.
  static let mixed = [
    ScarceMarket(.singlePiece, [Order(0, 1), Order(1, 2), Order(2, 0)]),
    ScarceMarket(.singlePiece, [Order(0, 1), Order(1, 0), Order(2)]),
    ScarceMarket(.singlePiece, [Order(0, 1, 2), Order(2, 1), Order(0)]),
    ScarceMarket(.singlePiece, [Order(0, 1, 2), Order(2, 1), Order(1, 0), Order(2, 0)]),
    ScarceMarket(.singlePiece, [Order(0, temper: .cancels), Order(1, 0), Order(0), Order(1)]),
    ScarceMarket(.singlePiece, [Order(0, 1), Order(1, 0), Order(2), Order(2)]),
    ScarceMarket(.singlePiece, [Order(0, 1, temper: .declines), Order(1, 0), Order(0, 1)]),
    ScarceMarket(.stock(1), [Order(0, 1, temper: .declines), Order(1, 0), Order(0, 1)]),
    ScarceMarket(.stock(1), [Order(0, 1), Order(1, 2), Order(2, 0)]),
    ScarceMarket(.stock(1), [Order(0, temper: .cancels), Order(0), Order(0)]),
    ScarceMarket(.stock(2), [Order(0, 1), Order(1), Order(0)]),
  ]

  @Test(
    "whoever wants what, somebody commits, and who is refused is refused for a commit",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"), arguments: mixed)
  func mixedMarkets(_ market: ScarceMarket) throws {
    let result = try explore(market, name: "\(market.supply) \(market.orders.map(\.goods))")
    #expect(!result.ends.isEmpty)
    for end in result.ends where !market.orders.contains(where: { $0.temper == .declines }) {
      #expect(end.outcomes.contains(.committed), "\(end)")
    }
  }

  @Test("when one does not ask for delivery the other gets both")
  func declined() throws {
    let market = ScarceMarket(.stock(1), [Order(0, 1, temper: .declines), Order(1, 0)])
    let result = try explore(market, name: "one declines")
    #expect(
      Set(result.ends.map(\.outcomes)) == [
        [.aborted(.timeout), .committed], [.aborted(.refused), .committed],
      ])
  }
}
