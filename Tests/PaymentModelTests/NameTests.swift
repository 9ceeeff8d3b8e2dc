// Names that are safe in a path, on a terminal and in a statement.

import PaymentModel
import Testing

@Suite("Names")
struct NameTests {
  @Test(
    "parties and accounts",
    arguments: ["a", "0", "bank.example", "a-b", String(repeating: "a", count: 63)])
  func names(text: String) {
    #expect(PartyName(text)?.text == text)
    #expect(AccountName(text)?.text == text)
  }

  @Test(
    "what is no name",
    arguments: [
      "", ".", "..", "-a", "a-", ".a", "a.", "Bank", "a b", "a/b", "a_b", "bänk", "a\u{301}", "a\n",
      "a\u{202E}b",
      String(repeating: "a", count: 64),
    ])
  func noNames(text: String) {
    #expect(PartyName(text) == nil)
    #expect(AccountName(text) == nil)
  }

  @Test("payees are ordered by bank, then by account")
  func payees() throws {
    func payee(_ bank: String, _ account: String) throws -> Payee {
      Payee(bank: try #require(PartyName(bank)), account: try #require(AccountName(account)))
    }
    let sorted = [try payee("a", "y"), try payee("a", "z"), try payee("b", "x")]
    #expect(sorted.reversed().sorted() == sorted)
  }

  @Test("methods of payment, reasons and step paths")
  func codes() {
    #expect(PaymentMethod(rawValue: "ecash") == .ecash)
    for text in ["", "E-cash", "a b", "a.b", String(repeating: "a", count: 33)] {
      #expect(PaymentMethod(rawValue: text) == nil)
      #expect(RefusalReason(rawValue: text) == nil)
    }
    #expect(StepPath(rawValue: "reserve/bank.example")?.rawValue == "reserve/bank.example")
    for text in ["", "a b", "é", "a\n", String(repeating: "a", count: 161)] {
      #expect(StepPath(rawValue: text) == nil)
    }
  }

  @Test("every kind of statement has a signer and a name of its own")
  func kinds() {
    let names = StatementKind.allCases.map(\.rawValue)
    #expect(Set(names).count == names.count)
    for kind in StatementKind.allCases {
      #expect(!kind.signers.isEmpty)
      #expect(!kind.signers.contains(.log) && !kind.signers.contains(.witness))
    }
  }
}
