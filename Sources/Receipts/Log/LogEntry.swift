// What the log holds: 64 bytes for each statement.

import PaymentCrypto
public import PaymentModel

/// An entry of the log: a slot and the identifier of the statement in it.
///
/// The log says that a statement existed, and nothing about it: the identifier is a digest over a payload
/// with 128 random bits.
public struct LogEntry: Hashable, Sendable {
  /// How many bytes an entry has.
  public static let byteCount = 64

  public let slot: LogSlot
  public let statement: StatementID

  public init(slot: LogSlot, statement: StatementID) {
    self.slot = slot
    self.statement = statement
  }

  /// Slot ‖ statement.
  public var bytes: Bytes { slot.bytes + statement.bytes }

  /// The entry's hash as a leaf of the log's tree.
  public var leafHash: Digest { MerkleTree.leafHash(bytes) }
}

/// A place in the log for at most one statement. Two statements in one slot are the alarm, and they are
/// the proof.
public struct LogSlot: Hashable, Sendable {
  /// 32 bytes.
  public let bytes: Bytes

  /// Takes exactly 32 bytes.
  public init?(_ bytes: Bytes) {
    guard bytes.count == Digest.byteCount else { return nil }
    self.bytes = bytes
  }

  private init(_ digest: Digest) {
    bytes = digest.bytes
  }

  private init(zeros: ()) {
    bytes = Bytes(repeating: 0, count: Digest.byteCount)
  }

  /// No slot: zeros. Any number of statements stand there.
  public static let none = LogSlot(zeros: ())

  /// The slot of a process's verdict: SHA-256("foil/verdict-slot/v1" ‖ process).
  public static func verdict(of process: ProcessID) -> LogSlot {
    LogSlot(SHA256.digest(Bytes("foil/verdict-slot/v1".utf8), process.bytes))
  }

  /// The slot of a bank's keyset of one period: SHA-256("foil/keyset-slot/v1" ‖ bank ‖ period as eight
  /// bytes, most significant first).
  public static func keyset(of bank: PartyName, period: Int) -> LogSlot {
    LogSlot(
      SHA256.digest(
        Bytes("foil/keyset-slot/v1".utf8), Bytes(bank.text.utf8),
        Bytes(bigEndian: UInt64(clamping: period))))
  }

  /// Whether this slot takes one statement only.
  public var isExclusive: Bool { self != .none }
}
