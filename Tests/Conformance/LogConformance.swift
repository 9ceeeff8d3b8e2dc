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
    Case(description: "checkpoints are replaced, each by its own kind", check: keepsCheckpoints),
    Case(description: "deliveries are kept by process", check: keepsDeliveries),
    Case(description: "a witness's state is kept by log", check: keepsCosignedCheckpoints),
    Case(description: "a throwing body leaves nothing behind", check: undoes),
    Case(description: "proofs out of stored rows verify", check: proves),
  ]

  static func isEmpty(_ store: any Store<any LogRows>) async throws {
    try await store.read { rows in
      try require(rows.size == 0 && rows.entry(at: 0) == nil, "no entries")
      try require(rows.index(of: statement(0)) == nil, "no statement")
      try require(rows.index(in: .verdict(of: process(0))) == nil, "no slot")
      try require(rows.signedCheckpoint == nil && rows.publishedCheckpoint == nil, "no checkpoint")
      try require(rows.delivery(of: process(0)) == nil, "no delivery")
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
        let nodes = [LogNode(level: 0, index: UInt64(index), hash: entry.leafHash)]
        rows.append(entry, completing: nodes)
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

  static func keepsCheckpoints(_ store: any Store<any LogRows>) async throws {
    for round in UInt8(1)...3 {
      await store.transact { $0.setSignedCheckpoint([round, 0, 10]) }
      try await store.read { rows in
        try require(rows.signedCheckpoint == [round, 0, 10], "the signed one")
        try require(rows.publishedCheckpoint == (round == 1 ? nil : [round - 1]), "the other")
      }
      await store.transact { $0.setPublishedCheckpoint([round]) }
    }
  }

  static func keepsDeliveries(_ store: any Store<any LogRows>) async throws {
    let commit = LogDelivery(verdict: [1, 2], bundle: Bytes(repeating: 7, count: 10_000))
    let abort = LogDelivery(verdict: [3], bundle: nil)
    let empty = LogDelivery(verdict: [4], bundle: [])
    await store.transact { rows in
      rows.insert(commit, of: process(0))
      rows.insert(abort, of: process(1))
      rows.insert(empty, of: process(2))
    }
    try await store.read { rows in
      try require(rows.delivery(of: process(0)) == commit, "the commit")
      try require(rows.delivery(of: process(1)) == abort, "the abort")
      try require(rows.delivery(of: process(2)) == empty, "an empty bundle is a bundle")
      try require(rows.delivery(of: process(3)) == nil, "nothing else")
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
  }

  static func undoes(_ store: any Store<any LogRows>) async throws {
    await append([LogEntry(slot: .none, statement: statement(0))], to: store)
    do {
      try await store.transact { rows in
        rows.append(LogEntry(slot: .none, statement: statement(1)), completing: [])
        rows.setSignedCheckpoint([1])
        rows.setPublishedCheckpoint([1])
        rows.insert(LogDelivery(verdict: [1], bundle: nil), of: process(0))
        rows.setCosignedCheckpoint([1], of: "log.example")
        throw Failure(description: "undo")
      }
      throw Failure(description: "the body's error was lost")
    } catch let error as Failure where error.description == "undo" {}
    try await store.read { rows in
      try require(rows.size == 1 && rows.index(of: statement(1)) == nil, "one entry")
      try require(rows.signedCheckpoint == nil && rows.publishedCheckpoint == nil, "no checkpoint")
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
        var nodes: [LogNode] = []
        frontier.append(entry.leafHash) { nodes.append(LogNode(level: $0, index: $1, hash: $2)) }
        rows.append(entry, completing: nodes)
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
