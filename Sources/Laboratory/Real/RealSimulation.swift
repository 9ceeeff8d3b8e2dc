// Runs the real world under drawn choices, as `Simulation` does the model world.

import ECash
import PaymentCrypto
import PaymentModel
import PaymentParties

/// One run with real parties.
public enum RealSimulation {
  /// - Throws: when the parties cannot be put together, which no seed should bring about.
  public static func run(
    seed: UInt64, say: ((String) -> Void)? = nil
  ) async throws -> RunReport {
    var entropy = SimulationEntropy(seed: seed &* 0x9E6C_63D0_876A_9A7B)
    let world = try await RealWorld(market: try await RealMarket.founded(), entropy: &entropy)
    var chooser = Chooser(faults: Faults(from: &entropy), entropy: entropy)
    var report = RunReport(seed: seed)
    var trace = Trace()
    while let choice = chooser.next(in: world, isOver: { world.isOver }) {
      report.steps += 1
      if case .crash = choice { report.crashes += 1 }
      say?("\(report.steps)\t\(world.stage.now)\t\(choice)")
      trace.note(choice, at: world.stage.now)
      await world.apply(choice)
    }
    if let finding = await RealBooks(world: world).check() {
      report.violation = Violation(
        seed: seed, property: finding.property, process: finding.process, step: report.steps,
        message: finding.message)
    }
    for buyer in world.buyers {
      for purchase in buyer.purchases {
        report.purchases += 1
        switch try? await purchase.wallet.purchase(purchase.process).state {
        case .committed: report.committed += 1
        case .aborted: report.aborted += 1
        case .undecided, nil: break
        }
      }
    }
    report.messages = world.stage.network.sent
    report.virtualSeconds = Int(world.stage.now.milliseconds(since: Stage.start) / 1000)
    report.fingerprint = trace.fingerprint
    return report
  }
}
