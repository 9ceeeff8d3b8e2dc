// The tables of one capability, in versions.

import GRDB

/// What a database holds, and how it came to hold it.
package struct SQLiteSchema<Rows>: Sendable {
  /// Names the database: `<name>.sqlite`.
  package let name: String
  /// The SQL that leads from one version to the next, the first one from nothing. What has been
  /// released never changes; a change is a new version at the end.
  package let versions: [String]
  /// The rows, over a connection that is inside a transaction.
  package let rows: @Sendable (SQLConnection) -> Rows

  package init(
    name: String, versions: [String], rows: @escaping @Sendable (SQLConnection) -> Rows
  ) {
    self.name = name
    self.versions = versions
    self.rows = rows
  }

  /// Brings a database to the last version.
  ///
  /// - Throws: `newerSchema` when it is at a version that is not known here.
  func migrate(_ database: DatabasePool) throws {
    var migrator = DatabaseMigrator()
    for (index, sql) in versions.enumerated() {
      migrator.registerMigration("\(name)-\(index + 1)") { try $0.execute(sql: sql) }
    }
    guard try !database.read(migrator.hasBeenSuperseded) else {
      throw StoreError(
        .newerSchema,
        "\(database.path) was written by a newer version; this one knows \(versions.count)")
    }
    try migrator.migrate(database)
  }
}
