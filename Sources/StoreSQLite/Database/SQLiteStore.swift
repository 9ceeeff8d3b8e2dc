// A durable store: one SQLite database, one writer, two readers.

import Dispatch
import GRDB
public import PaymentModel
import Synchronization

/// Rows in an SQLite database that survive a power loss from the moment they are answered.
///
/// The database uses a write-ahead log that is synced before anybody gets an answer
/// (`synchronous = FULL`). Transactions run one after another on the writer's thread and share syncs
/// (`GroupWriter`); reads run beside them, each on a state of its own. Nothing runs on the cooperative
/// thread pool, although a batch waits there for its turn. A task that is cancelled while it waits gets its
/// answer all the same.
///
/// A store that cannot read or write its rows ends the process, see `StoreFailure`. So does a body of
/// `read` that changes rows.
public final class SQLiteStore<Rows>: Store {
  private let schema: SQLiteSchema<Rows>
  private let database: DatabasePool
  private let writer: GroupWriter<Rows>
  private let onFailure: StoreFailure.Handler
  private let folder: Mutex<StateFolder?>

  /// Opens or makes the database `<schema.name>.sqlite`, with mode 0600, and brings it to the present
  /// schema.
  package init(
    _ schema: SQLiteSchema<Rows>, in folder: StateFolder, hook: DurabilityHook? = nil,
    onFailure: @escaping StoreFailure.Handler = StoreFailure.endProcess
  ) throws(StoreError) {
    database = try Self.open(schema, path: folder.privateFile("\(schema.name).sqlite"))
    writer = GroupWriter(database, hook: hook, onFailure: onFailure, makeRows: schema.rows)
    self.schema = schema
    self.onFailure = onFailure
    self.folder = Mutex(folder)
  }

  /// How much this store has done.
  public var counters: StoreCounters { writer.counters }

  public func transact<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (inout Rows) throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
      writer.submit { rows in
        do throws(Failure) {
          let value = try body(&rows)
          return .init(isKept: true) { continuation.resume(returning: .success(value)) }
        } catch {
          return .init(isKept: false) { continuation.resume(returning: .failure(error)) }
        }
      }
    }
    return try result.get()
  }

  public func read<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (Rows) throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
      // The pool's own transactions are prepared anew for each read.
      database.asyncUnsafeRead { [schema, onFailure] access in
        switch access {
        case .success(let database):
          let connection = SQLConnection(database, onFailure: onFailure)
          connection.control("BEGIN")
          let result = Result { () throws(Failure) -> Value in try body(schema.rows(connection)) }
          connection.control("COMMIT")
          continuation.resume(returning: result)
        case .failure(let error):
          onFailure(StoreFailure.describe(error))
        }
      }
    }
    return try result.get()
  }

  /// Waits for what is under way, closes the database, and lets go of the state folder. Whoever uses
  /// the store afterwards ends the process. A store that is dropped without this closes by itself.
  ///
  /// - Throws: `close` when the database does not close in order.
  public func close() async throws(StoreError) {
    await writer.settle()
    let result: Result<Void, StoreError> = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [database] in
        continuation.resume(
          returning: Result { () throws(StoreError) in
            do { try database.close() } catch {
              throw StoreError(.close, "\(database.path): \(StoreFailure.describe(error))")
            }
          })
      }
    }
    try result.get()
    folder.withLock { $0 = nil }
  }

  private static func open(
    _ schema: SQLiteSchema<Rows>, path: String
  ) throws(StoreError) -> DatabasePool {
    do {
      var configuration = Configuration()
      configuration.label = "foil.store.\(schema.name)"
      configuration.busyMode = .timeout(5)
      // One may read for long while the other answers. Each holds two files open, for as long as the store is.
      configuration.maximumReaderCount = 2
      configuration.prepareDatabase { database in
        // A sync on Darwin leaves the data in the drive's cache without the first two.
        try database.execute(
          sql: """
            PRAGMA fullfsync = ON;
            PRAGMA checkpoint_fullfsync = ON;
            PRAGMA trusted_schema = OFF;
            PRAGMA temp_store = MEMORY;
            PRAGMA wal_autocheckpoint = 2000;
            PRAGMA cache_size = -8192;
            """)
      }
      let database = try DatabasePool(path: path, configuration: configuration)
      try makeDurable(database)
      try schema.migrate(database)
      return database
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(.unusable, "\(path): \(StoreFailure.describe(error))")
    }
  }

  /// The pool sets `synchronous = NORMAL` on its writer when it opens, which syncs at checkpoints only.
  private static func makeDurable(_ database: DatabasePool) throws {
    try database.writeWithoutTransaction { writer in
      try writer.execute(sql: "PRAGMA synchronous = FULL")
      let synchronous = try Int.fetchOne(writer, sql: "PRAGMA synchronous")
      let journal = try String.fetchOne(writer, sql: "PRAGMA journal_mode")
      let foreignKeys = try Bool.fetchOne(writer, sql: "PRAGMA foreign_keys")
      guard synchronous == 2, journal == "wal", foreignKeys == true else {
        throw StoreError(.notDurable, "\(database.path) does not sync what it commits")
      }
    }
  }
}
