// The rows that a log and a witness keep. Adapters hold rows and no rule.

public import PaymentCrypto
public import PaymentModel

/// The rows of one log: its entries, the hashes of all complete subtrees, its last checkpoint, what it
/// serves; and of a witness: what it has seen of which log.
///
/// Reading a subtree's hash (`MerkleNodes`) that was never stored is a broken store.
public protocol LogRows: MerkleNodes {
  /// How many entries there are. Their indices are 0 ..< size.
  var size: UInt64 { get }
  func entry(at index: UInt64) -> LogEntry?
  /// The entries of a range that are there, in their order.
  func entries(in range: Range<UInt64>) -> [LogEntry]
  /// Where a statement stands. Each stands in one place.
  func index(of statement: StatementID) -> UInt64?
  /// Where an exclusive slot's only entry stands.
  func index(in slot: LogSlot) -> UInt64?
  /// Adds the entry at `index`, which is the present size.
  ///
  /// - Parameter hashes: of the subtrees that the entry completes: its leaf, the subtree of two that ends
  ///   with it, of four, and so on as far as they are complete.
  mutating func append(_ entry: LogEntry, at index: UInt64, completing hashes: [Digest])

  /// The last checkpoint that the log has signed, with the embedded witness's cosignature where it has one.
  var signedCheckpoint: Bytes? { get }
  mutating func setSignedCheckpoint(_ note: Bytes)

  /// What the log serves about a process.
  func delivery(of process: ProcessID) -> LogDelivery?
  /// Keeps it; there is at most one for each process.
  ///
  /// - Parameter index: of its verdict's entry, or of the next entry to come when the verdict stood there
  ///   before. A checkpoint that covers the index goes with the delivery.
  mutating func insert(_ delivery: LogDelivery, of process: ProcessID, from index: UInt64)
  /// Whose deliveries were inserted with an index of the range, by index and process.
  func deliveries(from range: Range<UInt64>) -> [ProcessID]

  /// The text of the last checkpoint that a witness has cosigned for a log.
  func cosignedCheckpoint(of origin: String) -> Bytes?
  mutating func setCosignedCheckpoint(_ text: Bytes, of origin: String)

  /// Both at once: a checkpoint that the log has signed and the embedded witness has cosigned.
  ///
  /// - Parameters:
  ///   - text: that of the note.
  ///   - origin: the log's.
  mutating func setSignedCheckpoint(_ note: Bytes, cosigned text: Bytes, of origin: String)
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
