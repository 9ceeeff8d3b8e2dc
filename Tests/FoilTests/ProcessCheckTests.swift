// `foil process check`: a process that the demo ran passes for every role, and one with a flaw does not.

import Foundation
import Programs
import Testing

@Suite("Checking a process before joining it")
struct ProcessCheckTests {
  private struct Answer: Decodable, Equatable {
    struct Objection: Decodable, Equatable {
      let rule: String
      let activities: [String]
    }

    let process: String
    let role: String
    let party: String?
    let answer: String
    let objections: [Objection]
  }

  /// What `process show` prints for the demo's first purchase.
  private func shown() async throws -> String {
    let home = try await DemoHome.copied()
    let list = try await home.foil("purchase", "list", "--json")
    let line = try #require(list.lines.first)
    struct Purchase: Decodable { let process: String }
    let id = try JSONDecoder().decode(Purchase.self, from: Data(line.utf8)).process
    let run = try await home.foil("process", "show", id, "--format", "json")
    #expect(run.status == 0)
    return run.output
  }

  private func check(_ arguments: String..., input: String) async throws -> Run {
    try await Command.foil(["process", "check"] + arguments, input: input)
  }

  /// The definition, changed and written canonically again.
  private func changed(
    _ shown: String, _ change: (inout [String: Any]) throws -> Void
  ) throws -> String {
    let object = try JSONSerialization.jsonObject(with: Data(shown.utf8))
    var definition = try #require((object as? [String: Any])?["definition"] as? [String: Any])
    try change(&definition)
    let data = try JSONSerialization.data(
      withJSONObject: definition, options: [.sortedKeys, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self)
  }

  /// Changes one of the alternatives below the root.
  private func changed(
    _ shown: String, alternative number: Int, _ change: (inout [String: Any]) throws -> Void
  ) throws -> String {
    try changed(shown) { definition in
      var root = try #require(definition["root"] as? [String: Any])
      var alternatives = try #require(root["alternatives"] as? [[String: Any]])
      try change(&alternatives[number])
      root["alternatives"] = alternatives
      definition["root"] = root
    }
  }

  private func without(
    _ segment: [String: Any], orderOf prefix: String
  ) throws -> [String: Any] {
    var segment = segment
    let pairs = try #require(segment["precedence"] as? [[String: String]])
    let kept = pairs.filter { !($0["after"] ?? "").hasPrefix(prefix) }
    #expect(kept.count < pairs.count)
    segment["precedence"] = kept
    return segment
  }

  @Test("every role can rely on what the generator made")
  func passes() async throws {
    let shown = try await shown()
    let definition = try changed(shown) { _ in }
    for input in [shown, definition, definition + "\n"] {
      for role in ["customer", "coordinator", "bank", "merchant"] {
        let run = try await check("--role", role, input: input)
        #expect(run.status == 0 && run.output.hasPrefix("yes"), "\(role): \(run.errors)")
      }
    }
    let run = try await check(
      "--role", "merchant", "--party", "atelier.example", "--paid-by", "bank.example", "--json",
      "-",
      input: shown)
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let answer: Answer = try run.json()
    #expect(answer.answer == "yes" && answer.objections.isEmpty)
    #expect(answer.party == "atelier.example" && answer.process.count == 64)
  }

  @Test("one flaw each is named, with who does it")
  func flaws() async throws {
    let shown = try await shown()
    let flaws: [(role: String, rule: String, activity: String, text: String)] = [
      (
        "bank", "reserve-undone", "void/",
        try changed(shown, alternative: 1) { $0 = try without($0, orderOf: "void/") }
      ),
      (
        "bank", "post-after-publish", "post/",
        try changed(shown, alternative: 0) { $0 = try without($0, orderOf: "post/") }
      ),
      (
        "merchant", "deposit-undone", "release/",
        try changed(shown, alternative: 1) { $0 = try without($0, orderOf: "release/") }
      ),
      (
        "merchant", "confirm-after-payment", "confirm/",
        try changed(shown, alternative: 0) { $0 = try without($0, orderOf: "confirm/") }
      ),
      (
        "merchant", "money-before-stock", "deposit/",
        try changed(shown) { definition in
          let root = try #require(definition["root"] as? [String: Any])
          definition["root"] = try without(root, orderOf: "deposit/")
        }
      ),
      (
        "customer", "customer-told", "record-abort",
        try changed(shown, alternative: 1) { $0 = try without($0, orderOf: "notify-abort") }
      ),
      (
        "customer", "payment-reserved", "receive-payment/",
        try changed(shown) { definition in
          let root = try #require(definition["root"] as? [String: Any])
          definition["root"] = try without(root, orderOf: "reserve/")
        }
      ),
      (
        "coordinator", "last-alternative-retriable", "record-abort",
        try changed(shown, alternative: 1) { segment in
          var steps = try #require(segment["retriable"] as? [[String: Any]])
          steps[0]["guarantee"] = "pivot"
          segment["retriable"] = steps
        }
      ),
      (
        "coordinator", "supported", "prepare",
        try changed(shown, alternative: 0) { segment in
          var pivot = try #require(segment["pivot"] as? [String: Any])
          pivot["verb"] = "prepare"
          segment["pivot"] = pivot
        }
      ),
    ]
    for flaw in flaws {
      let run = try await check("--role", flaw.role, input: flaw.text)
      #expect(run.status == 1, "\(flaw.rule): \(run.output)\(run.errors)")
      #expect(
        run.lines.contains { $0.hasPrefix("\(flaw.rule): ") && $0.contains(flaw.activity) },
        "\(flaw.rule): \(run.output)")
      let again = try await check("--role", flaw.role, "--json", input: flaw.text)
      #expect(again.status == 1)
      let answer: Answer = try again.json()
      #expect(answer.answer == "no" && answer.objections.contains { $0.rule == flaw.rule })
    }
    // The bank's flaw is not the merchant's.
    #expect(try await check("--role", "merchant", input: flaws[0].text).status == 0)
    let stranger = try await check(
      "--role", "bank", "--party", "stranger.example", input: shown)
    #expect(stranger.status == 1 && stranger.lines == ["takes-part"])
  }

  @Test("what is no process cannot be checked, and a wrong call is one")
  func notChecked() async throws {
    let shown = try await shown()
    let definition = try changed(shown) { _ in }
    for input in [
      "", "{}", "[]", "{\"definition\":{}}", " " + definition, definition + " ",
      definition.replacing("\"verb\":\"void\"", with: "\"verb\":\"avoid\""),
      definition.replacing("{\"process\":", with: "{\"more\":1,\"process\":"),
    ] {
      let run = try await check("--role", "bank", input: input)
      #expect(run.status == 2 && run.output.isEmpty, "\(input.prefix(40))")
    }
    #expect(try await check("--role", "bank", "/nowhere", input: "").status == 2)
    #expect(try await check("--role", "king", input: shown).status == 64)
    #expect(try await check("--role", "customer", "--party", "a", input: shown).status == 64)
    #expect(try await check("--role", "bank", "--paid-by", "a", input: shown).status == 64)
  }
}
