// The baseline of a durable store: SQLite itself, as a program in C would call it.

import BaselineSQLite

/// A database with the settings of `SQLiteStore` and one row, which every commit replaces.
final class RawCommits {
  private let database: OpaquePointer
  private let statement: OpaquePointer

  /// - Parameter path: of a file that is not there yet.
  init(path: String) {
    var database: OpaquePointer?
    var statement: OpaquePointer?
    guard sqlite3_open(path, &database) == SQLITE_OK, let database,
      sqlite3_exec(
        database,
        """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        CREATE TABLE item (name TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT, WITHOUT ROWID;
        """, nil, nil, nil) == SQLITE_OK,
      sqlite3_prepare_v2(
        database, "REPLACE INTO item (name, content) VALUES ('item', ?)", -1, &statement, nil)
        == SQLITE_OK,
      let statement
    else { fatalError("SQLite does not open \(path)") }
    self.database = database
    self.statement = statement
  }

  deinit {
    sqlite3_finalize(statement)
    sqlite3_close(database)
  }

  /// Commits one row, durably.
  func commit(_ content: [UInt8]) {
    // The content is bound for this call only.
    let isDone = content.withUnsafeBytes { content in
      sqlite3_bind_blob(statement, 1, content.baseAddress, Int32(content.count), nil) == SQLITE_OK
        && sqlite3_step(statement) == SQLITE_DONE
    }
    guard isDone, sqlite3_reset(statement) == SQLITE_OK else {
      fatalError("SQLite does not commit")
    }
  }
}
