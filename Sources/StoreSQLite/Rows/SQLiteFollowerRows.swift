// The rows of a follower of a log, in SQLite.

import PaymentModel
public import Receipts

extension SQLiteStore where Rows == any FollowerRows {
  /// Opens or makes the database of a follower, `follower.sqlite`. It mirrors one log.
  public static func follower(
    in folder: StateFolder, onFailure: @escaping StoreFailure.Handler = StoreFailure.endProcess
  ) throws(StoreError) -> SQLiteStore<any FollowerRows> {
    try SQLiteStore(.follower, in: folder, onFailure: onFailure)
  }
}

extension SQLiteSchema where Rows == any FollowerRows {
  package static var follower: Self {
    Self(name: "follower", versions: [firstVersion], rows: { SQLiteFollowerRows(sql: $0) })
  }

  /// A follower keeps what it was shown: neither slots nor statements are unique here.
  private static var firstVersion: String {
    """
    CREATE TABLE entry (
      position INTEGER PRIMARY KEY CHECK (position >= 0),
      slot BLOB NOT NULL CHECK (length(slot) = 32),
      statement BLOB NOT NULL CHECK (length(statement) = 32),
      repeats INTEGER NOT NULL CHECK (repeats IN (0, 1))
    ) STRICT;
    CREATE INDEX entry_of_statement ON entry (statement);
    CREATE INDEX entry_in_slot ON entry (slot) WHERE slot <> \(LogSlot.noneLiteral);
    CREATE INDEX entry_that_repeats ON entry (position) WHERE repeats = 1;

    CREATE TABLE node (
      level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 62),
      position INTEGER NOT NULL CHECK (position >= 0),
      hash BLOB NOT NULL CHECK (length(hash) = 32),
      PRIMARY KEY (level, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE verified_checkpoint (
      size INTEGER PRIMARY KEY CHECK (size >= 0),
      note BLOB NOT NULL
    ) STRICT;

    CREATE TABLE target (
      only INTEGER PRIMARY KEY CHECK (only = 1),
      note BLOB NOT NULL
    ) STRICT;

    CREATE TABLE doubt (
      position INTEGER PRIMARY KEY,
      note BLOB NOT NULL
    ) STRICT;

    CREATE TABLE split_view (
      position INTEGER PRIMARY KEY,
      proof BLOB NOT NULL,
      found_at INTEGER NOT NULL
    ) STRICT;
    """
  }
}

struct SQLiteFollowerRows: FollowerRows {
  let sql: SQLConnection

  var size: UInt64 { sql.entryCount }

  func entry(at index: UInt64) -> LogEntry? { sql.entry(at: index) }

  func indices(of statement: StatementID, atMost count: Int) -> [UInt64] {
    sql.all(
      "SELECT position FROM entry WHERE statement = ? ORDER BY position LIMIT ?", statement, count
    ) { $0[0] }
  }

  func indices(in slot: LogSlot, atMost count: Int) -> [UInt64] {
    sql.all(Self.indicesInSlot, slot, count) { $0[0] }
  }

  /// The second condition lets SQLite use the partial index.
  private static let indicesInSlot = """
    SELECT position FROM entry
    WHERE slot = ? AND slot <> \(LogSlot.noneLiteral) ORDER BY position LIMIT ?
    """

  func repeats(from index: UInt64, atMost count: Int) -> [UInt64] {
    sql.all(
      """
      SELECT position FROM entry WHERE repeats = 1 AND position >= ? ORDER BY position LIMIT ?
      """, index, count
    ) { $0[0] }
  }

  mutating func append(_ entry: LogEntry, isRepeat: Bool, completing hashes: [Digest]) {
    let index = size
    sql.run(
      "INSERT INTO entry (position, slot, statement, repeats) VALUES (?, ?, ?, ?)",
      index, entry.slot, entry.statement, isRepeat)
    for (level, hash) in hashes.enumerated() {
      sql.run(
        "INSERT INTO node (level, position, hash) VALUES (?, ?, ?)",
        level, index >> UInt64(level), hash)
    }
  }

  mutating func cut(to size: UInt64) {
    sql.run("DELETE FROM entry WHERE position >= ?", size)
    // A subtree of a level holds 2^level leaves; complete are those that end at or before the cut.
    for level in 0...62 {
      sql.run(
        "DELETE FROM node WHERE level = ? AND position >= ?", level, size >> UInt64(level))
    }
  }

  func node(level: Int, index: UInt64) -> Digest {
    sql.only("SELECT hash FROM node WHERE level = ? AND position = ?", level, index) { $0[0] }
  }

  var lastCheckpoint: Bytes? {
    sql.first("SELECT note FROM verified_checkpoint ORDER BY size DESC LIMIT 1") { $0[0] }
  }

  func checkpoint(covering size: UInt64) -> Bytes? {
    sql.first(
      "SELECT note FROM verified_checkpoint WHERE size >= ? ORDER BY size LIMIT 1", size
    ) { $0[0] }
  }

  func checkpoint(within size: UInt64) -> Bytes? {
    sql.first(
      "SELECT note FROM verified_checkpoint WHERE size <= ? ORDER BY size DESC LIMIT 1", size
    ) { $0[0] }
  }

  mutating func insertCheckpoint(_ note: Bytes, size: UInt64) {
    sql.run("INSERT INTO verified_checkpoint (size, note) VALUES (?, ?)", size, note)
  }

  var target: Bytes? { sql.first("SELECT note FROM target") { $0[0] } }

  mutating func setTarget(_ note: Bytes?) {
    sql.run("DELETE FROM target")
    if let note { sql.run("INSERT INTO target (only, note) VALUES (1, ?)", note) }
  }

  var doubts: [Bytes] { sql.all("SELECT note FROM doubt ORDER BY position") { $0[0] } }

  mutating func setDoubts(_ notes: [Bytes]) {
    sql.run("DELETE FROM doubt")
    for note in notes { sql.run("INSERT INTO doubt (note) VALUES (?)", note) }
  }

  var splitViews: [KeptSplitView] {
    sql.all("SELECT proof, found_at FROM split_view ORDER BY position") { row in
      KeptSplitView(row[0], foundAt: row[1])
    }
  }

  mutating func insertSplitView(_ proof: KeptSplitView) {
    sql.run(
      "INSERT INTO split_view (proof, found_at) VALUES (?, ?)", proof.proof, proof.foundAt)
  }
}
