// receipts.receiptBytes: how large the receipt of a purchase of two goods is in a log of a million entries.

import Evidence
import Measurement
import PaymentCrypto
import PaymentModel
import Receipts

extension Figure {
  /// The receipt is a real one. Its statements, and the verdict's own proof, are given the places and the
  /// audit paths that they have as the last entries of a log of a million. No path there is longer than 20.
  static let receiptsReceiptBytes = Figure(name: "receipts.receiptBytes") {
    let bought = try await BoughtReceipt()
    let (small, size) = (bought.receipt, UInt64(1_000_000))
    let entries = small.entries.enumerated().map { number, entry in
      Receipt.Entry(
        statement: entry.statement, index: size - 1 - UInt64(number), path: longestPath)
    }
    let large = Receipt(
      process: small.process, entries: entries, checkpoint: try grown(small.checkpoint, to: size),
      verdictProof: try small.verdictProof.map { proof in
        LogProof(
          index: size - 1, path: longestPath, checkpoint: try grown(proof.checkpoint, to: size))
      },
      parts: small.parts, exhibits: small.exhibits, keyBundle: small.keyBundle)
    let bytes = large.bytes
    guard try Receipt(bytes) == large else { throw BrokenFixture() }
    let statements = small.entries.reduce(0) { $0 + $1.statement.count }
    let parts = small.parts.reduce(0) { $0 + $1.part.count }
    return Result(
      value: Double(bytes.count), unit: "bytes",
      // What was signed and ordered, without anything that proves its place in the log.
      baseline: Double(statements + parts), goal: .valueAtMost(40_000),
      more: [
        "statementBytes": Double(statements), "statements": Double(small.entries.count),
        "pathBytes": Double(small.entries.count * longestPath.count * bytesPerHash),
        "bytesInASmallLog": Double(small.bytes.count),
        "checkpointBytes": Double(large.checkpoint.bytes.count),
        "verdictProofBytes": Double(large.verdictProof?.bytes.count ?? 0),
      ])
  }

  /// The depth of a tree of more than 2^19 and at most 2^20 leaves.
  private static let longestPath = (0..<20).map { SHA256.digest([UInt8($0)]) }

  /// 64 digits, quotation marks and a comma.
  private static let bytesPerHash = 67

  /// The note with another size on its second line.
  private static func grown(_ note: SignedNote, to size: UInt64) throws -> SignedNote {
    var lines = note.bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    lines[1] = Bytes(String(size).utf8)[...]
    return try SignedNote(Bytes(lines.joined(separator: [0x0A])))
  }
}
