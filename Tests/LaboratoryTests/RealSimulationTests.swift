// The real parties under the same choices.

import Testing

@testable import Laboratory

@Suite("Real world", .onOneThread)
struct RealSimulationTests {
  @Test("a fixed set of runs violates nothing, and commits and aborts")
  func fixedSet() async throws {
    let report = try await Campaign.runReal(seed: 1, runs: Tier.isSecond ? 200 : 6)
    #expect(report.violations.isEmpty, "\(report.violations)")
    #expect(report.committed > 0 && report.aborted > 0)
    guard Tier.isSecond else { return }
    #expect(2 * report.honestCommitted >= report.honest && report.honest > 100)
    for occurrence in Occurrence.allCases where !Occurrence.modelOnly.contains(occurrence) {
      #expect(report.tally[occurrence] > 0, "\(occurrence.rawValue)")
    }
  }

  @Test(
    "purses, accounts, goods and evidence of real parties show each flaw",
    arguments: Flaw.allCases.filter(\.isInReal))
  func flaws(_ flaw: Flaw) async throws {
    let report = try await Campaign.runReal(
      seed: 1, runs: 60, flaw: flaw, stopsAtViolation: true)
    let property = try #require(report.violations.first?.property, "\(flaw.rawValue)")
    #expect(flaw.breaks.contains(property), "\(report.violations)")
  }

  @Test("a fresh set of runs violates nothing", .enabled(if: Tier.isSecond, "FOIL_TIER is not 2"))
  func freshSet() async throws {
    let seed = UInt64.random(in: 1...(1 << 40))
    print("real simulation: fresh seed \(seed)")
    let report = try await Campaign.runReal(seed: seed, runs: 100)
    #expect(report.violations.isEmpty, "\(report.violations)")
  }

  @Test(
    "the same seed makes the same choices, and has the same results, in a market that is founded anew"
  )
  func determinism() async throws {
    let first = try await RealSimulation.run(seed: 3)
    let second = try await RealSimulation.ended(seed: 3, in: try await RealMarket()).report
    #expect(first == second)
  }
}
