// Every scenario of `foil demo`: exit status, verdict, who is at fault, and that money is conserved.

import Foundation
import Programs
import Testing

@Suite("Scenarios of foil demo")
struct ScenarioTests {
  /// What the receipt of an abort holds of each kind.
  static func aborted(deposits: Int, acceptances: Int) -> [String: Int] {
    [
      "order": 1, "submission": 1, "offer": 2, "reservation": 1, "deposit": deposits,
      "acceptance": acceptances, "verdict": 1, "void": 1, "release": 2,
    ]
  }

  static let aborts: [(String, reason: String, atFault: [String], [String: Int])] = [
    ("timeout", "timeout", [], aborted(deposits: 1, acceptances: 1)),
    ("customer-gone", "timeout", [], aborted(deposits: 2, acceptances: 2)),
    ("wrong-key", "invalid", ["guide.example"], aborted(deposits: 2, acceptances: 1)),
  ]

  @Test(
    "an aborted purchase opens nothing and costs nothing, and says who is at fault",
    arguments: aborts)
  func abort(
    scenario: String, reason: String, atFault: [String], statements: [String: Int]
  ) async throws {
    let (story, home) = try await tell(scenario)
    #expect(story.verdict == "abort")
    #expect(story.reason == reason)
    #expect(story.atFault == atFault)
    #expect(story.statements == statements)
    #expect(story.goods.allSatisfy { !$0.opened && !$0.identical })
    #expect(story.balances.before == story.balances.after)
    #expect(try FileManager.default.contentsOfDirectory(atPath: home.path("home/keys")).isEmpty)
    let named = try await verify(story, home).lines.filter { $0.hasPrefix("at fault") }
    #expect(named == atFault.map { "at fault, by statements of its own: \($0)" })
  }

  @Test("coins that were spent before are refused with a proof, once that is decided")
  func doubleSpend() async throws {
    let (story, home) = try await tell("double-spend")
    #expect(story.verdict == "abort")
    #expect(story.reason == "refused")
    #expect(story.waited == true)
    #expect(story.doubleSpendProven == true)
    #expect(story.statements["double-spend"] == 1)
    #expect(story.statements["reservation"] == nil)
    #expect(story.statements["deposit"] == nil, "money is reserved before keys are asked for")
    #expect(story.goods.allSatisfy { !$0.opened })
    // The first purchase was paid, the second was not.
    #expect(
      story.balances.after == ["alice": 3450, "atelier": 475, "guide": 1250, "wallet": 1725])
    #expect(try await verify(story, home).output.contains("double-spend"))
    let first = try await Command.foil([
      "receipt", "verify", home.path("home/purchase.receipt"), "--trust",
      home.path("home/trust.json"),
    ])
    #expect(first.status == 0)
    #expect(first.lines.last == "proven: the purchase was committed")
  }

  @Test("a program that is killed at every journal record comes to one verdict")
  func crash() async throws {
    let (story, home) = try await tell("crash")
    #expect(story.verdict == "commit")
    #expect(story.goods.allSatisfy { $0.opened && $0.identical })
    #expect(sum(story.balances.after) == sum(story.balances.before))
    let crashes = try #require(story.crashes)
    let records = crashes.map(\.record)
    let last = try #require(records.last)
    #expect(last >= 20, "begin, intents and results, prepared, verdict, forward, end")
    #expect(records == (0...last).flatMap { [$0, $0] }, "each record, before and after")
    #expect(crashes.map(\.when) == (0...last).flatMap { _ in ["before", "after"] })
    for crash in crashes {
      #expect(crash.conserved, "record \(crash.record) \(crash.when)")
      // With a verdict in the journal it is that one; without, the process goes on as if asked anew.
      #expect(crash.verdict == crash.implied ?? "commit", "record \(crash.record) \(crash.when)")
    }
    #expect(crashes.contains { $0.durable == 0 })
    #expect(crashes.contains { $0.implied == nil && $0.durable > 0 })
    #expect(crashes.contains { $0.implied == "commit" })
    _ = try await verify(story, home)
  }

  @Test(
    "files of any size, empty ones too, are sold, opened and identical; the second story is not")
  func files() async throws {
    let folder = try ScratchFolder()
    let contents = [
      "a report (final), it's \"new\".pdf": Data("%PDF".utf8),
      "big.bin": Data((0..<3_000_017).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }),
      "empty.bin": Data(),
    ]
    let names = contents.keys.sorted()
    for (name, content) in contents {
      try content.write(to: folder.url.appending(path: name))
    }
    let run = try await Command.foil(
      ["demo", "--json", "--home", folder.path("home")] + names.map(folder.path))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.isEmpty)
    let stories = try run.json(as: DemoStories.self)
    let (first, then) = (stories.first, try #require(stories.then))

    #expect(first.scenario == "commit" && first.verdict == "commit" && first.reason == nil)
    #expect(first.goods.allSatisfy { $0.opened && $0.identical })
    #expect(first.goods.map(\.merchant) == ["guide.example", "atelier.example", "guide.example"])
    #expect(first.balances.before == ["alice": 5950, "atelier": 0, "guide": 0, "wallet": 5950])
    #expect(
      first.balances.after == ["alice": 5950, "atelier": 475, "guide": 2500, "wallet": 2975])
    #expect(
      first.statements == [
        "order": 1, "submission": 1, "offer": 3, "reservation": 1, "deposit": 3, "acceptance": 3,
        "delivery-request": 1, "verdict": 1, "transfer": 2, "settlement": 2,
      ])
    #expect(first.receiptsVerified && first.atFault.isEmpty)
    for (good, name) in zip(first.goods, names) {
      #expect(good.sha256 == (try await sha256(folder.path(name))), "\(name)")
      #expect(good.offer.wholeMatch(of: /[0-9a-f]{64}/) != nil)
      let opened = folder.path("home/opened/\(good.file)")
      #expect(FileManager.default.contentsEqual(atPath: opened, andPath: folder.path(name)))
    }

    #expect(then.verdict == "abort" && then.reason == "timeout")
    #expect(then.process != first.process)
    #expect(then.balances.before == first.balances.after)
    #expect(then.balances.after == first.balances.after)
    #expect(then.goods.map(\.sha256) == first.goods.map(\.sha256))
    #expect(then.goods.allSatisfy { !$0.opened && !$0.identical })
    #expect(then.receiptsVerified && then.receipts != first.receipts)
    #expect(then.atFault.isEmpty, "silence blames nobody")
  }

  @Test("two customers order the last of both goods: exactly one gets both")
  func lastItem() async throws {
    // The second customer brings money of his own.
    let (story, folder) = try await tell("last-item", total: 6900 + 1725)
    #expect(story.verdict == "commit" && story.goods.allSatisfy { $0.opened && $0.identical })
    #expect(story.orders?.keys.sorted() == ["alice", "bob"])
    #expect(story.orders?.values.sorted() == ["commit", "refused"])
    #expect(story.balances.after["atelier"] == 475 && story.balances.after["guide"] == 1250)
    _ = try await verify(story, folder)
  }

  @Test("a merchant is paid by a bank at which it has no account, and the banks are even")
  func twoBanks() async throws {
    let (story, folder) = try await tell("two-banks")
    #expect(story.verdict == "commit" && story.goods.allSatisfy { $0.opened && $0.identical })
    #expect(story.owed == ["bank.example": 0, "cooperative.example": 0])
    #expect(story.balances.after["atelier"] == 470 && story.balances.after["guide"] == 1245)
    #expect(story.balances.after["fees of bank.example"] == 10)
    let verified = try await verify(story, folder)
    #expect(verified.output.contains("has paid") && verified.output.contains("and kept"))
    try await operate(on: folder.path("home"), story.process)
  }

  @Test("a coordinator that charges is paid for a commit, and for an abort it is not")
  func coordinatorFee() async throws {
    let (story, folder) = try await tell("coordinator-fee")
    #expect(story.verdict == "commit" && story.goods.allSatisfy { $0.opened && $0.identical })
    #expect(
      story.balances.before
        == ["alice": 3425, "atelier": 0, "coordinator": 0, "guide": 0, "wallet": 3475])
    #expect(
      story.balances.after
        == ["alice": 3425, "atelier": 475, "coordinator": 25, "guide": 1250, "wallet": 1725])
    #expect(story.statements["terms"] == 1 && story.statements["transfer"] == 3)
    let verified = try await verify(story, folder)
    #expect(verified.output.contains("the coordinator charges 25 minor units of EUR"))
  }

  /// What operators of the two banks see and do.
  private func operate(on home: String, _ process: String) async throws {
    struct Books: Decodable {
      struct Clearing: Decodable {
        let bank: String, owed: Int64, promised: UInt64, largestDebt: UInt64
      }
      let bank: String
      let balances: [String: Int64]
      let clearing: [Clearing]
    }
    func foil(_ arguments: String...) async throws -> Run {
      try await Command.foil(["bank"] + arguments + ["--home", home])
    }
    func books(_ bank: String) async throws -> Books {
      try await foil("books", "--bank", bank, "--json").json()
    }
    // What the bank keeps is shown before anything is signed.
    let shown = try await Command.foil(["buy", "tally.svg", "--home", home])
    #expect(shown.status == 64 && shown.output.contains("bank.example keeps up to 0.05 EUR"))
    let other = try await books("cooperative.example")
    #expect(other.balances["holder/atelier"] == 470 && other.balances["clearing"] == -470)
    #expect(other.balances["clearing/bank.example"] == 0)
    #expect(try await books("bank.example").balances["holder/guide"] == 1245)

    let again = try await foil("collect", String(process.prefix(8)))
    #expect(again.status == 0 && again.output.contains("to atelier at cooperative.example"))
    #expect(try await books("cooperative.example").balances["holder/atelier"] == 470)

    let nothing = try await foil(
      "settle", "cooperative.example", "--paid", "1", "--reference", "wire 2")
    #expect(nothing.status == 1 && nothing.errors.contains("less than that is owed"))
    let ahead = ["settle", "bank.example", "--received", "30", "--reference", "wire 3"]
    for _ in 0..<2 {
      let run = try await Command.foil(
        ["bank"] + ahead + ["--bank", "cooperative.example", "--home", home])
      #expect(run.status == 0, "\(run.errors)")
    }
    #expect(try await books("cooperative.example").clearing.map(\.owed) == [30])
    #expect(
      try await foil("clear", "cooperative.example", "--claim", "5", "--debt", "7").status == 0)
    #expect(try await books("bank.example").clearing.map(\.largestDebt) == [7])
    #expect(try await foil("books").output.contains("the books of bank.example balance"))
    for wrong in [
      ["clear", "nobody.example", "--claim", "5", "--debt", "7"], ["books", "--bank", "nobody"],
      ["settle", "cooperative.example", "--reference", "x"],
    ] {
      #expect(try await Command.foil(["bank"] + wrong + ["--home", home]).status != 0, "\(wrong)")
    }
  }

  // MARK: - Telling and checking

  /// Tells one story as JSON, and checks what holds for all of them.
  private func tell(
    _ scenario: String, total: UInt64 = 6900
  ) async throws -> (DemoStory, ScratchFolder) {
    let folder = try ScratchFolder()
    let run = try await Command.foil([
      "demo", "--json", "--scenario", scenario, "--home", folder.path("home"),
    ])
    #expect(run.status == 0, "\(run.errors)")
    let stories = try run.json(as: DemoStories.self)
    let story = stories.first
    #expect(stories.then == nil)
    #expect(story.scenario == scenario)
    #expect(story.process.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    #expect(story.receiptsVerified)
    #expect(sum(story.balances.before) == total)
    #expect(sum(story.balances.after) == total)
    return (story, folder)
  }

  /// Verifies the story's receipt with another process.
  private func verify(_ story: DemoStory, _ folder: ScratchFolder) async throws -> Run {
    let run = try await Command.foil([
      "receipt", "verify", story.receipts, "--trust", folder.path("home/trust.json"),
    ])
    #expect(run.status == 0, "\(run.output)")
    #expect(run.output.contains(story.process))
    let verdict = story.verdict == "commit" ? "committed" : "aborted"
    #expect(run.output.contains("proven: the purchase was \(verdict)"))
    return run
  }

  private func sha256(_ path: String) async throws -> String? {
    // A name with special characters makes sha256sum escape its line.
    try await Command.program("sha256sum", ["--zero", path])?.output.split(separator: " ").first
      .map(String.init)
  }
}
