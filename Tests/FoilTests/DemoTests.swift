// `foil demo` as a stranger sees it: two stories, what they leave, and the commands to paste.

import Foundation
import Programs
import Testing

@Suite("foil demo")
struct DemoTests {
  @Test("tells two stories in at most 40 lines")
  func text() async throws {
    let run = try await DemoHome.founded().run
    #expect(run.status == 0)
    #expect(run.errors.isEmpty, "\(run.errors)")
    #expect(run.output.split(separator: "\n", omittingEmptySubsequences: false).count <= 41)
    #expect(run.output.contains("contract.txt, tally.svg open, identical\n"))
    #expect(run.output.contains("again-contract.txt, again-tally.svg stay locked\n"))
    #expect(run.output.contains("Receipt: ") && run.output.contains(", proven, 15 statements"))
  }

  @Test("leaves sealed goods, keys of what was bought, the goods, a receipt and a trust list")
  func leftBehind() async throws {
    let home = try await DemoHome.founded()
    func names(_ folder: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: home.path(folder)).sorted()
    }
    let sold = ["again-contract.txt", "again-tally.svg", "contract.txt", "tally.svg"]
    #expect(
      try names("locked") == sold.flatMap { ["\($0).age", "\($0).chunks", "\($0).offer"] })
    #expect(try names("keys") == ["contract.txt.key", "tally.svg.key"])
    #expect(try names("opened") == ["contract.txt", "tally.svg"])
    for name in ["contract.txt", "tally.svg"] {
      #expect(
        FileManager.default.contentsEqual(
          atPath: home.path("goods/\(name)"), andPath: home.path("opened/\(name)")))
    }
    #expect(try await home.verify().status == 0)
    #expect(try await home.verify(home.path("silent.receipt")).status == 0)
  }

  @Test("replaces a home that it left, and no other folder")
  func homes() async throws {
    let folder = try ScratchFolder()
    let precious = folder.path("precious")
    try Data("do not delete".utf8).write(to: URL(filePath: precious))
    let refused = try await Command.foil(["demo", "--home", folder.url.path])
    #expect(refused.status == 64)
    #expect(refused.errors.contains("foil: error: ") && refused.errors.contains("foil: hint: "))
    #expect(refused.output.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["precious"])

    let tampered = try await Command.foil([
      "demo", "--home", folder.url.path, "--tamper", "receipt",
    ])
    #expect(tampered.status == 2)

    // A file with the name of one that the demo makes is sold, and not written to.
    let picture = folder.path("tally.svg")
    try Data("mine".utf8).write(to: URL(filePath: picture))
    let again = try await DemoHome.copied()
    let stale = again.path("stale")
    try Data().write(to: URL(filePath: stale))
    #expect(try await again.foil("demo", picture, folder.path("none")).status == 2)
    #expect(FileManager.default.fileExists(atPath: stale), "checked before anything is removed")
    let replaced = try await again.foil("demo", "--scenario", "commit", "--json", picture)
    #expect(replaced.status == 0, "\(replaced.errors)")
    #expect(!FileManager.default.fileExists(atPath: stale))
    let stories = try replaced.json(as: DemoStories.self)
    #expect(stories.then == nil)
    #expect(stories.first.verdict == "commit")
    #expect(stories.first.goods.map(\.file) == ["contract.txt", "tally.svg"])
    for path in [picture, again.path("opened/tally.svg")] {
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
    }
    #expect(try await again.verify().status == 0)
  }

  @Test(
    "refuses what it cannot sell or tell",
    arguments: [
      (["--scenario", "happy-end"], 64), (["--tamper", "nothing"], 64),
      (["--tamper", "key", "--scenario", "commit"], 64), (["--tamper", "key", "a-file"], 64),
      (["no such file"], 2), (["/"], 2),
    ] as [([String], Int32)])
  func refusals(arguments: [String], status: Int32) async throws {
    let folder = try ScratchFolder()
    let run = try await Command.foil(["demo", "--home", folder.path("home")] + arguments)
    #expect(run.status == status, "\(run.errors)")
    #expect(!run.errors.isEmpty)
  }

  // MARK: - Commands to paste

  @Test(
    "its first command shows that age opens what was bought, and not what was not",
    .enabled(if: Command.has("age"), "age is not installed"))
  func ageCommand() async throws {
    let home = try await DemoHome.copied()
    let run = try await Command.pasted(try #require(try await home.suggestions().first))
    #expect(run.lines == ["\(home.path("locked/contract.txt.age")) opens"])
    #expect(run.status == 1, "the other container must not open")
    #expect(run.errors.contains("no identity matched"))
  }

  @Test(
    "its second command verifies the verdict with openssl",
    .enabled(if: Command.has("openssl"), "openssl is not installed"))
  func opensslCommand() async throws {
    let home = try await DemoHome.copied()
    let command = try await home.suggestions().dropFirst().first
    let run = try await Command.pasted(try #require(command))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("Signature Verified Successfully"))

    let input = URL(filePath: home.path("evidence/verdict.input"))
    try (Data(contentsOf: input) + Data("x".utf8)).write(to: input)
    #expect(try await Command.pasted(try #require(command)).status != 0)
  }

  @Test("its third command changes the receipt, and verification says what and who")
  func tamperCommand() async throws {
    let home = try await DemoHome.copied()
    #expect(try await home.suggestions().count == 3)
    let run = try await Command.pasted(try #require(try await home.suggestions().last))
    #expect(run.status == 1)
    #expect(run.lines.last?.hasPrefix("refuted: a signature on this transfer is not valid") == true)
    #expect(run.lines.last?.contains("bank.example") == true)
  }

  @Test(
    "whatever is changed, verification refuses and says what and who",
    arguments: [
      ("receipt", "transfer", "bank.example"), ("goods", "goods contract.txt", "guide.example"),
      ("key", "key contract.txt.key", "guide.example"),
    ])
  func tampering(what: String, subject: String, party: String) async throws {
    let home = try await DemoHome.copied()
    let tampered = try await home.foil("demo", "--tamper", what)
    #expect(tampered.status == 0, "\(tampered.errors)")
    let run = try await home.verify()
    #expect(run.status == 1)
    let refutations = run.lines.filter { $0.hasPrefix("refuted: ") }
    #expect(refutations.count == 1, "one thing was changed")
    #expect(refutations.allSatisfy { $0.contains(subject) && $0.contains(party) })

    // The command that it prints is the one that was run.
    let hint = try #require(tampered.lines.last)
    #expect(hint.hasPrefix("now run: "))
    #expect(
      try await Command.pasted(String(hint.dropFirst("now run: ".count))).output == run.output)
  }
}
