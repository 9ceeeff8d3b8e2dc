// Processes and templates are read as strictly as they are written.

import Coordinator
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

@Suite struct ProcessReadingTests {
  private func template(_ json: Bytes) throws(EvidenceError) -> ProcessTemplate {
    try CanonicalJSON.decode(json) { reader throws(ClaimError) in
      try ProcessTemplate(from: &reader)
    }
  }

  private func process(_ json: Bytes) throws(EvidenceError) -> PaymentProcess {
    try CanonicalJSON.decode(json) { reader throws(ClaimError) in
      try PaymentProcess(from: &reader)
    }
  }

  private func changed(_ json: Bytes, _ old: String, _ new: String) -> Bytes {
    let text = String(decoding: json, as: UTF8.self)
    #expect(text.contains(old), "nothing to change: \(old)")
    guard let range = text.range(of: old) else { return json }
    return Bytes(text.replacingCharacters(in: range, with: new).utf8)
  }

  @Test func aTemplateIsReadAsItWasWritten() throws {
    let json = ProcessTemplate.standard.json
    let read = try template(json)
    #expect(read == .standard && SHA256.digest(read.json) == CoordinatorHost.template)
  }

  @Test func aTemplateWithAFlawIsNotRead() throws {
    let json = ProcessTemplate.standard.json
    for (old, new) in [
      ("\"version\":1", "\"version\":0"), ("\"version\":1", "\"version\":1,\"w\":1"),
      ("\"name\":\"standard\"", "\"name\": \"standard\""), ("\"per-bank\"", "\"per-Bank\""),
      ("\"verb\":\"post\"", "\"verb\":\"pay\""), ("\"pivot\":{", "\"pivots\":{"),
      ("\"guarantee\":\"pivot\",", ""), ("\"name\":\"publish\"", "\"name\":\"pub lish\""),
    ] {
      #expect(throws: EvidenceError.self, "\(new)") { try template(changed(json, old, new)) }
    }
  }

  /// An order from a real market, for the definition that was run.
  @Test func aProcessIsReadAsItWasWritten() async throws {
    let market = try await Fair.open()
    try await #require(market.shop(Fair.red)).addStock(2, of: "chairs")
    let goods = [
      try await market.sell(Fair.contract, as: "a", by: Fair.red, for: 2, stock: "chairs"),
      try await market.sell(Fair.picture, as: "b", by: Fair.blue, for: 3),
    ]
    let order = try await market.order(goods)
    #expect(try await market.conclude(order).decision.isCommit)
    let definition = try await market.coordinator.engine.status(of: order).definition
    try await market.close()
    let read = try process(definition.json)
    #expect(read == definition && read.json == definition.json)
    #expect(
      Set(definition.activities.flatMap(\.resources).map(\.mode)) == [.exclusive, .counted(1)])

    let json = definition.json
    for (old, new) in [
      ("\"role\":\"bank\"", "\"role\":\"banker\""), ("\"party\":\"bank.example\",", ""),
      ("\"role\":\"customer\"", "\"party\":\"x\",\"role\":\"customer\""),
      ("\"mode\":\"counted\"", "\"mode\":\"some\""), ("\"quantity\":1", "\"quantity\":0"),
      ("\"mode\":\"exclusive\"", "\"mode\":\"counted\""), ("\"verb\":\"void\"", "\"verb\":\"\""),
      ("\"template\":\"", "\"template\":\"0"), ("\"retriable\":[]", "\"retriable\":{}"),
      ("\"path\":\"publish\"", "\"path\":\"\""),
    ] {
      #expect(throws: EvidenceError.self, "\(new)") { try process(changed(json, old, new)) }
    }
  }
}
