// A log served out of memory.

import PaymentCrypto
public import PaymentModel

/// A log as a list of entries and a checkpoint, which anybody may change.
public struct MemoryLogSource: LogSource {
  /// The newest checkpoint; `nil` when there is none yet.
  public var note: Bytes?
  /// All entries, each as it is handed out.
  public var log: [Bytes]
  /// What is served about processes.
  public var verdicts: [ProcessID: LoggedVerdict]

  public init(
    note: Bytes? = nil, log: [Bytes] = [], verdicts: [ProcessID: LoggedVerdict] = [:]
  ) {
    self.note = note
    self.log = log
    self.verdicts = verdicts
  }

  public func checkpoint() async throws(ReceiptsError) -> Bytes {
    guard let note else { throw ReceiptsError(.sourceUnavailable, "there is no checkpoint") }
    return note
  }

  public func entries(
    _ range: Range<UInt64>, in size: UInt64
  ) async throws(ReceiptsError) -> [Bytes] {
    guard range.upperBound <= UInt64(log.count) else {
      throw ReceiptsError(.sourceUnavailable, "there are only \(log.count) entries")
    }
    return Array(log[Int(range.lowerBound)..<Int(range.upperBound)])
  }

  public func node(
    level: Int, index: UInt64, in size: UInt64
  ) async throws(ReceiptsError) -> Digest {
    guard (0..<UInt64.bitWidth).contains(level), index < size >> UInt64(level) else {
      throw ReceiptsError(.sourceUnavailable, "there is no such subtree")
    }
    let first = index << UInt64(level)
    let leaves = try await entries(first..<first + (1 << UInt64(level)), in: size)
    return MerkleTree.root(of: leaves.map { MerkleTree.leafHash($0) })
  }

  public func verdict(
    of process: ProcessID
  ) async throws(ReceiptsError) -> LoggedVerdict? {
    verdicts[process]
  }
}
