// How the row adapters speak SQL: prepared once, bound by type, and never with an answer that is wrong.

import GRDB

/// A connection inside a transaction.
///
/// Statements are prepared once for each connection. A statement that fails, or a row that does not hold
/// what its table promises, ends the process (`StoreFailure`).
package struct SQLConnection {
  private let database: Database
  private let onFailure: StoreFailure.Handler

  init(_ database: Database, onFailure: @escaping StoreFailure.Handler) {
    self.database = database
    self.onFailure = onFailure
  }

  /// Changes rows and returns how many.
  @discardableResult
  package func run(_ sql: String, _ values: any ColumnValue...) -> Int {
    orEnd {
      try database.cachedStatement(sql: sql).execute(arguments: arguments(values))
      return database.changesCount
    }
  }

  /// All rows that match, in the order of the query.
  package func all<Value>(
    _ sql: String, _ values: any ColumnValue..., read: (SQLRow) -> Value
  ) -> [Value] {
    orEnd {
      var found: [Value] = []
      let cursor = try Row.fetchCursor(
        database.cachedStatement(sql: sql), arguments: arguments(values))
      while let row = try cursor.next() {
        found.append(read(SQLRow(row, of: sql, onFailure: onFailure)))
      }
      return found
    }
  }

  /// The first row that matches.
  package func first<Value>(
    _ sql: String, _ values: any ColumnValue..., read: (SQLRow) -> Value
  ) -> Value? {
    first(sql, values, read: read)
  }

  private func first<Value>(
    _ sql: String, _ values: [any ColumnValue], read: (SQLRow) -> Value
  ) -> Value? {
    orEnd {
      let cursor = try Row.fetchCursor(
        database.cachedStatement(sql: sql), arguments: arguments(values))
      return try cursor.next().map { read(SQLRow($0, of: sql, onFailure: onFailure)) }
    }
  }

  /// The row that matches. A store without it is broken.
  package func only<Value>(
    _ sql: String, _ values: any ColumnValue..., read: (SQLRow) -> Value
  ) -> Value {
    guard let value = first(sql, values, read: read) else {
      onFailure("a row is missing, in: \(sql)")
    }
    return value
  }

  /// Whether a row matches.
  package func exists(_ sql: String, _ values: any ColumnValue...) -> Bool {
    orEnd {
      try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments(values))
        .next() != nil
    }
  }

  /// Begins and ends transactions and savepoints.
  func control(_ sql: String) {
    orEnd { try database.cachedStatement(sql: sql).execute() }
  }

  private func arguments(_ values: [any ColumnValue]) -> StatementArguments {
    // For values of one type GRDB would make a key path anew for every statement.
    let columns: [(any DatabaseValueConvertible)?] = values.map { $0.columnValue }
    return StatementArguments(columns)
  }

  private func orEnd<Value>(_ body: () throws -> Value) -> Value {
    do {
      return try body()
    } catch {
      onFailure(StoreFailure.describe(error))
    }
  }
}
