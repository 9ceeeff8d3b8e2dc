// Requests that wait for an answer.

import PaymentModel
import Synchronization

/// A request that is about to be made, or under way.
final class OpenCall: Sendable {
  private enum State {
    case opened
    case underWay(Task<Void, Never>)
    case givenUp
    case ended
  }

  let number: Int
  let call: ActivityCall
  private let state = Mutex(State.opened)

  init(_ number: Int, _ call: ActivityCall) {
    self.number = number
    self.call = call
  }

  var activity: Int { call.attempt.activity }

  /// Begins it. `false`, and nothing begun, when nobody waits for it any more.
  func begin(_ start: () -> Task<Void, Never>) -> Bool {
    if case .givenUp = state.withLock({ $0 }) { return false }
    let task = start()
    let isGivenUp = state.withLock { state in
      switch state {
      case .opened: state = .underWay(task)
      case .givenUp: return true
      case .underWay, .ended: break
      }
      return false
    }
    if isGivenUp { task.cancel() }
    return true
  }

  /// It has come to an end. Its task is let go here, where it runs: elsewhere that would be dearer.
  func end() { state.withLock { $0 = .ended } }

  func giveUp() {
    let before = state.withLock { state in
      defer { state = .givenUp }
      return state
    }
    if case .underWay(let task) = before { task.cancel() }
  }
}

/// The requests of an engine whose answers somebody waits for.
struct OpenCalls {
  /// An activity has at most so many open calls: with one more the oldest is given up.
  private static let mostOfActivity = 3

  private var byProcess: [ProcessID: [OpenCall]] = [:]
  private(set) var count = 0
  /// How many there have ever been.
  private(set) var openedCount = 0

  mutating func open(_ call: ActivityCall) -> OpenCall {
    let open = OpenCall(openedCount, call)
    openedCount += 1
    if call.attempt.attempt > Self.mostOfActivity { giveUpOldest(of: call.attempt) }
    let process = call.attempt.process
    if let place = byProcess.index(forKey: process) {
      byProcess.values[place].append(open)
    } else {
      byProcess[process] = [open]
    }
    count += 1
    return open
  }

  /// `false` for a call that was given up meanwhile: nobody wants its answer.
  mutating func finish(_ number: Int, of process: ProcessID) -> Bool {
    guard let place = byProcess.index(forKey: process),
      let call = byProcess.values[place].firstIndex(where: { $0.number == number })
    else { return false }
    if byProcess.values[place].count == 1 {
      byProcess.remove(at: place)
    } else {
      byProcess.values[place].remove(at: call)
    }
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

  private mutating func giveUpOldest(of attempt: ActivityAttempt) {
    guard let calls = byProcess[attempt.process] else { return }
    let places = calls.indices.filter { calls[$0].activity == attempt.activity }
    guard places.count >= Self.mostOfActivity, let oldest = places.first else { return }
    byProcess[attempt.process]?.remove(at: oldest)
    giveUp(calls[oldest])
  }

  private mutating func giveUp(_ call: OpenCall) {
    count -= 1
    call.giveUp()
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
    /// How many calls have come to an end, whatever it was.
    var endedCount = 0
    /// Those who wait for the end of so many.
    var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    /// One more has. Returns those who need not wait any longer.
    mutating func end() -> [CheckedContinuation<Void, Never>] {
      endedCount += 1
      guard !waiting.isEmpty else { return [] }
      let ended = waiting.filter { $0.count <= endedCount }
      waiting.removeAll { $0.count <= endedCount }
      return ended.map(\.continuation)
    }
  }

  private let state = Mutex(State())

  /// `true` when the engine is to be asked to look.
  func put(_ reply: Reply) -> Bool {
    let (isFirst, waiting) = state.withLock { state in
      state.replies.append(reply)
      defer { state.isAnnounced = true }
      return (!state.isAnnounced, state.end())
    }
    for continuation in waiting { continuation.resume() }
    return isFirst
  }

  /// A call was given up before it began: there is no reply.
  func putNothing() {
    for continuation in state.withLock({ $0.end() }) { continuation.resume() }
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

  /// Returns when so many calls have come to an end.
  func ended(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        guard state.endedCount < count else { return true }
        state.waiting.append((count, continuation))
        return false
      }
      if isOver { continuation.resume() }
    }
  }
}
