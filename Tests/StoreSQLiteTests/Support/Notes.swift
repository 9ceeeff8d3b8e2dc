// The smallest rows that can show what a store promises.

import StoreSQLite

/// Numbered texts. A note may name another one, which must exist when the transaction commits.
protocol NoteRows {
  mutating func put(_ number: Int, _ text: String, after other: Int?)
  func text(_ number: Int) -> String?
  func numbers() -> [Int]
  func pragma(_ name: String) -> Int?
  /// A query that asks itself while it stands at a row.
  func numbersWithinNumbers() -> [[Int]]
  /// A query with a value too many.
  func numbersWithTooManyValues() -> [Int]
}

extension NoteRows {
  mutating func put(_ number: Int, _ text: String = "") { put(number, text, after: nil) }
}

struct SQLiteNoteRows: NoteRows {
  let sql: SQLConnection

  mutating func put(_ number: Int, _ text: String, after other: Int?) {
    sql.run("INSERT INTO note (number, text, other) VALUES (?, ?, ?)", number, text, other)
  }

  func text(_ number: Int) -> String? {
    sql.first("SELECT text FROM note WHERE number = ?", number) { $0[0] }
  }

  func numbers() -> [Int] {
    sql.all("SELECT number FROM note ORDER BY number") { $0[0] }
  }

  func pragma(_ name: String) -> Int? {
    sql.first("PRAGMA \(name)") { $0[0] }
  }

  func numbersWithinNumbers() -> [[Int]] {
    sql.all("SELECT number FROM note ORDER BY number") { _ in numbers() }
  }

  func numbersWithTooManyValues() -> [Int] {
    sql.all("SELECT number FROM note ORDER BY number", 1) { $0[0] }
  }
}

typealias NoteStore = SQLiteStore<any NoteRows>

extension SQLiteSchema where Rows == any NoteRows {
  static var notes: Self {
    Self(
      name: "notes",
      versions: [
        """
        CREATE TABLE note (
          number INTEGER PRIMARY KEY,
          text TEXT NOT NULL CHECK (length(text) < 100),
          other INTEGER REFERENCES note DEFERRABLE INITIALLY DEFERRED
        ) STRICT;
        """
      ],
      rows: { SQLiteNoteRows(sql: $0) })
  }

  static var laterNotes: Self {
    Self(
      name: "notes", versions: notes.versions + ["CREATE TABLE more (number INTEGER) STRICT"],
      rows: notes.rows)
  }
}

extension SQLiteStore where Rows == any NoteRows {
  static func notes(
    at path: String, hook: DurabilityHook? = nil
  ) throws(StoreError) -> NoteStore {
    try NoteStore(.notes, in: StateFolder(at: path), hook: hook)
  }
}
