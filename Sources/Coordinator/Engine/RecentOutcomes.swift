// How processes ended that have ended just now: whoever handed an order in asks for its outcome, and often
// comes when all is done.

import PaymentModel

/// The outcomes that came last.
struct RecentOutcomes {
  private static let mostOutcomes = 1024

  private var outcomes: [ProcessID: ProcessOutcome] = [:]
  /// In the order in which they came, from `oldest` on around to before it.
  private var order: [ProcessID] = []
  private var oldest = 0

  subscript(process: ProcessID) -> ProcessOutcome? { outcomes[process] }

  mutating func add(_ outcome: ProcessOutcome) {
    guard outcomes.updateValue(outcome, forKey: outcome.process) == nil else { return }
    if order.count < Self.mostOutcomes {
      order.append(outcome.process)
    } else {
      outcomes[order[oldest]] = nil
      order[oldest] = outcome.process
      oldest = (oldest + 1) % Self.mostOutcomes
    }
  }
}
