// Whether what participants did is what one process after another would have done.

import Coordinator
import PaymentModel

extension Books {
  /// Every prefix of the history reduces to one process after another. The history was written without the
  /// coordinator's machine; the checker is the one that `Coordinator` offers to everybody.
  func isolation(_ world: World) -> Finding? {
    guard let violation = world.history.checkPrefixReducibility().violation else { return nil }
    return Finding(
      property: .isolation, process: world.history.events[violation.prefix - 1].process,
      message: "no serial order: \(violation)")
  }
}
