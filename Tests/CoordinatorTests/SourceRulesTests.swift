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
      "Set<", "Set(", "Dictionary<", "Dictionary(", "Date", "Clock", "random(", "shuffled", "Task",
      "await ", "async ", "import Foundation", "fatalError", "try!", "as!", "preconditionFailure",
    ]
    let files = try sources(in: "Machine") + sources(in: "Concurrency") + sources(in: "History")
    #expect(files.count >= 19)
    for (name, text) in files {
      let code = text.split(separator: "\n")
        .filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
      for word in forbidden where code.contains(word) {
        Issue.record("\(name) mentions \(word)")
      }
      // A dictionary may be looked up, but its order is nobody's.
      for dictionary in code.matches(of: /(\w+): \[[A-Z][A-Za-z.]*: ?[\[A-Z]/) {
        let walks = [
          " in \(dictionary.1) {", "\(dictionary.1).keys",
          "\(dictionary.1).values", "\(dictionary.1).map", "\(dictionary.1).filter",
          "\(dictionary.1).first", "\(dictionary.1).sorted", "\(dictionary.1).reduce",
        ]
        for walk in walks where code.contains(walk) {
          Issue.record("\(name) walks over a dictionary: \(walk)")
        }
      }
    }
  }

  @Test func onlyTheModelIsImported() throws {
    let folders = [
      "Model", "Roles", "Template", "Machine", "Concurrency", "History", "Journal", "Engine",
      "Drawing",
    ]
    for folder in folders {
      for (name, text) in try sources(in: folder) {
        let imports = text.split(separator: "\n").filter { $0.contains("import ") }
          .filter { $0.hasPrefix("import") || $0.hasPrefix("public import") }
        // The engine's shell has a mutex.
        let allowed = folder == "Engine" ? ["PaymentModel", "Synchronization"] : ["PaymentModel"]
        #expect(
          imports.allSatisfy { line in allowed.contains { line.hasSuffix(" \($0)") } }, "\(name)")
      }
    }
  }
}
