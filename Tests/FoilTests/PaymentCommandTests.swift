// Paying with a card, and out of an account, on the home that the demo left.

import Foundation
import Programs
import Testing

@Suite("Ways to pay")
struct PaymentCommandTests {
  private static let goods = ["again-contract.txt", "again-tally.svg"]

  @Test("a card is issued, shown to nobody, and pays")
  func card() async throws {
    let home = try await DemoHome.copied()
    let file = home.folder.path("card")
    let issued = try await home.foil("card", "issue", "--limit", "1725", "-o", file)
    #expect(issued.status == 0, "\(issued.errors)")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let number = try #require(text.split(separator: "\n").first.map(String.init))
    #expect(number.count == 16 && number.hasPrefix("999999"))
    let permissions = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
    #expect(permissions as? Int == 0o600)
    let again = try await home.foil("card", "issue", "--limit", "1725", "-o", file)
    #expect(again.status == 1, "a file is not overwritten")

    let shown = try await home.foil(
      "buy", Self.goods[0], Self.goods[1], "--pay", "bank.example=card", "--card", file)
    #expect(shown.status == 64, "nobody was asked")
    for words in [
      "through bank.example, card", "the bank learns who pays", "final once committed",
      "the bank is shown what would pay again", "who you are to it",
    ] {
      #expect(shown.output.contains(words), "\(words)")
    }
    let bought = try await home.foil(
      "buy", Self.goods[0], Self.goods[1], "--pay", "bank.example=card", "--card", file, "--yes")
    #expect(bought.status == 0, "\(bought.errors)")
    #expect(bought.output.contains("committed: purchase "))
    for run in [issued, again, shown, bought] {
      #expect(!(run.output + run.errors).contains(number))
    }
  }

  @Test("a card without credit pays nothing, and the coins are still there")
  func declined() async throws {
    let home = try await DemoHome.copied()
    let file = home.folder.path("card")
    #expect(try await home.foil("card", "issue", "--limit", "1724", "-o", file).status == 0)
    let declined = try await home.foil(
      "buy", Self.goods[0], Self.goods[1], "--pay", "bank.example=card", "--card", file, "--yes")
    #expect(declined.status == 1)
    #expect(declined.output.contains("aborted (refused)") && declined.output.contains("declined"))
    #expect(try await home.foil("buy", Self.goods[0], Self.goods[1], "--yes").status == 0)
  }

  @Test("coins pay a share, and a card of the same bank the rest")
  func coinsAndCard() async throws {
    let home = try await DemoHome.copied()
    let file = home.folder.path("card")
    #expect(try await home.foil("card", "issue", "--limit", "725", "-o", file).status == 0)
    let way = ["--pay", "bank.example=ecash-card", "--card", file, "--home", home.path, "--yes"]
    let much = try await Command.foil(["buy"] + Self.goods + way + ["--coins", "999"])
    #expect(much.status == 1 && much.output.contains("declined"), "the card has 725")
    let all = try await Command.foil(["buy"] + Self.goods + way + ["--coins", "1725"])
    #expect(all.status == 1 && all.errors.contains("all there is to pay"))
    let bought = try await Command.foil(["buy"] + Self.goods + way + ["--coins", "1000"])
    #expect(bought.status == 0, "\(bought.output) \(bought.errors)")
    let books = try await home.foil("bank", "books")
    #expect(
      books.output.split(separator: "\n").contains {
        $0.hasPrefix("card/") && $0.hasSuffix(" -725")
      })
  }

  @Test("a card that somebody tries is blocked, seen by the operator, and unblocked")
  func blockedCard() async throws {
    struct Card: Decodable {
      let card: String, failedTries: Int, allFailedTries: Int, isBlocked: Bool
    }
    let home = try await DemoHome.copied()
    let (file, tried) = (home.folder.path("card"), home.folder.path("tried"))
    #expect(try await home.foil("card", "issue", "--account", "guide", "-o", file).status == 1)
    #expect(try await home.foil("card", "issue", "--account", "alice", "-o", file).status == 0)
    var lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
      .map(String.init)
    lines[2] = String("00\(((Int(lines[2]) ?? 0) + 1) % 1000)".suffix(3))
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: tried))
    let way = ["--pay", "bank.example=card", "--yes", "--home", home.path, "--card"]
    for _ in 0..<3 {
      #expect(try await Command.foil(["buy", Self.goods[0]] + way + [tried]).status == 1)
    }
    #expect(try await Command.foil(["buy", Self.goods[0]] + way + [file]).status == 1)
    let card: Card = try await home.foil("card", "list", "--json").json()
    #expect(card.isBlocked && card.failedTries == 3 && card.allFailedTries == 3)
    #expect(try await home.foil("card", "list").output.contains("BLOCKED"))
    #expect(try await home.foil("card", "unblock", String(card.card.prefix(8))).status == 0)
    #expect(try await Command.foil(["buy", Self.goods[0]] + way + [file]).status == 0)
    #expect(try await home.foil("card", "unblock", "ffffffff").status == 2)
  }

  @Test("the wallet's account pays, and a foreign account does not")
  func account() async throws {
    let home = try await DemoHome.copied()
    let way = ["--pay", "bank.example=transfer", "--yes", "--account"]
    let foreign = try await Command.foil(
      ["buy"] + Self.goods + way + ["guide", "--home", home.path])
    #expect(foreign.status == 1, "\(foreign.output) \(foreign.errors)")
    let own = try await Command.foil(
      ["buy"] + Self.goods + way + ["alice", "--home", home.path])
    #expect(own.status == 0, "\(own.errors)")
    #expect(own.output.contains("committed: purchase "))
  }

  @Test(
    "what does not fit together is refused before anything is opened",
    arguments: [
      ["--pay", "bank.example=card"], ["--card", "x"], ["--pay", "bank.example=transfer"],
      ["--pay", "bank.example=ecash-card", "--card", "x"], ["--coins", "5"],
      ["--pay", "bank.example"], ["--pay", "bank.example=gold"], ["--pay", "BANK=card"],
      ["--pay", "a=ecash", "--pay", "a=ecash"],
      ["--pay", "bank.example=transfer", "--account", "A B"],
    ])
  func usage(_ arguments: [String]) async throws {
    let run = try await Command.foil(["buy", "x"] + arguments)
    #expect(run.status == 64, "\(run.errors)")
  }

  @Test("a bank that pays nothing here, and a file that is no card")
  func wrong() async throws {
    let home = try await DemoHome.copied()
    let idle = try await home.foil(
      "buy", Self.goods[0], "--pay", "idle.example=ecash", "--yes")
    #expect(idle.status == 1 && idle.errors.contains("through idle.example"))
    let file = home.folder.path("card")
    try Data("4111111111111112\n2029-12\n123\n".utf8).write(to: URL(filePath: file))
    let run = try await home.foil(
      "buy", Self.goods[0], "--pay", "bank.example=card", "--card", file, "--yes")
    #expect(run.status == 1 && run.errors.contains("no card number"))
    #expect(!run.errors.contains("4111111111111112"))
  }
}
