// The rows of a log and of a witness, in SQLite.

import PaymentModel
public import Receipts

extension SQLiteStore where Rows == any LogRows {
  /// Opens or makes the database of a log, `log.sqlite`.
  public static func log(
    in folder: StateFolder, onFailure: @escaping StoreFailure.Handler = StoreFailure.endProcess
  ) throws(StoreError) -> SQLiteStore<any LogRows> {
    try SQLiteStore(.log, in: folder, onFailure: onFailure)
  }
}

extension SQLiteSchema where Rows == any LogRows {
  package static var log: Self {
    Self(name: "log", versions: [firstVersion], rows: { SQLiteLogRows(sql: $0) })
  }

  /// Any number of entries stand in no slot, which is written as zeros. An entry's row also has the hashes of
  /// the subtrees that end with it, from the leaf up: one row is written for each entry.
  private static var firstVersion: String {
    """
    CREATE TABLE entry (
      position INTEGER PRIMARY KEY CHECK (position >= 0),
      slot BLOB NOT NULL CHECK (length(slot) = 32),
      statement BLOB NOT NULL UNIQUE CHECK (length(statement) = 32),
      hashes BLOB NOT NULL CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0)
    ) STRICT;
    CREATE UNIQUE INDEX entry_in_slot ON entry (slot) WHERE slot <> \(LogSlot.noneLiteral);

    CREATE TABLE checkpoint (
      signed_or_cosigned TEXT NOT NULL CHECK (signed_or_cosigned IN ('signed', 'cosigned')),
      origin BLOB NOT NULL,
      content BLOB NOT NULL,
      PRIMARY KEY (signed_or_cosigned, origin)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE delivery (
      process BLOB PRIMARY KEY CHECK (length(process) = 32),
      position INTEGER NOT NULL CHECK (position >= 0),
      verdict BLOB NOT NULL,
      bundle BLOB
    ) STRICT;
    CREATE INDEX delivery_from ON delivery (position, process);
    """
  }
}

struct SQLiteLogRows: LogRows {
  let sql: SQLConnection

  var size: UInt64 { sql.entryCount }

  func entry(at index: UInt64) -> LogEntry? { sql.entry(at: index) }

  func index(of statement: StatementID) -> UInt64? {
    sql.first("SELECT position FROM entry WHERE statement = ?", statement) { $0[0] }
  }

  func index(in slot: LogSlot) -> UInt64? {
    sql.first(Self.indexInSlot, slot) { $0[0] }
  }

  /// The second condition lets SQLite use the partial index.
  private static let indexInSlot = """
    SELECT position FROM entry
    WHERE slot = ? AND slot <> \(LogSlot.noneLiteral)
    """

  mutating func append(_ entry: LogEntry, at index: UInt64, completing hashes: [Digest]) {
    sql.run(
      "INSERT INTO entry (position, slot, statement, hashes) VALUES (?, ?, ?, ?)",
      index, entry.slot, entry.statement, hashes.reduce(into: Bytes()) { $0 += $1.bytes })
  }

  /// It stands in the row of the last entry below it.
  func node(level: Int, index: UInt64) -> Digest {
    sql.only(
      "SELECT substr(hashes, ?, 32) FROM entry WHERE position = ?",
      1 + Digest.byteCount * level, (index + 1) << UInt64(level) - 1
    ) { $0[0] }
  }

  func entries(in range: Range<UInt64>) -> [LogEntry] {
    sql.all(
      "SELECT slot, statement FROM entry WHERE position >= ? AND position < ? ORDER BY position",
      range.lowerBound, range.upperBound
    ) { row in
      LogEntry(slot: row[0], statement: row[1])
    }
  }

  var signedCheckpoint: Bytes? { checkpoint("signed", []) }

  mutating func setSignedCheckpoint(_ note: Bytes) { setCheckpoint("signed", [], note) }

  func cosignedCheckpoint(of origin: String) -> Bytes? {
    checkpoint("cosigned", Bytes(origin.utf8))
  }

  mutating func setCosignedCheckpoint(_ text: Bytes, of origin: String) {
    setCheckpoint("cosigned", Bytes(origin.utf8), text)
  }

  mutating func setSignedCheckpoint(
    _ note: Bytes, cosigned text: Bytes, of origin: String
  ) {
    sql.run(
      """
      REPLACE INTO checkpoint (signed_or_cosigned, origin, content)
      VALUES ('signed', x'', ?), ('cosigned', ?, ?)
      """, note, Bytes(origin.utf8), text)
  }

  private func checkpoint(_ kind: String, _ origin: Bytes) -> Bytes? {
    sql.first(
      "SELECT content FROM checkpoint WHERE signed_or_cosigned = ? AND origin = ?", kind, origin
    ) { $0[0] }
  }

  private func setCheckpoint(_ kind: String, _ origin: Bytes, _ content: Bytes) {
    sql.run(
      "REPLACE INTO checkpoint (signed_or_cosigned, origin, content) VALUES (?, ?, ?)",
      kind, origin, content)
  }

  func delivery(of process: ProcessID) -> LogDelivery? {
    sql.first("SELECT verdict, bundle FROM delivery WHERE process = ?", process) { row in
      LogDelivery(verdict: row[0], bundle: row[1])
    }
  }

  mutating func insert(
    _ delivery: LogDelivery, of process: ProcessID, from index: UInt64
  ) {
    sql.run(
      "INSERT INTO delivery (process, position, verdict, bundle) VALUES (?, ?, ?, ?)",
      process, index, delivery.verdict, delivery.bundle)
  }

  func deliveries(from range: Range<UInt64>) -> [ProcessID] {
    sql.all(
      """
      SELECT process FROM delivery WHERE position >= ? AND position < ?
      ORDER BY position, process
      """, range.lowerBound, range.upperBound
    ) { $0[0] }
  }
}

extension LogSlot: ColumnValue {
  package var columnValue: StoredValue { bytes.columnValue }

  package init?(columnValue: StoredValue) {
    guard let bytes = Bytes(columnValue: columnValue) else { return nil }
    self.init(bytes)
  }
}
