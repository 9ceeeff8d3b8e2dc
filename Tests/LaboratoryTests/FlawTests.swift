// A laboratory that does not notice a missing rule is none: every flaw is caught, by what it breaks.

import Coordinator
import Foundation
import Laboratory
import Testing

@Suite("Flaws", .onOneThread)
struct FlawTests {
  /// Seeds that show each flaw after few steps.
  static let quickest: [Flaw: UInt64] = [
    .answersBeforeSync: 7, .noKeyCheck: 8, .noAbortWhenOverdue: 40, .newIdentifiers: 4,
    .undoesOnlyAnswered: 1, .forgetsVerdicts: 19, .noTurns: 3, .depositsBeforeReserves: 1,
    .takesOrdersWithoutFee: 56,
    .moneyBeforeVerdict: 1, .bankHoldLapses: 27, .noIdempotency: 1, .bankAnswersBeforeSync: 1,
    .proofWithoutVerdict: 87, .noTombstone: 15, .chargesNewFee: 20, .releaseOnTimeout: 3,
    .refusesInsteadOfHeld: 3, .settlesWithoutTransfers: 3, .noMerchantTombstone: 931,
    .believesAnyCoordinator: 3, .believesUnloggedVerdicts: 3, .signsForMissingKeys: 35,
    .reusesCoinsAfterTimeout: 3, .refusesForNoReason: 1, .merchantRefusesForNoReason: 1,
  ]

  /// The recorded seed first; another coordinator may need another one.
  @Test("every flaw is found", arguments: Flaw.allCases.filter(\.isInModel))
  func found(_ flaw: Flaw) throws {
    let seed = try #require(Self.quickest[flaw])
    let violation = try #require(
      Simulation.run(seed: seed, flaw: flaw).violation
        ?? Campaign.run(seed: 1, runs: 1000, flaw: flaw, stopsAtViolation: true).violations.first,
      "\(flaw.rawValue) was not found")
    // What several processes did need not reduce any more, whatever the flaw.
    #expect(
      flaw.breaks.contains(violation.property) || violation.property == .isolation,
      "\(violation)")
    #expect(violation.step > 0 && !violation.message.isEmpty)
    // It is the flaw, and not the world.
    #expect(Simulation.run(seed: violation.seed).violation == nil)
  }

  @Test(
    "every flaw is found within 1,000 runs from any seed",
    .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"),
    arguments: Flaw.allCases.filter(\.isInModel))
  func searched(_ flaw: Flaw) {
    for seed in [1, 1_000_001, UInt64.random(in: 1...(1 << 40))] {
      let report = Campaign.run(seed: seed, runs: 1000, flaw: flaw, stopsAtViolation: true)
      #expect(
        report.violations.count == 1, "\(flaw.rawValue) was not found from seed \(seed) on")
    }
  }

  @Test("the documented example shows what it says")
  func documented() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "Docs/Formats/Simulation.md"), encoding: .utf8)
    let examples = text.matches(of: /foil simulate --seed (\d+) --flaw ([a-z-]+) --trace/)
    #expect(!examples.isEmpty)
    for example in examples {
      let flaw = try #require(Flaw(rawValue: String(example.2)))
      let violation = Simulation.run(seed: try #require(UInt64(example.1)), flaw: flaw).violation
      #expect(violation.map { flaw.breaks.contains($0.property) } == true, "\(example.0)")
    }
  }

  @Test("names are unique, and each has a description and something that it breaks")
  func registry() {
    #expect(Set(Flaw.allCases.map(\.rawValue)).count == Flaw.allCases.count)
    #expect(Flaw.allCases.count >= 12)
    for flaw in Flaw.allCases {
      #expect(Flaw(rawValue: flaw.rawValue) == flaw)
      #expect(!flaw.summary.isEmpty && !flaw.breaks.isEmpty)
      #expect(!flaw.foundIn.isEmpty, "\(flaw.rawValue)")
      #expect(flaw.rules == .standard || flaw.isCoordinators)
    }
    // No two take the same rule away.
    let rules = Flaw.allCases.map(\.rules).filter { $0 != .standard }
    #expect(Set(rules).count == rules.count)
  }

  /// A rule that a coordinator need not follow is one that nobody looks for.
  @Test("each rule of the coordinator is taken away by a flaw")
  func everyRule() {
    let names = Mirror(reflecting: ProtocolRules.standard).children.compactMap(\.label)
    let off = Flaw.allCases.flatMap { flaw in
      Mirror(reflecting: flaw.rules).children.compactMap {
        $0.value as? Bool == false ? $0.label : nil
      }
    }
    #expect(Set(off) == Set(names) && names.count >= 10)
  }
}
