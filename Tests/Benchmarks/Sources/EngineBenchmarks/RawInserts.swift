// The baseline of the engine: SQLite itself, which stores the same rows, as a program in C would call it.

import BaselineSQLite
import Coordinator
import PaymentModel

/// A database with the settings and the tables of the coordinator's journal.
final class RawInserts {
  private let database: OpaquePointer
  private var insert: OpaquePointer?
  private var opened: OpaquePointer?
  private var ended: OpaquePointer?
  /// SQLite's request to copy what is bound.
  private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  /// - Parameter path: of a file that is not there yet.
  init(path: String) {
    var database: OpaquePointer?
    guard sqlite3_open(path, &database) == SQLITE_OK, let database else {
      fatalError("SQLite does not open \(path)")
    }
    self.database = database
    run(
      """
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE process (
        number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, is_open INTEGER NOT NULL) STRICT;
      CREATE INDEX open_process ON process (number) WHERE is_open = 1;
      CREATE TABLE row (
        process INTEGER NOT NULL, sequence INTEGER NOT NULL, kinds BLOB NOT NULL,
        records BLOB NOT NULL, chain BLOB NOT NULL, has_verdict INTEGER NOT NULL,
        UNIQUE (process, sequence)) STRICT;
      CREATE UNIQUE INDEX one_verdict ON row (process) WHERE has_verdict = 1;
      """)
    insert = statement(
      "INSERT INTO row VALUES ((SELECT number FROM process WHERE id = ?), ?, ?, ?, ?, ?)")
    opened = statement("INSERT INTO process (id, is_open) VALUES (?, 1)")
    ended = statement("UPDATE process SET is_open = 0 WHERE id = ?")
  }

  deinit {
    for statement in [insert, opened, ended] { sqlite3_finalize(statement) }
    sqlite3_close(database)
  }

  /// Stores the rows in one transaction, durably.
  func commit(_ rows: ArraySlice<JournalRow>) {
    run("BEGIN IMMEDIATE")
    for row in rows {
      if row.sequence == 0 { step(opened, row.process) }
      bind(row.process.bytes, 1, insert)
      sqlite3_bind_int64(insert, 2, Int64(row.sequence))
      bind(row.kinds.map(\.rawValue), 3, insert)
      bind(row.records, 4, insert)
      bind(row.chain.bytes, 5, insert)
      sqlite3_bind_int64(insert, 6, row.kinds.contains(.verdict) ? 1 : 0)
      step(insert)
      if row.kinds.contains(.end) { step(ended, row.process) }
    }
    run("COMMIT")
  }

  private func bind(_ bytes: Bytes, _ place: Int32, _ statement: OpaquePointer?) {
    sqlite3_bind_blob(statement, place, bytes, Int32(bytes.count), transient)
  }

  private func step(_ statement: OpaquePointer?, _ process: ProcessID) {
    bind(process.bytes, 1, statement)
    step(statement)
  }

  private func step(_ statement: OpaquePointer?) {
    guard sqlite3_step(statement) == SQLITE_DONE, sqlite3_reset(statement) == SQLITE_OK else {
      fatalError("SQLite does not store a row")
    }
  }

  private func run(_ text: String) {
    guard sqlite3_exec(database, text, nil, nil, nil) == SQLITE_OK else {
      fatalError("SQLite does not run \(text)")
    }
  }

  private func statement(_ text: String) -> OpaquePointer? {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(database, text, -1, &statement, nil) == SQLITE_OK else {
      fatalError("SQLite does not take \(text)")
    }
    return statement
  }
}
