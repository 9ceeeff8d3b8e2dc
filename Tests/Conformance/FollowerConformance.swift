// What every store of a follower's rows must do. Run by each adapter on stores of its own.

import PaymentCrypto
package import PaymentModel
package import Receipts

/// The conformance suite of `FollowerRows`.
package enum FollowerConformance {
  /// What was expected and did not happen.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// One check on a store without rows.
  package struct Case: Sendable, CustomStringConvertible {
    package let description: String
    package let check: @Sendable (any Store<any FollowerRows>) async throws -> Void
  }

  package static let cases = [
    Case(description: "a fresh store is empty", check: isEmpty),
    Case(description: "entries are found in all their places", check: findsEntries),
    Case(description: "a cut forgets entries and subtrees, and what is left goes on", check: cuts),
    Case(description: "checkpoints are found by size", check: findsCheckpoints),
    Case(description: "target, doubts and proofs are kept", check: keepsTheRest),
    Case(description: "a throwing body leaves nothing behind", check: undoes),
  ]

  static func isEmpty(_ store: any Store<any FollowerRows>) async throws {
    try await store.read { rows in
      try require(rows.size == 0 && rows.entry(at: 0) == nil, "no entries")
      try require(rows.indices(of: statement(0), atMost: 9).isEmpty, "no statement")
      try require(rows.repeats(from: 0, atMost: 9).isEmpty, "no repeats")
      try require(rows.lastCheckpoint == nil && rows.target == nil, "no checkpoint")
      try require(rows.checkpoint(covering: 0) == nil, "none that covers")
      try require(rows.checkpoint(within: 9) == nil, "none within")
      try require(rows.doubts.isEmpty && rows.splitViews.isEmpty, "nothing against the log")
    }
  }

  static func findsEntries(_ store: any Store<any FollowerRows>) async throws {
    let entries = [
      LogEntry(slot: .none, statement: statement(0)), LogEntry(slot: slot, statement: statement(1)),
      LogEntry(slot: .none, statement: statement(1)), LogEntry(slot: slot, statement: statement(2)),
      LogEntry(slot: slot, statement: statement(1)),
    ]
    await append(entries, to: store)
    try await store.read { rows in
      for (index, entry) in entries.enumerated() {
        try require(rows.entry(at: UInt64(index)) == entry, "entry \(index)")
      }
      try require(rows.entry(at: 5) == nil, "nothing past the end")
      try require(rows.indices(of: statement(1), atMost: 9) == [1, 2, 4], "all places")
      try require(rows.indices(of: statement(1), atMost: 2) == [1, 2], "the first places")
      try require(rows.indices(in: slot, atMost: 9) == [1, 3, 4], "all in the slot")
      try require(rows.indices(in: slot, atMost: 1) == [1], "the first in the slot")
      try require(rows.indices(in: .none, atMost: 9).isEmpty, "no slot is none")
      try require(rows.repeats(from: 0, atMost: 9) == [3, 4], "repeats")
      try require(rows.repeats(from: 4, atMost: 9) == [4], "later repeats")
      try require(rows.repeats(from: 0, atMost: 1) == [3], "the first repeat")
    }
  }

  static func cuts(_ store: any Store<any FollowerRows>) async throws {
    let entries = (0..<13).map { LogEntry(slot: $0 > 5 ? slot : .none, statement: statement($0)) }
    for size in [13, 8, 7, 4, 0] {
      await store.transact { $0.cut(to: 0) }
      await append(entries, to: store)
      await store.transact { $0.cut(to: UInt64(size)) }
      try await store.read { rows in
        try require(rows.size == UInt64(size), "cut to \(size)")
        try require(rows.indices(of: statement(12), atMost: 9).isEmpty == (size < 13), "statement")
        let expected = (6..<13).filter { $0 < size }.map(UInt64.init)
        try require(rows.indices(in: slot, atMost: 99) == expected, "slot")
        let repeats = Array(expected.dropFirst())
        try require(rows.repeats(from: 0, atMost: 99) == repeats, "repeats")
      }
      // Every subtree beyond the cut is gone: storing it again is no conflict.
      await append(Array(entries[size...]), to: store)
      try await store.read { rows in
        let root = MerkleTree.root(of: entries.map(\.leafHash))
        try require(rows.root(ofSize: 13) == root, "the root after \(size)")
      }
    }
  }

  static func findsCheckpoints(_ store: any Store<any FollowerRows>) async throws {
    await store.transact { rows in
      for size in [0, 3, 10] as [UInt64] { rows.insertCheckpoint([UInt8(size)], size: size) }
    }
    try await store.read { rows in
      try require(rows.lastCheckpoint == [10], "the last")
      let covering = [0, 1, 3, 4, 10].map { rows.checkpoint(covering: $0) }
      try require(covering == [[0], [3], [3], [10], [10]], "covering")
      try require(rows.checkpoint(covering: 11) == nil, "nothing covers 11")
      let within = [0, 2, 3, 9, 10, 99].map { rows.checkpoint(within: $0) }
      try require(within == [[0], [0], [3], [3], [10], [10]], "within")
    }
  }

  static func keepsTheRest(_ store: any Store<any FollowerRows>) async throws {
    let proofs = [
      KeptSplitView([7], foundAt: Timestamp(seconds: 1_800_000_000)),
      KeptSplitView([6], foundAt: Timestamp(seconds: 9)),
    ]
    await store.transact { rows in
      rows.setTarget([1])
      rows.setTarget([2, 0])
      rows.setDoubts([[9], [8]])
      rows.setDoubts([[3], [1], [3]])
      for proof in proofs { rows.insertSplitView(proof) }
    }
    try await store.read { rows in
      try require(rows.target == [2, 0], "the last target")
      try require(rows.doubts == [[3], [1], [3]], "doubts in their order")
      try require(rows.splitViews == proofs, "proofs in their order")
    }
    await store.transact { rows in
      rows.setTarget(nil)
      rows.setDoubts([])
    }
    try await store.read { rows in
      try require(rows.target == nil && rows.doubts.isEmpty, "cleared")
    }
  }

  static func undoes(_ store: any Store<any FollowerRows>) async throws {
    await append([LogEntry(slot: slot, statement: statement(0))], to: store)
    await store.transact { rows in
      rows.setTarget([1])
      rows.insertCheckpoint([1], size: 1)
    }
    do {
      try await store.transact { rows in
        rows.cut(to: 0)
        rows.setTarget(nil)
        rows.setDoubts([[1]])
        rows.insertSplitView(KeptSplitView([1], foundAt: Timestamp(seconds: 1)))
        rows.insertCheckpoint([2], size: 2)
        throw Failure(description: "undo")
      }
      throw Failure(description: "the body's error was lost")
    } catch let error as Failure where error.description == "undo" {}
    try await store.read { rows in
      try require(rows.size == 1 && rows.target == [1], "what was there is there")
      try require(rows.doubts.isEmpty && rows.splitViews.isEmpty, "nothing more is")
      try require(rows.lastCheckpoint == [1], "one checkpoint")
    }
  }

  /// Adds entries as a follower does, all in one transaction.
  private static func append(
    _ entries: [LogEntry], to store: any Store<any FollowerRows>
  ) async {
    await store.transact { rows in
      var frontier = MerkleFrontier()
      for index in 0..<rows.size { frontier.append(rows.node(level: 0, index: index)) }
      for entry in entries {
        var hashes: [Digest] = []
        frontier.append(entry.leafHash) { _, _, hash in hashes.append(hash) }
        let isRepeat =
          entry.slot.isExclusive && !rows.indices(in: entry.slot, atMost: 1).isEmpty
        rows.append(entry, isRepeat: isRepeat, completing: hashes)
      }
    }
  }

  private static let slot = LogSlot.verdict(of: SHA256.digest([1]).renamed())

  private static func statement(_ number: Int) -> StatementID {
    SHA256.digest(Bytes("statement \(number)".utf8)).renamed()
  }

  private static func require(_ condition: Bool, _ expectation: String) throws {
    guard condition else { throw Failure(description: "expected: \(expectation)") }
  }
}
