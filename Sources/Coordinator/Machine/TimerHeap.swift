// Which process is due next.

import PaymentModel

/// Processes by the time at which they want a tick. An entry that was overtaken by an earlier one stays
/// and does no harm: whoever takes it looks whether it is still meant.
struct TimerHeap: Hashable, Sendable {
  private struct Entry: Hashable, Comparable, Sendable {
    let at: Timestamp
    let process: ProcessID

    /// Ties go by process, so that the order is the same everywhere.
    static func < (left: Self, right: Self) -> Bool {
      left.at == right.at ? left.process < right.process : left.at < right.at
    }
  }

  private var entries = BinaryHeap<Entry>()

  var first: Timestamp? { entries.least?.at }

  mutating func push(_ process: ProcessID, at time: Timestamp) {
    entries.insert(Entry(at: time, process: process))
  }

  /// Sorts what is in it, so that heaps with the same entries are equal.
  mutating func sort() { entries.sort() }

  /// Takes the first process whose time has come.
  mutating func popDue(at now: Timestamp) -> ProcessID? {
    guard let first = entries.least, first.at <= now else { return nil }
    entries.removeLeast()
    return first.process
  }

  /// Takes all processes out, the first due first. One may be in it more than once.
  mutating func takeAll() -> [ProcessID] { entries.takeAll().map(\.process) }
}
