// The rows of a follower that may forget.

import PaymentCrypto
public import PaymentModel

/// `FollowerRows` as a value, for `MemoryStore`.
public struct MemoryFollowerRows: FollowerRows, Sendable {
  private var entries: [LogEntry] = []
  private var nodes: [[Digest]] = []
  private var placesOfStatement: [StatementID: [UInt64]] = [:]
  private var placesInSlot: [LogSlot: [UInt64]] = [:]
  private var repeated: [UInt64] = []
  private var checkpoints: [(size: UInt64, note: Bytes)] = []
  public private(set) var target: Bytes?
  public private(set) var doubts: [Bytes] = []
  public private(set) var splitViews: [KeptSplitView] = []

  public init() {}

  public var size: UInt64 { UInt64(entries.count) }

  public func entry(at index: UInt64) -> LogEntry? {
    index < size ? entries[Int(index)] : nil
  }

  public func indices(of statement: StatementID, atMost count: Int) -> [UInt64] {
    Array((placesOfStatement[statement] ?? []).prefix(count))
  }

  public func indices(in slot: LogSlot, atMost count: Int) -> [UInt64] {
    Array((placesInSlot[slot] ?? []).prefix(count))
  }

  public func repeats(from index: UInt64, atMost count: Int) -> [UInt64] {
    Array(repeated.lazy.filter { $0 >= index }.prefix(count))
  }

  public mutating func append(
    _ entry: LogEntry, isRepeat: Bool, completing hashes: [Digest]
  ) {
    placesOfStatement[entry.statement, default: []].append(size)
    if entry.slot.isExclusive { placesInSlot[entry.slot, default: []].append(size) }
    if isRepeat { repeated.append(size) }
    entries.append(entry)
    for (level, hash) in hashes.enumerated() {
      if level == nodes.count { nodes.append([]) }
      nodes[level].append(hash)
    }
  }

  public mutating func cut(to size: UInt64) {
    guard size < self.size else { return }
    for entry in entries[Int(size)...] {
      placesOfStatement[entry.statement]?.removeAll { $0 >= size }
      placesInSlot[entry.slot]?.removeAll { $0 >= size }
    }
    repeated.removeAll { $0 >= size }
    entries.removeLast(entries.count - Int(size))
    for level in nodes.indices {
      let complete = Int(size >> UInt64(level))
      nodes[level].removeLast(nodes[level].count - complete)
    }
    nodes.removeAll { $0.isEmpty }
  }

  public func node(level: Int, index: UInt64) -> Digest { nodes[level][Int(index)] }

  public var lastCheckpoint: Bytes? { checkpoints.last?.note }

  public func checkpoint(covering size: UInt64) -> Bytes? {
    checkpoints.first { $0.size >= size }?.note
  }

  public func checkpoint(within size: UInt64) -> Bytes? {
    checkpoints.last { $0.size <= size }?.note
  }

  public mutating func insertCheckpoint(_ note: Bytes, size: UInt64) {
    checkpoints.append((size, note))
    checkpoints.sort { $0.size < $1.size }
  }

  public mutating func setTarget(_ note: Bytes?) { target = note }

  public mutating func setDoubts(_ notes: [Bytes]) { doubts = notes }

  public mutating func insertSplitView(_ proof: KeptSplitView) { splitViews.append(proof) }
}
