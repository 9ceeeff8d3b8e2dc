// engine.latencySyncs: how many syncs one process waits for, from the order to its end, when it is alone.

import Measurement

extension Figure {
  static let engineLatencySyncs = Figure(name: "engine.latencySyncs") {
    let syncs = try SyncCounter()
    let disk = try EngineOnDisk()
    for _ in 0..<10 { try await disk.purchase() }
    let probe = try disk.syncMicroseconds()
    var (counts, times): ([Double], [Double]) = ([], [])
    for _ in 0..<51 {
      let before = syncs.count
      times.append(try await measuredSeconds { try await disk.purchase() })
      counts.append(Double(syncs.count - before))
    }
    return Result(
      value: median(counts), unit: "syncs", baseline: nil, goal: .valueAtMost(4),
      more: [
        "most": counts.max() ?? 0, "milliseconds": median(times) * 1e3, "syncMicroseconds": probe,
      ])
  }
}
