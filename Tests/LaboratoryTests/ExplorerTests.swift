// The last a and the last b: every interleaving, with refusal and release as steps of their own.

import Laboratory
import PaymentModel
import Testing

@Suite("Explorer", .onOneThread)
struct ExplorerTests {
  typealias Order = ScarceMarket.Order
  typealias Outcome = ScarceMarket.Outcome

  static let supplies: [ScarceMarket.Supply] = [.singlePiece, .stock(1)]

  /// Explores, and prints how much there was.
  private func explore(
    _ market: ScarceMarket, flaw: Flaw? = nil, reduction: Reduction = .commuting
  ) throws -> Exploration {
    let start = ContinuousClock.now
    let result = try Explorer.explore(market, flaw: flaw, reduction: reduction)
    let orders = market.orders.map { order in
      order.goods.map { String(Array("abcd")[$0]) }.joined()
        + (order.temper == .wants ? "" : " (\(order.temper))")
    }
    print(
      "explorer: \(market.supply) \(orders.joined(separator: ", ")): \(result.positions) positions, "
        + "\(result.choices) choices, \(result.ends.count) ends, \(ContinuousClock.now - start)")
    return result
  }

  private func expectSound(_ result: Exploration) {
    if let violation = result.violation {
      Issue.record("\(violation.finding)\n\(violation.trace.joined(separator: "\n"))")
    }
    #expect(!result.ends.isEmpty)
  }

  private func outcomes(_ result: Exploration) -> Set<[Outcome]> {
    Set(result.ends.map(\.outcomes))
  }

  /// Everybody once the winner, and all others refused.
  private func oneWinner(of count: Int) -> Set<[Outcome]> {
    Set(
      (0..<count).map { winner in
        (0..<count).map { $0 == winner ? .committed : .aborted(.refused) }
      })
  }

  // MARK: - Two orders

  @Test("of two orders for the last a and the last b exactly one commits", arguments: supplies)
  func twoForBoth(_ supply: ScarceMarket.Supply) throws {
    let result = try explore(ScarceMarket(supply, [Order(0, 1), Order(1, 0)]))
    expectSound(result)
    #expect(outcomes(result) == oneWinner(of: 2))
  }

  @Test(
    "when one is cancelled the other gets both, unless the commit was first",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"), arguments: supplies)
  func cancelled(_ supply: ScarceMarket.Supply) throws {
    let result = try explore(ScarceMarket(supply, [Order(0, 1, temper: .cancels), Order(1, 0)]))
    expectSound(result)
    #expect(
      outcomes(result) == [
        [.aborted(.cancelled), .committed], [.committed, .aborted(.refused)],
        [.aborted(.refused), .committed],
      ])
  }

  @Test(
    "when one does not ask for delivery the other gets both",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"), arguments: supplies)
  func declined(_ supply: ScarceMarket.Supply) throws {
    let result = try explore(ScarceMarket(supply, [Order(0, 1, temper: .declines), Order(1, 0)]))
    expectSound(result)
    #expect(
      outcomes(result) == [[.aborted(.timeout), .committed], [.aborted(.refused), .committed]])
  }

  @Test("when one's money is refused the other gets both", arguments: supplies)
  func unpaid(_ supply: ScarceMarket.Supply) throws {
    let result = try explore(ScarceMarket(supply, [Order(0, 1, temper: .cannotPay), Order(1, 0)]))
    expectSound(result)
    #expect(outcomes(result) == [[.aborted(.refused), .committed]])
  }

  @Test("orders that share nothing commit", arguments: supplies)
  func disjoint(_ supply: ScarceMarket.Supply) throws {
    let result = try explore(ScarceMarket(supply, [Order(0), Order(1)]))
    expectSound(result)
    #expect(outcomes(result) == [[.committed, .committed]])
  }

  @Test(
    "orders that share one good: one of them commits",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"), arguments: supplies)
  func overlapping(_ supply: ScarceMarket.Supply) throws {
    let result = try explore(ScarceMarket(supply, [Order(0, 1), Order(2, 1)]))
    expectSound(result)
    #expect(outcomes(result) == oneWinner(of: 2))
  }

  @Test("with plenty of stock nobody is told to wait, and nobody is queued")
  func plenty() throws {
    let result = try explore(ScarceMarket(.stock(2), [Order(0, 1), Order(1, 0)], isPlenty: true))
    expectSound(result)
    #expect(outcomes(result) == [[.committed, .committed]])
    // The claim can fail.
    let scarce = try explore(ScarceMarket(.stock(1), [Order(0, 1), Order(1, 0)], isPlenty: true))
    #expect(scarce.violation?.finding.property == .progress)
  }

  // MARK: - Three and four

  @Test(
    "of three orders for the last a and the last b exactly one commits",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"))
  func threeForBoth() throws {
    let result = try explore(ScarceMarket(.singlePiece, [Order(0, 1), Order(1, 0), Order(0, 1)]))
    expectSound(result)
    #expect(outcomes(result) == oneWinner(of: 3))
  }

  @Test(
    "a third order is not touched by what two others fight for",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"))
  func twoAndOne() throws {
    let result = try explore(ScarceMarket(.singlePiece, [Order(0, 1), Order(1, 0), Order(2)]))
    expectSound(result)
    #expect(
      outcomes(result) == [
        [.committed, .aborted(.refused), .committed], [.aborted(.refused), .committed, .committed],
      ])
  }

  static let three = [
    ScarceMarket(.singlePiece, [Order(0, 1, temper: .cancels), Order(1, 0), Order(0, 1)]),
    ScarceMarket(.singlePiece, [Order(0, 1, temper: .declines), Order(1, 0), Order(0, 1)]),
    ScarceMarket(.singlePiece, [Order(0, 1), Order(1, 2), Order(2, 0)]),
    ScarceMarket(.singlePiece, [Order(0, 1, 2), Order(2, 1), Order(0)]),
    ScarceMarket(.stock(1), [Order(0, 1), Order(1, 0), Order(0, 1)]),
    ScarceMarket(.stock(1), [Order(0, 1), Order(1, 2), Order(2, 0)]),
    ScarceMarket(.stock(1), [Order(0, temper: .cancels), Order(0), Order(0)]),
    ScarceMarket(.stock(2), [Order(0, 1), Order(1), Order(0)]),
    ScarceMarket(.stock(3), [Order(0, 1), Order(1, 0), Order(0)], isPlenty: true),
  ]

  static let four = [
    ScarceMarket(.singlePiece, [Order(0, 1), Order(1, 0), Order(0, 1), Order(1, 0)]),
    ScarceMarket(.singlePiece, [Order(0, 1, 2), Order(2, 1), Order(1, 0), Order(2, 0)]),
    ScarceMarket(.singlePiece, [Order(0, temper: .cancels), Order(1, 0), Order(0), Order(1)]),
    ScarceMarket(.singlePiece, [Order(0, 1), Order(1, 0), Order(2), Order(2)]),
  ]

  @Test(
    "three orders over two and three goods",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"), arguments: three)
  func threeOrders(_ market: ScarceMarket) throws {
    let result = try explore(market)
    expectSound(result)
    for end in outcomes(result) { #expect(end.contains(.committed), "\(end)") }
  }

  @Test(
    "four orders over two and three goods",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"), arguments: four)
  func fourOrders(_ market: ScarceMarket) throws {
    let result = try explore(market)
    expectSound(result)
    for end in outcomes(result) { #expect(end.contains(.committed), "\(end)") }
  }

  // MARK: - The search itself

  @Test("without turns two processes wait for each other, and the trace is a shortest one")
  func withoutTurns() throws {
    let result = try explore(
      ScarceMarket(.stock(1), [Order(0, 1), Order(1, 0)]), flaw: .noTurns)
    let violation = try #require(result.violation)
    #expect(violation.finding.property == .cycles)
    print(violation.trace.joined(separator: "\n"))
    // Two orders; each gets one good and meets the other's hold.
    #expect(violation.trace.count == 6)
  }

  @Test("who is refused because of a hold that is released has lost for nothing")
  func refusedInsteadOfHeld() throws {
    let result = try explore(
      ScarceMarket(.stock(1), [Order(0, 1, temper: .cancels), Order(1, 0)]),
      flaw: .refusesInsteadOfHeld)
    let violation = try #require(result.violation)
    #expect(violation.finding.property == .refusals)
    print(violation.trace.joined(separator: "\n"))
    #expect(violation.trace.contains { $0.contains("sold-out") })
  }

  private func expectTheSameEnds(_ market: ScarceMarket, _ reduction: Reduction) throws {
    let reduced = try explore(market)
    let whole = try explore(market, reduction: reduction)
    expectSound(reduced)
    expectSound(whole)
    #expect(reduced.ends == whole.ends)
    #expect(reduced.positions < whole.positions)
  }

  @Test(
    "the same ends are found when every message branches",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"), arguments: supplies)
  func reductionOfMessages(_ supply: ScarceMarket.Supply) throws {
    try expectTheSameEnds(ScarceMarket(supply, [Order(0), Order(0)]), .messages)
  }

  @Test(
    "the same ends are found when every message branches, with both goods or a cancellation",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"),
    arguments: [
      ScarceMarket(.singlePiece, [Order(0, 1), Order(1, 0)]),
      ScarceMarket(.stock(1), [Order(0, 1), Order(1, 0)]),
      ScarceMarket(.singlePiece, [Order(0, temper: .cancels), Order(0)]),
    ])
  func reductionOfMoreMessages(_ market: ScarceMarket) throws {
    try expectTheSameEnds(market, .messages)
  }

  @Test(
    "the same ends are found when everything branches",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"))
  func reductionLosesNothing() throws {
    try expectTheSameEnds(ScarceMarket(.singlePiece, [Order(0), Order(0)]), .none)
  }

  @Test("a search that stops at its bound has no result")
  func bound() {
    let error = #expect(throws: ExplorationTooLarge.self) {
      try Explorer.explore(
        ScarceMarket(.singlePiece, [Order(0, 1), Order(1, 0)]), mostPositions: 20)
    }
    #expect(error?.positions == 20)
  }
}
