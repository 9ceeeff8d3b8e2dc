// Many runs, and what came of all of them.

import PaymentCrypto
public import PaymentModel

/// The sum of some runs.
public struct CampaignReport: Sendable {
  public private(set) var runs = 0
  public private(set) var purchases = 0
  public private(set) var committed = 0
  public private(set) var aborted = 0
  public private(set) var steps = 0
  public private(set) var messages = 0
  public private(set) var crashes = 0
  public private(set) var virtualSeconds = 0
  /// Purchases in which nobody cheats, and how many of those were committed.
  public private(set) var honest = 0
  public private(set) var honestCommitted = 0
  /// What happened, by kind.
  public private(set) var tally = Tally()
  public private(set) var violations: [Violation] = []
  private var fingerprints = SHA256.Hasher()

  /// SHA-256 over the fingerprints of all runs, in their order.
  public var fingerprint: Digest { fingerprints.finalize() }

  public init() {}

  public mutating func add(_ run: RunReport) {
    runs += 1
    purchases += run.purchases
    committed += run.committed
    aborted += run.aborted
    steps += run.steps
    messages += run.messages
    crashes += run.crashes
    virtualSeconds += run.virtualSeconds
    honest += run.honest
    honestCommitted += run.honestCommitted
    tally.add(run.tally)
    if let violation = run.violation { violations.append(violation) }
    fingerprints.update(run.fingerprint.bytes)
  }
}

/// Runs one seed after another.
public enum Campaign {
  /// - Parameters:
  ///   - seed: of the first run; each further one has the next.
  ///   - stopsAtViolation: whether the first violation ends it.
  ///   - heard: hears each run's report.
  public static func run(
    seed: UInt64, runs: Int, size: PopulationSize = PopulationSize(), flaw: Flaw? = nil,
    stopsAtViolation: Bool = false, heard: (RunReport) -> Void = { _ in }
  ) -> CampaignReport {
    var report = CampaignReport()
    for number in 0..<runs {
      let run = Simulation.run(seed: seed &+ UInt64(number), size: size, flaw: flaw)
      report.add(run)
      heard(run)
      if stopsAtViolation, run.violation != nil { break }
    }
    return report
  }

  /// The same with real parties: their number is fixed, and they can have the flaws of `Flaw.isInReal`.
  ///
  /// - Throws: what `RealSimulation.run` throws.
  public static func runReal(
    seed: UInt64, runs: Int, flaw: Flaw? = nil, stopsAtViolation: Bool = false,
    heard: (RunReport) -> Void = { _ in }
  ) async throws -> CampaignReport {
    var report = CampaignReport()
    for number in 0..<runs {
      let run = try await RealSimulation.run(seed: seed &+ UInt64(number), flaw: flaw)
      report.add(run)
      heard(run)
      if stopsAtViolation, run.violation != nil { break }
    }
    return report
  }
}
