// The drawings and the JSON of generated processes.

import Conformance
import Coordinator
import Foundation
import PaymentModel
import Testing

@Suite struct DrawingTests {
  @Test func jsonIsCanonicalAndStable() throws {
    let driver = try MachineDriver(goods: [0, 1], banks: [0, 1])
    let json = driver.machine.definition.json
    let object = try JSONSerialization.jsonObject(with: Data(json))
    let again = try JSONSerialization.data(
      withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    #expect(String(decoding: again, as: UTF8.self) == String(decoding: json, as: UTF8.self))
    let root = try #require((object as? [String: Any])?["root"] as? [String: Any])
    #expect((root["compensatable"] as? [Any])?.count == 6)
    #expect((root["alternatives"] as? [Any])?.count == 2)
    // The template's digest is in orders: it must not change by accident.
    #expect(
      ModelEvidence.digest(ProcessTemplate.standard.json).hex
        == "992cfcdfd3987fb133e265e014e8bcbbd91ee18d348a25ba00b9bdb209154d34")
  }

  /// The README shows what `foil process show --format mermaid` prints of the demo's purchase. The goods stand in
  /// the order of their offers' identifiers, which is one of two.
  @Test func theReadmeShowsTheProcessOfThePresentTemplate() throws {
    let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = try String(contentsOf: project.appending(path: "README.md"), encoding: .utf8)
    let drawings = try (UInt64(1)...12).map { seed in
      var driver = try MachineDriver(goods: [0, 1], isIndividual: true, seed: seed)
      driver.run()
      return driver.machine.definition.mermaid(showing: driver.machine.state)
        .replacing("merchant-a.example", with: "atelier.example")
        .replacing("merchant-b.example", with: "guide.example")
        .replacing("bank-a.example", with: "bank.example")
    }
    #expect(Set(drawings).count == 2)
    #expect(drawings.contains { readme.contains("```mermaid\n\($0)```") })
  }

  /// Names of parties cannot hold them, but a drawing does not rely on that.
  @Test func drawingsHoldNoControlCharactersAndNothingThatTurnsText() {
    let hostile = "a\u{0}b\u{1B}[2Jc\u{9B}d\u{202E}e\u{2066}f\u{200F}g\u{85}h<\"&>\n"
    let escaped = hostile.escapedForSVG
    #expect(
      escaped
        == "a\u{FFFD}b\u{FFFD}[2Jc\u{FFFD}d\u{FFFD}e\u{FFFD}f\u{FFFD}g\u{FFFD}h&lt;&quot;&amp;&gt; "
    )
  }

  @Test func jsonEscapesWhatAMerchantCallsItsStock() throws {
    let world = ModelWorld()
    let stock = "a\"b\\c\n\u{1}é/\u{7F}"
    let order = try world.notary.admit(
      world.order(goods: [0], stock: stock), at: world.clock.now())
    let process = try MachineDriver.definition(of: order)
    let object = try JSONSerialization.jsonObject(with: Data(process.json))
    let root = try #require((object as? [String: Any])?["root"] as? [String: Any])
    let activities = try #require(root["compensatable"] as? [[String: Any]])
    let resources = activities.compactMap { $0["resources"] as? [[String: Any]] }
    #expect(resources.first?.last?["name"] as? String == stock)
    #expect(String(decoding: process.json, as: UTF8.self).contains("a\\\"b\\\\c\\n\\u0001é/\u{7F}"))
  }

  @Test func everyActivityIsDrawnOnce() throws {
    var driver = try MachineDriver(goods: [0, 1, 2], banks: [0, 1])
    driver.run()
    let process = driver.machine.definition
    let count = process.activities.count
    for state in [nil, driver.machine.state] {
      let svg = process.svg(showing: state)
      #expect(svg.components(separatedBy: "<g opacity").count == count + 1)
      #expect(!svg.contains("href") && !svg.contains("script"))
      let parser = XMLDocumentCheck(svg)
      #expect(parser.isWellFormed)
      #expect(process.text(showing: state).split(separator: "\n").count == count + 2)
      let mermaid = process.mermaid(showing: state)
      #expect(mermaid.hasPrefix("flowchart LR\n"))
      #expect(mermaid.components(separatedBy: ":::").count == count + 1)
    }
    #expect(process.svg(showing: driver.machine.state).contains("✓"))
    #expect(!process.svg().contains("✓"))
  }

  @Test func aStateOfAnotherProcessIsNotDrawn() throws {
    let small = try MachineDriver(goods: [0]).machine
    let large = try MachineDriver(goods: [0, 1, 2]).machine
    #expect(large.definition.svg(showing: small.state) == large.definition.svg())
    #expect(large.definition.text(showing: small.state) == large.definition.text())
    #expect(large.definition.mermaid(showing: small.state) == large.definition.mermaid())
  }
}

/// Whether a document's tags are balanced and its text is escaped.
struct XMLDocumentCheck {
  let isWellFormed: Bool

  init(_ text: String) {
    var open: [Substring] = []
    var isFine = true
    for piece in text.split(separator: "<").dropFirst(0) {
      guard let end = piece.firstIndex(of: ">") else {
        isFine = false
        break
      }
      let tag = piece[..<end]
      let name = tag.prefix { !" /\n".contains($0) }
      if tag.hasPrefix("/") {
        isFine = isFine && open.popLast() == tag.dropFirst()
      } else if !tag.hasSuffix("/") {
        open.append(name)
      }
      isFine = isFine && !piece[piece.index(after: end)...].contains(">")
    }
    isWellFormed = isFine && open.isEmpty
  }
}
