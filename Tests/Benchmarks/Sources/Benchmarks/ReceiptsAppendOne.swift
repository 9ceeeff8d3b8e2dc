// receipts.appendOne: one writer, who waits for the proof of each entry before the next, compared with
// commits of one small row to the same disk.

import Foundation
import Measurement
import PaymentModel
import Receipts
import StoreSQLite

extension Figure {
  static let receiptsAppendOne = Figure(name: "receipts.appendOne") {
    let disk = try LogOnDisk()
    let rows = try SQLiteStore.log(in: StateFolder(at: disk.folder.path("row")))
    let direct = RawCommits(path: disk.folder.path("direct.sqlite"))
    let sync = try DiskSync(path: disk.folder.path("synced"))
    let small = Bytes(repeating: 0x61, count: 64)
    let seconds = try await medianSeconds(
      count: 1000,
      ofEach: [
        { try await disk.include($0, writers: 1) },
        { count in
          for number in 0..<count {
            let content = small + [UInt8(truncatingIfNeeded: number)]
            await rows.transact { $0.setSignedCheckpoint(content) }
          }
        },
        { count in
          for number in 0..<count { direct.commit(small + [UInt8(truncatingIfNeeded: number)]) }
        },
        { count in for _ in 0..<count { try sync.sync() } },
      ])
    try await rows.close()
    return Result(
      value: 1 / seconds[0], unit: "entries/s", baseline: 1 / seconds[1],
      goal: .ratioAtLeast(0.8),
      more: [
        "commitsDirect": 1 / seconds[2], "ratioToDirect": seconds[2] / seconds[0],
        "syncMicroseconds": seconds[3] * 1e6,
      ])
  }
}
