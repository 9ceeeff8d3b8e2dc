// The rows of a log and of a witness, in SQLite.

package import GRDB
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

  /// Any number of entries stand in no slot, which is written as zeros.
  private static var firstVersion: String {
    """
    CREATE TABLE entry (
      position INTEGER PRIMARY KEY CHECK (position >= 0),
      slot BLOB NOT NULL CHECK (length(slot) = 32),
      statement BLOB NOT NULL UNIQUE CHECK (length(statement) = 32)
    ) STRICT;
    CREATE UNIQUE INDEX entry_in_slot ON entry (slot) WHERE slot <> \(noSlot);

    CREATE TABLE node (
      level INTEGER NOT NULL CHECK (level >= 0),
      position INTEGER NOT NULL CHECK (position >= 0),
      hash BLOB NOT NULL CHECK (length(hash) = 32),
      PRIMARY KEY (level, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE checkpoint (
      state TEXT PRIMARY KEY CHECK (state IN ('signed', 'published')),
      note BLOB NOT NULL
    ) STRICT;

    CREATE TABLE delivery (
      process BLOB PRIMARY KEY CHECK (length(process) = 32),
      verdict BLOB NOT NULL,
      bundle BLOB
    ) STRICT;

    CREATE TABLE cosigned_checkpoint (
      origin BLOB PRIMARY KEY,
      text BLOB NOT NULL
    ) STRICT;
    """
  }

  fileprivate static var noSlot: String { "x'\(LogSlot.none.bytes.hex)'" }
}

struct SQLiteLogRows: LogRows {
  let sql: SQLConnection

  var size: UInt64 {
    sql.first("SELECT max(position) FROM entry") { $0[0] as UInt64? }.flatMap { $0 }
      .map { $0 + 1 } ?? 0
  }

  func entry(at index: UInt64) -> LogEntry? {
    sql.first("SELECT slot, statement FROM entry WHERE position = ?", index) { row in
      LogEntry(slot: row[0], statement: row[1])
    }
  }

  func index(of statement: StatementID) -> UInt64? {
    sql.first("SELECT position FROM entry WHERE statement = ?", statement) { $0[0] }
  }

  func index(in slot: LogSlot) -> UInt64? {
    sql.first(Self.indexInSlot, slot) { $0[0] }
  }

  /// The second condition lets SQLite use the partial index.
  private static let indexInSlot = """
    SELECT position FROM entry
    WHERE slot = ? AND slot <> \(SQLiteSchema<any LogRows>.noSlot)
    """

  mutating func append(_ entry: LogEntry, completing nodes: [LogNode]) {
    sql.run(
      "INSERT INTO entry (position, slot, statement) VALUES (?, ?, ?)",
      size, entry.slot, entry.statement)
    for node in nodes {
      sql.run(
        "INSERT INTO node (level, position, hash) VALUES (?, ?, ?)",
        node.level, node.index, node.hash)
    }
  }

  func node(level: Int, index: UInt64) -> Digest {
    sql.only("SELECT hash FROM node WHERE level = ? AND position = ?", level, index) { $0[0] }
  }

  var signedCheckpoint: Bytes? { checkpoint("signed") }

  mutating func setSignedCheckpoint(_ note: Bytes) { setCheckpoint("signed", note) }

  var publishedCheckpoint: Bytes? { checkpoint("published") }

  mutating func setPublishedCheckpoint(_ note: Bytes) { setCheckpoint("published", note) }

  private func checkpoint(_ state: String) -> Bytes? {
    sql.first("SELECT note FROM checkpoint WHERE state = ?", state) { $0[0] }
  }

  private func setCheckpoint(_ state: String, _ note: Bytes) {
    sql.run("REPLACE INTO checkpoint (state, note) VALUES (?, ?)", state, note)
  }

  func delivery(of process: ProcessID) -> LogDelivery? {
    sql.first("SELECT verdict, bundle FROM delivery WHERE process = ?", process) { row in
      LogDelivery(verdict: row[0], bundle: row[1])
    }
  }

  mutating func insert(_ delivery: LogDelivery, of process: ProcessID) {
    sql.run(
      "INSERT INTO delivery (process, verdict, bundle) VALUES (?, ?, ?)",
      process, delivery.verdict, delivery.bundle)
  }

  func cosignedCheckpoint(of origin: String) -> Bytes? {
    sql.first("SELECT text FROM cosigned_checkpoint WHERE origin = ?", Bytes(origin.utf8)) {
      $0[0]
    }
  }

  mutating func setCosignedCheckpoint(_ text: Bytes, of origin: String) {
    sql.run(
      "REPLACE INTO cosigned_checkpoint (origin, text) VALUES (?, ?)", Bytes(origin.utf8), text)
  }
}

extension LogSlot: ColumnValue {
  package var columnValue: DatabaseValue { bytes.columnValue }

  package init?(columnValue: DatabaseValue) {
    guard let bytes = Bytes(columnValue: columnValue) else { return nil }
    self.init(bytes)
  }
}
