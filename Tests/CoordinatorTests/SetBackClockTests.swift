// A clock that is set back makes nobody wait for longer than without that, but for the time frames of orders.

import Conformance
import Coordinator
import PaymentModel
import Testing

@Suite struct SetBackClockTests {
  private let hour: Int64 = 3600

  @Test func aPauseDoesNotGrow() throws {
    var shell = MachineShell()
    let process = try shell.begin()
    try shell.answer(.reserve, of: process, .unknown)
    shell.now = shell.now.adding(seconds: -hour)
    // The timer comes when it was to come, and finds another time.
    try shell.step(.tick)
    #expect(shell.count(.reserve, of: process) == 1)
    #expect(try #require(shell.wakeAt) <= shell.now.adding(milliseconds: 250))
    try shell.pass(until: shell.now.adding(milliseconds: 250))
    #expect(shell.count(.reserve, of: process) == 2)
  }

  @Test func whoIsSilentIsAskedAgain() throws {
    var shell = MachineShell()
    let process = try shell.begin()
    shell.now = shell.now.adding(seconds: -hour)
    try shell.step(.tick)
    #expect(try #require(shell.wakeAt) == shell.now.adding(seconds: 10))
    try shell.pass(until: shell.now.adding(seconds: 11))
    #expect(shell.count(.reserve, of: process) == 2)
  }

  /// Any event shows that the clock was set back, and to everybody who waits.
  @Test func newsOfOneWakeAll() throws {
    var shell = MachineShell()
    let all = try (0..<20).map { _ in try shell.begin() }
    for process in all { try shell.answer(.reserve, of: process, .unknown) }
    shell.now = shell.now.adding(seconds: -hour)
    let other = try shell.begin()
    #expect(try #require(shell.wakeAt) <= shell.now.adding(milliseconds: 250))
    try shell.pass(until: shell.now.adding(milliseconds: 250))
    for process in all { #expect(shell.count(.reserve, of: process) == 2) }
    #expect(shell.count(.reserve, of: other) == 1)
  }

  @Test func afterTheVerdictNothingWaitsEither() throws {
    var shell = MachineShell()
    let process = try shell.beginReserved()
    try shell.cancel(process)
    try shell.answer(.recordAbort, of: process, shell.published())
    for verb in [Verb.void, .release, .notify] { try shell.answer(verb, of: process, .unknown) }
    shell.now = shell.now.adding(seconds: -hour)
    try shell.step(.tick)
    try shell.pass(until: shell.now.adding(milliseconds: 250))
    for verb in [Verb.void, .release, .notify] { #expect(shell.count(verb, of: process) == 2) }
  }

  /// A wait that is as long as it can be stays so: the clock goes back by less than anybody notices.
  @Test func aSmallStepChangesNothing() throws {
    var shell = MachineShell()
    let process = try shell.begin()
    let wake = try #require(shell.wakeAt)
    shell.now = shell.now.adding(milliseconds: -500)
    try shell.step(.tick)
    #expect(shell.wakeAt == wake && shell.count(.reserve, of: process) == 1)
  }

  /// The order's own time frames are times of day, and stay.
  @Test func timeFramesStay() throws {
    var shell = MachineShell()
    let process = try shell.begin()
    let decideBy = try #require(shell.machine.standing(of: process)?.decideBy)
    shell.now = shell.now.adding(seconds: -hour)
    try shell.step(.tick)
    try shell.pass(until: decideBy.adding(milliseconds: -1))
    #expect(shell.machine.standing(of: process)?.state.isCommitted == nil)
    try shell.pass(until: decideBy)
    #expect(shell.machine.standing(of: process)?.state.phase == .aborted(.timeout))
  }
}
