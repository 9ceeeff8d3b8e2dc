// engine.syncsPerProcess: how many syncs a process costs when 256 run side by side on a slow disk.

import Coordinator
import Measurement

extension Figure {
  static let engineSyncsPerProcess = Figure(name: "engine.syncsPerProcess") {
    let syncs = try SyncCounter()
    let disk = try EngineOnDisk()
    try await disk.purchase(512, concurrent: 256)
    syncs.setDelay(microseconds: 2000)
    defer { syncs.setDelay(microseconds: 0) }
    let probe = try disk.syncMicroseconds()
    let (before, count) = (syncs.count, 10_240)
    let batches = await disk.engine.activity().batches
    let seconds = try await measuredSeconds { try await disk.purchase(count, concurrent: 256) }
    return Result(
      value: Double(syncs.count - before) / Double(count), unit: "syncs/process", baseline: nil,
      goal: .valueAtMost(0.2),
      more: [
        "syncMicroseconds": probe, "processesPerSecond": Double(count) / seconds,
        "batchesPerProcess":
          Double(await disk.engine.activity().batches - batches) / Double(count),
      ])
  }
}
