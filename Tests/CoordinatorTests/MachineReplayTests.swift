// Crashes and disorder: the journal is the state, and there is one verdict, whatever happens.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct MachineReplayTests {
  /// All journals of the stories below.
  private func journals() throws -> [MachineDriver] {
    var commit = try MachineDriver(goods: [0, 1], banks: [0, 1])
    commit.run()
    var cancelled = try MachineDriver(goods: [0, 1])
    cancelled.run { $0.asked.count == 2 }
    cancelled.step(.cancelled(cancelled.exhibit()))
    cancelled.run()
    var late = try MachineDriver(goods: [0, 2], banks: [1])
    late.run { driver in driver.asked.contains { driver.activity($0).verb == .decide } }
    late.now = late.machine.terms.decideBy
    late.step(.tick)
    late.run()
    var refused = try MachineDriver(goods: [0, 2], banks: [0, 1])
    refused.answer(refused.numbers(.reserve)[1], .ended(.refused(.doubleSpend, nil)))
    refused.run()
    var wrong = try MachineDriver(goods: [0, 1])
    wrong.run { $0.asked.count == 2 }
    wrong.answer(
      wrong.numbers(.deposit)[1], .ended(.wrongKey(wrong.exhibit(), revealed: [1])))
    wrong.run()
    return [commit, cancelled, late, refused, wrong]
  }

  @Test func theReplayedJournalIsTheState() throws {
    for whole in try journals() {
      #expect(whole.machine.state.hasEnded)
      #expect(try whole.replayed().machine.state == whole.machine.state)
      var step = try whole.replayed(prefix: 0)
      for count in 1...whole.records.count {
        step = try whole.replayed(prefix: count)
        #expect(step.machine.state.hasEnded == (count == whole.records.count))
      }
    }
  }

  /// A crash after any record, and on: what was decided stays, and what was not can still be.
  @Test func everyPrefixEndsInTheVerdictThatItImplies() throws {
    for whole in try journals() {
      for count in 1...whole.records.count {
        var driver = try whole.replayed(prefix: count)
        let decided = driver.machine.state.isCommitted
        driver.step(.resumed)
        driver.run()
        #expect(driver.machine.state.hasEnded)
        #expect(driver.verdicts.count == 1)
        if let decided { #expect(driver.machine.state.phase == .ended(wasCommitted: decided)) }
        if let verdict = whole.verdicts.first, decided != nil {
          #expect(driver.verdicts == [verdict])
        }
        // What was refused stays refused, also when the verdict on it was lost.
        if driver.records.prefix(count).contains(where: \.isFailure) {
          #expect(driver.machine.state.phase == .ended(wasCommitted: false))
        }
      }
    }
  }

  /// Records that were held back are lost: whoever may have been asked is told of the abort.
  @Test func anAbortAfterACrashIsOwedToEverybody() throws {
    var driver = try MachineDriver(goods: [0, 1], banks: [0, 1])
    driver.run { driver in driver.asked.contains { driver.activity($0).verb == .deposit } }
    var restarted = try driver.replayed(prefix: 1)
    restarted.now = restarted.machine.terms.decideBy
    restarted.step(.resumed)
    restarted.run()
    let undone = restarted.numbers(.void) + restarted.numbers(.release)
    #expect(undone.allSatisfy { restarted.machine.state.activities[$0] == .done })
  }

  @Test func journalsThatNoMachineWritesAreRefused() throws {
    let whole = try journals()[0]
    let begin = whole.records[0]
    let verdict = try #require(whole.records.firstIndex { $0.kind == .verdict })
    let forged: [[JournalRecord]] = [
      Array(whole.records.dropFirst()),
      [begin, begin],
      [begin, .end(whole.now)],
      [begin, .intent(10_000)],
      [begin, whole.records[verdict]],
      Array(whole.records[...verdict]) + [whole.records[verdict]],
      whole.records + [.intent(0)],
      [begin, .result(whole.numbers(.reserve)[0], .notified)],
      [begin, .forward(whole.numbers(.post)[0], .refused(.invalid, nil))],
    ]
    for records in forged {
      #expect {
        try ProcessMachine(
          definition: whole.machine.definition, terms: whole.machine.terms, replaying: records)
      } throws: {
        ($0 as? CoordinatorError)?.code == .brokenJournal
      }
    }
  }

  /// Random answers, repetitions, cancellations, clocks and crashes.
  @Test(arguments: UInt64(0)..<60)
  func disorderGivesOneVerdictAndNothingBeforeIt(seed: UInt64) throws {
    var chance = ModelEntropy(seed: seed)
    var driver = try MachineDriver(
      goods: [0, 1, 2], banks: chance.below(2) == 0 ? [0] : [0, 1], seed: seed)
    var seen: VerdictRecord?
    for _ in 0..<400 where !driver.machine.state.hasEnded {
      let before = driver.machine.state.isCommitted
      let result = disturb(&driver, with: &chance)
      if let first = driver.verdicts.first {
        #expect(seen == nil || seen == first, "seed \(seed)")
        seen = first
      }
      #expect(driver.verdicts.count <= 1, "seed \(seed)")
      for case .perform(let number, _) in result.effects {
        switch driver.activity(number).verb {
        case .post, .publish, .confirm:
          #expect(driver.machine.state.isCommitted == true, "seed \(seed)")
        case .void, .release, .recordAbort:
          #expect(driver.machine.state.isCommitted == false, "seed \(seed)")
        case .reserve, .deposit, .decide:
          #expect(driver.machine.state.isCommitted == nil && before == nil, "seed \(seed)")
        case .receivePayment, .prepare, .notify: break
        }
      }
    }
    // In the end everybody answers, and it ends.
    driver.step(.resumed)
    driver.run()
    #expect(driver.machine.state.hasEnded, "seed \(seed)")
    #expect(try driver.replayed().machine.state == driver.machine.state, "seed \(seed)")
  }

  private func disturb(
    _ driver: inout MachineDriver, with chance: inout ModelEntropy
  ) -> StepResult {
    let number = chance.below(driver.machine.definition.activities.count)
    switch chance.below(40) {
    case 0: return driver.step(.cancelled(driver.exhibit()))
    case 1:
      // A crash. What was not forced is lost.
      let durable = driver.records.lastIndex { $0.isForced } ?? 0
      if let restarted = try? driver.replayed(prefix: durable + 1) { driver = restarted }
      return driver.step(.resumed)
    case 2: return driver.answer(number, .ended(.refused(.soldOut, nil)))
    case 3...6:
      driver.now = driver.now.adding(milliseconds: Int64(chance.below(60_000)))
      return driver.step(.tick)
    case 7...12: return driver.answer(number, .unknown)
    case 13: return driver.answer(number, .held(until: driver.now.adding(seconds: 3)))
    default:
      let target = driver.asked.randomMember(&chance) ?? number
      return driver.answer(target, driver.success(of: target))
    }
  }
}

extension JournalRecord {
  fileprivate var isFailure: Bool {
    if case .result(_, let result) = self { !result.isSuccess } else { false }
  }
}

extension [Int] {
  fileprivate func randomMember(_ chance: inout ModelEntropy) -> Int? {
    isEmpty ? nil : self[chance.below(count)]
  }
}
