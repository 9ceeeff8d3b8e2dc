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
  /// - Throws: `newerSchema` when it is at a version that is not known here, `otherSchema` when its tables are
  ///   not those of the version that it says it has.
  func migrate(_ database: DatabasePool) throws {
    var migrator = DatabaseMigrator()
    for (index, sql) in versions.enumerated() {
      migrator.registerMigration("\(name)-\(index + 1)") { try $0.execute(sql: sql) }
    }
    let known = versions.count == 1 ? "only version 1" : "versions 1 to \(versions.count)"
    let unknown = try database.read(migrator.appliedIdentifiers)
      .filter { !migrator.migrations.contains($0) }
    let newer = unknown.compactMap { identifier in
      identifier.hasPrefix("\(name)-") ? Int(identifier.dropFirst(name.count + 1)) : nil
    }
    guard unknown.count == newer.count else {
      throw StoreError(.otherSchema, "\(database.path) is no database of the schema \(name)")
    }
    if let version = newer.max() {
      throw StoreError(
        .newerSchema,
        "\(database.path) has schema version \(version); this program reads \(known)")
    }
    let applied = try database.read(migrator.appliedMigrations)
    guard try database.read(Self.objects) == objects(after: applied.last, by: migrator) else {
      throw StoreError(
        .otherSchema,
        "\(database.path) says that it has "
          + (applied.isEmpty ? "no schema" : "schema version \(applied.count)")
          + ", but its tables are others; this program reads \(known)")
    }
    try migrator.migrate(database)
  }

  /// What a new database holds after the migration of that name.
  private func objects(after last: String?, by migrator: DatabaseMigrator) throws -> [String] {
    guard let last else { return [] }
    let fresh = try DatabaseQueue()
    try migrator.migrate(fresh, upTo: last)
    return try fresh.read(Self.objects)
  }

  /// Tables and indexes as they were made, but for those of SQLite and of the migrations themselves.
  private static func objects(_ database: Database) throws -> [String] {
    try String.fetchAll(
      database,
      sql: """
        SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema
        WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE 'grdb!_%' ESCAPE '!'
        ORDER BY type, name
        """)
  }
}
