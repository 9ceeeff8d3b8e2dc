// The history of a real run: what is noted, and that a falsified one is seen.

import Coordinator
import PaymentModel
import Testing

@testable import Laboratory

@Suite("Histories of real runs", .onOneThread)
struct RealHistoryTests {
  private static func kind(_ event: HistoryEvent) -> String {
    switch event.kind {
    case .began: "began"
    case .done: "done"
    case .refused: "refused"
    case .undone: "undone"
    case .decided: "decided"
    case .ended: "ended"
    }
  }

  @Test(
    "what merchants do, refuse and undo is noted, and how processes are decided, and all prefixes reduce"
  )
  func recorded() async throws {
    var kinds: Set<String> = []
    for seed in 1...30 as ClosedRange<UInt64> where kinds.count < 6 {
      let (report, world) = try await RealSimulation.ended(seed: seed)
      #expect(report.violation == nil)
      kinds.formUnion(world.history.events.events.map(Self.kind))
    }
    #expect(kinds.count == 6, "\(kinds)")
  }

  /// The end of an honest run, whose history is what is made of the true one.
  private func finding(
    _ change: (HistoryEvent) -> [HistoryEvent]
  ) async throws -> Property? {
    let world = try await RealRuns.honest()
    #expect(RealBooks(of: world).isolation() == nil)
    var falsified = RealHistory()
    for event in world.history.events.events.flatMap(change) { falsified.append(event) }
    #expect(falsified.events != world.history.events)
    world.history = falsified
    return await RealBooks(of: world).check()?.property
  }

  @Test("a good that is given back after the commit is seen")
  func undoneAfterCommit() async throws {
    let world = try await RealRuns.honest()
    var done: [ProcessID: StepPath] = [:]
    for event in world.history.events.events {
      if case .done(let step, _) = event.kind { done[event.process] = step.path }
    }
    let found = try await finding { event in
      guard case .decided(.commit) = event.kind, let path = done[event.process] else {
        return [event]
      }
      return [event, HistoryEvent(process: event.process, kind: .undone(path))]
    }
    #expect(found == .isolation)
  }

  @Test("what is done twice is seen")
  func doneTwice() async throws {
    let found = try await finding { event in
      if case .done = event.kind { [event, event] } else { [event] }
    }
    #expect(found == .isolation)
  }
}
