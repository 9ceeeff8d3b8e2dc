// The cases, run as they are and as the files in Vectors/statements.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

import Evidence

@Suite("Statements, case by case", .serialized)
struct StatementVectorTests {
  @Test("each case ends as it must", arguments: StatementCases.all.map(\.name))
  func cases(name: String) throws {
    let example = try #require(StatementCases.all.first { $0.name == name })
    #expect(example.verify() == example.code, "\(name)")
  }

  @Test("the files are the cases, and no file is left over")
  func files() throws {
    #expect(Set(StatementCases.all.map(\.name)).count == StatementCases.all.count)
    if Vectors.areWritten {
      for example in StatementCases.all {
        try Data(example.file).write(to: Vectors.folder.appending(path: example.fileName))
      }
    }
    for example in StatementCases.all {
      let file = try Data(contentsOf: Vectors.folder.appending(path: example.fileName))
      #expect(Bytes(file) == example.file, "\(example.name)")
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: Vectors.folder.path)
    #expect(Set(files) == Set(StatementCases.all.map(\.fileName) + ["README.md"]))
  }

  @Test("what stands in the files is enough to repeat each case")
  func readFiles() throws {
    for example in StatementCases.all {
      let file = try Data(contentsOf: Vectors.folder.appending(path: example.fileName))
      let read = try StatementCase(file: Bytes(file), name: example.name)
      #expect(read.verify() == read.code, "\(example.name)")
      #expect(read.code == example.code)
    }
  }
}

extension StatementCase {
  var fileName: String { "\(name).txt" }

  /// Lines of `name: value`, an empty line, and the statement to its last byte.
  var file: Bytes {
    let lines =
      [
        "expect: \(code?.rawValue ?? "verified")", "kind: \(kind.rawValue)", "party: \(party)",
        "key: \(key.hex)",
      ] + cosigners.map { "cosigner: \($0.hex)" } + ["comment: \(comment)", "", ""]
    return Bytes(lines.joined(separator: "\n").utf8) + statement
  }

  init(file: Bytes, name: String) throws {
    let separator = try #require(file.firstRange(of: [0x0A, 0x0A]))
    let lines = String(decoding: file[..<separator.lowerBound], as: UTF8.self)
      .split(separator: "\n").map { $0.split(separator: ":", maxSplits: 1).map(String.init) }
    func value(_ name: String) throws -> String {
      try #require(lines.first { $0.first == name }?.last).trimmingCharacters(in: .whitespaces)
    }
    self.name = name
    comment = try value("comment")
    let expected = try value("expect")
    code = expected == "verified" ? nil : EvidenceError.Code(rawValue: expected)
    kind = try #require(StatementKind(rawValue: value("kind")))
    party = try #require(PartyName(value("party")))
    key = try #require(Bytes(hex: value("key")))
    cosigners = try lines.filter { $0.first == "cosigner" }.map { line in
      try #require(Bytes(hex: line[1].trimmingCharacters(in: .whitespaces)))
    }
    statement = Bytes(file[separator.upperBound...])
  }
}
