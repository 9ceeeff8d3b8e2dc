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

  /// Processes have numbers, in the order in which they began, so that what runs side by side lies side by
  /// side: a batch changes few pages. Those that have not ended have an index of their own, so that recovery
  /// reads these and no others. A row of a process that is not there has no number, and is left out.
  private static var firstVersion: String {
    """
    CREATE TABLE process (
      number INTEGER PRIMARY KEY,
      id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
      is_open INTEGER NOT NULL CHECK (is_open IN (0, 1))
    ) STRICT;
    CREATE INDEX open_process ON process (number) WHERE is_open = 1;

    CREATE TABLE row (
      process INTEGER NOT NULL ON CONFLICT IGNORE REFERENCES process (number),
      sequence INTEGER NOT NULL CHECK (sequence >= 0),
      kinds BLOB NOT NULL CHECK (length(kinds) > 0),
      records BLOB NOT NULL,
      chain BLOB NOT NULL CHECK (length(chain) = 32),
      has_verdict INTEGER NOT NULL CHECK (has_verdict IN (0, 1)),
      UNIQUE (process, sequence)
    ) STRICT;
    CREATE UNIQUE INDEX one_verdict ON row (process) WHERE has_verdict = 1;

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
    if row.sequence == 0 { begin(row.process) }
    guard insert(row) || (begin(row.process) && insert(row)) else { return false }
    if row.kinds.contains(.end) {
      sql.run("UPDATE process SET is_open = 0 WHERE id = ?", row.process)
      sql.run("DELETE FROM lock WHERE process = ?", row.process)
    }
    return true
  }

  /// `false` when the row, or its verdict, is there, and when its process is not.
  ///
  /// Not out of a `SELECT`: before each row of such a statement SQLite copies all pages that it changes.
  private func insert(_ row: JournalRow) -> Bool {
    let added = sql.run(
      """
      INSERT INTO row (process, sequence, kinds, records, chain, has_verdict)
      VALUES ((SELECT number FROM process WHERE id = ?), ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """, row.process, row.sequence, row.kinds.map(\.rawValue), row.records, row.chain,
      row.kinds.contains(.verdict) ? 1 : 0)
    return added == 1
  }

  /// `false` when the process is there.
  @discardableResult
  private func begin(_ process: ProcessID) -> Bool {
    sql.run("INSERT INTO process (id, is_open) VALUES (?, 1) ON CONFLICT DO NOTHING", process) == 1
  }

  private func number(of process: ProcessID) -> Int? {
    sql.first("SELECT number FROM process WHERE id = ?", process) { $0[0] }
  }

  func rows(of process: ProcessID) -> [JournalRow] {
    sql.all(
      """
      SELECT sequence, kinds, records, chain
      FROM row WHERE process = (SELECT number FROM process WHERE id = ?) ORDER BY sequence
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
    sql.all(
      """
      SELECT id FROM process WHERE number > ?\(onlyOpen ? " AND is_open = 1" : "")
      ORDER BY number LIMIT ?
      """, process.flatMap(number) ?? 0, count
    ) { $0[0] }
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
