// Journals that no machine writes: what was left out, added or changed in one that a machine has written is found.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct RecordOrderTests {
  private func commit() throws -> MachineDriver {
    var driver = try MachineDriver(goods: [0, 1], banks: [0, 1])
    driver.run()
    #expect(driver.machine.state.phase == .ended(wasCommitted: true))
    return driver
  }

  /// A purchase that is refused by the second merchant, when the first has deposited.
  private func abort() throws -> MachineDriver {
    var driver = try MachineDriver(goods: [0, 1], banks: [0, 1])
    driver.run { $0.asked.count == 2 && $0.performed.contains(.deposit) }
    let deposits = driver.numbers(.deposit)
    driver.answer(deposits[0], driver.success(of: deposits[0]))
    driver.answer(deposits[1], .ended(.refused(.soldOut, driver.exhibit())))
    driver.run()
    #expect(driver.machine.state.phase == .ended(wasCommitted: false))
    return driver
  }

  private func accepts(_ records: [JournalRecord], of driver: MachineDriver) -> Bool {
    do throws(CoordinatorError) {
      _ = try ProcessMachine(
        definition: driver.machine.definition, terms: driver.machine.terms, replaying: records)
      return true
    } catch {
      #expect(error.code == .brokenJournal)
      return false
    }
  }

  private func verdict(in driver: MachineDriver) throws -> Int {
    try #require(driver.records.firstIndex { $0.kind == .verdict })
  }

  private func changed(
    _ verdict: VerdictRecord, to ruling: VerdictRecord.Ruling
  ) -> JournalRecord {
    .verdict(
      VerdictRecord(
        ruling: ruling, decidedAt: verdict.decidedAt, nonce: verdict.nonce,
        evidenceSalt: verdict.evidenceSalt, evidence: verdict.evidence))
  }

  @Test func everyRecordOfACommitIsNeeded() throws {
    let driver = try commit()
    #expect(accepts(driver.records, of: driver))
    for number in driver.records.indices.dropLast() {
      var records = driver.records
      let record = records.remove(at: number)
      #expect(!accepts(records, of: driver), "without record \(number), \(record.kind)")
    }
  }

  @Test func everyRecordAfterAnAbortIsNeeded() throws {
    let driver = try abort()
    #expect(accepts(driver.records, of: driver))
    for number in driver.records.indices.dropLast() where number >= (try verdict(in: driver)) {
      var records = driver.records
      let record = records.remove(at: number)
      #expect(!accepts(records, of: driver), "without record \(number), \(record.kind)")
    }
  }

  /// It would be a purchase that was paid, delivered and ended, of which nobody has heard.
  @Test func aVerdictAloneIsNoPurchase() throws {
    let driver = try commit()
    let verdict = try verdict(in: driver)
    let prepared = try #require(driver.records.firstIndex { $0.kind == .prepared })
    let begin = driver.records[0]
    let end = JournalRecord.end(driver.now)
    for records in [
      [begin, driver.records[prepared]],
      [begin, driver.records[prepared], driver.records[verdict], end],
      [begin, driver.records[verdict], end],
      Array(driver.records[...prepared]) + [driver.records[verdict]],
      Array(driver.records[...verdict]) + [end],
      Array(driver.records.dropLast(2)) + [end],
    ] { #expect(!accepts(records, of: driver)) }
  }

  @Test func nobodyIsAskedOutOfTurn() throws {
    let driver = try commit()
    let begin = driver.records[0]
    let (reserve, deposit) = (driver.numbers(.reserve)[0], driver.numbers(.deposit)[0])
    #expect(accepts([begin, .intent(reserve)], of: driver))
    for number in [
      deposit, driver.numbers(.decide)[0], driver.numbers(.prepare)[0], driver.numbers(.post)[0],
      driver.numbers(.void)[0], driver.numbers(.receivePayment)[0],
    ] { #expect(!accepts([begin, .intent(number)], of: driver)) }
    let committed = Array(driver.records[...(try verdict(in: driver))])
    #expect(accepts(committed + [.intent(driver.numbers(.publish)[0])], of: driver))
    for number in [driver.numbers(.post)[0], driver.numbers(.void)[0], reserve, deposit] {
      #expect(!accepts(committed + [.intent(number)], of: driver))
    }
  }

  @Test func nothingFollowsARefusalButTheVerdict() throws {
    var driver = try MachineDriver(goods: [0, 1, 2])
    driver.run { $0.asked.count == 3 }
    let deposits = driver.numbers(.deposit)
    let asked = driver.records
    guard case .ended(let deposited) = driver.success(of: deposits[1]) else {
      Issue.record("no deposit")
      return
    }
    let refused = asked + [.result(deposits[0], .refused(.soldOut, nil))]
    #expect(accepts(refused, of: driver))
    #expect(accepts(asked + [.result(deposits[1], deposited)], of: driver))
    #expect(!accepts(refused + [.result(deposits[1], deposited)], of: driver))
    #expect(
      !accepts(
        Array(asked.dropLast()) + [refused[refused.count - 1], asked.last ?? .intent(0)],
        of: driver))
  }

  /// An abort says why, and to whom it is owed.
  @Test func anAbortFollowsFromWhatWasAnswered() throws {
    var driver = try abort()
    let place = try verdict(in: driver)
    let before = Array(driver.records[..<place])
    guard case .verdict(let verdict) = driver.records[place],
      case .abort(let reason, let owed, nil) = verdict.ruling
    else {
      Issue.record("no abort")
      return
    }
    #expect(reason == .refused && owed.count == 4)
    let cancellation = driver.exhibit(Cancellation.self)
    for (ruling, isAccepted) in [
      (.abort(.refused, owed: owed, cancellation: nil), true),
      (.abort(.timeout, owed: owed, cancellation: nil), true),
      (.abort(.cancelled, owed: owed, cancellation: cancellation), true),
      (.abort(.cancelled, owed: owed, cancellation: nil), false),
      (.abort(.refused, owed: owed, cancellation: cancellation), false),
      (.abort(.invalid, owed: owed, cancellation: nil), false),
      (.abort(.refused, owed: Array(owed.dropLast()), cancellation: nil), false),
      (.abort(.refused, owed: Array(owed.dropFirst()), cancellation: nil), false),
      (.abort(.refused, owed: owed + driver.numbers(.notify), cancellation: nil), false),
      (.abort(.refused, owed: owed + [10_000], cancellation: nil), false),
    ] as [(VerdictRecord.Ruling, Bool)] {
      #expect(accepts(before + [changed(verdict, to: ruling)], of: driver) == isAccepted)
    }
  }
}
