// House rules of the coordinator's sources: the machine has no clock and no randomness of its own.

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
