// A claim about safety that no test shows is a wish: what the pages name as shown is looked for in
// the sources of the tests.

import Foundation
import Testing

@Suite("Tests that the pages name")
struct ThreatModelTests {
  let project = Project.here

  @Test("every named test exists", arguments: ["Docs/ThreatModel.md", "Docs/Paper.md"])
  func namedTestsExist(page: String) throws {
    let named = NamedTest.all(in: try project.text(of: page))
    #expect(named.count >= 10)
    let tests = try project.tests()
    let strangers = named.filter { !tests.contains($0) }
    #expect(strangers.isEmpty, "\(page) names tests that do not exist")
  }

  @Test("every row names a test", arguments: [("Docs/ThreatModel.md", 30), ("Docs/Paper.md", 6)])
  func rowsNameTests(page: String, leastRows: Int) throws {
    let rows = MarkdownTable.all(in: try project.text(of: page))
      .filter { $0.header.last == "shown by" }.flatMap(\.rows)
    #expect(rows.count >= leastRows)
    for row in rows { #expect(!NamedTest.all(in: row.last ?? "").isEmpty, "\(page): \(row)") }
  }

  @Test("a test that is not there is missed")
  func strangersAreMissed() throws {
    let tests = try project.tests()
    #expect(tests.contains(NamedTest(suite: "ThreatModelTests", name: "strangersAreMissed")))
    // A function without @Test, a test of another suite, and a suite without tests.
    #expect(!tests.contains(NamedTest(suite: "ArrowTests", name: "arrowsOfTheTable")))
    #expect(!tests.contains(NamedTest(suite: "ArrowTests", name: "strangersAreMissed")))
    #expect(!tests.contains(NamedTest(suite: "Tests", name: "imports")))
  }
}

/// A test, by its suite and the name of its function.
struct NamedTest: Hashable, CustomStringConvertible {
  let suite: String
  let name: String

  var description: String { "\(suite)/\(name)" }

  /// All that stand in Markdown as code: suite, slash, name.
  static func all(in markdown: String) -> [NamedTest] {
    markdown.matches(of: /`(\w+Tests)\/([^`]+)`/).map {
      NamedTest(suite: String($0.1), name: String($0.2))
    }
  }

  /// The functions behind `@Test` in a source file, each with the suite that it stands in.
  static func all(inSource text: String) -> [NamedTest] {
    let token =
      /\b(?:struct|class|enum|actor|extension) (\w+Tests)\b|@(Test)\b|\bfunc (?:`([^`]+)`|(\w+))/
    var tests: [NamedTest] = []
    var suite: Substring?
    var isAnnounced = false
    for match in text.matches(of: token) {
      if let name = match.1 {
        suite = name
      } else if match.2 != nil {
        isAnnounced = true
      } else if let name = match.3 ?? match.4 {
        if isAnnounced, let suite {
          tests.append(NamedTest(suite: String(suite), name: String(name)))
        }
        isAnnounced = false
      }
    }
    return tests
  }
}

/// A table of a Markdown page, cell by cell.
struct MarkdownTable {
  let header: [String]
  var rows: [[String]] = []

  static func all(in markdown: String) -> [MarkdownTable] {
    var tables: [MarkdownTable] = []
    var isInTable = false
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("|") else {
        isInTable = false
        continue
      }
      let cells = line.dropFirst().dropLast().split(
        separator: "|", omittingEmptySubsequences: false
      )
      .map { $0.trimmingCharacters(in: .whitespaces) }
      if !isInTable {
        tables.append(MarkdownTable(header: cells))
      } else if !cells.allSatisfy({ $0.allSatisfy { $0 == "-" } }) {
        tables[tables.count - 1].rows.append(cells)
      }
      isInTable = true
    }
    return tables
  }
}

extension Project {
  func text(of file: String) throws -> String {
    try String(contentsOf: root.appending(path: file), encoding: .utf8)
  }

  /// Every test of every suite.
  func tests() throws -> Set<NamedTest> {
    let folder = root.appending(path: "Tests").resolvingSymlinksInPath()
    // What nested packages have built is hidden.
    let files = FileManager.default.enumerator(
      at: folder, includingPropertiesForKeys: nil, options: .skipsHiddenFiles)
    var tests: Set<NamedTest> = []
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      tests.formUnion(NamedTest.all(inSource: try String(contentsOf: file, encoding: .utf8)))
    }
    return tests
  }
}
