// Two stores, the same random transactions: what one tells, the other must tell.

import PaymentModel
import StoreSQLite
import Testing

/// Something that can be done with rows: changes some, and describes what it sees.
struct RowOperation<Rows>: Sendable {
  let run: @Sendable (inout Rows, inout SeededRandom) throws -> String

  init(_ run: @escaping @Sendable (inout Rows, inout SeededRandom) throws -> String) {
    self.run = run
  }
}

/// Runs random transactions on rows in memory and in SQLite. One in five throws at its end.
func expectSameAnswers<Rows>(
  memory: Rows, schema: SQLiteSchema<Rows>, transactions: Int = 60,
  operations: [RowOperation<Rows>]
) async throws {
  var random = SeededRandom()
  let seed = random.seed
  let folder = try TemporaryFolder()
  let inMemory = MemoryStore(memory)
  let inSQLite = try SQLiteStore(schema, in: StateFolder(at: folder.path))
  for number in 0..<transactions {
    let transactionSeed = random.next()
    let isUndone = random.number(0..<5) == 0
    let expected = try await answer(of: inMemory, operations, transactionSeed, isUndone: isUndone)
    let found = try await answer(of: inSQLite, operations, transactionSeed, isUndone: isUndone)
    #expect(found == expected, "\(schema.name), seed \(seed), transaction \(number)")
    guard found == expected else { return }
  }
}

/// Six operations in one transaction.
private func answer<Rows>(
  of store: any Store<Rows>, _ operations: [RowOperation<Rows>], _ seed: UInt64, isUndone: Bool
) async throws -> [String] {
  let seen = Seen()
  do {
    try await store.transact { rows in
      var random = SeededRandom(seed: seed)
      for _ in 0..<6 {
        seen.lines.append(try random.one(of: operations).run(&rows, &random))
      }
      if isUndone { throw Undone() }
    }
  } catch is Undone {}
  return seen.lines
}

/// Ends a transaction that is to leave nothing behind.
private struct Undone: Error {}

/// What the operations of one transaction, which run one after another, have seen.
private final class Seen: @unchecked Sendable {
  var lines: [String] = []
}
