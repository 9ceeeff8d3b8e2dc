// The drawings and the JSON of generated processes, and what the generator makes.

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
        == "97e4e78d667e4f8e22b9074473aab8f9625457768d185ca51493427699c0bbed")
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
    let resources = activities.compactMap { $0["resources"] as? [[String: String]] }
    #expect(resources.first?.first?["name"] == stock)
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

@Suite struct GeneratorTests {
  @Test func figureOneForTwoMerchantsAndTwoBanks() throws {
    let driver = try MachineDriver(goods: [0, 0, 1], banks: [0, 1])
    let process = driver.machine.definition
    #expect(process.checkGuaranteedTermination().isEmpty)
    func count(_ verb: Verb) -> Int { driver.numbers(verb).count }
    #expect(count(.reserve) == 2 && count(.receivePayment) == 2 && count(.post) == 2)
    #expect(count(.deposit) == 3 && count(.release) == 3 && count(.void) == 2)
    // One confirmation for each merchant, however many goods.
    #expect(count(.confirm) == 2)
    let deposits = driver.numbers(.deposit).map { driver.activity($0) }
    #expect(deposits.allSatisfy { $0.offer != nil && $0.compensation != nil })
    // Every deposit waits for every reservation, and a reservation for its own payment only.
    let order = process.root.precedence
    for deposit in deposits {
      #expect(order.filter { $0.after == deposit.path }.count == 2)
    }
    #expect(order.filter { $0.after.rawValue.hasPrefix("reserve/") }.count == 2)
    #expect(process.activities.map(\.path).count == Set(process.activities.map(\.path)).count)
  }

  @Test func limitsHold() throws {
    let world = ModelWorld()
    let few = try world.notary.admit(world.order(goods: [0]), at: world.clock.now())
    func code(_ items: [AdmittedOrder.Item], _ payments: [AdmittedOrder.Payment])
      -> CoordinatorError.Code?
    {
      let order = AdmittedOrder(
        process: few.process, signedOrder: few.signedOrder, order: few.order, items: items,
        payments: payments)
      do {
        _ = try MachineDriver.definition(of: order)
        return nil
      } catch { return (error as? CoordinatorError)?.code }
    }
    #expect(code(few.items, few.payments) == nil)
    #expect(code([], few.payments) == .emptyOrder)
    #expect(code(few.items, []) == .emptyOrder)
    #expect(code(Array(repeating: few.items[0], count: 257), few.payments) == .tooLarge)
    // The same offer or bank twice makes no process.
    #expect(code(few.items + few.items, few.payments) == .notWellFormed)
    #expect(code(few.items, few.payments + few.payments) == .notWellFormed)
  }

  @Test func theLargestProcessIsGeneratedQuickly() throws {
    let driver = try MachineDriver(goods: (0..<256).map { $0 % 3 }, banks: [0, 1])
    #expect(driver.machine.definition.activities.count > 512)
  }

  @Test func aTemplateThatPushesItsLuckIsRefused() throws {
    let world = ModelWorld()
    let order = try world.notary.admit(world.order(goods: [0]), at: world.clock.now())
    let root = ProcessTemplate.standard.root
    let flawed: [TemplateSegment] = [
      // Nothing undoes the reservation.
      TemplateSegment(compensatable: [TemplateStep(.reserve, .perBank, .compensatable)]),
      // No way out after the pivot.
      TemplateSegment(
        compensatable: root.compensatable, pivot: root.pivot,
        alternatives: [root.alternatives[0], root.alternatives[0]]),
      // A step that follows what is not there.
      TemplateSegment(retriable: [TemplateStep(.post, .perBank, .retriable, after: ["pay"])]),
    ]
    for root in flawed {
      #expect {
        try PaymentProcess.generate(
          from: order, template: ProcessTemplate(name: "flawed", version: 1, root: root),
          templateDigest: order.order.template)
      } throws: { ($0 as? CoordinatorError)?.code == .notWellFormed }
    }
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
