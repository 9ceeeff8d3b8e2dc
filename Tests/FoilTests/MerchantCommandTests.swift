// A merchant's holds for an order that somebody made up, on the home that the demo left.

import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Programs
import Testing

@Suite("What a merchant holds for overdue orders")
struct MerchantCommandTests {
  private struct Row: Decodable {
    let merchant: String
    let process: String
    let goods: Int
    let coordinator: String
    let isOwn: Bool
    let finding: String?
  }

  /// A home in which the contract is held for an order that nobody hands in, and whose time has passed.
  private func held() async throws -> (home: DemoHome, merchant: PartyName, process: ProcessID) {
    let home = try await DemoHome.copied(of: try await DemoHome.aborted())
    let market = try await Market(at: HomeFolder(home.path))
    let good = try #require(
      LockedGood.all(in: market.home.locked).first { $0.name == "contract.txt" })
    let statement = try UnverifiedStatement(good.offer.bytes)
    let merchant = statement.issuer.party
    var entropy = SystemEntropy()
    let decideBy = SystemWallClock().now().adding(seconds: 30)
    let commitment = try OrderCommitment(
      [.item(ItemPart(offer: statement.id, quantity: 1))], entropy: &entropy)
    let key = StatementSigner(party: .customer, key: Ed25519.PrivateKey.generate(from: &entropy))
    let order = key.sign(
      Order(
        oneTimeKey: try #require(SigningKeyValue(key.publicKey.bytes)),
        recipient: try #require(
          RecipientValue(Age.Identity.generate(from: &entropy).recipient.bytes)),
        root: commitment.root, entryCount: commitment.entryCount,
        coordinator: market.coordinator.key, template: market.coordinator.template,
        decideBy: decideBy,
        mask: SHA256.digest(entropy.bytes(32))), entropy: &entropy)
    let process: ProcessID = try UnverifiedStatement(order.bytes).id.renamed()
    let shop = try #require(market.shop(merchant))
    let outcome = await shop.deposit(
      DepositRequest(
        id: RequestID(
          process: process, step: try #require(StepPath(rawValue: "deposit/\(statement.id.hex)"))),
        order: order, part: commitment.parts[0]))
    guard case .done = outcome else { throw NotHeld() }
    try await market.close()
    // The time, and the margin after which a shop asks.
    await SystemWallClock().sleep(until: decideBy.adding(milliseconds: 5500))
    return (home, merchant, process)
  }

  private struct NotHeld: Error {}

  @Test("what is overdue is listed, asked about, and free again; buying does so by itself")
  func overdue() async throws {
    let (home, merchant, process) = try await held()
    let other = try await DemoHome.copied(of: home)
    let listed = try await home.foil("merchant", "overdue", "--json")
    #expect(listed.status == 0, "\(listed.errors)")
    let row = try JSONDecoder().decode(Row.self, from: Data(listed.output.utf8))
    #expect(row.merchant == merchant.text && row.process == process.hex && row.goods == 1)
    #expect(row.coordinator == "coordinator.example" && row.isOwn && row.finding == nil)
    let table = try await home.foil("merchant", "overdue")
    #expect(table.output.contains(String(process.hex.prefix(8))))

    let asked = try await home.foil("merchant", "ask", "--json")
    #expect(asked.status == 0, "\(asked.errors)")
    let found = try JSONDecoder().decode(Row.self, from: Data(asked.output.utf8))
    #expect(found.process == process.hex && found.finding == "released")
    let shown = try await home.foil("process", "show", process.hex, "--json")
    #expect(shown.output.contains("\"phase\":\"ended-aborted\""))
    for command in ["overdue", "ask"] {
      let nothing = try await home.foil("merchant", command)
      #expect(nothing.status == 0)
      #expect(nothing.lines.first == "nothing is held for orders that are overdue")
    }

    // It asks for two seconds when it begins, so that a busy machine may have to begin again.
    for _ in 0..<20 {
      let buy = try await other.foil("buy", "contract.txt", "--yes")
      if buy.status == 0 { return }
    }
    Issue.record("the contract is still held")
  }

  @Test("a time to wait is 1 to 3600 seconds, and the help says when it asks by itself")
  func usage() async throws {
    for seconds in ["0", "3601", "x"] {
      let run = try await Command.foil(["merchant", "ask", "--wait", seconds])
      #expect(run.status == 64, "\(seconds)")
    }
    let help = try await Command.foil(["merchant", "--help"])
    #expect(help.status == 0 && help.output.contains("'foil buy'"))
  }
}
