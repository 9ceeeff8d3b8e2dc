// An abort is undone in reverse: compensations are begun in the reverse order of what they undo, on activity
// numbers, and after a crash as before it.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct CompensationOrderTests {
  /// Three goods and two banks that have all answered, and nobody who asks for delivery.
  ///
  /// - banks, goods: in which order they answered, by place in the order.
  private func prepared(banks: [Int], goods: [Int]) throws -> MachineDriver {
    var driver = try MachineDriver(goods: [0, 1, 2], banks: [0, 1])
    for bank in banks {
      let number = driver.numbers(.reserve)[bank]
      driver.answer(number, driver.success(of: number))
    }
    for good in goods {
      let number = driver.numbers(.deposit)[good]
      driver.answer(number, driver.success(of: number))
    }
    #expect(driver.asked == driver.numbers(.decide))
    return driver
  }

  /// The numbers of what undoes those goods, then those banks.
  private func undoing(goods: [Int], banks: [Int], in driver: MachineDriver) -> [Int] {
    goods.map { driver.numbers(.release)[$0] } + banks.map { driver.numbers(.void)[$0] }
  }

  /// The activities that are asked for when the abort has become public, in this order.
  private func begun(in driver: inout MachineDriver) -> [Int] {
    let number = driver.numbers(.recordAbort)[0]
    #expect(driver.asked == [number])
    let result = driver.answer(number, driver.success(of: number))
    let asked = result.effects.compactMap {
      if case .perform(let number, _) = $0 { number } else { nil }
    }
    let intents = result.records.compactMap {
      if case .intent(let number) = $0 { number } else { nil }
    }
    #expect(intents == asked)
    return asked
  }

  /// The places of the goods in the order in which they are taken.
  private func inTurn(_ driver: MachineDriver) -> [Int] {
    let stocks = driver.numbers(.deposit).compactMap {
      driver.activity($0).resources.last?.resource
    }
    return stocks.indices.sorted { stocks[$0] < stocks[$1] }
  }

  private func owed(in driver: MachineDriver) throws -> [Int] {
    guard case .abort(_, let owed, _) = try #require(driver.verdicts.first).ruling else {
      Issue.record("no abort")
      return []
    }
    return owed
  }

  /// reserve a, reserve b, deposit a, deposit b, deposit c: release c, release b, release a, void b, void a.
  @Test func whatWasDoneInTheOrderOfTheTemplateIsUndoneInItsReverse() throws {
    var driver = try prepared(banks: [0, 1], goods: [0, 1, 2])
    driver.step(.cancelled(driver.exhibit()))
    let expected = undoing(goods: [2, 1, 0], banks: [1, 0], in: driver)
    #expect(try owed(in: driver) == expected)
    #expect(begun(in: &driver) == expected + driver.numbers(.notify).suffix(1))
  }

  /// The order of the answers decides, not that of the template: all that may happen.
  @Test func whatWasAnsweredLastIsUndoneFirst() throws {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    for goods in orders {
      for banks in [[0, 1], [1, 0]] {
        var driver = try prepared(banks: banks, goods: goods)
        driver.now = driver.machine.terms.decideBy
        driver.step(.tick)
        let expected = undoing(goods: goods.reversed(), banks: banks.reversed(), in: driver)
        #expect(try owed(in: driver) == expected)
        #expect(begun(in: &driver) == expected + driver.numbers(.notify).suffix(1))
        driver.run()
        #expect(driver.machine.state.phase == .ended(wasCommitted: false))
      }
    }
  }

  /// Limited goods are taken in the order of their resources, whatever the order says: they are given back in the
  /// reverse of that.
  @Test func turnsAreGivenBackInReverse() throws {
    var others = 0
    for seed in 1...6 as ClosedRange<UInt64> {
      var driver = try MachineDriver(
        goods: [2, 0, 1], banks: [0, 1], stock: "chairs", seed: seed)
      driver.run { $0.asked == $0.numbers(.decide) }
      driver.step(.cancelled(driver.exhibit()))
      let turns = inTurn(driver)
      if turns != [0, 1, 2] { others += 1 }
      let expected = undoing(goods: turns.reversed(), banks: [1, 0], in: driver)
      #expect(begun(in: &driver).dropLast() == expected[...])
    }
    #expect(others > 0)
  }

  /// Who has not answered may be done later than all others. Who has refused is told in its turn, too.
  @Test func whoHasNotAnsweredComesFirst() throws {
    var driver = try MachineDriver(goods: [0, 1, 2], banks: [0, 1])
    for bank in driver.numbers(.reserve) { driver.answer(bank, driver.success(of: bank)) }
    let deposits = driver.numbers(.deposit)
    driver.answer(deposits[2], driver.success(of: deposits[2]))
    driver.answer(deposits[0], .ended(.refused(.soldOut, nil)))
    #expect(driver.machine.state.phase == .aborted(.refused))
    let expected = undoing(goods: [1, 0, 2], banks: [1, 0], in: driver)
    #expect(begun(in: &driver).dropLast() == expected[...])
  }

  /// The verdict's record holds the order: whatever was lost with the crash, what is left to be undone is begun
  /// again in it.
  @Test func theJournalKeepsTheOrder() throws {
    var whole = try prepared(banks: [1, 0], goods: [1, 2, 0])
    whole.step(.cancelled(whole.exhibit()))
    let expected = undoing(goods: [0, 2, 1], banks: [0, 1], in: whole)
    let verdict = try #require(whole.records.firstIndex { $0.kind == .verdict })
    // Before anything is published.
    var restarted = try whole.replayed(prefix: verdict + 1)
    restarted.step(.resumed)
    #expect(begun(in: &restarted).dropLast() == expected[...])
    // When all of it was asked for, and some of it is undone.
    _ = begun(in: &whole)
    for place in [1, 3] { whole.answer(expected[place], whole.success(of: expected[place])) }
    var again = try whole.replayed()
    let left = [expected[0], expected[2], expected[4]]
    #expect(left.allSatisfy { again.machine.state.activities[$0] == .asked })
    let result = again.step(.resumed)
    let asked = result.effects.compactMap {
      if case .perform(let number, _) = $0 { number } else { nil }
    }
    #expect(asked == left + again.numbers(.notify).suffix(1))
  }

  /// Answers that a crash has lost are as good as none: everybody is told, in the reverse of the order in which they
  /// would have been asked, and those whose answers are in the journal after them.
  @Test func afterLostAnswersTheReverseOfTheTemplateIsLeft() throws {
    var whole = try MachineDriver(goods: [2, 0, 1], banks: [0, 1], stock: "chairs")
    let banks = whole.numbers(.reserve)
    whole.answer(banks[1], whole.success(of: banks[1]))
    whole.run { $0.asked == $0.numbers(.decide) }
    let begin = try whole.replayed(prefix: 1)
    let reserved = try #require(
      whole.records.firstIndex {
        if case .result(banks[1], _) = $0 { true } else { false }
      })
    // With no answer, and with that of the second bank, which is undone last then.
    for (driver, voids) in [(begin, [1, 0]), (try whole.replayed(prefix: reserved + 1), [0, 1])] {
      var restarted = driver
      restarted.now = restarted.machine.terms.decideBy
      restarted.step(.resumed)
      let expected = undoing(goods: inTurn(restarted).reversed(), banks: voids, in: restarted)
      #expect(begun(in: &restarted).dropLast() == expected[...])
    }
  }
}
