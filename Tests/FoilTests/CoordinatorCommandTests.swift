// A coordinator that charges, on the home that the demo left.

import Foundation
import Programs
import Testing

@Suite("A coordinator that charges")
struct CoordinatorCommandTests {
  private static let goods = ["again-contract.txt", "again-tally.svg"]
  private static let way = ["--pay", "bank.example=transfer", "--account", "alice"]

  private struct Terms: Decodable {
    struct Charge: Decodable {
      struct Amount: Decodable { let currency: String, minor: UInt64 }
      let amount: Amount, accounts: [String]
    }
    let terms: String, charges: [Charge]
  }

  private func buy(_ more: String..., in home: DemoHome) async throws -> Run {
    try await Command.foil(["buy"] + Self.goods + Self.way + more + ["--home", home.path])
  }

  @Test("the customer is shown the fee, and pays none that she was not shown or does not allow")
  func charge() async throws {
    let home = try await DemoHome.copied()
    let none = try await home.foil("coordinator", "terms")
    #expect(none.status == 0 && none.output.contains("coordinator.example charges nothing"))
    #expect(try await home.foil("coordinator", "charge", "5", "--account", "alice").status == 1)
    #expect(try await home.foil("coordinator", "charge", "5", "--days", "0").status == 64)

    let charged = try await home.foil("coordinator", "charge", "25", "--json")
    #expect(charged.status == 0, "\(charged.errors)")
    let terms: Terms = try charged.json()
    #expect(terms.charges.map(\.amount.minor) == [25])
    #expect(terms.charges[0].accounts == ["coordinator at bank.example"])
    let listed = try await home.foil("coordinator", "terms")
    #expect(listed.output.contains("charges 0.25 EUR to coordinator at bank.example"))
    #expect(listed.output.contains("in force"))

    let shown = try await buy(in: home)
    #expect(shown.status == 64, "nobody was asked")
    #expect(shown.output.contains("coordinator.example charges 0.25 EUR, which is in it"))
    let blind = try await buy("--yes", in: home)
    #expect(blind.status == 1 && blind.errors.contains("--largest-fee"))
    let json = try await buy("--yes", "--json", in: home)
    #expect(json.status == 1 && json.errors.contains("--largest-fee"))
    let dear = try await buy("--yes", "--largest-fee", "24", in: home)
    #expect(dear.status == 1 && dear.errors.contains("above the limit"))
    let list = try await home.foil("purchase", "list", "--json")
    #expect(!list.output.contains("waiting"), "nothing was ordered")

    let bought = try await buy("--yes", "--largest-fee", "25", in: home)
    #expect(bought.status == 0, "\(bought.output) \(bought.errors)")
    let books = try await home.foil("bank", "books")
    #expect(
      books.output.split(separator: "\n").contains {
        $0.hasPrefix("holder/coordinator ") && $0.hasSuffix(" 25")
      }, "\(books.output)")
  }

  @Test("what was charged ends, and an order is free again")
  func end() async throws {
    let home = try await DemoHome.copied()
    #expect(try await home.foil("coordinator", "charge", "25").status == 0)
    let ended = try await home.foil("coordinator", "charge", "0")
    #expect(ended.status == 0 && ended.output.contains("charges nothing"))
    let terms = try await home.foil("coordinator", "terms")
    #expect(terms.output.contains("superseded") && terms.output.contains("in force"))
    #expect(try await buy("--yes", in: home).status == 0)
  }
}
