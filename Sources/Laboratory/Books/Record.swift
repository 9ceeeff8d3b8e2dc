// The history of a run, as it becomes durable: what the history checker is asked about.
//
// What a merchant does is noted when its books are synced. What a crash takes away has not happened: nobody
// has heard of it. A process is decided when its verdict is durable in the log, since before that nobody acts
// on it, and ended when the coordinator has its end on disk. Merchants that cheat may note anything, so
// theirs is left out, and with it the processes of a coordinator that nobody should trust.

import Coordinator
import PaymentModel

/// Writes the history of a world's processes.
struct Record: Sendable {
  private(set) var history = History()
  /// How many of the log's entries were noted.
  private var entries = 0

  mutating func began(_ process: ProcessID) { history.began(process) }

  mutating func ended(_ process: ProcessID) { history.ended(process) }

  /// What an honest merchant did.
  mutating func take(_ done: [ModelShop.Done], of setting: Setting) {
    for one in done where one.coordinator == setting.coordinatorKey { history.append(one.event) }
  }

  /// The log as it is on disk.
  mutating func take(_ log: LogBooks, of setting: Setting) {
    for entry in log.entries.dropFirst(entries) where entry.coordinator == setting.coordinatorKey {
      history.decided(entry.process, entry.decision.isCommit ? .commit : .abort)
    }
    entries = log.entries.count
  }
}
