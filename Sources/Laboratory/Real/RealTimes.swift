// What the coordinator's clock showed when it was asked for delivery, and when it said its verdicts: against the
// times that it has written down itself.

import Coordinator
import PaymentModel

struct RealTimes: Sendable {
  private var clock = ClockRecord()
  /// When requests for delivery came, by process: looked up, and never gone through.
  private var requests: [ProcessID: [Timestamp]] = [:]
  /// When the verdict was said first, by process: looked up, and never gone through.
  private var verdicts: [ProcessID: ClockReading] = [:]

  /// The next choice of the run begins.
  mutating func next() { clock.next() }

  mutating func setClock(from before: Timestamp, to after: Timestamp) {
    clock.set(from: before, to: after)
  }

  /// Something reached the coordinator; an answer to an earlier run of it finds nobody.
  mutating func told(_ content: MessageContent, run: Int, at time: Timestamp) {
    guard case .reply(.requested(.done), let tag) = content, tag.run == run,
      let process = tag.attempt?.process
    else { return }
    requests[process, default: []].append(time)
  }

  mutating func decided(_ process: ProcessID, at time: Timestamp) {
    if verdicts[process] == nil { verdicts[process] = clock.reading(time) }
  }

  /// Whether a verdict can be of that time: a commit is decided when a request for delivery comes, and an
  /// abort at a time that the clock had shown.
  func allow(_ verdict: Verdict, on process: ProcessID) -> Bool {
    guard let said = verdicts[process] else { return false }
    guard verdict.decision.isCommit else {
      return verdict.decidedAt <= clock.latest(until: said)
    }
    return requests[process]?.contains(verdict.decidedAt) ?? false
  }

  /// Forgets that anybody asked for delivery.
  mutating func forgetRequests(of process: ProcessID) { requests[process] = nil }
}
