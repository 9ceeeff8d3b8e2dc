// The rows that a log and a witness keep. Adapters hold rows and no rule.

public import PaymentCrypto
public import PaymentModel

/// The rows of one log: its entries, the hashes of all complete subtrees, its checkpoints, what it serves;
/// and of a witness: what it has seen of which log.
///
/// Reading a subtree's hash (`MerkleNodes`) that was never stored is a broken store.
public protocol LogRows: MerkleNodes {
  /// How many entries there are. Their indices are 0 ..< size.
  var size: UInt64 { get }
  func entry(at index: UInt64) -> LogEntry?
  /// Where a statement stands. Each stands in one place.
  func index(of statement: StatementID) -> UInt64?
  /// Where an exclusive slot's only entry stands.
  func index(in slot: LogSlot) -> UInt64?
  /// Adds an entry at index `size` with the subtrees that it completes, the leaf first.
  mutating func append(_ entry: LogEntry, completing nodes: [LogNode])

  /// The last checkpoint that the log has signed, whether or not anybody has seen it.
  var signedCheckpoint: Bytes? { get }
  mutating func setSignedCheckpoint(_ note: Bytes)
  /// The last checkpoint that enough witnesses have cosigned.
  var publishedCheckpoint: Bytes? { get }
  mutating func setPublishedCheckpoint(_ note: Bytes)

  /// What the log serves about a process.
  func delivery(of process: ProcessID) -> LogDelivery?
  /// Keeps it; there is at most one for each process.
  mutating func insert(_ delivery: LogDelivery, of process: ProcessID)

  /// The text of the last checkpoint that a witness has cosigned for a log.
  func cosignedCheckpoint(of origin: String) -> Bytes?
  mutating func setCosignedCheckpoint(_ text: Bytes, of origin: String)
}

/// The hash of a complete subtree.
public struct LogNode: Hashable, Sendable {
  /// 0 for leaves.
  public let level: Int
  /// Which subtree of that level, from the left.
  public let index: UInt64
  public let hash: Digest

  public init(level: Int, index: UInt64, hash: Digest) {
    self.level = level
    self.index = index
    self.hash = hash
  }
}

/// The verdict of a process and, after a commit, the sealed keys: what anybody may fetch.
public struct LogDelivery: Hashable, Sendable {
  /// The largest key bundle that a log keeps.
  public static let largestBundle = 1_048_576

  public let verdict: Bytes
  public let bundle: Bytes?

  public init(verdict: Bytes, bundle: Bytes?) {
    self.verdict = verdict
    self.bundle = bundle
  }
}
