// The rows that a follower keeps of one log. Adapters hold rows and no rule.

public import PaymentCrypto
public import PaymentModel

/// A mirror of one log: its entries with the hashes of all complete subtrees, the checkpoints that were
/// verified, and what speaks against the log.
///
/// Entries beyond the last verified checkpoint have been fetched and not yet verified.
/// Reading a subtree's hash (`MerkleNodes`) that was never stored is a broken store.
public protocol FollowerRows: MerkleNodes {
  /// How many entries have been fetched. Their indices are 0 ..< size.
  var size: UInt64 { get }
  func entry(at index: UInt64) -> LogEntry?
  /// Where a statement stands, ascending; at most so many places.
  func indices(of statement: StatementID, atMost count: Int) -> [UInt64]
  /// Where entries of an exclusive slot stand, ascending; at most so many places.
  func indices(in slot: LogSlot, atMost count: Int) -> [UInt64]
  /// Entries from an index on that repeat an exclusive slot, ascending; at most so many.
  func repeats(from index: UInt64, atMost count: Int) -> [UInt64]
  /// Adds an entry at index `size`.
  ///
  /// - Parameters:
  ///   - isRepeat: whether an earlier entry stands in the same exclusive slot.
  ///   - hashes: of the subtrees that the entry completes: its leaf, the subtree of two that ends with it,
  ///     of four, and so on as far as they are complete.
  mutating func append(_ entry: LogEntry, isRepeat: Bool, completing hashes: [Digest])
  /// Forgets all entries from an index on, and the subtrees that hold one of them.
  mutating func cut(to size: UInt64)

  /// The verified checkpoint of the largest size.
  var lastCheckpoint: Bytes? { get }
  /// Of the verified checkpoints over at least so many entries the one of the smallest size.
  func checkpoint(covering size: UInt64) -> Bytes?
  /// Of the verified checkpoints over at most so many entries the one of the largest size.
  func checkpoint(within size: UInt64) -> Bytes?
  /// Keeps a verified checkpoint; there is at most one of each size.
  mutating func insertCheckpoint(_ note: Bytes, size: UInt64)

  /// The checkpoint whose entries are being fetched.
  var target: Bytes? { get }
  mutating func setTarget(_ note: Bytes?)

  /// Checkpoints that the log has signed and that could not be verified yet, in the order in which they
  /// came.
  var doubts: [Bytes] { get }
  mutating func setDoubts(_ notes: [Bytes])

  /// Proofs that the log has shown two histories, in the order in which they were found.
  var splitViews: [KeptSplitView] { get }
  mutating func insertSplitView(_ proof: KeptSplitView)
}

/// A proof that a log has shown two histories, as a follower keeps it.
public struct KeptSplitView: Hashable, Sendable {
  /// A `SplitView` as a file.
  public let proof: Bytes
  /// When the follower had both checkpoints, by its own clock.
  public let foundAt: Timestamp

  public init(_ proof: Bytes, foundAt: Timestamp) {
    self.proof = proof
    self.foundAt = foundAt
  }
}
