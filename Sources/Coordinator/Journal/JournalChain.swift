// The chain of a process's records, written and read back.

package import PaymentModel

/// Where the next records of a process go. The chain is made over times and records as they can be shown
/// to everybody (`JournalEntry.shown`).
package struct JournalChain: Hashable, Sendable {
  package let process: ProcessID
  private(set) var nextSequence = 0
  package private(set) var last: Digest

  package init(of process: ProcessID) {
    self.process = process
    last = process.renamed()
  }

  /// Puts entries at the end, as one row.
  mutating func append(_ entries: [JournalEntry], notary: some Notary) -> JournalRow {
    let sequence = nextSequence
    let bytes = JournalEntry.bytes(of: entries)
    return JournalRow(
      process: process, sequence: sequence, kinds: entries.map(\.record.kind), records: bytes,
      chain: take(entries, stored: bytes, digest: notary.digest))
  }

  /// Reads stored rows back, and checks that they are a whole chain.
  ///
  /// - Throws: `broken-journal`, `malformed-record`.
  mutating func read(
    _ rows: [JournalRow], notary: some Notary
  ) throws(CoordinatorError) -> [JournalEntry] {
    var entries: [JournalEntry] = []
    for row in rows {
      let read = try row.read()
      guard !read.isEmpty, row.process == process, row.sequence == nextSequence,
        row.kinds == read.map(\.record.kind),
        take(read, stored: row.records, digest: notary.digest) == row.chain
      else {
        throw CoordinatorError(
          .brokenJournal,
          "the row of record \(row.sequence) of process \(process) does not fit its chain")
      }
      entries += read
    }
    return entries
  }

  /// Goes on over one row's entries as they were shown.
  ///
  /// - Returns: the chain after them.
  package mutating func take(shown entries: [JournalEntry], digest: (Bytes) -> Digest) -> Digest {
    take(JournalEntry.bytes(of: entries), count: entries.count, digest: digest)
  }

  private mutating func take(
    _ entries: [JournalEntry], stored: Bytes, digest: (Bytes) -> Digest
  ) -> Digest {
    let shown =
      entries.contains(where: \.record.holdsSealed)
      ? JournalEntry.bytes(of: entries.map { $0.shown(digest: digest) }) : stored
    return take(shown, count: entries.count, digest: digest)
  }

  private mutating func take(
    _ shown: Bytes, count: Int, digest: (Bytes) -> Digest
  ) -> Digest {
    var preimage = Bytes()
    preimage.reserveCapacity(Digest.byteCount + shown.count)
    last.append(to: &preimage)
    preimage += shown
    last = digest(preimage)
    nextSequence += count
    return last
  }
}

extension JournalRow {
  /// The records in it, with their times. Whether it belongs to a chain is not looked at.
  ///
  /// - Throws: `malformed-record`.
  public func read() throws(CoordinatorError) -> [JournalEntry] {
    try JournalEntry.read(records)
  }
}
