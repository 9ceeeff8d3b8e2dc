// Calls from when they are opened to when they have ended, or were given up before, while or after they began.

import PaymentModel
import Synchronization
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(5))) struct OpenCallTests {
  /// A call that a machine asks for.
  private func call(_ calls: inout OpenCalls) throws -> OpenCall {
    var shell = MachineShell()
    _ = try shell.begin()
    let attempt = try #require(shell.asks.first)
    let call = shell.machine.call(for: attempt)
    return calls.open(try #require(call))
  }

  @Test func whatWasGivenUpBeforeDoesNotBegin() throws {
    var calls = OpenCalls()
    let call = try call(&calls)
    calls.abandonAll()
    #expect(calls.count == 0 && calls.openedCount == 1)
    let hasBegun = call.begin {
      Issue.record("nobody wants its answer")
      return Task {}
    }
    #expect(!hasBegun)
    let isWanted = calls.finish(call.number, of: call.call.attempt.process)
    #expect(!isWanted)
  }

  @Test(arguments: [true, false]) func whatIsGivenUpMeanwhileIsCancelled(isLater: Bool) async throws
  {
    var calls = OpenCalls()
    let call = try call(&calls)
    let task = Mutex<Task<Void, Never>?>(nil)
    let hasBegun = call.begin {
      let begun = Task { while !Task.isCancelled { await Task.yield() } }
      task.withLock { $0 = begun }
      if !isLater { call.giveUp() }
      return begun
    }
    #expect(hasBegun)
    if isLater { call.giveUp() }
    await task.withLock { $0 }?.value
  }

  @Test func whatHasEndedIsNotCancelled() async throws {
    var calls = OpenCalls()
    let call = try call(&calls)
    let began = Mutex<Task<Void, Never>?>(nil)
    _ = call.begin {
      call.end()
      let task = Task<Void, Never> {}
      began.withLock { $0 = task }
      return task
    }
    call.giveUp()
    #expect(began.withLock { $0 }?.isCancelled == false)
    let process = call.call.attempt.process
    let finished = [calls.finish(call.number, of: process), calls.finish(call.number, of: process)]
    #expect(finished == [true, false], "only once")
  }

  @Test func eachCallOfAProcessEndsByItself() throws {
    var calls = OpenCalls()
    var opened: [OpenCall] = []
    for _ in 0..<3 { opened.append(try call(&calls)) }
    let process = opened[0].call.attempt.process
    #expect(opened.allSatisfy { $0.call.attempt.process == process })
    for (number, left) in [(1, 2), (0, 1), (2, 0)] {
      let finished = (0..<2).map { _ in calls.finish(opened[number].number, of: process) }
      #expect(finished == [true, false] && calls.count == left)
    }
  }

  /// Whoever waits for the end of so many hears of it when so many have ended, with a reply or without, and not before.
  @Test func allWhoWaitHearOfTheEnd() async throws {
    var calls = OpenCalls()
    let call = try call(&calls)
    let box = ReplyBox()
    await box.ended(0)
    let over = Ended()
    var waiting: [Task<Void, Never>] = []
    for count in [1, 2, 3, 3] {
      waiting.append(
        Task {
          await box.ended(count)
          over.add()
        })
    }
    for _ in 0..<50 { await Task.yield() }
    #expect(over.count == 0)
    box.putNothing()
    await waiting[0].value
    let reply = ReplyBox.Reply(
      call: call.number, attempt: call.call.attempt, outcome: .unknown, nanoseconds: 0)
    #expect(box.put(reply), "the first asks the engine to look")
    await waiting[1].value
    for _ in 0..<50 { await Task.yield() }
    #expect(over.count == 2)
    #expect(!box.put(reply))
    for task in waiting { await task.value }
    #expect(box.takeAll()?.count == 2 && box.takeAll() == nil)
    #expect(box.put(reply), "an empty box was seen")
  }
}

/// How many have ended.
private final class Ended: Sendable {
  private let number = Mutex(0)

  var count: Int { number.withLock { $0 } }

  func add() { number.withLock { $0 += 1 } }
}
