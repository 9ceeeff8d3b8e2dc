// Which processes have ended while somebody was reading rows.

import PaymentModel

/// Processes that have ended since the first of those began who still read.
struct EndedMeanwhile {
  /// How many had ended when a reader began.
  struct Reader: Equatable {
    fileprivate let count: Int
  }

  private var readers: [Reader] = []
  /// In the order in which they ended; `count` of them, without those that no reader asks for.
  private var processes: [ProcessID] = []
  private var numbers: [ProcessID: Int] = [:]
  private var count = 0

  var isBeingRead: Bool { !readers.isEmpty }

  mutating func start() -> Reader {
    let reader = Reader(count: count)
    readers.append(reader)
    return reader
  }

  mutating func stop(_ reader: Reader) {
    if let place = readers.firstIndex(of: reader) { readers.remove(at: place) }
    // Readers stand in the order in which they began.
    let needed = count - (readers.first?.count ?? count)
    let dropped = processes.count - needed
    for process in processes.prefix(dropped) where numbers[process, default: 0] <= count - needed {
      numbers[process] = nil
    }
    processes.removeFirst(dropped)
  }

  mutating func end(_ process: ProcessID) {
    guard !readers.isEmpty else { return }
    count += 1
    processes.append(process)
    numbers[process] = count
  }

  func hasEnded(_ process: ProcessID, since reader: Reader) -> Bool {
    numbers[process].map { $0 > reader.count } ?? false
  }
}
