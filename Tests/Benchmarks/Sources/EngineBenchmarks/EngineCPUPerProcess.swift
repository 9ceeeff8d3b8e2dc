// engine.cpuPerProcess: the processor time of a process when 256 run side by side, compared with SQLite's for
// the same rows.

import Coordinator
import Measurement
import PaymentModel
import StoreSQLite

extension Figure {
  static let engineCPUPerProcess = Figure(name: "engine.cpuPerProcess") {
    let disk = try EngineOnDisk()
    let full = try EngineOnDisk(sizes: .real)
    let probe = try disk.syncMicroseconds()
    try await disk.purchase(2048, concurrent: 256)
    try await full.purchase(1024, concurrent: 256)
    let rows = try await disk.rowsInTurn(of: 2048)
    let activity = await disk.engine.activity()
    let batch = max(1, activity.rows / max(1, activity.batches))
    let count = 4096
    var (ours, bare, large, rates): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
    var distances: [Double] = []
    for round in 0..<5 {
      distances.append(ProcessorDistance.medianNanoseconds())
      rates.append(
        Double(count)
          / (try await measuredSeconds {
            ours.append(
              try await processorSeconds { try await disk.purchase(count, concurrent: 256) }
                / Double(count))
          }))
      large.append(
        try await processorSeconds { try await full.purchase(count / 4, concurrent: 256) }
          / Double(count / 4))
      let raw = RawInserts(path: disk.folder.path("raw-\(round).sqlite"))
      bare.append(
        try await processorSeconds {
          for start in stride(from: 0, to: rows.count, by: batch) {
            raw.commit(rows[start..<min(start + batch, rows.count)])
          }
        } / 2048)
    }
    return Result(
      value: median(ours) * 1e6, unit: "µs/process", baseline: median(bare) * 1e6,
      goal: .valueAtMost(150),
      more: [
        "processesPerSecond": median(rates), "rowsPerBatch": Double(batch),
        "rowsPerProcess": Double(rows.count) / 2048,
        "microsecondsAtRealSizes": median(large) * 1e6, "syncMicroseconds": probe,
        "processorDistanceNanoseconds": median(distances),
      ])
  }
}

extension EngineOnDisk {
  /// The rows of so many processes: all first ones of 256 processes, all second ones, and so on.
  func rowsInTurn(of count: Int) async throws -> [JournalRow] {
    let chains = await store.read { journal in
      journal.processes(after: nil, atMost: count, onlyOpen: false).map { journal.rows(of: $0) }
    }
    guard chains.count == count else { throw BrokenFixture() }
    var rows: [JournalRow] = []
    for start in stride(from: 0, to: count, by: 256) {
      let group = chains[start..<min(start + 256, count)]
      for turn in 0..<(group.map(\.count).max() ?? 0) {
        rows += group.compactMap { turn < $0.count ? $0[turn] : nil }
      }
    }
    return rows
  }
}
