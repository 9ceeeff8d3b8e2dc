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
  private var cosigned: [Bytes: Bytes] = [:]
  public private(set) var signedCheckpoint: Bytes?
  public private(set) var publishedCheckpoint: Bytes?

  public init() {}

  public var size: UInt64 { UInt64(entries.count) }

  public func entry(at index: UInt64) -> LogEntry? {
    index < size ? entries[Int(index)] : nil
  }

  public func index(of statement: StatementID) -> UInt64? { indexOfStatement[statement] }

  public func index(in slot: LogSlot) -> UInt64? { indexInSlot[slot] }

  public mutating func append(_ entry: LogEntry, completing completed: [LogNode]) {
    indexOfStatement[entry.statement] = size
    if entry.slot.isExclusive { indexInSlot[entry.slot] = size }
    entries.append(entry)
    for node in completed {
      if node.level == nodes.count { nodes.append([]) }
      nodes[node.level].append(node.hash)
    }
  }

  public func node(level: Int, index: UInt64) -> Digest { nodes[level][Int(index)] }

  public mutating func setSignedCheckpoint(_ note: Bytes) { signedCheckpoint = note }

  public mutating func setPublishedCheckpoint(_ note: Bytes) { publishedCheckpoint = note }

  public func delivery(of process: ProcessID) -> LogDelivery? { deliveries[process] }

  public mutating func insert(_ delivery: LogDelivery, of process: ProcessID) {
    deliveries[process] = delivery
  }

  public func cosignedCheckpoint(of origin: String) -> Bytes? { cosigned[Bytes(origin.utf8)] }

  public mutating func setCosignedCheckpoint(_ text: Bytes, of origin: String) {
    cosigned[Bytes(origin.utf8)] = text
  }
}
