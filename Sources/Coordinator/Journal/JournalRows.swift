// The rows of the coordinator's journal: a chain of records for each process.

public import PaymentModel

/// One stored record.
public struct JournalRow: Hashable, Sendable {
  public let process: ProcessID
  /// From 0, without gaps.
  public let sequence: Int
  public let kind: RecordKind
  public let record: Bytes
  /// SHA-256(chain before ‖ record); before the first one stands the process.
  public let chain: Digest

  public init(
    process: ProcessID, sequence: Int, kind: RecordKind, record: Bytes, chain: Digest
  ) {
    self.process = process
    self.sequence = sequence
    self.kind = kind
    self.record = record
    self.chain = chain
  }
}

/// The journal's rows. A store of them must answer an append only when it is durable.
public protocol JournalRows {
  /// Adds a row. `false`, and nothing changed, when (process, sequence) is taken, or when the row is a
  /// verdict and the process has one.
  mutating func append(_ row: JournalRow) -> Bool

  /// All rows of a process in order.
  func records(of process: ProcessID) -> [JournalRow]

  /// Processes that have begun and not ended, in order, after the given one.
  func openProcesses(after process: ProcessID?, atMost count: Int) -> [ProcessID]
}

/// Journal rows in memory.
public struct MemoryJournalRows: JournalRows, Sendable {
  private var chains: [ProcessID: [JournalRow]] = [:]
  /// Sorted.
  private var open: [ProcessID] = []

  public init() {}

  public mutating func append(_ row: JournalRow) -> Bool {
    let chain = chains[row.process] ?? []
    guard !chain.contains(where: { $0.sequence == row.sequence }),
      row.kind != .verdict || !chain.contains(where: { $0.kind == .verdict })
    else { return false }
    chains[row.process, default: []].append(row)
    chains[row.process]?.sort { $0.sequence < $1.sequence }
    let place = open.firstIndex { $0 >= row.process } ?? open.endIndex
    let isOpen = place < open.endIndex && open[place] == row.process
    if chain.isEmpty, !isOpen { open.insert(row.process, at: place) }
    if row.kind == .end, isOpen { open.remove(at: place) }
    return true
  }

  public func records(of process: ProcessID) -> [JournalRow] {
    chains[process] ?? []
  }

  public func openProcesses(after process: ProcessID?, atMost count: Int) -> [ProcessID] {
    Array(open.lazy.filter { id in process.map { id > $0 } ?? true }.prefix(count))
  }
}
