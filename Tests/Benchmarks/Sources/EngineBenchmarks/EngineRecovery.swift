// engine.recovery: how long a coordinator with many open processes takes, after a crash, until it takes orders
// again.

import Coordinator
import Foundation
import Measurement

extension Figure {
  /// The processes wait for the second merchant, who puts them off. `ENGINE_RECOVERY_PROCESSES` says how many
  /// there are; 100,000 otherwise.
  static let engineRecovery = Figure(name: "engine.recovery") {
    let count =
      ProcessInfo.processInfo.environment["ENGINE_RECOVERY_PROCESSES"].flatMap { Int($0) }
      ?? 100_000
    let disk = try EngineOnDisk(sizes: .real)
    let habit = DepositHabit.holds(until: disk.catalogue.decideBy)
    let probe = try disk.syncMicroseconds()
    let written = try await measuredSeconds {
      // Several engines one after another, each of which crashes, so that memory stays small.
      for start in stride(from: 0, to: count, by: 10_000) {
        let engine = try disk.restarted(habit: habit)
        try await disk.submit(min(10_000, count - start), to: engine)
        try await disk.rest(engine)
        await engine.quiesce()
      }
    }
    let before = try residentBytes()
    let clock = ContinuousClock()
    let start = clock.now
    let engine = try disk.restarted(habit: habit)
    async let report = engine.recover()
    _ = try await engine.submit(disk.nextOrder())
    let accepting = (clock.now - start) / .seconds(1)
    let resumed = await report
    let all = (clock.now - start) / .seconds(1)
    guard resumed.resumed.count == count, resumed.failed.isEmpty, resumed.refusal == nil else {
      throw BrokenFixture()
    }
    let bytes = (try residentBytes() - before) / Double(count)
    await engine.quiesce()
    return Result(
      value: accepting, unit: "s", baseline: nil, goal: .valueAtMost(10),
      more: [
        "processes": Double(count), "allResumedSeconds": all, "writtenInSeconds": written,
        "bytesPerProcess": bytes, "syncMicroseconds": probe,
      ])
  }
}
