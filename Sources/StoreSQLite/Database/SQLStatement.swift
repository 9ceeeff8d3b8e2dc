// One run of a prepared statement: values go in, rows come out, nothing stays behind.
//
// GRDB prepares statements and keeps them; what runs thousands of times a second goes to SQLite's own calls
// from there, without a row, a list of arguments, and a value of each column in between.

import GRDB
import GRDBSQLite
import PaymentModel

/// A prepared statement that runs now.
struct SQLStatement {
  /// Keeps the handle.
  private let prepared: Statement

  private var handle: OpaquePointer { unsafe prepared.sqliteStatement }

  var sql: String { prepared.sql }

  /// Prepares a statement, or takes it up again, runs it as `body` asks, and lets go of everything.
  ///
  /// - Throws: `DatabaseError`, also for a statement that runs already, or has another number of values.
  static func run<Result>(
    _ sql: String, with values: [any ColumnValue], in database: Database,
    _ body: (SQLStatement) throws -> Result
  ) throws -> Result {
    let statement = SQLStatement(prepared: try database.cachedStatement(sql: sql))
    return try statement.run(with: values, body)
  }

  private func run<Result>(
    with values: [any ColumnValue], _ body: (SQLStatement) throws -> Result
  ) throws -> Result {
    guard unsafe sqlite3_stmt_busy(handle) == 0,
      unsafe Int(sqlite3_bind_parameter_count(handle)) == values.count
    else { throw DatabaseError(resultCode: .SQLITE_MISUSE, sql: sql) }
    defer {
      // An error here repeats that of the last step.
      unsafe sqlite3_reset(handle)
      unsafe sqlite3_clear_bindings(handle)
    }
    for (index, value) in values.enumerated() {
      try bind(value.columnValue, at: Int32(index + 1))
    }
    return try body(self)
  }

  /// Goes on to the next row. `false` when there is none.
  func step() throws -> Bool {
    switch unsafe sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw failure(code)
    }
  }

  /// What stands in a column of the row; `nil` for what no column of ours holds, and for what cannot be read.
  func column(_ index: Int) -> StoredValue? {
    let column = Int32(index)
    switch unsafe sqlite3_column_type(handle, column) {
    case SQLITE_NULL: return .null
    case SQLITE_INTEGER: return unsafe .integer(sqlite3_column_int64(handle, column))
    case SQLITE_TEXT:
      return unsafe sqlite3_column_text(handle, column).map { text in
        unsafe .text(String(cString: text))
      }
    case SQLITE_BLOB:
      let bytes = unsafe sqlite3_column_blob(handle, column)
      let count = unsafe Int(sqlite3_column_bytes(handle, column))
      // No pointer belongs to an empty one; where there is none although bytes are, memory has run out.
      guard unsafe bytes != nil || count == 0 else { return nil }
      return unsafe .blob(Bytes(UnsafeRawBufferPointer(start: bytes, count: count)))
    default: return nil
    }
  }

  /// SQLite takes a copy: the value need not outlive the call.
  private func bind(_ value: StoredValue, at index: Int32) throws {
    let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    let code =
      switch value {
      case .null: unsafe sqlite3_bind_null(handle, index)
      case .integer(let number): unsafe sqlite3_bind_int64(handle, index, number)
      case .text(let text): unsafe sqlite3_bind_text(handle, index, text, -1, copied)
      case .blob([]): unsafe sqlite3_bind_zeroblob(handle, index, 0)
      case .blob(let bytes):
        unsafe bytes.withUnsafeBytes { bytes in
          unsafe sqlite3_bind_blob64(
            handle, index, bytes.baseAddress, UInt64(bytes.count), copied)
        }
      }
    guard code == SQLITE_OK else { throw failure(code) }
  }

  private func failure(_ code: Int32) -> DatabaseError {
    let message = unsafe String(cString: sqlite3_errmsg(sqlite3_db_handle(handle)))
    return DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: sql)
  }
}
