// engine.simulation: purchases of the model world for each second of one core, with all faults on.

import Laboratory
import Measurement

extension Figure {
  static let engineSimulation = Figure(name: "engine.simulation") {
    let start = processorSeconds()
    let report = Campaign.run(seed: 1, runs: 3000)
    let seconds = processorSeconds() - start
    return Result(
      value: Double(report.purchases) / seconds, unit: "purchases/s and core", baseline: nil,
      goal: .valueAtLeast(1000),
      more: [
        "purchases": Double(report.purchases), "committed": Double(report.committed),
        "steps": Double(report.steps), "violations": Double(report.violations.count),
        "seconds": seconds,
      ])
  }
}
