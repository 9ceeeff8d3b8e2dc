// News that a good may be free, and the questions that it is about.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct NudgeTests {
  private let shelf = Resource(owner: ModelWorld.merchantNames[0], name: "shelf")

  /// A process that is asking, and hears meanwhile that somebody has left.
  private func nudged() throws -> (MachineDriver, Int) {
    var driver = try MachineDriver(goods: [0], stock: "shelf")
    driver.answer(driver.numbers(.reserve)[0], driver.success(of: driver.numbers(.reserve)[0]))
    let deposit = driver.numbers(.deposit)[0]
    #expect(driver.asked == [deposit])
    driver.step(.granted(activity: deposit))
    return (driver, deposit)
  }

  @Test func heldIsAskedAgainAtOnceWhenSomebodyHasLeftMeanwhile() throws {
    var (driver, deposit) = try nudged()
    let result = driver.answer(deposit, .held(until: driver.now.adding(seconds: 60)))
    #expect(driver.attempts(of: deposit) == 2)
    #expect(!result.effects.contains(.scarce(activity: deposit)))
    // That was all the news there was.
    driver.answer(deposit, .held(until: driver.now.adding(seconds: 60)))
    #expect(driver.attempts(of: deposit) == 2)
    #expect(driver.effects.contains(.scarce(activity: deposit)))
  }

  /// The answer comes when it is awaited no longer, and once more: it is older than the news all the same.
  @Test func anAnswerThatComesTwiceTooLateIsAskedAgainAtOnce() throws {
    var (driver, deposit) = try nudged()
    driver.now = driver.now.adding(seconds: 10)
    driver.step(.tick)
    #expect(driver.machine.isIdle && driver.attempts(of: deposit) == 1)
    let held = ActivityOutcome.held(until: driver.now.adding(seconds: 60))
    driver.step(.outcome(activity: deposit, attempt: 1, held))
    #expect(driver.attempts(of: deposit) == 2 && !driver.machine.isIdle)
    let again = driver.step(.outcome(activity: deposit, attempt: 1, held))
    #expect(
      !again.effects.contains(.scarce(activity: deposit)) && driver.attempts(of: deposit) == 2,
      "it is not the answer to the second question")
    let result = driver.answer(deposit, held)
    #expect(result.effects.contains(.scarce(activity: deposit)))
  }

  /// The question after it is newer than the news.
  @Test(arguments: [true, false])
  func anAnswerThatNeverCameMakesTheNewsOld(isLate: Bool) throws {
    var (driver, deposit) = try nudged()
    if isLate {
      driver.now = driver.now.adding(seconds: 10)
      driver.step(.tick)
    } else {
      driver.answer(deposit, .unknown)
    }
    driver.now = driver.now.adding(seconds: 1)
    driver.step(.tick)
    #expect(driver.attempts(of: deposit) == 2)
    let result = driver.answer(deposit, .held(until: driver.now.adding(seconds: 60)))
    #expect(driver.attempts(of: deposit) == 2, "one question too many")
    #expect(result.effects.contains(.scarce(activity: deposit)))
  }
}
