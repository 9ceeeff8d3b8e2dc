// What every store of journal rows must do. Throws at the first thing that it does not.

public import Coordinator
public import PaymentModel

/// A broken promise of an implementation under test.
public struct ConformanceFailure: Error, CustomStringConvertible {
  public let description: String

  init(_ what: String) { description = what }
}

func require(_ isTrue: Bool, _ what: String) throws {
  if !isTrue { throw ConformanceFailure(what) }
}

/// The conformance suite of `JournalRows`.
public enum JournalConformance {
  /// Runs all checks, each on a fresh and empty store.
  public static func check(
    _ makeStore: () async throws -> any Store<any JournalRows>
  ) async throws {
    try await appendsInOrder(try await makeStore())
    try await refusesATakenSequence(try await makeStore())
    try await refusesASecondVerdict(try await makeStore())
    try await listsOpenProcesses(try await makeStore())
    try await undoesAFailedTransaction(try await makeStore())
    try await keepsSeveralRecordsInARow(try await makeStore())
    try await keepsLocks(try await makeStore())
  }

  private static func process(_ number: UInt8) -> ProcessID {
    guard let process = ProcessID([number] + Bytes(repeating: 7, count: 31)) else {
      fatalError("32 bytes")
    }
    return process
  }

  private static func row(
    _ number: UInt8, _ sequence: Int, _ kind: RecordKind, record: Bytes = [1, 2, 3]
  ) -> JournalRow {
    JournalRow(
      process: process(number), sequence: sequence, kinds: [kind], records: record,
      chain: process(UInt8(sequence)).renamed())
  }

  private static func append(
    _ row: JournalRow, to store: any Store<any JournalRows>
  ) async -> Bool {
    await store.transact { $0.append(row) }
  }

  private static func records(
    of number: UInt8, in store: any Store<any JournalRows>
  ) async -> [JournalRow] {
    await store.read { $0.rows(of: process(number)) }
  }

  private static func appendsInOrder(_ store: any Store<any JournalRows>) async throws {
    let long = Bytes(repeating: 0xAB, count: 100_000)
    let rows = [
      row(1, 0, .begin, record: long), row(1, 1, .intent, record: []), row(1, 2, .result),
    ]
    try require(await records(of: 1, in: store).isEmpty, "a new store has records")
    for row in rows {
      try require(await append(row, to: store), "a new row is refused")
      try require(
        await append(JournalConformance.row(2, row.sequence, row.kinds[0]), to: store),
        "the same sequence of another process is refused")
    }
    try require(await records(of: 1, in: store) == rows, "rows do not come back as they were")
  }

  private static func refusesATakenSequence(_ store: any Store<any JournalRows>) async throws {
    let first = row(1, 0, .begin)
    try require(await append(first, to: store), "a new row is refused")
    try require(!(await append(first, to: store)), "the same row is taken twice")
    try require(
      !(await append(row(1, 0, .intent, record: [9]), to: store)), "a sequence is taken twice")
    try require(await records(of: 1, in: store) == [first], "a refused row has left something")
  }

  private static func refusesASecondVerdict(_ store: any Store<any JournalRows>) async throws {
    let rows = [row(1, 0, .begin), row(1, 1, .verdict)]
    for row in rows { try require(await append(row, to: store), "a new row is refused") }
    try require(!(await append(row(1, 2, .verdict), to: store)), "a second verdict is taken")
    try require(await records(of: 1, in: store) == rows, "a refused verdict has left something")
    try require(await append(row(1, 2, .forward), to: store), "nothing follows a verdict")
    for row in [row(2, 0, .begin), row(2, 1, .verdict)] {
      try require(await append(row, to: store), "another process has no verdict")
    }
  }

  private static func listsOpenProcesses(_ store: any Store<any JournalRows>) async throws {
    for number in [UInt8(5), 3, 9, 1] {
      try require(await append(row(number, 0, .begin), to: store), "a new row is refused")
    }
    func open(after number: UInt8?, atMost count: Int) async -> [ProcessID] {
      await store.read { $0.processes(after: number.map(process), atMost: count, onlyOpen: true) }
    }
    let begun = [UInt8(5), 3, 9, 1].map(process)
    try require(await open(after: nil, atMost: 10) == begun, "not all are open, in order")
    try require(await open(after: nil, atMost: 2) == Array(begun[..<2]), "no more than asked for")
    try require(await open(after: 3, atMost: 10) == Array(begun[2...]), "not after the given one")
    try require(await open(after: 7, atMost: 10) == begun, "not all after one that is not there")
    try require(await append(row(3, 1, .end), to: store), "an end is refused")
    try require(
      await open(after: nil, atMost: 10) == [5, 9, 1].map(process), "an ended process is open")
    try require(
      await open(after: 3, atMost: 10) == [9, 1].map(process), "not after one that has ended")
    let all = await store.read { $0.processes(after: process(5), atMost: 2, onlyOpen: false) }
    try require(all == [3, 9].map(process), "an ended process is forgotten")
  }

  private static func undoesAFailedTransaction(_ store: any Store<any JournalRows>) async throws {
    do throws(ConformanceFailure) {
      try await store.transact { rows throws(ConformanceFailure) in
        _ = rows.append(row(1, 0, .begin))
        throw ConformanceFailure("undo")
      }
    } catch {}
    try require(await records(of: 1, in: store).isEmpty, "a failed transaction has left a row")
    try require(
      await store.read { $0.processes(after: nil, atMost: 1, onlyOpen: true) }.isEmpty,
      "a failed transaction has left an open process")
  }

  private static func keepsSeveralRecordsInARow(_ store: any Store<any JournalRows>) async throws {
    let whole = JournalRow(
      process: process(1), sequence: 0, kinds: [.begin, .verdict, .forward, .end],
      records: [1, 2, 3], chain: process(1).renamed())
    try require(await append(whole, to: store), "a row of several records is refused")
    try require(await append(row(2, 0, .begin), to: store), "a new row is refused")
    try require(await records(of: 1, in: store) == [whole], "rows do not come back as they were")
    let open = await store.read { $0.processes(after: nil, atMost: 9, onlyOpen: true) }
    try require(open == [process(2)], "a process that ended in its first row is open")
  }

  private static func keepsLocks(_ store: any Store<any JournalRows>) async throws {
    guard let owner = PartyName("shop.example") else { throw ConformanceFailure("a name") }
    let locks = [3, 1, 2].map { number in
      LockRow(
        resource: Resource(owner: owner, name: "last of \(number % 2)"), number: number,
        process: process(UInt8(number)))
    }
    await store.transact { rows in for lock in locks { rows.add(lock) } }
    await store.transact { $0.add(locks[0]) }
    try require(
      await store.read { $0.locks() } == [locks[1], locks[2], locks[0]], "locks in their order")
    let strange = LockRow(resource: locks[0].resource, number: 3, process: process(9))
    await store.transact { $0.remove(locks[2]) }
    await store.transact { $0.remove(strange) }
    try require(await store.read { $0.locks() } == [locks[1], locks[0]], "a lock is still there")
    let whole = JournalRow(
      process: process(3), sequence: 0, kinds: [.begin, .end], records: [1],
      chain: process(3).renamed())
    try require(await append(whole, to: store), "a new row is refused")
    try require(await store.read { $0.locks() } == [locks[1]], "an ended process has a lock")
  }
}
