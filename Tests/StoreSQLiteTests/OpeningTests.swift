// What a state folder and a database are when they are opened, and when they are refused.

import Foundation
import PaymentModel
import StoreSQLite
import Testing

@Suite struct OpeningTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func everythingIsPrivateWhateverItWasBefore() async throws {
    let state = "\(folder.path)/new/state"
    try FileManager.default.createDirectory(
      atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    let database = "\(state)/notes.sqlite"
    #expect(
      FileManager.default.createFile(
        atPath: database, contents: nil, attributes: [.posixPermissions: 0o644]))
    let store = try NoteStore.notes(at: state)
    await store.transact { $0.put(1) }
    #expect(try folder.mode(of: "new/state") == 0o700)
    let files = try FileManager.default.contentsOfDirectory(atPath: state).sorted()
    #expect(files == ["lock", "notes.sqlite", "notes.sqlite-shm", "notes.sqlite-wal"])
    for file in files { #expect(try folder.mode(of: "new/state/\(file)") == 0o600, "\(file)") }
  }

  @Test func missingFoldersAreMadePrivate() throws {
    let state = try StateFolder(at: "\(folder.path)/a/b/c")
    #expect(state.path == "\(folder.path)/a/b/c")
    #expect(try folder.mode(of: "a") == 0o700)
    #expect(try folder.mode(of: "a/b/c") == 0o700)
  }

  @Test func syncsFullyInAWriteAheadLogWithForeignKeys() async throws {
    let store = try NoteStore.notes(at: folder.path)
    #expect(await store.transact { $0.pragma("synchronous") } == 2)
    #expect(await store.transact { $0.pragma("foreign_keys") } == 1)
    await store.transact { $0.put(1) }
    let log = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/notes.sqlite-wal")
    #expect((log[.size] as? NSNumber)?.intValue ?? 0 > 4096)
  }

  @Test func aSecondOpenerIsRefusedUntilTheFirstCloses() async throws {
    let first = try NoteStore.notes(at: folder.path)
    let refusal = #expect(throws: StoreError.self) { try NoteStore.notes(at: folder.path) }
    #expect(refusal?.code == .inUse)
    #expect(refusal?.message.hasSuffix("is in use by another process") == true)
    await first.transact { $0.put(1, "kept") }
    try await first.close()
    let second = try NoteStore.notes(at: folder.path)
    #expect(await second.read { $0.text(1) } == "kept")
  }

  /// A descriptor that is closed twice takes somebody else's file away.
  @Test func aRefusedOpenerClosesNothingOfOthers() async throws {
    let path = folder.path
    let holder = try StateFolder(at: path)
    let lost = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<2 {
        group.addTask {
          for _ in 0..<500 { _ = try? StateFolder(at: path) }
          return 0
        }
        group.addTask {
          var lost = 0
          for _ in 0..<2000 {
            let file = open("/dev/null", O_RDONLY)
            sched_yield()
            if close(file) != 0 { lost += 1 }
          }
          return lost
        }
      }
      return await group.reduce(0, +)
    }
    #expect(lost == 0)
    withExtendedLifetime(holder) {}
  }

  @Test func twoStoresShareAFolderThatOneProcessHolds() async throws {
    let state = try StateFolder(at: folder.path)
    let first = try NoteStore(.notes, in: state)
    let renamed = SQLiteSchema<any NoteRows>(
      name: "others", versions: SQLiteSchema.notes.versions, rows: SQLiteSchema.notes.rows)
    let second = try NoteStore(renamed, in: state)
    await first.transact { $0.put(1) }
    #expect(await second.read { $0.numbers() } == [])
  }

  @Test func anOlderSchemaIsBroughtForwardAndANewerOneRefused() async throws {
    let old = try NoteStore.notes(at: folder.path)
    await old.transact { $0.put(1) }
    try await old.close()

    let new = try NoteStore(.laterNotes, in: StateFolder(at: folder.path))
    #expect(await new.read { $0.numbers() } == [1])
    try await new.close()

    let refusal = #expect(throws: StoreError.self) { try NoteStore.notes(at: folder.path) }
    #expect(refusal?.code == .newerSchema)
    #expect(
      refusal?.message.hasSuffix("has schema version 2; this program reads only version 1") == true)
  }

  /// A home from before the first release, or from a branch: its tables go by the same name.
  @Test func tablesOfNoVersionAreRefusedAndLeftAsTheyAre() async throws {
    let other = SQLiteSchema<any NoteRows>(
      name: "notes",
      versions: ["CREATE TABLE note (number INTEGER PRIMARY KEY, words TEXT) STRICT;"],
      rows: SQLiteSchema.notes.rows)
    for schema in [SQLiteSchema.notes, .laterNotes] {
      let old = try NoteStore(other, in: StateFolder(at: folder.path))
      try await old.close()
      let refusal = #expect(throws: StoreError.self) {
        try NoteStore(schema, in: StateFolder(at: folder.path))
      }
      #expect(refusal?.code == .otherSchema)
      #expect(refusal?.message.contains("schema version 1, but its tables are others") == true)
      let known = schema.versions.count == 1 ? "only version 1" : "versions 1 to 2"
      #expect(refusal?.message.hasSuffix("this program reads \(known)") == true)
    }
    try await NoteStore(other, in: StateFolder(at: folder.path)).close()
    // So is a database that somebody else has made.
    let file = "\(folder.path)/other/notes.sqlite"
    let foreign = try StateFolder(at: "\(folder.path)/other")
    let database = SQLiteSchema<any NoteRows>(
      name: "elsewhere", versions: other.versions, rows: other.rows)
    try await NoteStore(database, in: foreign).close()
    for part in try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/other")
    where part.hasPrefix("elsewhere.sqlite") {
      try FileManager.default.moveItem(
        atPath: "\(folder.path)/other/\(part)",
        toPath: file + part.dropFirst("elsewhere.sqlite".count))
    }
    let refusal = #expect(throws: StoreError.self) { try NoteStore(.notes, in: foreign) }
    #expect(refusal?.code == .otherSchema)
    #expect(refusal?.message.hasSuffix("is no database of the schema notes") == true)
  }

  @Test func whatIsNoDatabaseIsRefused() throws {
    try Data(repeating: 0x61, count: 8192).write(
      to: URL(filePath: "\(folder.path)/notes.sqlite"))
    let refusal = #expect(throws: StoreError.self) { try NoteStore.notes(at: folder.path) }
    #expect(refusal?.code == .unusable)
  }

  @Test(arguments: ["file/state", "file"]) func whatIsNoFolderIsRefused(place: String) throws {
    try Data().write(to: URL(filePath: "\(folder.path)/file"))
    let refusal = #expect(throws: StoreError.self) {
      try StateFolder(at: "\(folder.path)/\(place)")
    }
    #expect(refusal?.code == .folder)
  }

  @Test func aLinkInPlaceOfTheDatabaseIsRefused() throws {
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/notes.sqlite", withDestinationPath: "\(folder.path)/elsewhere")
    let refusal = #expect(throws: StoreError.self) { try NoteStore.notes(at: folder.path) }
    #expect(refusal?.code == .folder)
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/elsewhere"))
  }
}
