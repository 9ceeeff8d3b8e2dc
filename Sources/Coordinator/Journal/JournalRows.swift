// The rows of the coordinator's journal: a chain of records for each process, and who waits for which
// good.

public import PaymentModel

/// Records of one process that became durable together.
public struct JournalRow: Hashable, Sendable {
  public let process: ProcessID
  /// The number of the first record in it: from 0, without gaps.
  public let sequence: Int
  /// The kinds of the records, in their order.
  public let kinds: [RecordKind]
  /// The records, each behind its time and its length.
  public let records: Bytes
  /// SHA-256(chain before ‖ records as they can be shown); before the first one stands the process.
  public let chain: Digest

  public init(
    process: ProcessID, sequence: Int, kinds: [RecordKind], records: Bytes, chain: Digest
  ) {
    self.process = process
    self.sequence = sequence
    self.kinds = kinds
    self.records = records
    self.chain = chain
  }
}

/// A process's place among those that want the same good. The rows outlast the coordinator's program, so
/// that whoever came first is served first after a crash, too.
public struct LockRow: Hashable, Sendable {
  public let resource: Resource
  /// Who came first has the lower number. With the process it is the key.
  public let number: Int
  public let process: ProcessID

  public init(resource: Resource, number: Int, process: ProcessID) {
    self.resource = resource
    self.number = number
    self.process = process
  }
}

/// The journal's rows. A store of them must answer an append only when it is durable.
public protocol JournalRows {
  /// Adds a row. `false`, and nothing changed, when (process, sequence) is taken, or when a record of the
  /// row is a verdict and the process has one. With the end of a process its locks go.
  mutating func append(_ row: JournalRow) -> Bool

  /// All rows of a process in order.
  func rows(of process: ProcessID) -> [JournalRow]

  /// Processes in the order in which they began, after the given one; all of them after one that is not there.
  ///
  /// - Parameter onlyOpen: without those that have ended.
  func processes(after process: ProcessID?, atMost count: Int, onlyOpen: Bool) -> [ProcessID]

  /// Puts a lock row in. The same number of the same process again changes nothing.
  mutating func add(_ lock: LockRow)
  /// Takes the lock row of that number and process out, if it is there.
  mutating func remove(_ lock: LockRow)
  /// All lock rows, in the order of their numbers, and of their processes.
  func locks() -> [LockRow]
}

extension JournalRows {
  /// Open processes after the given one, with all their rows: no more when they have so many bytes.
  func openProcesses(
    after process: ProcessID?, atMost count: Int, bytes limit: Int
  ) -> [(ProcessID, [JournalRow])] {
    var found: [(ProcessID, [JournalRow])] = []
    var bytes = 0
    for process in processes(after: process, atMost: count, onlyOpen: true) where bytes < limit {
      let rows = rows(of: process)
      bytes += rows.reduce(0) { $0 + $1.records.count }
      found.append((process, rows))
    }
    return found
  }
}

/// Journal rows in memory.
public struct MemoryJournalRows: JournalRows, Hashable, Sendable {
  private struct Chain: Hashable, Sendable {
    /// The place of the process in the order in which they began.
    let number: Int
    var rows: [JournalRow] = []
    var hasVerdict = false
    var hasEnded = false

    mutating func take(_ row: JournalRow) {
      let place = rows.lastIndex { $0.sequence < row.sequence }.map { $0 + 1 } ?? 0
      rows.insert(row, at: place)
      if row.kinds.contains(.verdict) { hasVerdict = true }
      if row.kinds.contains(.end) { hasEnded = true }
    }
  }

  private var chains: [ProcessID: Chain] = [:]
  /// In the order in which they began.
  private var begun: [ProcessID] = []
  /// Sorted by number.
  private var lockRows: [LockRow] = []

  public init() {}

  public mutating func append(_ row: JournalRow) -> Bool {
    let hasVerdict = row.kinds.contains(.verdict)
    if let chain = chains[row.process] {
      guard !chain.rows.contains(where: { $0.sequence == row.sequence }),
        !(hasVerdict && chain.hasVerdict)
      else { return false }
    }
    if chains[row.process] == nil {
      chains[row.process] = Chain(number: begun.count)
      begun.append(row.process)
    }
    chains[row.process]?.take(row)
    if row.kinds.contains(.end) { lockRows.removeAll { $0.process == row.process } }
    return true
  }

  public func rows(of process: ProcessID) -> [JournalRow] {
    chains[process]?.rows ?? []
  }

  public func processes(
    after process: ProcessID?, atMost count: Int, onlyOpen: Bool
  ) -> [ProcessID] {
    let first = process.flatMap { chains[$0] }.map { $0.number + 1 } ?? 0
    return Array(
      begun[first...].lazy.filter { !(onlyOpen && chains[$0]?.hasEnded == true) }.prefix(count))
  }

  public mutating func add(_ lock: LockRow) {
    let place =
      lockRows.firstIndex { ($0.number, $0.process) >= (lock.number, lock.process) }
      ?? lockRows.endIndex
    if place < lockRows.endIndex, lockRows[place].number == lock.number,
      lockRows[place].process == lock.process
    {
      return
    }
    lockRows.insert(lock, at: place)
  }

  public mutating func remove(_ lock: LockRow) {
    lockRows.removeAll { $0.number == lock.number && $0.process == lock.process }
  }

  public func locks() -> [LockRow] { lockRows }
}
