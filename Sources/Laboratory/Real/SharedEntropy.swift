// Sources of seeded bytes for parties that want one for each thing that they do.

import PaymentModel
import Synchronization

final class SharedEntropy: Sendable {
  private let source: Mutex<SimulationEntropy>

  init(_ seed: UInt64) { source = Mutex(SimulationEntropy(seed: seed)) }

  func fork() -> any Entropy & Sendable { source.withLock { $0.fork() } }
}
