// Records as bytes, the chain, and the rows.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct JournalTests {
  /// One record of each kind and with each result.
  private func samples() throws -> [JournalRecord] {
    var commit = try MachineDriver(goods: [0, 1], banks: [0, 1])
    commit.run()
    var cancelled = try MachineDriver(goods: [0])
    cancelled.step(.cancelled(cancelled.exhibit()))
    cancelled.run()
    var driver = commit
    let presented = BeginRecord(
      source: .presented(
        Signed([1, 2, 3]), oneTimeKey: driver.order.order.oneTimeKey, decideBy: driver.now),
      template: driver.order.order.template, definition: driver.order.order.root,
      at: Timestamp(milliseconds: -5), nonce: Nonce(from: &driver.entropy))
    let charged = BeginRecord(
      source: .submission(Self.charged(ModelWorld().order(goods: [0], banks: [0]))),
      template: driver.order.order.template, definition: driver.order.order.root, at: driver.now,
      nonce: Nonce(from: &driver.entropy))
    return commit.records + cancelled.records + [
      .begin(presented), .begin(charged), .result(0, .refused(.soldOut, driver.exhibit())),
      .result(1, .refused(.voided, nil)),
      .result(2, .wrongKey(driver.exhibit(), revealed: [9, 9])), .forward(300, .unreached),
      .called(OperatorCall(activity: 17, attempts: 300)),
    ]
  }

  /// The same submission with the coordinator's terms.
  private static func charged(_ submission: PurchaseSubmission) -> PurchaseSubmission {
    PurchaseSubmission(
      order: submission.order, parts: submission.parts, offers: submission.offers,
      instruments: submission.instruments, terms: Signed([7, 8, 9]))
  }

  @Test func recordsReadBackAsTheyWere() throws {
    let samples = try samples()
    #expect(RecordKind.allCases.allSatisfy { kind in samples.contains { $0.kind == kind } })
    for record in samples { #expect(try JournalRecord(record.bytes) == record) }
  }

  @Test func nothingElseReadsAsARecord() throws {
    for record in try samples() {
      let bytes = record.bytes
      #expect(throws: CoordinatorError.self) { try JournalRecord(bytes + [0]) }
      for count in Set([0, 1, 2, bytes.count / 2, bytes.count - 1]) where count < bytes.count {
        #expect(throws: CoordinatorError.self) { try JournalRecord(Bytes(bytes.prefix(count))) }
      }
      #expect(throws: CoordinatorError.self) { try JournalRecord([2] + bytes.dropFirst()) }
      #expect(throws: CoordinatorError.self) { try JournalRecord([1, 99] + bytes.dropFirst(2)) }
    }
    // A number longer than it needs to be, and a length that nobody has bytes for.
    #expect(throws: CoordinatorError.self) { try JournalRecord([1, 2, 0x81, 0x00]) }
    #expect(throws: CoordinatorError.self) {
      try JournalRecord([1, 1, 1] + Bytes(repeating: 0xFF, count: 9) + [1])
    }
  }

  /// Changed bytes are refused or are another record: every record has one spelling.
  @Test(arguments: UInt64(0)..<20)
  func mutatedBytesNeverReadAsTheSameRecord(seed: UInt64) throws {
    var chance = ModelEntropy(seed: seed)
    for record in try samples() {
      var bytes = record.bytes
      bytes[chance.below(bytes.count)] ^= UInt8(1 + chance.below(255))
      if let other = try? JournalRecord(bytes) {
        #expect(other != record && other.bytes == bytes, "seed \(seed)")
      }
    }
  }

  @Test func aSubmissionReadsBack() throws {
    let submission = ModelWorld().order(goods: [0, 1, 2], banks: [0, 1])
    #expect(try PurchaseSubmission(encoded: submission.encoded) == submission)
    #expect(throws: CoordinatorError.self) {
      try PurchaseSubmission(encoded: submission.encoded + [0])
    }
    // The coordinator's terms follow, and without them nothing is longer than it was.
    let charged = Self.charged(submission)
    #expect(try PurchaseSubmission(encoded: charged.encoded) == charged)
    #expect(charged.encoded.dropFirst().dropLast(4) == submission.encoded.dropFirst())
    #expect(submission.encoded.first == 1 && charged.encoded.first == 2)
    for other in [[1] + charged.encoded.dropFirst(), [2] + submission.encoded.dropFirst()] {
      #expect(throws: CoordinatorError.self) { try PurchaseSubmission(encoded: Bytes(other)) }
    }
    var long = charged
    long = PurchaseSubmission(
      order: long.order, parts: long.parts, offers: long.offers, instruments: long.instruments,
      terms: Signed(Bytes(repeating: 0, count: SubmissionLimits.statement + 1)))
    #expect(throws: CoordinatorError.self) { try PurchaseSubmission(encoded: long.encoded) }
  }

  @Test func memoryRowsPassTheConformanceSuite() async throws {
    try await JournalConformance.check {
      MemoryStore<any JournalRows>(MemoryJournalRows())
    }
  }

  @Test func aBrokenChainIsNotRecovered() async throws {
    let driver = EngineDriver()
    let submission = driver.world.order(goods: [0])
    let engine = driver.engine()
    let process = try await engine.submit(submission).process
    _ = try await engine.outcome(of: process)
    let rows = await driver.store.read { $0.rows(of: process) }
    for broken in [
      Array(rows.dropFirst()), [rows[0]] + rows.dropFirst(2),
      rows.map { row in
        row.sequence == rows[1].sequence
          ? JournalRow(
            process: process, sequence: row.sequence, kinds: row.kinds,
            records: rows[2].records, chain: row.chain) : row
      },
      // The chain is over the times, too: they stand before the records.
      rows.map { row in
        row.sequence == rows[1].sequence
          ? JournalRow(
            process: process, sequence: row.sequence, kinds: row.kinds,
            records: [row.records[0] ^ 1] + row.records.dropFirst(), chain: row.chain) : row
      },
    ] {
      let store = EngineDriver()
      await store.store.transact { journal in
        for row in broken where !row.kinds.contains(.end) { _ = journal.append(row) }
      }
      let report = await store.engine().recover()
      #expect(report.resumed.isEmpty)
      #expect(report.failed.map(\.error.code) == [.brokenJournal])
    }
  }
}

@Suite struct ParticipantTests {
  @Test func modelBanksPassTheConformanceSuite() async throws {
    try await ParticipantConformance.checkBank { ModelBankSubject() }
  }

  @Test func modelMerchantsPassTheConformanceSuite() async throws {
    try await ParticipantConformance.checkMerchant { ModelMerchantSubject() }
  }
}
