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
      try SQLStatement.run(sql, with: values, in: database) { statement in
        while try statement.step() {}
        return database.changesCount
      }
    }
  }

  /// All rows that match, in the order of the query.
  package func all<Value>(
    _ sql: String, _ values: any ColumnValue..., read: (SQLRow) -> Value
  ) -> [Value] {
    orEnd {
      try SQLStatement.run(sql, with: values, in: database) { statement in
        var found: [Value] = []
        while try statement.step() {
          found.append(read(SQLRow(of: statement, onFailure: onFailure)))
        }
        return found
      }
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
      try SQLStatement.run(sql, with: values, in: database) { statement in
        try statement.step() ? read(SQLRow(of: statement, onFailure: onFailure)) : nil
      }
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
    first(sql, values) { _ in true } ?? false
  }

  /// Begins and ends transactions and savepoints.
  func control(_ sql: String) {
    orEnd { try database.cachedStatement(sql: sql).execute() }
  }

  private func orEnd<Value>(_ body: () throws -> Value) -> Value {
    do {
      return try body()
    } catch {
      onFailure(StoreFailure.describe(error))
    }
  }
}
