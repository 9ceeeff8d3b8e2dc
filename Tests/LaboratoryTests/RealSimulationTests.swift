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

  @Test("the same seed makes the same choices")
  func determinism() async throws {
    let first = try await RealSimulation.run(seed: 3)
    let second = try await RealSimulation.run(seed: 3)
    #expect(first == second)
  }
}
