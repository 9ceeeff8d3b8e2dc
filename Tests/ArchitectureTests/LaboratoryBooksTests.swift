// The laboratory's books are independent: what of the coordinator they may use is listed here.

import Foundation
import Testing

@Suite("What the books use of the coordinator")
struct LaboratoryBooksTests {
  /// What it says and stores, and what everybody may name.
  static let types: Set<String> = [
    // Messages and rows as they are.
    "ParticipantRequest", "ParticipantReply", "JournalRow",
    // Written by the books, and checked by what `Coordinator` offers to everybody (`HistoryBooks`).
    "History",
    // The name of a good that may run out.
    "Resource",
  ]
  /// What is asked of the coordinator's program, file by file: nothing of what it decides. `ProgressBooks` holds when it
  /// is at rest against the ends in its journal, `WaitBooks` looks up who stands where.
  static let asked: [String: Set<String>] = [
    "AtomicityBooks.swift": ["journal"],
    "CoordinatorBooks.swift": ["journal"],
    "ProgressBooks.swift": [
      "journal", "isRecovering", "isBehindLog", "isUp", "isWriting", "hasEffects", "openCount",
      "isOpen", "failed", "unexpected",
    ],
    "WaitBooks.swift": ["isReady", "isRecovering", "failed", "places", "isUndecided", "outline"],
  ]

  private let project = Project.here

  private func code(_ text: String) -> String {
    text.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }
      .joined(separator: "\n")
  }

  private func typesDeclared(in target: String) throws -> Set<String> {
    var names: Set<String> = []
    for (_, text) in try project.sources(ofTarget: target) {
      let found = code(text).matches(
        of: /\b(?:struct|class|enum|actor|protocol|typealias) ([A-Z]\w*)/
          .wordBoundaryKind(.simple))
      names.formUnion(found.map { String($0.1) })
    }
    return names
  }

  private func books() throws -> [(name: String, code: String)] {
    try project.sources(ofTarget: "Laboratory").filter { $0.file.contains("Books/") }
      .map { (String($0.file.split(separator: "/").last ?? ""), code($0.text)) }
  }

  @Test("the books name no type of the coordinator but messages, rows, and histories")
  func names() throws {
    let coordinators = try typesDeclared(in: "Coordinator")
      .subtracting(typesDeclared(in: "Laboratory"))
    #expect(coordinators.isSuperset(of: Self.types) && coordinators.count > 50)
    var used: Set<String> = []
    for (name, code) in try books() {
      let words = Set(code.matches(of: /\b[A-Z]\w*/.wordBoundaryKind(.simple)).map { String($0.0) })
      let foreign = words.intersection(coordinators)
      #expect(foreign.isSubset(of: Self.types), "\(name): \(foreign.subtracting(Self.types))")
      used.formUnion(foreign)
    }
    #expect(used == Self.types, "listed, and not used")
  }

  @Test("the books ask the coordinator's program for nothing but what is listed")
  func questions() throws {
    var asked: [String: Set<String>] = [:]
    for (name, code) in try books() {
      let members = code.matches(
        of: /\bnode\.(\w+)/.wordBoundaryKind(.simple)
      ).map { String($0.1) }
      if !members.isEmpty { asked[name] = Set(members) }
    }
    #expect(asked == Self.asked)
    // The machine itself is out of their sight.
    for (name, code) in try books() {
      for word in ["ProcessMachine", "CoordinatorMachine", "ProcessPlanner", ".machine"] {
        #expect(!code.contains(word), "\(name) contains \(word)")
      }
    }
  }
}
