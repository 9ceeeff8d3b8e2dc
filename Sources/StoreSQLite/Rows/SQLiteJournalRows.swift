// The rows of the coordinator's journal, in SQLite.

public import Coordinator
package import GRDB
import PaymentModel

extension SQLiteStore where Rows == any JournalRows {
  /// Opens or makes the database of a journal, `journal.sqlite`.
  public static func journal(
    in folder: StateFolder, onFailure: @escaping StoreFailure.Handler = StoreFailure.endProcess
  ) throws(StoreError) -> SQLiteStore<any JournalRows> {
    try SQLiteStore(.journal, in: folder, onFailure: onFailure)
  }
}

extension SQLiteSchema where Rows == any JournalRows {
  package static var journal: Self {
    Self(name: "journal", versions: [firstVersion], rows: { SQLiteJournalRows(sql: $0) })
  }

  /// Processes that have not ended stand apart, so that recovery reads them and no others.
  private static var firstVersion: String {
    """
    CREATE TABLE record (
      process BLOB NOT NULL CHECK (length(process) = 32),
      sequence INTEGER NOT NULL CHECK (sequence >= 0),
      kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 255),
      record BLOB NOT NULL,
      chain BLOB NOT NULL CHECK (length(chain) = 32),
      PRIMARY KEY (process, sequence)
    ) STRICT;
    CREATE UNIQUE INDEX one_verdict ON record (process)
      WHERE kind = \(RecordKind.verdict.rawValue);

    CREATE TABLE open_process (
      process BLOB PRIMARY KEY CHECK (length(process) = 32)
    ) STRICT, WITHOUT ROWID;
    """
  }
}

struct SQLiteJournalRows: JournalRows {
  let sql: SQLConnection

  mutating func append(_ row: JournalRow) -> Bool {
    let isFirst = !sql.exists("SELECT 1 FROM record WHERE process = ? LIMIT 1", row.process)
    let isAdded = sql.run(
      """
      INSERT INTO record (process, sequence, kind, record, chain) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """, row.process, row.sequence, row.kind, row.record, row.chain)
    guard isAdded == 1 else { return false }
    if row.kind == .end {
      sql.run("DELETE FROM open_process WHERE process = ?", row.process)
    } else if isFirst {
      sql.run("INSERT INTO open_process (process) VALUES (?)", row.process)
    }
    return true
  }

  func records(of process: ProcessID) -> [JournalRow] {
    sql.all(
      """
      SELECT sequence, kind, record, chain FROM record WHERE process = ? ORDER BY sequence
      """, process
    ) { row in
      JournalRow(process: process, sequence: row[0], kind: row[1], record: row[2], chain: row[3])
    }
  }

  func openProcesses(after process: ProcessID?, atMost count: Int) -> [ProcessID] {
    sql.all(
      "SELECT process FROM open_process WHERE process > ? ORDER BY process LIMIT ?",
      process?.bytes ?? [], count
    ) { $0[0] }
  }
}

extension RecordKind: ColumnValue {
  package var columnValue: DatabaseValue { Int(rawValue).columnValue }

  package init?(columnValue: DatabaseValue) {
    guard let number = Int(columnValue: columnValue), let value = UInt8(exactly: number) else {
      return nil
    }
    self.init(rawValue: value)
  }
}
