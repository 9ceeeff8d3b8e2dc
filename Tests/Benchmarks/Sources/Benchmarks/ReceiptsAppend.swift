// receipts.append: 64 writers at once, each with its proof under a witnessed checkpoint, durable, compared
// with the hashing and the signing alone.

import Foundation
import Measurement
import PaymentCrypto
import PaymentModel
import Receipts

extension Figure {
  static let receiptsAppend = Figure(name: "receipts.append") {
    let writers = 64
    let perRound = 25 * writers
    let disk = try LogOnDisk()
    let proof = try await disk.includeNext()
    let text = proof.checkpoint.text
    let work = RawLogWork(text: text)
    let commitsBefore = disk.commitCount
    let seconds = try await medianSeconds(
      count: perRound,
      ofEach: [
        { try await disk.include($0, writers: writers) },
        { count in for _ in 0..<count { work.answerAlone() } },
        { count in for _ in 0..<count { work.answerSigned() } },
        { count in for _ in 0..<count / writers { work.answer(writers) } },
      ])
    let commits = Double(disk.commitCount - commitsBefore)
    return Result(
      value: 1 / seconds[0], unit: "entries/s", baseline: 1 / seconds[1],
      goal: .ratioAtLeast(0.5),
      more: [
        "statementSigned": 1 / seconds[2], "ratioToStatementSigned": seconds[2] / seconds[0],
        "sharedCheckpoint": 1 / seconds[3], "ratioToSharedCheckpoint": seconds[3] / seconds[0],
        "entriesPerCommit": 16 * Double(perRound) / commits,
      ])
  }
}

/// The hashing and signing of a log of some thousand entries, with nothing around it.
private final class RawLogWork {
  private let log = RawSigning(seed: [UInt8](repeating: 1, count: 32))
  private let witness = RawSigning(seed: [UInt8](repeating: 2, count: 32))
  private let digest = RawDigest()
  private let text: [UInt8]
  private let cosigned: [UInt8]
  /// A leaf and a node have as many bytes: 1 + 64.
  private let node = [UInt8](repeating: 1, count: 65)
  /// Nodes between the subtrees along the right edge of a tree of about 2^14 leaves: half of its bits are set.
  private static let edgeCount = 6

  init(text: [UInt8]) {
    self.text = text
    cosigned = [UInt8]("cosignature/v1\ntime 1800000000\n".utf8) + text
  }

  /// For one entry: the leaf, and the one node that an entry completes on average.
  private func hashEntry() {
    keep(digest.digest(node))
    keep(digest.digest(node))
  }

  /// For one checkpoint: its root out of the right edge, the log's signature and the witness's.
  private func sign() {
    for _ in 0..<Self.edgeCount { keep(digest.digest(node)) }
    keep(log.sign(text))
    keep(witness.sign(cosigned))
  }

  /// An entry that has a checkpoint of its own.
  func answerAlone() {
    hashEntry()
    sign()
  }

  /// An entry whose only signature is that of the statement.
  func answerSigned() {
    hashEntry()
    keep(log.sign(text))
  }

  /// Entries that share a checkpoint.
  func answer(_ count: Int) {
    for _ in 0..<count { hashEntry() }
    sign()
  }
}
