// The page that defines the format, held against the code.

import Foundation
import PaymentModel
import Testing

@testable import Evidence

@Suite("Docs/Formats/Statements.md")
struct FormatPageTests {
  let page: String

  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    page = try String(
      contentsOf: root.appending(path: "Docs/Formats/Statements.md"), encoding: .utf8)
  }

  @Test("the registry of the page is that of the code")
  func registry() {
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
    for kind in StatementKind.allCases {
      let signers = kind.signers
        .map { $0 == .customer ? "customer (one-time)" : $0.rawValue.replacing("-", with: " ") }
        .joined(separator: ", ")
      #expect(rows.contains { $0.hasPrefix("| `\(kind.rawValue)` | \(signers) | ") }, "\(kind)")
    }
  }

  @Test("the section of each kind names each of its members", arguments: StatementKind.allCases)
  func members(kind: StatementKind) throws {
    let start = try #require(page.range(of: "\n### `\(kind.rawValue)`\n"))
    let section = page[start.upperBound...].split(separator: "\n### ", maxSplits: 1)[0]
    let payload = payload(SampleClaims.claim(kind))
    let object = try JSONDecoder().decode(JSONValue.self, from: Data(payload))
    for name in object.memberNames { #expect(section.contains("`\(name)`"), "\(name)") }
    #expect(!object.memberNames.isEmpty)
  }

  private func payload(_ claim: some Claim) -> Bytes {
    CanonicalJSON.encode { claim.write(to: &$0) }
  }
}

extension JSONValue {
  /// The names of an object's members and of those below, but for values that stand in many claims.
  fileprivate var memberNames: Set<String> {
    switch self {
    case .object(let members):
      if Set(members.keys) == ["currency", "minor"] || Set(members.keys) == ["account", "bank"] {
        []
      } else {
        members.reduce(into: []) { $0.formUnion($1.value.memberNames.union([$1.key])) }
      }
    case .array(let elements): elements.reduce(into: []) { $0.formUnion($1.memberNames) }
    case .text, .number, .flag: []
    }
  }
}
