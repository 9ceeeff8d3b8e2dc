// What every store of a log's rows must do. Run by each adapter on stores of its own.

import PaymentCrypto
package import PaymentModel
package import Receipts

/// The conformance suite of `LogRows`.
package enum LogConformance {
  /// What was expected and did not happen.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// One check on a store without rows.
  package struct Case: Sendable, CustomStringConvertible {
    package let description: String
    package let check: @Sendable (any Store<any LogRows>) async throws -> Void
  }

  package static let cases = [
    Case(description: "a fresh store is empty", check: isEmpty),
    Case(description: "entries are found by index, statement and slot", check: findsEntries),
    Case(description: "subtrees are found by level and index", check: findsNodes),
    Case(description: "the signed checkpoint is replaced", check: keepsCheckpoint),
    Case(description: "deliveries are kept by process", check: keepsDeliveries),
    Case(description: "deliveries are found by their indices", check: findsDeliveries),
    Case(description: "a witness's state is kept by log", check: keepsCosignedCheckpoints),
    Case(description: "a throwing body leaves nothing behind", check: undoes),
    Case(description: "proofs out of stored rows verify", check: proves),
  ]

  static func isEmpty(_ store: any Store<any LogRows>) async throws {
    try await store.read { rows in
      try require(rows.size == 0 && rows.entry(at: 0) == nil, "no entries")
      try require(rows.index(of: statement(0)) == nil, "no statement")
      try require(rows.index(in: .verdict(of: process(0))) == nil, "no slot")
      try require(rows.entries(in: 0..<9).isEmpty, "no entries of a range")
      try require(rows.signedCheckpoint == nil, "no checkpoint")
      try require(rows.delivery(of: process(0)) == nil, "no delivery")
      try require(rows.deliveries(from: 0..<9).isEmpty, "no deliveries")
      try require(rows.cosignedCheckpoint(of: "log.example") == nil, "no witness state")
    }
  }

  static func findsEntries(_ store: any Store<any LogRows>) async throws {
    let entries = [
      LogEntry(slot: .none, statement: statement(0)),
      LogEntry(slot: .verdict(of: process(1)), statement: statement(1)),
      LogEntry(slot: .none, statement: statement(2)),
    ]
    await store.transact { rows in
      for (index, entry) in entries.enumerated() {
        rows.append(entry, at: UInt64(index), completing: [entry.leafHash])
      }
    }
    try await store.read { rows in
      try require(rows.size == 3, "three entries")
      for (index, entry) in entries.enumerated() {
        try require(rows.entry(at: UInt64(index)) == entry, "entry \(index)")
        try require(rows.index(of: entry.statement) == UInt64(index), "statement \(index)")
      }
      try require(rows.index(in: .verdict(of: process(1))) == 1, "the slot")
      try require(rows.index(in: .verdict(of: process(2))) == nil, "an empty slot")
      try require(rows.entry(at: 3) == nil, "nothing past the end")
      try require(rows.entries(in: 0..<3) == entries, "all of them, in their order")
      try require(rows.entries(in: 1..<2) == [entries[1]], "one of them")
      try require(rows.entries(in: 2..<9) == [entries[2]], "what is there of a range")
      try require(rows.entries(in: 3..<9).isEmpty, "nothing of a range past the end")
    }
  }

  static func findsNodes(_ store: any Store<any LogRows>) async throws {
    let entries = (0..<7).map { LogEntry(slot: .none, statement: statement($0)) }
    await append(entries, to: store)
    let tree = MerkleLevels(entries.map(\.leafHash))
    try await store.read { rows in
      for level in 0...2 {
        for index in 0..<UInt64(7 >> level) {
          let found = rows.node(level: level, index: index)
          try require(found == tree.node(level: level, index: index), "node \(level)/\(index)")
        }
      }
    }
  }

  static func keepsCheckpoint(_ store: any Store<any LogRows>) async throws {
    for round in UInt8(1)...3 {
      await store.transact { $0.setSignedCheckpoint([round, 0, 10]) }
      try await store.read { rows in
        try require(rows.signedCheckpoint == [round, 0, 10], "the last one")
        try require(rows.cosignedCheckpoint(of: "") == nil, "and no other")
      }
    }
  }

  static func keepsDeliveries(_ store: any Store<any LogRows>) async throws {
    let commit = LogDelivery(verdict: [1, 2], bundle: Bytes(repeating: 7, count: 10_000))
    let abort = LogDelivery(verdict: [3], bundle: nil)
    let empty = LogDelivery(verdict: [4], bundle: [])
    await store.transact { rows in
      rows.insert(commit, of: process(0), from: 0)
      rows.insert(abort, of: process(1), from: 1)
      rows.insert(empty, of: process(2), from: 1)
    }
    try await store.read { rows in
      try require(rows.delivery(of: process(0)) == commit, "the commit")
      try require(rows.delivery(of: process(1)) == abort, "the abort")
      try require(rows.delivery(of: process(2)) == empty, "an empty bundle is a bundle")
      try require(rows.delivery(of: process(3)) == nil, "nothing else")
    }
  }

  static func findsDeliveries(_ store: any Store<any LogRows>) async throws {
    let indices: [UInt64] = [3, 4, 4, 90]
    await store.transact { rows in
      for (number, index) in indices.enumerated() {
        rows.insert(LogDelivery(verdict: [1], bundle: nil), of: process(number), from: index)
      }
    }
    let twins = [process(1), process(2)].sorted()
    try await store.read { rows in
      try require(rows.deliveries(from: 0..<3).isEmpty, "none before")
      try require(rows.deliveries(from: 3..<4) == [process(0)], "the first")
      try require(rows.deliveries(from: 3..<90) == [process(0)] + twins, "by index and process")
      try require(rows.deliveries(from: 5..<91) == [process(3)], "the last")
    }
  }

  static func keepsCosignedCheckpoints(_ store: any Store<any LogRows>) async throws {
    await store.transact { rows in
      rows.setCosignedCheckpoint([1], of: "a.example")
      rows.setCosignedCheckpoint([2], of: "b.example")
      rows.setCosignedCheckpoint([3], of: "a.example")
    }
    try await store.read { rows in
      try require(rows.cosignedCheckpoint(of: "a.example") == [3], "the last of a")
      try require(rows.cosignedCheckpoint(of: "b.example") == [2], "the last of b")
      try require(rows.cosignedCheckpoint(of: "A.example") == nil, "names are bytes")
    }
    await store.transact { rows in
      rows.setSignedCheckpoint([4])
      rows.setSignedCheckpoint([5, 10], cosigned: [5], of: "a.example")
    }
    try await store.read { rows in
      try require(rows.signedCheckpoint == [5, 10], "signed and cosigned at once")
      try require(rows.cosignedCheckpoint(of: "a.example") == [5], "the text of the same")
      try require(rows.cosignedCheckpoint(of: "b.example") == [2], "and nothing of others")
    }
  }

  static func undoes(_ store: any Store<any LogRows>) async throws {
    await append([LogEntry(slot: .none, statement: statement(0))], to: store)
    do {
      try await store.transact { rows in
        let entry = LogEntry(slot: .none, statement: statement(1))
        rows.append(entry, at: 1, completing: [entry.leafHash])
        rows.setSignedCheckpoint([1])
        rows.insert(LogDelivery(verdict: [1], bundle: nil), of: process(0), from: 1)
        rows.setCosignedCheckpoint([1], of: "log.example")
        throw Failure(description: "undo")
      }
      throw Failure(description: "the body's error was lost")
    } catch let error as Failure where error.description == "undo" {}
    try await store.read { rows in
      try require(rows.size == 1 && rows.index(of: statement(1)) == nil, "one entry")
      try require(rows.signedCheckpoint == nil, "no checkpoint")
      try require(rows.delivery(of: process(0)) == nil, "no delivery")
      try require(rows.cosignedCheckpoint(of: "log.example") == nil, "no witness state")
    }
  }

  static func proves(_ store: any Store<any LogRows>) async throws {
    let entries = (0..<40).map { LogEntry(slot: .none, statement: statement($0)) }
    for entry in entries { await append([entry], to: store) }
    let tree = MerkleLevels(entries.map(\.leafHash))
    try await store.read { rows in
      for size in [1, 2, 3, 31, 32, 33, 40] as [UInt64] {
        try require(rows.root(ofSize: size) == tree.root(ofSize: size), "root \(size)")
        for index in 0..<size {
          let path = rows.auditPath(of: index, in: size)
          try require(path == tree.auditPath(of: index, in: size), "path \(index) in \(size)")
          let proof = rows.consistencyProof(from: index, to: size)
          try require(
            proof == tree.consistencyProof(from: index, to: size), "proof \(index) to \(size)")
        }
      }
    }
  }

  /// Adds entries as a log does, all in one transaction.
  private static func append(_ entries: [LogEntry], to store: any Store<any LogRows>) async {
    await store.transact { rows in
      var frontier = MerkleFrontier()
      for index in 0..<rows.size { frontier.append(rows.node(level: 0, index: index)) }
      for entry in entries {
        let index = frontier.size
        var hashes: [Digest] = []
        frontier.append(entry.leafHash) { _, _, hash in hashes.append(hash) }
        rows.append(entry, at: index, completing: hashes)
      }
    }
  }

  private static func statement(_ number: Int) -> StatementID {
    SHA256.digest(Bytes("statement \(number)".utf8)).renamed()
  }

  private static func process(_ number: Int) -> ProcessID {
    SHA256.digest(Bytes("process \(number)".utf8)).renamed()
  }

  private static func require(_ condition: Bool, _ expectation: String) throws {
    guard condition else { throw Failure(description: "expected: \(expectation)") }
  }
}
