// engine.bytesPerProcess: how much memory a process takes while it waits for somebody.

import Coordinator
import Measurement

extension Figure {
  /// Statements, coins and proofs are as long as real ones, and no process shares them with another. The
  /// second merchant never answers, so that a request of each process is under way.
  static let engineBytesPerProcess = Figure(name: "engine.bytesPerProcess") {
    let disk = try EngineOnDisk(sizes: .real, habit: .isSilent)
    let probe = try disk.syncMicroseconds()
    try await disk.submit(1000, to: disk.engine)
    try await disk.rest(disk.engine)
    let (before, count) = (try residentBytes(), 20_000)
    try await disk.submit(count, to: disk.engine)
    try await disk.rest(disk.engine)
    let grown = try residentBytes() - before
    guard await disk.engine.activity().calls == count + 1000 else { throw BrokenFixture() }
    let order = disk.nextOrder()
    return Result(
      value: grown / Double(count), unit: "bytes/process", baseline: Double(order.encoded.count),
      goal: .valueAtMost(16_384), more: ["processes": Double(count), "syncMicroseconds": probe])
  }
}
