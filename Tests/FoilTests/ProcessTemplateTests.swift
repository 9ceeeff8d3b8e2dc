// `foil process template`: who joins a process can read what it was generated from.

import Foundation
import PaymentCrypto
import PaymentModel
import Programs
import Testing

@Suite("Templates as data")
struct ProcessTemplateTests {
  private struct Printed: Decodable {
    struct Template: Decodable {
      let name: String
      let version: Int
    }

    let digest: String
    let name: String
    let version: Int
    let template: Template
  }

  /// The digest of what was printed, without the line feed at its end.
  private func digest(of run: Run) -> String {
    #expect(run.output.hasSuffix("\n"))
    return SHA256.digest(Bytes(run.output.dropLast().utf8)).hex
  }

  @Test("what is printed has the digest that processes name")
  func standard() async throws {
    let run = try await Command.foil(["process", "template"])
    #expect(run.status == 0)
    #expect(run.output.contains("\"name\":\"standard\""))
    #expect(run.errors == "digest: \(digest(of: run))\n")
    let same = try await Command.foil(["process", "template", "--standard"])
    #expect(same.output == run.output)
    let short = try await Command.foil(["process", "template", String(digest(of: run).prefix(8))])
    #expect(short.output == run.output)
    let printed = try await Command.foil(["process", "template", "--json"]).json(as: Printed.self)
    #expect(printed.digest == digest(of: run))
    #expect(printed.name == "standard" && printed.version == printed.template.version)

    struct Shown: Decodable {
      struct Definition: Decodable { let template: String }
      let definition: Definition
    }
    struct Purchase: Decodable { let process: String }
    let home = try await DemoHome.copied()
    let list = try await home.foil("purchase", "list", "--json")
    let purchase = try JSONDecoder().decode(
      Purchase.self, from: Data(try #require(list.lines.first).utf8))
    let shown = try await home.foil("process", "show", purchase.process, "--json")
    #expect(try shown.json(as: Shown.self).definition.template == printed.digest)
  }

  @Test("an order that was withdrawn without having been handed in names the other one")
  func neverBegun() async throws {
    let home = try await DemoHome.copied(of: try await DemoHome.aborted())
    #expect(try await home.foil("demo", "--crash-child", "0-before").status == 128 + SIGKILL)
    struct Purchase: Decodable { let process: String }
    let line = try #require(try await home.foil("purchase", "list", "--json").lines.first)
    let process = try JSONDecoder().decode(Purchase.self, from: Data(line.utf8)).process
    #expect(try await home.foil("purchase", "cancel", process).status == 0)
    let shown = try await home.foil("process", "show", process, "--json")
    struct Shown: Decodable {
      struct Definition: Decodable { let template: String }
      let definition: Definition
    }
    let digest = try shown.json(as: Shown.self).definition.template
    let run = try await Command.foil(["process", "template", digest])
    #expect(run.status == 0 && self.digest(of: run) == digest)
    #expect(run.output.contains("\"never-begun\""))
  }

  @Test("what no template has is not found (2), and a wrong call is one (64)")
  func unknown() async throws {
    for (arguments, status) in [
      ([String(repeating: "0", count: 64)], 2), (["00000000"], 2), (["zz"], 64), (["000"], 64),
      (["--standard", "00000000"], 64),
    ] {
      let run = try await Command.foil(["process", "template"] + arguments)
      #expect(run.status == Int32(status), "\(arguments): \(run.errors)")
      #expect(run.output.isEmpty)
    }
  }

  @Test("process show --json is --format json")
  func json() async throws {
    let home = try await DemoHome.copied()
    struct Purchase: Decodable { let process: String }
    let line = try #require(try await home.foil("purchase", "list", "--json").lines.first)
    let process = try JSONDecoder().decode(Purchase.self, from: Data(line.utf8)).process
    let run = try await home.foil("process", "show", process, "--json")
    #expect(run.status == 0)
    #expect(
      try await home.foil("process", "show", process, "--format", "json").output == run.output)
    #expect(
      try await home.foil("process", "show", process, "--json", "--format", "json").output
        == run.output)
    #expect(
      try await home.foil("process", "show", process, "--json", "--format", "svg").status == 64)
  }
}
