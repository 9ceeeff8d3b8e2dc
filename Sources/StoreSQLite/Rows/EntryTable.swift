// What the tables of entries of a log and of its follower have in common.

import PaymentModel
import Receipts

extension SQLConnection {
  /// How many rows the table `entry` has. Its positions begin at 0 and leave none out.
  var entryCount: UInt64 {
    first("SELECT max(position) FROM entry") { $0[0] as UInt64? }.flatMap { $0 }.map { $0 + 1 } ?? 0
  }

  func entry(at index: UInt64) -> LogEntry? {
    first("SELECT slot, statement FROM entry WHERE position = ?", index) { row in
      LogEntry(slot: row[0], statement: row[1])
    }
  }
}

extension LogSlot {
  /// `none` as SQL writes it, for conditions of partial indices.
  static var noneLiteral: String { "x'\(LogSlot.none.bytes.hex)'" }
}
