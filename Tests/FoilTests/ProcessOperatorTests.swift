// What an operator of a coordinator does: lists processes, looks at one, asks again, exports.

import Coordinator
import Foundation
import PaymentModel
import PaymentParties
import Programs
import Testing

@Suite("Commands of an operator")
struct ProcessOperatorTests {
  private struct Line: Decodable {
    let process: String
    let phase: String
    let reason: String?
    let since: String?
    let decideBy: String?
    let goods: Int?
    let needsOperator: [String]
    let problem: String?
  }

  private func list(_ home: DemoHome, _ flags: String...) async throws -> [Line] {
    let run = try await Command.foil(["process", "list", "--json", "--home", home.path] + flags)
    #expect(run.status == 0, "\(run.errors)")
    return try run.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  @Test("list shows what is open, and with --all what has ended")
  func lists() async throws {
    let home = try await DemoHome.copied()
    #expect(try await list(home).isEmpty)
    let text = try await home.foil("process", "list")
    #expect(text.status == 0 && text.output == "no open processes\n")

    let all = try await list(home, "--all")
    // In the order in which they began.
    #expect(all.map(\.phase) == ["ended-committed", "ended-aborted"])
    #expect(all.allSatisfy { $0.goods == 2 && $0.needsOperator.isEmpty && $0.problem == nil })
    #expect(all.first { $0.phase == "ended-aborted" }?.reason == "timeout")
    let table = try await home.foil("process", "list", "--all")
    #expect(table.lines.count == 3 && table.lines[0].hasPrefix("PROCESS"))
    for line in all {
      #expect(table.lines.contains { $0.hasPrefix(line.process.prefix(8)) })
    }
  }

  @Test(
    "what a killed program left is listed, is retried to its end, and can be exported before",
    arguments: [
      ("1-after", "preparing", "no verdict, open"), ("3-after", "prepared", "no verdict, open"),
      ("15-before", "committed", "commit, open"),
    ])
  func retries(point: String, phase: String, verdict: String) async throws {
    let home = try await DemoHome.copied(of: try await DemoHome.aborted())
    #expect(try await home.foil("demo", "--crash-child", point).status == 128 + SIGKILL)
    let open = try await list(home)
    let process = try #require(open.first?.process)
    #expect(open.count == 1 && open[0].goods == 2 && open[0].since != nil)
    #expect(open[0].phase == phase)
    let id = String(process.prefix(8))
    let table = try await home.foil("process", "list")
    #expect(table.lines.count == 2 && table.lines[1].hasPrefix(id))

    let half = try await home.foil("process", "export", id)
    #expect(half.status == 0)
    let checked = try await Command.foil(["process", "verify", "-"], input: half.output)
    #expect(checked.status == 0, "\(checked.errors)")
    #expect(checked.lines.last == verdict)
    let picture = try await home.foil("process", "show", id, "--format", "timeline")
    #expect(picture.status == 0 && picture.output.contains("no final answer yet"))

    // Not a moment is waited: it cannot have ended.
    let pending = try await home.foil("process", "retry", id, "--wait", "0")
    #expect(pending.status == 75 && pending.output.contains("still waits for:"))
    let run = try await home.foil("process", "retry", id, "--json")
    struct Result: Decodable {
      struct Step: Decodable { let path: String }
      let process: String
      let phase: String
      let waiting: [Step]
    }
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let result = try run.json(as: Result.self)
    #expect(result.process == process && result.phase == "ended-committed")
    #expect(result.waiting.isEmpty)
    #expect(try await list(home).isEmpty)
    // Once more does nothing.
    let again = try await home.foil("process", "retry", id)
    #expect(again.status == 0 && again.output.contains("committed, and carried out"))
    #expect(try await home.foil("process", "retry", id, "--wait", "-1").status == 64)
  }

  @Test("show draws a time line as text and as a picture")
  func timelines() async throws {
    let home = try await DemoHome.copied()
    for line in try await list(home, "--all") {
      let text = try await home.foil("process", "show", line.process, "--format", "timeline")
      #expect(text.status == 0)
      #expect(text.lines.contains { $0.contains("◆  begun") })
      #expect(text.lines.contains { $0.contains("◆  ended") })
      #expect(text.lines.contains { $0.contains("✓  Check Validity of Payment") })
      if line.phase == "ended-committed" {
        #expect(text.lines.contains { $0.contains("◆  committed") })
        #expect(text.lines.contains { $0.contains("✓  Money Transfer") })
      } else {
        #expect(text.lines.contains { $0.contains("◆  aborted: timeout") })
        #expect(text.lines.contains { $0.contains("✓  Void Reservation") })
      }
      let svg = try await home.foil(
        "process", "show", String(line.process.prefix(8)), "--format", "timeline-svg")
      #expect(svg.output.hasPrefix("<svg ") && svg.output.hasSuffix("</svg>\n"))
      #expect(svg.output.contains("bank.example"))
    }
  }

  @Test("an export is written once, verifies, and does not when a byte of it was changed")
  func exports() async throws {
    let home = try await DemoHome.copied()
    let done = try #require(
      try await list(home, "--all").first { $0.phase == "ended-committed" }?.process)
    let file = home.folder.path("process.json")
    let wrote = try await home.foil("process", "export", done, "-o", file)
    #expect(wrote.status == 0 && wrote.output.isEmpty)
    #expect(try await home.foil("process", "export", done, "-o", file).status == 1)
    let verified = try await Command.foil(["process", "verify", file, "--json"])
    #expect(verified.status == 0, "\(verified.errors)")
    struct Result: Decodable {
      let process: String
      let records: Int
      let verdict: String?
      let hasEnded: Bool
    }
    let result = try verified.json(as: Result.self)
    #expect(result.process == done && result.verdict == "commit" && result.hasEnded)
    #expect(result.records > 20)
    let export = try String(contentsOfFile: file, encoding: .utf8)
    #expect(!export.contains("AGE-SECRET-KEY-"))

    try export.replacing("\"record\":\"END\"", with: "\"record\":\"End\"")
      .write(toFile: file, atomically: true, encoding: .utf8)
    // It can be read, and does not hold: a verified no.
    let changed = try await Command.foil(["process", "verify", file])
    #expect(changed.status == 1 && changed.errors.hasPrefix("foil: error: "))
    // What is no export cannot be checked.
    for text in [String(export.dropLast(100)), "{}", "", "export"] {
      let unreadable = try await Command.foil(["process", "verify", "-"], input: text)
      #expect(
        unreadable.status == 2 && unreadable.errors.hasPrefix("foil: error: "), "\(text.prefix(9))")
    }
    #expect(try await Command.foil(["process", "verify", home.folder.path("none")]).status == 2)
    let help = try await Command.foil(["process", "export", "--help"])
    #expect(help.output.contains("salts") && help.output.contains("revealed"))
  }

  @Test("a call for an operator is seen by every program, until the activity has succeeded")
  func calls() async throws {
    let home = try await DemoHome.copied(of: try await DemoHome.aborted())
    #expect(try await home.foil("demo", "--crash-child", "15-before").status == 128 + SIGKILL)
    #expect(try await list(home, "--needs-operator").isEmpty)
    let none = try await home.foil("process", "list", "--needs-operator")
    #expect(none.status == 0 && none.output == "no open processes that need an operator\n")
    let process = try #require(try await list(home).first?.process)

    // Another program asks a bank that does not answer, and calls somebody.
    let market = try await Market(
      at: HomeFolder(home.path), passphraseFile: nil, clock: SystemWallClock(),
      policy: RetryPolicy(
        firstPauseMilliseconds: 10, longestPauseMilliseconds: 10, operatorAfterAttempts: 3))
    market.directory.register(bank: DeafBank(), as: try #require(PartyName("bank.example")))
    _ = await market.recover()
    let id = try #require(ProcessID(hex: process))
    for _ in 0..<2000 {
      let rows = try await market.coordinator.engine.journal(of: id)
      if rows.contains(where: { $0.kinds.contains(.called) }) { break }
      try await Task.sleep(for: .milliseconds(5))
    }
    try await market.close()

    let lines = try await list(home, "--needs-operator")
    #expect(lines.map(\.process) == [process])
    #expect(lines.first?.needsOperator == ["post/bank.example"])
    let table = try await home.foil("process", "list", "--needs-operator")
    #expect(table.lines.count == 2 && table.lines[1].hasSuffix("post/bank.example"))
    let shown = try await home.foil("process", "show", process)
    #expect(
      shown.output.contains(
        "needs somebody to look after it: post/bank.example, asked 3 times until "))
    let json = try await home.foil("process", "show", process, "--format", "json")
    #expect(json.output.contains("\"attempts\":3,\"calledAt\":\""))
    let timeline = try await home.foil("process", "show", process, "--format", "timeline")
    #expect(timeline.output.contains("operator called at "))
    let export = try await home.foil("process", "export", process)
    #expect(export.output.contains("\"record\":\"CALLED\""))
    let verified = try await Command.foil(["process", "verify", "-"], input: export.output)
    #expect(verified.status == 0, "\(verified.errors)")

    // Asked again by a program whose bank answers, it is over.
    #expect(try await home.foil("process", "retry", process).status == 0)
    #expect(try await list(home, "--needs-operator", "--all").isEmpty)
  }

  @Test("a journal that cannot be read is shown as such, and hides no other process")
  func unreadable() async throws {
    guard Command.has("sqlite3") else { return }
    let home = try await DemoHome.copied()
    let all = try await list(home, "--all")
    let broken = try #require(all.first?.process)
    let database = try #require(
      try FileManager.default.subpathsOfDirectory(atPath: home.path)
        .first { $0.hasSuffix("journal.sqlite") })
    let change = try #require(
      try await Command.program(
        "sqlite3",
        [
          home.path(database),
          """
          UPDATE row SET chain = zeroblob(32)
          WHERE process = (SELECT number FROM process WHERE id = x'\(broken)') AND sequence > 0;
          """,
        ]))
    #expect(change.status == 0, "\(change.errors)")
    let run = try await home.foil("process", "list", "--all", "--json")
    #expect(run.status == 2)
    let lines = try run.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    #expect(lines.map(\.process) == all.map(\.process))
    #expect(lines[0].phase == "unreadable" && lines[0].problem?.hasPrefix("broken-journal") == true)
    #expect(lines.dropFirst().allSatisfy { $0.problem == nil })
    #expect(try await home.foil("process", "export", broken).status == 2)
  }

  @Test("a home with tables of another version is refused with what it has and what is read")
  func otherVersions() async throws {
    guard Command.has("sqlite3") else { return }
    let home = try await DemoHome.copied()
    let database = try #require(
      try FileManager.default.subpathsOfDirectory(atPath: home.path)
        .first { $0.hasSuffix("journal.sqlite") })
    for (change, words) in [
      (
        "ALTER TABLE row ADD COLUMN older TEXT;",
        "says that it has schema version 1, but its tables are others; this program reads only version 1"
      ),
      (
        "INSERT INTO grdb_migrations VALUES ('journal-7');",
        "has schema version 7; this program reads only version 1"
      ),
    ] {
      #expect(try await Command.program("sqlite3", [home.path(database), change])?.status == 0)
      let run = try await home.foil("process", "list")
      #expect(run.status == 2 && run.output.isEmpty)
      #expect(run.errors.contains(words), "\(run.errors)")
      #expect(run.errors.contains("foil: hint: open the home with the program that has made it"))
    }
  }

  @Test("what nobody knows is not found (2), and what cannot be an identifier is misuse (64)")
  func unknown() async throws {
    let home = try await DemoHome.copied()
    let nobody = String(repeating: "0", count: 64)
    for verb in ["retry", "export"] {
      for (identifier, status) in [(nobody, 2), ("00000000", 2), ("zz", 64), ("000", 64)] {
        let run = try await home.foil("process", verb, identifier)
        #expect(run.status == Int32(status), "\(verb) \(identifier): \(run.errors)")
        #expect(run.output.isEmpty && run.errors.hasPrefix("foil: error: "))
      }
    }
  }
}

/// A bank that answers nobody.
private struct DeafBank: PaymentAgent {
  func reserve(_ request: ReserveRequest) async -> Outcome<Signed<Reservation>> {
    .unknown("no answer")
  }

  func post(_ request: PostRequest) async -> Outcome<[Signed<Transfer>]> { .unknown("no answer") }

  func void(_ request: VerdictRequest) async -> Outcome<Signed<VoidedReservation>> {
    .unknown("no answer")
  }
}
