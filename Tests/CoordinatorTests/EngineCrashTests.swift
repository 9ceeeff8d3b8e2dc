// The engine is killed at every record of its journal, before and after it is durable, and started
// again: the outcome is the one that the journal implies, once.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite(.timeLimit(.minutes(5))) struct EngineCrashTests {
  enum Story: String, CaseIterable, Sendable { case commit, wrongKey }

  @Test(arguments: Story.allCases, [true, false])
  func aCrashAtAnyRecordLosesNothing(story: Story, beforeWrite: Bool) async throws {
    var number = 0
    while try await crash(story, at: number, beforeWrite: beforeWrite) { number += 1 }
    #expect(number > 15)
  }

  /// Runs a story with a crash at that record; `false` when it has no such record.
  private func crash(_ story: Story, at number: Int, beforeWrite: Bool) async throws -> Bool {
    let driver = EngineDriver(seed: UInt64(number) + 1)
    let world = driver.world
    let submission = world.order(goods: [0, 1])
    let process = ModelWorld.process(of: submission)
    if story == .wrongKey {
      let offer = ModelEvidence.digest(submission.offers[0].bytes)
      world.merchants[0].depositWrongKey(for: offer.renamed())
    }
    let kill = KillSwitch(at: number, beforeWrite: beforeWrite)
    let victim = driver.engine(hook: kill.hook, killedAt: kill)
    let submitting = Task { try await victim.submit(submission) }
    try await eventually("the end or the crash") { kill.hasKilled || driver.hasEnded(process) }
    // Whatever the dying engine was about to do comes to nothing.
    await victim.stop()
    submitting.cancel()

    let journal = try await driver.records(of: process)
    let implied = journal.lazy.compactMap { record in
      if case .verdict(let verdict) = record { verdict.decision } else { nil }
    }.first
    let next = driver.engine()
    let report = await next.recover()
    #expect(report.failed.isEmpty)
    #expect(report.resumed == (journal.isEmpty || driver.hasEnded(process) ? [] : [process]))
    // The customer does not know whether her order has arrived: she hands it in again.
    let accepted = try await next.submit(submission)
    let outcome = try await next.outcome(of: accepted.process)
    #expect(outcome.decision.isCommit == (story == .commit))
    if let implied { #expect(outcome.decision == implied) }
    #expect(world.log.verdict(of: process) == outcome.verdict.verdict)
    let paid: UInt64 = story == .commit ? 100 : 0
    #expect(world.banks[0].balance(of: world.payee(of: 0)) == paid)
    #expect(world.banks[0].balance(of: world.payee(of: 1)) == paid)
    #expect(!world.banks[0].isHolding && world.merchants.allSatisfy { !$0.isHolding })
    let records = try await driver.records(of: process)
    #expect(records.filter { $0.kind == .verdict }.count == 1)
    #expect(Array(records.prefix(journal.count)) == journal)
    await next.stop()
    return kill.hasKilled || journal.count > number
  }
}
