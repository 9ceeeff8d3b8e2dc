// House rules of the machine's sources: no clock, no randomness of its own, no order by chance.

import Foundation
import Testing

@Suite struct SourceRulesTests {
  private func sources(in folder: String) throws -> [(name: String, text: String)] {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let url = root.appendingPathComponent("Sources/Coordinator/\(folder)")
    return try FileManager.default.contentsOfDirectory(atPath: url.path)
      .filter { $0.hasSuffix(".swift") }.sorted()
      .map { ($0, try String(contentsOf: url.appendingPathComponent($0), encoding: .utf8)) }
  }

  @Test func theMachineIsPure() throws {
    let forbidden = [
      "Set<", "Set(", "Dictionary", "Date", "Clock", "random(", "shuffled", "Task", "await",
      "async", "import Foundation", "fatalError", "try!", "as!", "preconditionFailure",
    ]
    let history = try sources(in: "History")
    #expect(history.count >= 8)
    let files = try sources(in: "Machine") + history
    #expect(files.count >= history.count + 6)
    for (name, text) in files {
      let code = text.split(separator: "\n")
        .filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
      for word in forbidden where code.contains(word) {
        Issue.record("\(name) mentions \(word)")
      }
      // A dictionary's type or literal: [Key: Value].
      #expect(code.firstMatch(of: /\[[A-Z][A-Za-z.]*: ?[A-Z]/) == nil, "\(name) has a dictionary")
    }
  }

  @Test func onlyTheModelIsImported() throws {
    for folder in ["Model", "Template", "Machine", "Journal", "Engine", "Drawing", "History"] {
      for (name, text) in try sources(in: folder) {
        let imports = text.split(separator: "\n").filter { $0.contains("import ") }
          .filter { $0.hasPrefix("import") || $0.hasPrefix("public import") }
        #expect(imports.allSatisfy { $0.hasSuffix(" PaymentModel") }, "\(name)")
      }
    }
  }
}
