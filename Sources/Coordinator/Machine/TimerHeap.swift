// Which process is due next.

import PaymentModel

/// Processes by the time at which they want a tick. An entry that was overtaken by an earlier one stays
/// and does no harm: whoever takes it looks whether it is still meant.
struct TimerHeap: Hashable, Sendable {
  private struct Entry: Hashable, Sendable {
    let at: Timestamp
    let process: ProcessID

    /// Ties go by process, so that the order is the same everywhere.
    func precedes(_ other: Entry) -> Bool {
      at == other.at ? process < other.process : at < other.at
    }
  }

  /// Each entry precedes those at twice its place plus one and plus two.
  private var entries: [Entry] = []

  var first: Timestamp? { entries.first?.at }

  mutating func push(_ process: ProcessID, at time: Timestamp) {
    entries.append(Entry(at: time, process: process))
    var place = entries.count - 1
    while place > 0 {
      let parent = (place - 1) / 2
      guard entries[place].precedes(entries[parent]) else { break }
      entries.swapAt(place, parent)
      place = parent
    }
  }

  /// The entries in their order: a heap, too, and the same one for the same entries.
  mutating func sort() { entries.sort { $0.precedes($1) } }

  /// Takes the first process whose time has come.
  mutating func popDue(at now: Timestamp) -> ProcessID? {
    guard let first = entries.first, first.at <= now else { return nil }
    let last = entries.removeLast()
    guard !entries.isEmpty else { return first.process }
    entries[0] = last
    var place = 0
    while true {
      let left = 2 * place + 1
      guard left < entries.count else { break }
      let right = left + 1
      let child =
        right < entries.count && entries[right].precedes(entries[left]) ? right : left
      guard entries[child].precedes(entries[place]) else { break }
      entries.swapAt(place, child)
      place = child
    }
    return first.process
  }
}
