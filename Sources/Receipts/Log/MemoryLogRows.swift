// The rows of a log that may forget.

import PaymentCrypto
public import PaymentModel

/// `LogRows` as a value, for `MemoryStore`.
public struct MemoryLogRows: LogRows, Sendable {
  private var entries: [LogEntry] = []
  private var nodes: [[Digest]] = []
  private var indexOfStatement: [StatementID: UInt64] = [:]
  private var indexInSlot: [LogSlot: UInt64] = [:]
  private var deliveries: [ProcessID: LogDelivery] = [:]
  /// In the order in which they came, which is that of their indices.
  private var delivered: [(index: UInt64, process: ProcessID)] = []
  private var cosigned: [Bytes: Bytes] = [:]
  public private(set) var signedCheckpoint: Bytes?

  public init() {}

  public var size: UInt64 { UInt64(entries.count) }

  public func entry(at index: UInt64) -> LogEntry? {
    index < size ? entries[Int(index)] : nil
  }

  public func entries(in range: Range<UInt64>) -> [LogEntry] {
    let range = range.clamped(to: 0..<size)
    return Array(entries[Int(range.lowerBound)..<Int(range.upperBound)])
  }

  public func index(of statement: StatementID) -> UInt64? { indexOfStatement[statement] }

  public func index(in slot: LogSlot) -> UInt64? { indexInSlot[slot] }

  public mutating func append(
    _ entry: LogEntry, at index: UInt64, completing hashes: [Digest]
  ) {
    precondition(index == size, "an entry is added at the end")
    indexOfStatement[entry.statement] = index
    if entry.slot.isExclusive { indexInSlot[entry.slot] = index }
    entries.append(entry)
    for (level, hash) in hashes.enumerated() {
      if level == nodes.count { nodes.append([]) }
      nodes[level].append(hash)
    }
  }

  public func node(level: Int, index: UInt64) -> Digest { nodes[level][Int(index)] }

  public mutating func setSignedCheckpoint(_ note: Bytes) { signedCheckpoint = note }

  public func delivery(of process: ProcessID) -> LogDelivery? { deliveries[process] }

  public mutating func insert(
    _ delivery: LogDelivery, of process: ProcessID, from index: UInt64
  ) {
    deliveries[process] = delivery
    delivered.append((index, process))
  }

  public func deliveries(from range: Range<UInt64>) -> [ProcessID] {
    delivered.filter { range.contains($0.index) }
      .sorted { ($0.index, $0.process) < ($1.index, $1.process) }.map(\.process)
  }

  public func cosignedCheckpoint(of origin: String) -> Bytes? { cosigned[Bytes(origin.utf8)] }

  public mutating func setCosignedCheckpoint(_ text: Bytes, of origin: String) {
    cosigned[Bytes(origin.utf8)] = text
  }

  public mutating func setSignedCheckpoint(
    _ note: Bytes, cosigned text: Bytes, of origin: String
  ) {
    setSignedCheckpoint(note)
    setCosignedCheckpoint(text, of: origin)
  }
}
