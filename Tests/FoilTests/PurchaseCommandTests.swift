// What a customer does on the home that the demo left: offers, orders, purchases, goods, receipts, processes.

import Foundation
import Programs
import Testing

@Suite("Commands of a customer")
struct PurchaseCommandTests {
  private struct OfferLine: Decodable {
    struct Price: Decodable, Equatable {
      let currency: String
      let minor: UInt64
    }

    let name: String
    let offer: String
    let seller: String
    let title: String
    let price: Price
    let problem: String?
  }

  private struct PurchaseLine: Decodable {
    let process: String
    let state: String
    let verdict: String?
    let reason: String?
    let receiptAnswer: String?
  }

  private struct Conclusion: Decodable {
    let process: String
    let verdict: String
    let receipt: String
    let receiptAnswer: String
  }

  private struct Opened: Decodable {
    struct Good: Decodable {
      let file: String
      let bytes: Int
      let key: String
    }

    let process: String
    let goods: [Good]
  }

  // MARK: - Offers

  @Test("offer list checks every offer and its container")
  func offers() async throws {
    let home = try await DemoHome.copied()
    let run = try await home.foil("offer", "list", "--json")
    #expect(run.status == 0)
    let offers = try lines(run, as: OfferLine.self)
    #expect(
      offers.map(\.name) == ["again-contract.txt", "again-tally.svg", "contract.txt", "tally.svg"])
    #expect(offers.map(\.price.minor) == [1250, 475, 1250, 475])
    #expect(Set(offers.map(\.seller)) == ["guide.example", "atelier.example"])
    #expect(offers.allSatisfy { $0.problem == nil && $0.price.currency == "EUR" })

    let text = try await home.foil("offer", "list")
    #expect(text.status == 0 && text.lines.count == 5)
    for offer in offers {
      #expect(
        text.lines.contains { $0.hasPrefix(offer.offer.prefix(8)) && $0.contains(offer.name) })
    }
  }

  @Test("an offer whose container was changed is shown as wrong, and cannot be bought")
  func changedContainer() async throws {
    let home = try await DemoHome.copied()
    let container = URL(filePath: home.path("locked/again-tally.svg.age"))
    var bytes = try Data(contentsOf: container)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: container)
    let run = try await home.foil("offer", "list", "--json")
    #expect(run.status == 1)
    let wrong = try lines(run, as: OfferLine.self).filter { $0.problem != nil }
    #expect(wrong.map(\.name) == ["again-tally.svg"])
    let buy = try await home.foil("buy", "again-tally.svg", "again-contract.txt", "--yes")
    #expect(buy.status == 1)
    #expect(try await purchases(home).count == 2, "nothing was ordered")
  }

  // MARK: - Buying

  @Test("buy, list, show, open, and the receipt: the goods of the second story after all")
  func purchase() async throws {
    let home = try await DemoHome.copied()
    let buy = try await home.foil("buy", "again-contract.txt", "again-tally.svg", "--yes", "--json")
    #expect(buy.status == 0, "\(buy.errors)")
    #expect(buy.errors.isEmpty)
    let bought = try buy.json(as: Conclusion.self)
    #expect(bought.verdict == "commit" && bought.receiptAnswer == "proven")
    #expect(try await home.verify(bought.receipt).status == 0)

    let list = try await purchases(home)
    #expect(list.map(\.state) == ["done", "cancelled", "done"])
    #expect(list.first?.process == bought.process)
    #expect(list.map(\.reason) == [nil, "timeout", nil])
    let digits = String(bought.process.prefix(8))
    let shown = try await home.foil("purchase", "show", digits)
    #expect(shown.status == 0)
    for word in [bought.process, "done; 17.25 EUR", "Guided walk (contract)", "receipt: proven"] {
      #expect(shown.output.contains(word), "\(word)")
    }
    let one = try await home.foil("purchase", "show", digits, "--json").json(as: PurchaseLine.self)
    #expect(one.process == bought.process && one.receiptAnswer == "proven")

    let opened = try await home.foil("open", digits, "--json").json(as: Opened.self)
    #expect(opened.goods.count == 2)
    for good in opened.goods {
      let source = URL(filePath: good.file).lastPathComponent.dropFirst("again-".count)
      #expect(
        FileManager.default.contentsEqual(
          atPath: good.file, andPath: home.path("goods/\(source)")))
    }
    // A second time: beside the first, which is left as it was.
    let again = try await home.foil("open", digits, "--json").json(as: Opened.self)
    #expect(Set(again.goods.map(\.file)).isDisjoint(with: opened.goods.map(\.file)))
    #expect(again.goods.map(\.bytes) == opened.goods.map(\.bytes))
    #expect(again.goods.map(\.key) == opened.goods.map(\.key))

    // The wallet is empty now.
    let broke = try await home.foil("buy", "contract.txt", "--yes")
    #expect(broke.status == 1)
    #expect(broke.errors.contains("foil: error: the wallet holds 0 of the 1250"))
    #expect(try await purchases(home).count == 3)
  }

  @Test(
    "one of two offers can be bought alone, named by the digits of its identifier or by its file")
  func oneOffer() async throws {
    let home = try await DemoHome.copied()
    let offers = try lines(try await home.foil("offer", "list", "--json"), as: OfferLine.self)
    let tally = try #require(offers.first { $0.name == "again-tally.svg" })
    let first = try await home.foil("buy", String(tally.offer.prefix(8)), "--yes")
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.output.contains("4.75 EUR"))
    #expect(!first.output.contains("12.50 EUR"))
    let second = try await home.foil("buy", home.path("locked/again-contract.txt.offer"), "--yes")
    #expect(second.status == 0, "\(second.errors)")
    #expect(try await purchases(home).map(\.state) == ["done", "done", "cancelled", "done"])
    // 17.25 were there, 4.75 and 12.50 were paid: exact amounts out of the coins at hand.
    #expect(try await home.foil("buy", "tally.svg", "--yes").errors.contains("holds 0 of the 475"))
  }

  @Test("what is sold out is refused, nothing is paid, and who refused is told")
  func soldOut() async throws {
    let home = try await DemoHome.copied()
    let run = try await home.foil("buy", "contract.txt", "tally.svg", "--yes")
    #expect(run.status == 1)
    #expect(run.output.contains("aborted (refused)") && run.output.contains("sold-out"))
    #expect(try await purchases(home).map(\.state) == ["cancelled", "cancelled", "done"])
    // The money is there still.
    #expect(
      try await home.foil("buy", "again-tally.svg", "again-contract.txt", "--yes").status == 0)
  }

  @Test("without a terminal and without --yes nothing is ordered, but the order is shown")
  func noTerminal() async throws {
    let home = try await DemoHome.copied()
    let run = try await home.foil("buy", "again-contract.txt", "again-tally.svg", input: "y\n")
    #expect(run.status == 64)
    #expect(run.errors.contains("foil: hint: --yes orders without asking"))
    for word in [
      "One order, all or nothing:", "12.50 EUR", "4.75 EUR", "17.25 EUR", "guide.example",
      "atelier.example", "What each party learns, and no more:", "Deadline: ",
    ] {
      #expect(run.output.contains(word), "\(word)")
    }
    #expect(try await purchases(home).count == 2)
  }

  @Test("on a terminal it asks; meanwhile the home is in use; no is no and yes is yes")
  func terminal() async throws {
    let home = try await DemoHome.copied()
    let arguments = ["buy", "again-contract.txt", "again-tally.svg", "--home", home.path]
    let reluctant = try PseudoTerminal(foil: arguments)
    #expect(try await reluctant.question().hasSuffix("Sign this order and pay 17.25 EUR? [y/N] "))

    let other = try await home.foil("purchase", "list")
    #expect(other.status == 75)
    #expect(other.errors.contains("foil: error: ") && other.errors.contains("foil: hint: "))
    #expect(other.output.isEmpty)
    // Nor may a new demo replace a home that somebody works in.
    let demo = try await Command.foil(["demo", "--home", home.path])
    #expect(demo.status == 75, "\(demo.errors)")
    #expect(demo.errors.contains("is in use by another process"))
    // Receipts need no market.
    #expect(try await home.verify().status == 0)

    let no = try await reluctant.answer("maybe")
    #expect(no.status == 1)
    #expect(no.errors.contains("foil: error: nothing was ordered"))
    #expect(try await purchases(home).count == 2)

    let willing = try PseudoTerminal(foil: arguments)
    _ = try await willing.question()
    let yes = try await willing.answer("y")
    #expect(yes.status == 0, "\(yes.errors)")
    #expect(yes.output.contains("committed: purchase "))
    #expect(try await purchases(home).map(\.state) == ["done", "cancelled", "done"])
  }

  @Test(
    "a purchase whose program was killed waits, and is carried on by buy or by open, once",
    arguments: [
      ("0-before", "open"), ("3-after", "buy"), ("9-after", "open"), ("15-before", "buy"),
    ])
  func killed(point: String, command: String) async throws {
    let home = try await DemoHome.copied(of: try await DemoHome.aborted())
    let dead = try await home.foil("demo", "--crash-child", point)
    #expect(dead.status == 128 + SIGKILL)
    let waiting = try await purchases(home)
    let process = try #require(waiting.first?.process)
    #expect(waiting.map(\.state) == ["waiting", "cancelled"])
    // The verdict may be known already, and be carried out by nobody.
    #expect(waiting.first?.verdict != "abort")

    let run =
      command == "open"
      ? try await home.foil("open", process)
      : try await home.foil("buy", "contract.txt", "tally.svg", "--yes")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("committed: purchase \(process.prefix(8))"))
    let after = try await purchases(home)
    #expect(after.map(\.state) == ["done", "cancelled"])
    #expect(after.first?.process == process)
    #expect(try await home.foil("open", process).status == 0)
    for name in ["contract.txt", "tally.svg"] {
      #expect(
        FileManager.default.contentsEqual(
          atPath: home.path("goods/\(name)"), andPath: home.path("opened/\(name)")))
    }
  }

  // MARK: - What is no purchase

  @Test("what nobody knows is not found (2), and what cannot be an identifier is misuse (64)")
  func unknown() async throws {
    let home = try await DemoHome.copied()
    let nobody = String(repeating: "0", count: 64)
    for noun in [["purchase", "show"], ["open"], ["process", "show"]] {
      for (identifier, status) in [(nobody, 2), ("00000000", 2), ("zz", 64), ("000", 64)] {
        let run = try await Command.foil(noun + [identifier, "--home", home.path])
        #expect(run.status == Int32(status), "\(noun) \(identifier): \(run.errors)")
        #expect(run.output.isEmpty)
        #expect(run.errors.hasPrefix("foil: error: ") && run.errors.contains("foil: hint: "))
      }
    }
    #expect(try await home.foil("buy", "no such offer", "--yes").status == 64)
    #expect(try await home.foil("buy", "00000000", "--yes").status == 2)
    #expect(try await home.foil("buy", "--yes").status == 64)
    #expect(try await home.foil("buy", "tally.svg", "--quantity", "0", "--yes").status == 64)
  }

  @Test("without a market every command that needs one says so")
  func noMarket() async throws {
    let folder = try ScratchFolder()
    for arguments in [
      ["offer", "list"], ["purchase", "list"], ["purchase", "show", "00000000"],
      ["buy", "x", "--yes"], ["open", "00000000"], ["process", "show", "00000000"],
    ] {
      let run = try await Command.foil(arguments, environment: ["FOIL_HOME": folder.path("none")])
      #expect(run.status == 2, "\(arguments)")
      #expect(run.errors.contains("there is no market in \(folder.path("none"))"))
    }
  }

  @Test("an aborted purchase does not open, and the reason is told")
  func aborted() async throws {
    let home = try await DemoHome.copied()
    let process = try #require(try await purchases(home).first { $0.state == "cancelled" }?.process)
    let run = try await home.foil("open", process)
    #expect(run.status == 1)
    #expect(run.errors.contains("nothing was paid") && run.errors.contains("nothing opens"))
    #expect(try await home.foil("purchase", "show", process).output.contains("cancelled (timeout)"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: home.path("opened")).count == 2)
  }

  // MARK: - Receipts

  @Test("receipt show reads, receipt verify judges; both as text and as JSON")
  func receipts() async throws {
    struct Shown: Decodable {
      struct Statement: Decodable { let kind: String }
      let process: String
      let verdict: String
      let statements: [Statement]
    }
    struct Verified: Decodable {
      struct Finding: Decodable { let result: String }
      let answer: String
      let process: String
      let verdict: String
      let atFault: [String]
      let findings: [Finding]
    }
    let home = try await DemoHome.founded()
    let shown = try await Command.foil(["receipt", "show", home.receipt, "--json"]).json(
      as: Shown.self)
    #expect(shown.verdict == "commit" && shown.statements.count == 15)
    let text = try await Command.foil(["receipt", "show", home.receipt])
    #expect(text.status == 0)
    #expect(text.lines.first == "receipt of purchase \(shown.process)")
    #expect(text.output.contains("nothing in it has been verified here"))

    let arguments = ["receipt", "verify", "-", "--trust", home.trust, "--json"]
    let receipt = String(decoding: try Data(contentsOf: URL(filePath: home.receipt)), as: UTF8.self)
    let verified = try await Command.foil(arguments, input: receipt)
    #expect(verified.status == 0, "\(verified.errors)")
    let report = try verified.json(as: Verified.self)
    #expect(report.answer == "proven" && report.verdict == "commit" && report.atFault.isEmpty)
    #expect(report.process == shown.process)
    #expect(report.findings.allSatisfy { $0.result == "proven" })

    #expect(try await Command.foil(arguments, input: String(receipt.dropLast(2))).status == 1)
    #expect(try await Command.foil(["receipt", "verify", home.receipt]).status == 64)
    #expect(
      try await Command.foil(["receipt", "verify", home.receipt, "--trust", "none"]).status == 2)
    #expect(try await Command.foil(["receipt", "show", home.trust]).status == 2)
  }

  @Test("under somebody else's trust list nothing can be checked")
  func otherTrust() async throws {
    let run = try await Command.foil([
      "receipt", "verify", try await DemoHome.founded().receipt, "--trust",
      try await DemoHome.aborted().trust,
    ])
    #expect(run.status == 2)
    #expect(run.lines.last?.hasPrefix("cannot be checked: ") == true)
  }

  // MARK: - Processes

  @Test("process show draws what happened, in four formats")
  func processes() async throws {
    let home = try await DemoHome.copied()
    let list = try await purchases(home)
    let done = try #require(list.first { $0.state == "done" }?.process)
    let cancelled = try #require(list.first { $0.state == "cancelled" }?.process)

    let text = try await home.foil("process", "show", done)
    #expect(text.status == 0)
    #expect(text.lines.first == "process \(done)")
    #expect(text.lines.contains { $0.contains("✓ Money Transfer") })
    #expect(text.lines.contains { $0.contains("– Void Reservation") })
    let undone = try await home.foil("process", "show", cancelled)
    #expect(undone.lines.contains { $0.contains("✓ Void Reservation") })
    #expect(undone.lines.contains { $0.contains("– Money Transfer") })

    let mermaid = try await home.foil("process", "show", done, "--format", "mermaid")
    #expect(mermaid.output.hasPrefix("flowchart "))
    let svg = try await home.foil("process", "show", done, "--format", "svg")
    #expect(svg.output.hasPrefix("<svg ") && svg.output.hasSuffix("</svg>\n"))
    #expect(svg.output.contains("Check Validity of Payment"))

    struct Shown: Decodable {
      struct Definition: Decodable { let process: String }
      struct Happened: Decodable {
        struct Step: Decodable {
          let path: String
          let state: String
        }
        let phase: String
        let activities: [Step]
      }
      let definition: Definition
      let happened: Happened
    }
    let json = try await home.foil("process", "show", String(done.prefix(8)), "--format", "json")
    let shown = try json.json(as: Shown.self)
    #expect(shown.definition.process == done)
    #expect(shown.happened.phase == "ended-committed")
    let states = Set(shown.happened.activities.map(\.state))
    #expect(states == ["done", "skipped"])
    #expect(try await home.foil("process", "show", done, "--format", "png").status == 64)
  }

  // MARK: - Reading

  private func purchases(_ home: DemoHome) async throws -> [PurchaseLine] {
    let run = try await home.foil("purchase", "list", "--json")
    #expect(run.status == 0, "\(run.errors)")
    return try lines(run, as: PurchaseLine.self)
  }

  private func lines<Line: Decodable>(_ run: Run, as type: Line.Type) throws -> [Line] {
    try run.lines.map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
  }
}
