// Where long computations run: one after another, on a thread of their own, so that the few threads that all
// tests share stay free for those who wait for something.

import Dispatch
import Testing

/// Runs the tests of a suite on the laboratory's thread.
struct OnOneThread: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(LaboratoryThread.shared) { try await function() }
  }
}

extension Trait where Self == OnOneThread {
  static var onOneThread: Self { Self() }
}

private final class LaboratoryThread: TaskExecutor {
  static let shared = LaboratoryThread()
  private let queue = DispatchQueue(label: "laboratory")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
