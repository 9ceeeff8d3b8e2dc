// The rows of the coordinator's journal, in SQLite.

public import Coordinator
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

  /// A process that has not ended is found by its row in `open_process`, so that recovery reads these and
  /// no others.
  private static var firstVersion: String {
    """
    CREATE TABLE row (
      process BLOB NOT NULL CHECK (length(process) = 32),
      sequence INTEGER NOT NULL CHECK (sequence >= 0),
      kinds BLOB NOT NULL CHECK (length(kinds) > 0),
      records BLOB NOT NULL,
      chain BLOB NOT NULL CHECK (length(chain) = 32),
      has_verdict INTEGER NOT NULL CHECK (has_verdict IN (0, 1)),
      PRIMARY KEY (process, sequence)
    ) STRICT;
    CREATE UNIQUE INDEX one_verdict ON row (process) WHERE has_verdict = 1;

    CREATE TABLE open_process (
      process BLOB PRIMARY KEY CHECK (length(process) = 32)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE lock (
      number INTEGER NOT NULL,
      process BLOB NOT NULL CHECK (length(process) = 32),
      owner TEXT NOT NULL,
      name TEXT NOT NULL,
      PRIMARY KEY (number, process)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX lock_of_process ON lock (process);
    """
  }
}

struct SQLiteJournalRows: JournalRows {
  let sql: SQLConnection

  mutating func append(_ row: JournalRow) -> Bool {
    let isAdded = sql.run(
      """
      INSERT INTO row (process, sequence, kinds, records, chain, has_verdict)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """, row.process, row.sequence, row.kinds.map(\.rawValue), row.records, row.chain,
      row.kinds.contains(.verdict) ? 1 : 0)
    guard isAdded == 1 else { return false }
    if row.kinds.contains(.end) {
      sql.run("DELETE FROM open_process WHERE process = ?", row.process)
      sql.run("DELETE FROM lock WHERE process = ?", row.process)
    } else if row.sequence == 0 {
      sql.run("INSERT INTO open_process (process) VALUES (?)", row.process)
    }
    return true
  }

  func rows(of process: ProcessID) -> [JournalRow] {
    sql.all(
      """
      SELECT sequence, kinds, records, chain FROM row WHERE process = ? ORDER BY sequence
      """, process
    ) { row in
      let kinds: Bytes = row[1]
      return JournalRow(
        process: process, sequence: row[0], kinds: kinds.compactMap(RecordKind.init(rawValue:)),
        records: row[2], chain: row[3])
    }
  }

  func processes(
    after process: ProcessID?, atMost count: Int, onlyOpen: Bool
  ) -> [ProcessID] {
    let table = onlyOpen ? "open_process WHERE" : "row WHERE sequence = 0 AND"
    return sql.all(
      "SELECT process FROM \(table) process > ? ORDER BY process LIMIT ?",
      process?.bytes ?? [], count
    ) { $0[0] }
  }

  func verdictCount() -> Int {
    sql.first("SELECT count(*) FROM row WHERE has_verdict = 1") { $0[0] } ?? 0
  }

  mutating func add(_ lock: LockRow) {
    sql.run(
      """
      INSERT INTO lock (number, owner, name, process) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
      """, lock.number, lock.resource.owner.text, lock.resource.name, lock.process)
  }

  mutating func remove(_ lock: LockRow) {
    sql.run("DELETE FROM lock WHERE number = ? AND process = ?", lock.number, lock.process)
  }

  func locks() -> [LockRow] {
    sql.all("SELECT number, owner, name, process FROM lock ORDER BY number, process") { row in
      LockRow(
        resource: Resource(owner: row[1], name: row[2]), number: row[0], process: row[3])
    }
  }
}
