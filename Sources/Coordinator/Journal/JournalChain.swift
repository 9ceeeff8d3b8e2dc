// The chain of a process's records, written and read back.

import PaymentModel

/// Where the next record of a process goes.
struct JournalChain: Sendable {
  let process: ProcessID
  private(set) var nextSequence = 0
  private var last: Digest

  init(of process: ProcessID) {
    self.process = process
    last = process.renamed()
  }

  /// Puts a record at the end.
  mutating func append(_ record: JournalRecord, notary: some Notary) -> JournalRow {
    let bytes = record.bytes
    let chain = notary.digest(last.bytes + bytes)
    defer {
      last = chain
      nextSequence += 1
    }
    return JournalRow(
      process: process, sequence: nextSequence, kind: record.kind, record: bytes, chain: chain)
  }

  /// Reads stored rows back, and checks that they are a whole chain.
  ///
  /// - Throws: `broken-journal`, `malformed-record`.
  mutating func read(
    _ rows: [JournalRow], notary: some Notary
  ) throws(CoordinatorError) -> [JournalRecord] {
    var records: [JournalRecord] = []
    for row in rows {
      let record = try JournalRecord(row.record)
      guard row.process == process, append(record, notary: notary) == row else {
        throw CoordinatorError(
          .brokenJournal, "record \(row.sequence) of process \(process) does not fit its chain")
      }
      records.append(record)
    }
    return records
  }
}
