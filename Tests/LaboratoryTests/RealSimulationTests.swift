// The real parties under the same choices.

import Laboratory
import Testing

@Suite("Real world", .onOneThread)
struct RealSimulationTests {
  @Test("a fixed set of runs violates nothing, and commits and aborts")
  func fixedSet() async throws {
    let report = try await Campaign.runReal(seed: 1, runs: Tier.isSecond ? 300 : 6)
    #expect(report.violations.isEmpty, "\(report.violations)")
    #expect(report.committed > 0 && report.aborted > 0)
  }

  @Test("purses, goods and evidence of real parties show the coordinator's flaws")
  func flaws() async throws {
    for (flaw, seed) in [
      (.depositsBeforeReserves, 1), (.undoesOnlyAnswered, 1), (.noAbortWhenOverdue, 1),
    ] as [(Flaw, UInt64)] {
      let report = try await Campaign.runReal(
        seed: seed, runs: 20, flaw: flaw, stopsAtViolation: true)
      let property = try #require(report.violations.first?.property, "\(flaw.rawValue)")
      #expect(flaw.breaks.contains(property), "\(flaw.rawValue): \(property)")
    }
  }

  @Test("the same seed makes the same choices, and has the same results")
  func determinism() async throws {
    let first = try await RealSimulation.run(seed: 3)
    let second = try await RealSimulation.run(seed: 3)
    #expect(first == second)
  }
}
