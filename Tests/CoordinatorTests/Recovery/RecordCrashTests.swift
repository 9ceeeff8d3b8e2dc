// A crash at every kind of record, at each moment of its writing, and once more at each moment of the first
// thing that recovery writes: the journal's verdict is carried out, once, and everybody's books are right.

import Conformance
import Coordinator
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

  @Test(arguments: Case.all, CrashMoment.allCases)
  func aCrashThereAndAnotherInRecovery(point: Case, moment: CrashMoment) async throws {
    for second in [nil] + CrashMoment.allCases.map({ $0 as CrashMoment? }) {
      var occurrence = 0
      while try await crash(point, occurrence, moment, then: second) { occurrence += 1 }
      #expect(occurrence > 0, "no batch has a \(point.kind)")
    }
  }

  private static let policy = RetryPolicy(
    firstPauseMilliseconds: 10, longestPauseMilliseconds: 10, operatorAfterAttempts: 2)

  /// `false` when the story has no such batch.
  private func crash(
    _ point: Case, _ occurrence: Int, _ moment: CrashMoment, then second: CrashMoment?
  ) async throws -> Bool {
    let comment: Comment =
      "\(point.testDescription) \(occurrence) \(moment), then \(second?.rawValue ?? "none")"
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

    let first = CrashPoint(at: moment, of: point.kind, occurrence: occurrence)
    try await run(submission, in: driver, until: first, comment)
    guard first.wasReached else { return false }
    let journal = try await driver.records(of: process)
    let implied = journal.lazy.compactMap { record in
      if case .verdict(let verdict) = record { verdict.decision } else { nil }
    }.first
    if let second {
      try await run(
        submission, in: driver, until: CrashPoint(at: second, of: nil), comment)
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
    #expect(Array(records.prefix(journal.count)) == journal, comment)
    #expect(records.count { $0.kind == .verdict } == 1, comment)
    #expect(records.last?.kind == .end, comment)
    books.expect(
      process, isCommitted: point.story != .wrongKey, goods: [0, 1], banks: [0], comment)
    #expect(driver.store.snapshot().locks().isEmpty, comment)
    return true
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
      _ = try await victim.submit(submission)
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
