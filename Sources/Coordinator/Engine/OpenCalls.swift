// Requests that wait for an answer.

import PaymentModel
import Synchronization

/// The requests of an engine that are under way, and those that nobody waits for any more.
struct OpenCalls {
  private struct Call {
    let number: Int
    let activity: Int
    let task: Task<Void, Never>
  }

  /// An activity has at most so many open calls: with one more the oldest is given up.
  private static let mostOfActivity = 3

  private var byProcess: [ProcessID: [Call]] = [:]
  private(set) var count = 0
  private var nextNumber = 0
  /// Those that were cancelled and may still be under way.
  private var leaving: [Int: Task<Void, Never>] = [:]

  /// A number for a call.
  mutating func takeNumber() -> Int {
    defer { nextNumber += 1 }
    return nextNumber
  }

  mutating func begin(_ number: Int, _ attempt: ActivityAttempt, _ task: Task<Void, Never>) {
    if attempt.attempt > Self.mostOfActivity { giveUpOldest(of: attempt) }
    byProcess[attempt.process, default: []].append(
      Call(number: number, activity: attempt.activity, task: task))
    count += 1
  }

  /// `false` for a call that was given up meanwhile: nobody wants its answer.
  mutating func finish(_ number: Int, of process: ProcessID) -> Bool {
    if !leaving.isEmpty { leaving[number] = nil }
    guard let place = byProcess[process]?.firstIndex(where: { $0.number == number }) else {
      return false
    }
    byProcess[process]?.remove(at: place)
    if byProcess[process]?.isEmpty == true { byProcess[process] = nil }
    count -= 1
    return true
  }

  /// Gives up all calls of a process.
  mutating func abandon(_ process: ProcessID) {
    for call in byProcess.removeValue(forKey: process) ?? [] { giveUp(call) }
  }

  mutating func abandonAll() {
    for process in Array(byProcess.keys) { abandon(process) }
  }

  /// One that was given up, and may still be under way.
  mutating func takeLeaving() -> Task<Void, Never>? {
    leaving.popFirst()?.value
  }

  private mutating func giveUpOldest(of attempt: ActivityAttempt) {
    guard let calls = byProcess[attempt.process] else { return }
    let places = calls.indices.filter { calls[$0].activity == attempt.activity }
    guard places.count >= Self.mostOfActivity, let oldest = places.first else { return }
    byProcess[attempt.process]?.remove(at: oldest)
    giveUp(calls[oldest])
  }

  private mutating func giveUp(_ call: Call) {
    count -= 1
    call.task.cancel()
    leaving[call.number] = call.task
  }
}

/// What calls have come to, until the engine looks. Of many that come at a time one asks it to look.
final class ReplyBox: Sendable {
  struct Reply: Sendable {
    let call: Int
    let attempt: ActivityAttempt
    let outcome: ActivityOutcome
    let nanoseconds: UInt64
  }

  private struct State {
    var replies: [Reply] = []
    /// Whether somebody has asked the engine to look, and it has not seen an empty box since.
    var isAnnounced = false
  }

  private let state = Mutex(State())

  /// `true` when the engine is to be asked to look.
  func put(_ reply: Reply) -> Bool {
    state.withLock { state in
      state.replies.append(reply)
      defer { state.isAnnounced = true }
      return !state.isAnnounced
    }
  }

  /// All that is in the box; `nil` when it is empty.
  func takeAll() -> [Reply]? {
    state.withLock { state in
      guard !state.replies.isEmpty else {
        state.isAnnounced = false
        return nil
      }
      defer { state.replies = [] }
      return state.replies
    }
  }
}
