// Those who wait for a process, and what they hear.

import PaymentModel

/// Callers of an engine, by the process that they wait for.
struct Waiters {
  /// What somebody waits for.
  enum Want: Sendable {
    /// All that was forced so far is durable.
    case durable
    /// The verdict is public.
    case verdict
    /// The process has ended.
    case end

    func isMet(by standing: ProcessStanding) -> Bool {
      switch self {
      case .durable: true
      case .verdict: standing.verdict != nil || standing.state.hasEnded
      case .end: standing.state.hasEnded
      }
    }
  }

  /// What somebody who waits hears.
  enum News: Sendable {
    case lookAgain
    case ended(ProcessStanding)
    /// Somebody else has written its journal.
    case taken
    /// The caller was cancelled.
    case givenUp
  }

  private struct Waiter {
    let number: Int
    let want: Want
    let continuation: CheckedContinuation<News, Never>
  }

  private var byProcess: [ProcessID: [Waiter]] = [:]
  private var nextNumber = 0

  /// A number for somebody who is going to wait.
  mutating func takeNumber() -> Int {
    defer { nextNumber += 1 }
    return nextNumber
  }

  mutating func add(
    _ number: Int, for want: Want, of process: ProcessID,
    _ continuation: CheckedContinuation<News, Never>
  ) {
    byProcess[process, default: []].append(
      Waiter(number: number, want: want, continuation: continuation))
  }

  /// Tells all who wait for a process.
  mutating func wake(_ process: ProcessID, _ news: News) {
    for waiter in byProcess.removeValue(forKey: process) ?? [] {
      waiter.continuation.resume(returning: news)
    }
  }

  mutating func wakeAll() {
    for process in Array(byProcess.keys) { wake(process, .lookAgain) }
  }

  /// Has those look again who wait for what has come about.
  mutating func wake(_ process: ProcessID, where isMet: (Want) -> Bool) {
    wake(process, .lookAgain) { isMet($0.want) }
  }

  /// Ends somebody's wait, if it has not ended.
  mutating func giveUp(_ number: Int, of process: ProcessID) {
    wake(process, .givenUp) { $0.number == number }
  }

  private mutating func wake(
    _ process: ProcessID, _ news: News, where isMeant: (Waiter) -> Bool
  ) {
    guard let waiting = byProcess[process], waiting.contains(where: isMeant) else { return }
    let left = waiting.filter { !isMeant($0) }
    byProcess[process] = left.isEmpty ? nil : left
    for waiter in waiting where isMeant(waiter) { waiter.continuation.resume(returning: news) }
  }
}
