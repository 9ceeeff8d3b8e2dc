// The chain of a process's records, written and read back.

import PaymentModel

/// Where the next records of a process go.
struct JournalChain: Hashable, Sendable {
  let process: ProcessID
  private(set) var nextSequence = 0
  private var last: Digest

  init(of process: ProcessID) {
    self.process = process
    last = process.renamed()
  }

  /// Puts records at the end, as one row.
  mutating func append(_ records: [JournalRecord], notary: some Notary) -> JournalRow {
    var writer = ByteWriter()
    for record in records { writer.blob(record.bytes) }
    return append(kinds: records.map(\.kind), bytes: writer.bytes, notary: notary)
  }

  /// Reads stored rows back, and checks that they are a whole chain.
  ///
  /// - Throws: `broken-journal`, `malformed-record`.
  mutating func read(
    _ rows: [JournalRow], notary: some Notary
  ) throws(CoordinatorError) -> [JournalRecord] {
    var records: [JournalRecord] = []
    for row in rows {
      let read = try row.read()
      guard !read.isEmpty, row.process == process,
        append(kinds: read.map(\.kind), bytes: row.records, notary: notary) == row
      else {
        throw CoordinatorError(
          .brokenJournal,
          "the row of record \(row.sequence) of process \(process) does not fit its chain")
      }
      records += read
    }
    return records
  }

  private mutating func append(
    kinds: [RecordKind], bytes: Bytes, notary: some Notary
  ) -> JournalRow {
    let chain = notary.digest(last.bytes + bytes)
    defer {
      last = chain
      nextSequence += kinds.count
    }
    return JournalRow(
      process: process, sequence: nextSequence, kinds: kinds, records: bytes, chain: chain)
  }
}

extension JournalRow {
  /// Bytes of one record above which it is not read back.
  private static let largestRecord = 64 << 20

  /// The records in it. Whether it belongs to a chain is not looked at.
  ///
  /// - Throws: `malformed-record`.
  package func read() throws(CoordinatorError) -> [JournalRecord] {
    var reader = ByteReader(records)
    var read: [JournalRecord] = []
    while !reader.isAtEnd {
      read.append(try JournalRecord(try reader.blob(atMost: Self.largestRecord)))
    }
    return read
  }
}
