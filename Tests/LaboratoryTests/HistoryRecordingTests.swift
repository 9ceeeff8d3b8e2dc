// The history of a run: what is noted, what a crash takes away, and which flaws it shows.

import Coordinator
import Laboratory
import PaymentModel
import Testing

@Suite("Histories of runs", .onOneThread)
struct HistoryRecordingTests {
  /// What is left of the run's history at its last choice.
  private func history(seed: UInt64, flaw: Flaw? = nil) -> (RunReport, History) {
    var history = History()
    let report = Simulation.run(seed: seed, flaw: flaw, stopsAtViolation: false) { world, _ in
      history = world.history
    }
    return (report, history)
  }

  @Test("runs without a flaw have histories with everything in them, and all prefixes reduce")
  func withoutFlaw() {
    var kinds: [String: Int] = [:]
    for seed in 1...(Tier.isSecond ? 300 : 12) as ClosedRange<UInt64> {
      let (_, history) = history(seed: seed)
      #expect(history.checkPrefixReducibility().isReducible, "seed \(seed)")
      for event in history.events {
        let kind =
          switch event.kind {
          case .began: "began"
          case .done: "done"
          case .refused: "refused"
          case .undone: "undone"
          case .decided: "decided"
          case .ended: "ended"
          }
        kinds[kind, default: 0] += 1
      }
    }
    #expect(kinds.count == 6, "\(kinds)")
  }

  /// Whether a flaw's history breaks that rule with one of some seeds.
  private func breaks(_ flaw: Flaw, _ rule: HistoryRule, seeds: ClosedRange<UInt64>) -> Bool {
    seeds.contains {
      history(seed: $0, flaw: flaw).1.checkPrefixReducibility().violation?.rule == rule
    }
  }

  @Test("a refusal that rests on a hold does not reduce")
  func refusedInsteadOfHeld() {
    #expect(breaks(.refusesInsteadOfHeld, .reducible, seeds: 1...100))
  }

  @Test("a hold that lapses is undone although it is committed")
  func releasedOnTimeout() {
    #expect(breaks(.releaseOnTimeout, .commitStands, seeds: 1...400))
  }

  @Test("what is done again was done already")
  func notIdempotent() {
    #expect(breaks(.noIdempotency, .stepOnce, seeds: 1...100))
  }

  @Test("processes that wait in a circle have done nothing wrong yet: another check finds them")
  func withoutTurns() throws {
    let result = try Explorer.explore(
      ScarceMarket(.stock(1), [.init(0, 1), .init(1, 0)]), flaw: .noTurns)
    #expect(result.violation?.finding.property == .cycles)
    for seed in 1...10 as ClosedRange<UInt64> {
      #expect(history(seed: seed, flaw: .noTurns).1.checkPrefixReducibility().isReducible)
    }
  }

  @Test("what a merchant's crash takes away has not happened", arguments: [false, true])
  func crash(keepsWrites: Bool) throws {
    var world = ScarceMarket(.stock(1), [.init(0)]).world(flaw: nil)
    var steps = 0
    while !world.isDirty(.shop(0)) {
      steps += 1
      let choice = world.choices().first {
        switch $0 {
        case .deliver, .sync, .carryOut, .act: true
        default: false
        }
      }
      world.apply(try #require(choice))
      try #require(steps < 200)
    }
    #expect(world.history.events.count == 1)
    world.apply(.crash(.shop(0), keepsWrites: keepsWrites))
    let isDone = world.history.events.contains {
      if case .done = $0.kind { true } else { false }
    }
    #expect(isDone == keepsWrites)
  }
}
