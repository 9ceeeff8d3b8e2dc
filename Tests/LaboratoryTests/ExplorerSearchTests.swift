// The search itself: it finds what is wrong, and loses nothing by what it leaves out.

import Coordinator
import Laboratory
import Testing

@Suite("Explorer's search", .onOneThread)
struct ExplorerSearchTests {
  typealias Order = ScarceMarket.Order

  // MARK: - What it finds

  @Test("without turns two processes wait for each other, and the trace is a shortest one")
  func withoutTurns() throws {
    let result = try Explorer.explore(
      ScarceMarket(.stock(1), [Order(0, 1), Order(1, 0)]), flaw: .noTurns)
    let violation = try #require(result.violation)
    #expect(violation.finding.property == .cycles)
    // Two orders; each gets one good and meets the other's hold.
    #expect(violation.trace.count == 6)
  }

  @Test("the circle stands in the coordinator's table of turns, too")
  func circleInTheTable() throws {
    let result = try Explorer.explore(
      ScarceMarket(.stock(1), [Order(0, 1), Order(1, 0)]), flaw: .noTurns, looksAtHolds: false)
    let violation = try #require(result.violation)
    #expect(violation.finding.property == .cycles)
    #expect(violation.finding.message.contains("table of turns"))
    // The coordinator hears of it when the answers have come, those of holding and those of waiting.
    #expect(violation.trace.count == 9)
  }

  @Test("who is refused because of a hold that is released has lost for nothing")
  func refusedInsteadOfHeld() throws {
    let result = try Explorer.explore(
      ScarceMarket(.stock(1), [Order(0, 1, temper: .cancels), Order(1, 0)]),
      flaw: .refusesInsteadOfHeld)
    let violation = try #require(result.violation)
    #expect(violation.finding.property == .refusals)
    #expect(violation.trace.contains { $0.contains("sold-out") })
  }

  /// Without the rule somebody waits for his pause to end although the good came free while the answer was
  /// under way.
  @Test("a wake-up that comes before the answer is not lost, and a lost one is found")
  func lostWakeUp() throws {
    let market = ScarceMarket(.stock(1), [Order(0, 1, temper: .cancels), Order(1, 0)])
    for pausesEnd in [true, false] {
      let violation = try #require(
        try Explorer.explore(market, flaw: .losesWakeUps, pausesEnd: pausesEnd).violation)
      #expect(violation.finding.property == .progress)
      #expect(violation.trace.last?.contains("held") == true)
    }
    #expect(try Explorer.explore(market, pausesEnd: false).violation == nil)
  }

  /// The market in which the explorer finds each flaw that it finds.
  static let showing: [Flaw: ScarceMarket] = {
    let cancelled = ScarceMarket(.stock(1), [Order(0, 1, temper: .cancels), Order(1, 0)])
    let late = ScarceMarket(.stock(1), [Order(0, 1, temper: .timesOut), Order(1, 0)])
    return [
      .noAbortWhenOverdue: late, .newIdentifiers: cancelled, .undoesOnlyAnswered: cancelled,
      .noTurns: cancelled, .losesWakeUps: cancelled, .moneyBeforeVerdict: cancelled,
      .refusesForNoReason: cancelled, .refusesInsteadOfHeld: cancelled,
      .noMerchantTombstone: cancelled, .merchantRefusesForNoReason: cancelled,
    ]
  }()

  @Test(
    "every flaw that shows without faults is found, by what it breaks",
    arguments: Flaw.allCases.filter { $0.foundIn.contains(.explorer) })
  func flaws(_ flaw: Flaw) throws {
    let market = try #require(Self.showing[flaw], "\(flaw.rawValue)")
    let violation = try #require(
      try Explorer.explore(market, flaw: flaw).violation, "\(flaw.rawValue) was not found")
    #expect(flaw.breaks.contains(violation.finding.property), "\(violation)")
  }

  @Test("the first position is one of those that are looked at")
  func firstPosition() throws {
    let result = try Explorer.explore(ScarceMarket(.stock(1), []))
    #expect(result.positions == 1 && result.choices == 0 && result.ends.count == 1)
    #expect(result.violation == nil)
  }

  @Test("a search that stops at its bound has no result")
  func bound() {
    let error = #expect(throws: ExplorationTooLarge.self) {
      try Explorer.explore(
        ScarceMarket(.stock(1), [Order(0, 1), Order(1, 0)]), mostPositions: 20)
    }
    #expect(error?.positions == 20)
  }

  // MARK: - What it leaves out

  static let small = [
    ScarceMarket(.singlePiece, [Order(0, 1), Order(1, 0)]),
    ScarceMarket(.stock(1), [Order(0, 1), Order(1, 0)]),
    ScarceMarket(.singlePiece, [Order(0, temper: .cancels), Order(0)]),
    ScarceMarket(.stock(1), [Order(0, temper: .timesOut), Order(0)]),
  ]

  static let larger = [
    ScarceMarket(.stock(1), [Order(0, 1, temper: .cancels), Order(1, 0)]),
    ScarceMarket(.stock(1), [Order(0, 1, temper: .timesOut), Order(1, 0)]),
    ScarceMarket(.stock(1), [Order(0, 1, temper: .declines), Order(1, 0)]),
    ScarceMarket(.stock(1), [Order(0, 1), Order(1, 0), Order(0, 1)]),
    ScarceMarket(.stock(1), [Order(0, 1), Order(1, 2), Order(2, 0)]),
    ScarceMarket(.stock(1), [Order(0, temper: .cancels), Order(0), Order(0)]),
  ]

  /// The ends of two searches, of which the second leaves out more.
  private func expectTheSameEnds(
    _ market: ScarceMarket, _ one: (Reduction, Explorer.Identity),
    _ other: (Reduction, Explorer.Identity)
  ) throws {
    let whole = try Explorer.explore(market, reduction: one.0, identity: one.1)
    let reduced = try Explorer.explore(market, reduction: other.0, identity: other.1)
    print(
      "explorer: \(one): \(whole.positions), \(other): \(reduced.positions) positions")
    #expect(whole.violation == nil && reduced.violation == nil)
    #expect(whole.ends == reduced.ends && !whole.ends.isEmpty)
    #expect(reduced.positions < whole.positions)
  }

  @Test("steps that are independent need not branch", arguments: small)
  func independentSteps(_ market: ScarceMarket) throws {
    try expectTheSameEnds(market, (.commuting, .outline), (.persistent, .outline))
  }

  @Test(
    "steps that are independent need not branch in larger markets",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"), arguments: larger)
  func independentStepsOfMore(_ market: ScarceMarket) throws {
    try expectTheSameEnds(market, (.commuting, .outline), (.persistent, .outline))
  }

  @Test("positions known by outlines end as whole worlds do", arguments: small)
  func outlines(_ market: ScarceMarket) throws {
    try expectTheSameEnds(market, (.persistent, .world), (.persistent, .outline))
  }

  @Test(
    "the same ends are found when every message branches",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"), arguments: small)
  func everyMessage(_ market: ScarceMarket) throws {
    try expectTheSameEnds(market, (.messages, .outline), (.persistent, .outline))
  }

  @Test(
    "the same ends are found when everything branches, and whole worlds are compared",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"))
  func everything() throws {
    try expectTheSameEnds(
      ScarceMarket(.singlePiece, [Order(0), Order(0)]), (.none, .world), (.persistent, .outline))
  }

  // MARK: - Outlines

  @Test("worlds of one outline go on alike", arguments: small)
  func outlinesAreEnough(_ market: ScarceMarket) throws {
    let result = try Explorer.compareOutlines(market, reduction: .persistent)
    #expect(result.differences == 0 && result.outlines < result.worlds, "\(result)")
  }

  @Test(
    "worlds of one outline go on alike, whatever branches",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"), arguments: larger)
  func outlinesAreEnoughForMore(_ market: ScarceMarket) throws {
    let result = try Explorer.compareOutlines(market, reduction: .commuting)
    #expect(result.differences == 0 && result.outlines < result.worlds, "\(result)")
  }

  @Test(
    "worlds of one outline go on alike when every message branches",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"))
  func outlinesOfMessages() throws {
    let result = try Explorer.compareOutlines(
      ScarceMarket(.stock(1), [Order(0, 1), Order(1, 0)]), reduction: .messages)
    #expect(result.differences == 0 && result.outlines < result.worlds, "\(result)")
  }

  @Test(
    "worlds of one outline go on alike when the coordinator may crash",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"), arguments: small.prefix(2))
  func outlinesOfCrashes(_ market: ScarceMarket) throws {
    let result = try Explorer.compareOutlines(market, reduction: .persistent, mayCrash: true)
    #expect(result.differences == 0 && result.outlines < result.worlds, "\(result)")
  }

  @Test("an outline that leaves out who stands where is noticed")
  func outlinesThatAreNotEnough() throws {
    // Two who are not alike wait for the first.
    let market = ScarceMarket(.singlePiece, [Order(0), Order(0, 1), Order(0, 2)])
    let whole = try Explorer.compareOutlines(market, reduction: .persistent)
    #expect(whole.differences == 0)
    let lacking = try Explorer.compareOutlines(
      market, reduction: .persistent, forgetsTurns: true)
    #expect(lacking.differences > 0 && lacking.outlines < whole.outlines)
  }
}
