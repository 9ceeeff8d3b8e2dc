// A crash at every kind of record, at each moment of its writing; one more at each moment of the first thing that
// recovery writes; and a third one at each moment of the first thing that the recovery from that writes. The journal's
// verdict is carried out, once, and everybody's books are right.

import Conformance
import Coordinator
import Foundation
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct RecordCrashTests {
  /// Together they write records of all kinds.
  enum Story: String, CaseIterable, Sendable {
    case commit
    /// A deposited key opens nothing: abort, void, release.
    case wrongKey
    /// The bank cannot be reached after the commit, until somebody was called.
    case silentBank
  }

  /// A story, and a kind of record in it.
  struct Case: Sendable, CustomTestStringConvertible {
    let story: Story
    let kind: RecordKind

    var testDescription: String { "\(story): \(kind)" }

    static let all = Story.allCases.flatMap { story in
      RecordKind.allCases.filter { story.kinds.contains($0) }.map { Case(story: story, kind: $0) }
    }
  }

  @Test func everyKindOfRecordIsInOneOfTheStories() {
    #expect(Set(Case.all.map(\.kind)) == Set(RecordKind.allCases))
  }

  /// All kinds and moments, with all moments of two more crashes; in tier 1 with every moment once as the second and
  /// once as the third. Each crash must come, unless an earlier one has left
  /// END in the journal: then there is nothing to recover, and nothing is written that a crash could meet.
  @Test(arguments: Case.all, CrashMoment.allCases)
  func aCrashThereAndTwoMoreInRecovery(point: Case, moment: CrashMoment) async throws {
    let all = CrashMoment.allCases
    let rest =
      ProcessInfo.processInfo.environment["FOIL_TIER"] == "2"
      ? all.flatMap { second in all.map { [second, $0] } }
      : zip(all, all.suffix(2) + all.prefix(2)).map { [$0, $1] }
    var crashes: [Int] = []
    var occurrence = 0
    while let first = try await crash(point, occurrence, [moment] + rest[0]) {
      crashes.append(first)
      for next in rest.dropFirst() {
        // How records gather in batches may differ from run to run.
        if let count = try await crash(point, occurrence, [moment] + next) { crashes.append(count) }
      }
      occurrence += 1
    }
    #expect(occurrence > 0, "no batch has a \(point.kind)")
    #expect(crashes.count >= rest.count)
    #expect(crashes.max() == 3 || crashes.max() == 1 && moment.isDurable)
  }

  /// Recovery without another crash.
  @Test(arguments: Case.all, CrashMoment.allCases)
  func aCrashThere(point: Case, moment: CrashMoment) async throws {
    var occurrence = 0
    while try await crash(point, occurrence, [moment]) != nil { occurrence += 1 }
    #expect(occurrence > 0, "no batch has a \(point.kind)")
  }

  private static let policy = RetryPolicy(
    firstPauseMilliseconds: 10, longestPauseMilliseconds: 10, operatorAfterAttempts: 2)

  /// Crashes at the record, then in each recovery at the first batch that it writes; then looks at the end.
  ///
  /// - Returns: how often it crashed; `nil` when the story has no such batch.
  private func crash(
    _ point: Case, _ occurrence: Int, _ moments: [CrashMoment]
  ) async throws -> Int? {
    let comment: Comment =
      "\(point.testDescription) \(occurrence) \(moments.map(\.rawValue))"
    let driver = EngineDriver(seed: UInt64(occurrence) + 1)
    let world = driver.world
    let books = ModelBooks(of: world)
    books.open()
    let submission = world.order(goods: [0, 1], banks: [0], stock: ModelBooks.stock)
    let process = ModelWorld.process(of: submission)
    switch point.story {
    case .commit: break
    case .wrongKey:
      let offer = ModelEvidence.digest(submission.offers[0].bytes)
      world.merchants[0].depositWrongKey(for: offer.renamed())
    case .silentBank:
      world.banks[0].faults.script(.post, .unreachable, .unreachable, .unreachable)
    }

    var crashes = 0
    var implied: PaymentModel.Decision?
    var journal: [JournalRecord] = []
    for (number, moment) in moments.enumerated() {
      let rows = driver.store.snapshot().rows(of: process)
      let isFirst = number == 0
      let crash = CrashPoint(
        at: moment, of: isFirst ? point.kind : nil, occurrence: isFirst ? occurrence : 0)
      try await run(submission, in: driver, until: crash, comment)
      if isFirst, !crash.wasReached { return nil }
      // Whatever is open has something to write, be it the end alone.
      #expect(crash.wasReached == !rows.hasEnd, comment)
      if crash.wasReached { crashes += 1 }
      let left = driver.store.snapshot().rows(of: process)
      #expect(left.starts(with: rows), comment)
      // Nothing but that batch became durable, or it did not.
      let added = crash.wasReached && moment.isDurable ? 1 : 0
      if isFirst {
        #expect(left.count { $0.kinds.contains(point.kind) } == occurrence + added, comment)
      } else {
        #expect(left.count == rows.count + added, comment)
      }
      #expect(!crash.wasReached || crash.hasCrashed || left.hasEnd, comment)
      journal = try await driver.records(of: process)
      implied = implied ?? journal.verdict?.decision
    }

    let last = driver.engine(policy: Self.policy)
    let report = await last.recover()
    #expect(report.failed.isEmpty && report.refusal == nil, comment)
    // The customer does not know whether her order has arrived: she hands it in again.
    #expect(try await last.submit(submission).process == process, comment)
    try await eventually("the end, \(comment)") {
      world.clock.advance(to: world.clock.now().adding(milliseconds: 5))
      return driver.hasEnded(process)
    }
    let outcome = try await last.outcome(of: process)
    let status = try await last.status(of: process)
    #expect(status.needsOperator.isEmpty, comment)
    await last.quiesce()

    #expect(outcome.decision.isCommit == (point.story != .wrongKey), comment)
    if let implied { #expect(outcome.decision == implied, comment) }
    #expect(world.log.verdict(of: process) == outcome.verdict.verdict, comment)
    let records = try await driver.records(of: process)
    #expect(records.starts(with: journal), comment)
    #expect(records.count { $0.kind == .verdict } == 1, comment)
    #expect(records.last?.kind == .end, comment)
    books.expect(
      process, isCommitted: point.story != .wrongKey, goods: [0, 1], banks: [0], comment)
    #expect(driver.store.snapshot().locks().isEmpty, comment)
    return crashes
  }

  /// Runs an engine until it crashes, or the process has ended and everything is quiet.
  private func run(
    _ submission: PurchaseSubmission, in driver: EngineDriver, until point: CrashPoint,
    _ comment: Comment
  ) async throws {
    let world = driver.world
    let process = ModelWorld.process(of: submission)
    let victim = driver.engine(
      hook: point.hook, journal: point.store(over: driver.store), policy: Self.policy)
    let working = Task {
      _ = await victim.recover()
      // An order that has ended is found when its beginning cannot be written once more: that is no batch of its story.
      if !driver.hasEnded(process) { _ = try await victim.submit(submission) }
    }
    try await eventually("the crash or the end, \(comment)") {
      world.clock.advance(to: world.clock.now().adding(milliseconds: 5))
      return point.hasCrashed || driver.hasEnded(process)
    }
    // Whatever the dying engine was about to do comes to nothing.
    await victim.stop()
    working.cancel()
  }
}

extension RecordCrashTests.Story {
  /// The kinds of the records that it writes.
  fileprivate var kinds: [RecordKind] {
    switch self {
    case .commit: [.begin, .intent, .result, .prepared, .verdict, .forward, .end]
    case .wrongKey: [.begin, .intent, .result, .verdict, .compensated, .end]
    case .silentBank: [.verdict, .forward, .called, .end]
    }
  }
}

extension CrashMoment {
  /// Whether the batch is there after the crash.
  fileprivate var isDurable: Bool {
    switch self {
    case .beforeWrite, .afterWrite: false
    case .afterCommit, .afterAnswer: true
    }
  }
}

extension [JournalRow] {
  fileprivate var hasEnd: Bool { contains { $0.kinds.contains(.end) } }
}

extension [JournalRecord] {
  fileprivate var verdict: VerdictRecord? {
    lazy.compactMap { if case .verdict(let verdict) = $0 { verdict } else { nil } }.first
  }
}
