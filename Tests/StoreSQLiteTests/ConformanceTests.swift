// Every store of a capability's rows does the same: in memory and in SQLite.

import Conformance
import Coordinator
import ECash
import Goods
import PaymentModel
import Receipts
import StoreSQLite
import Testing

/// Where rows are kept.
enum Keeping: String, CaseIterable, Sendable {
  case memory
  case sqlite

  /// A store without rows. An SQLite one lives in `folder`.
  func store<Rows>(
    memory rows: Rows, schema: SQLiteSchema<Rows>, in folder: TemporaryFolder
  ) throws -> any Store<Rows> {
    switch self {
    case .memory: MemoryStore(rows)
    case .sqlite: try SQLiteStore(schema, in: StateFolder(at: folder.path))
    }
  }
}

@Suite struct ConformanceTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(arguments: LogConformance.cases, Keeping.allCases)
  func log(_ conformance: LogConformance.Case, in keeping: Keeping) async throws {
    try await conformance.check(
      keeping.store(memory: MemoryLogRows(), schema: .log, in: folder))
  }

  @Test(arguments: FollowerConformance.cases, Keeping.allCases)
  func follower(_ conformance: FollowerConformance.Case, in keeping: Keeping) async throws {
    try await conformance.check(
      keeping.store(memory: MemoryFollowerRows(), schema: .follower, in: folder))
  }

  @Test(arguments: BankConformance.cases, Keeping.allCases)
  func bank(_ conformance: BankConformance.Case, in keeping: Keeping) async throws {
    try await conformance.check(
      keeping.store(memory: MemoryBankRows(), schema: .bank, in: folder))
  }

  @Test(arguments: SchemeConformance.cases, SchemeSubject.all)
  func methods(_ conformance: SchemeConformance.Case, _ subject: SchemeSubject) async throws {
    try await conformance.check(
      subject, in: SQLiteStore(SQLiteSchema.bank, in: StateFolder(at: folder.path)))
  }

  @Test(arguments: WalletConformance.cases, Keeping.allCases)
  func wallet(_ conformance: WalletConformance.Case, in keeping: Keeping) async throws {
    try await conformance.check(
      keeping.store(memory: MemoryWalletRows(), schema: .wallet, in: folder))
  }

  @Test(arguments: ShopConformance.cases, Keeping.allCases)
  func shop(_ conformance: ShopConformance.Case, in keeping: Keeping) async throws {
    try await conformance.check(
      keeping.store(memory: MemoryShopRows(), schema: .shop, in: folder))
  }

  @Test(arguments: Keeping.allCases)
  func journal(in keeping: Keeping) async throws {
    var folders: [TemporaryFolder] = []
    try await JournalConformance.check {
      let fresh = try TemporaryFolder()
      folders.append(fresh)
      return try keeping.store(memory: MemoryJournalRows(), schema: .journal, in: fresh)
    }
  }
}
