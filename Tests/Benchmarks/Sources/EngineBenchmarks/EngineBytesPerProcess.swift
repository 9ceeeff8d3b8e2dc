// engine.bytesPerProcess: how much memory a process takes while it waits for somebody.

import Coordinator
import Measurement

extension Figure {
  /// Statements, coins and proofs are as long as real ones, and no process shares them with another. The
  /// second merchant never answers, so that a request of each process is under way; for `putOff` it asks to
  /// be asked later, and nothing is under way.
  static let engineBytesPerProcess = Figure(name: "engine.bytesPerProcess") {
    let silent = try EngineOnDisk(sizes: .real, habit: .isSilent)
    let probe = try silent.syncMicroseconds()
    let bytes = try await silent.bytesPerWaitingProcess()
    guard await silent.engine.activity().calls == EngineOnDisk.waitingCount else {
      throw BrokenFixture("somebody has answered")
    }
    let putOff = try EngineOnDisk(
      sizes: .real, habit: .holds(until: silent.catalogue.decideBy))
    let rest = try await putOff.bytesPerWaitingProcess()
    return Result(
      value: bytes.resident, unit: "bytes/process",
      baseline: Double(silent.nextOrder().encoded.count), goal: .valueAtMost(16_384),
      more: [
        "inUse": bytes.inUse, "putOff": rest.resident, "putOffInUse": rest.inUse,
        "processes": Double(EngineOnDisk.waitingCount), "syncMicroseconds": probe,
      ])
  }
}

extension EngineOnDisk {
  fileprivate static let waitingCount = 20_000

  /// What the program grows by, and how much of that is still there when the allocator has given back what it
  /// can.
  fileprivate func bytesPerWaitingProcess() async throws -> (resident: Double, inUse: Double) {
    releaseFreeMemory()
    let before = try residentBytes()
    try await submit(Self.waitingCount, to: engine)
    try await rest(engine)
    let resident = try residentBytes() - before
    releaseFreeMemory()
    let inUse = try residentBytes() - before
    return (resident / Double(Self.waitingCount), inUse / Double(Self.waitingCount))
  }
}
