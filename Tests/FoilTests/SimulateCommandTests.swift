// `foil simulate` as somebody uses it who looks for a seed that breaks something, and then looks at it.

import Foundation
import Programs
import Testing

@Suite("Simulating")
struct SimulateCommandTests {
  private struct Report: Decodable {
    struct Violation: Decodable {
      let seed: UInt64
      let property: String
      let step: Int
      let message: String
      let replay: String
    }

    let runs: Int
    let purchases: Int
    let honest: Int
    let honestCommitted: Int
    let happened: [String: Int]
    let violations: [Violation]
    let fingerprint: String
  }

  private struct Flaws: Decodable {
    struct Flaw: Decodable {
      let name: String
      let summary: String
      let breaks: [String]
      let foundIn: [String]
    }

    let flaws: [Flaw]
  }

  @Test("the flaws are listed, for people and as JSON, with the same names")
  func flaws() async throws {
    let text = try await Command.foil(["simulate", "--flaw", "list"])
    let json = try await Command.foil(["simulate", "--seed", "1", "--flaw", "list", "--json"])
    #expect(text.status == 0 && json.status == 0)
    let flaws = try json.json(as: Flaws.self).flaws
    #expect(flaws.count >= 12)
    #expect(
      text.lines.map { String($0.prefix { $0 != " " }) } == flaws.map(\.name))
    #expect(flaws.allSatisfy { !$0.summary.isEmpty && !$0.breaks.isEmpty && !$0.foundIn.isEmpty })
    for (line, flaw) in zip(text.lines, flaws) {
      #expect(line.hasSuffix("(found in: \(flaw.foundIn.joined(separator: ", ")))"), "\(line)")
    }
  }

  @Test("what is violated is printed with a command that replays it choice by choice")
  func replay() async throws {
    let run = try await Command.foil(
      ["simulate", "--seed", "1", "--runs", "20", "--flaw", "deposit-before-reserve", "--json"])
    #expect(run.status == 1)
    let report = try run.json(as: Report.self)
    let violation = try #require(report.violations.first)
    #expect(violation.property == "holds")
    let words = violation.replay.split(separator: " ").map(String.init)
    #expect(words.first == "foil")
    let replayed = try await Command.foil(Array(words.dropFirst()))
    #expect(replayed.status == 1)
    #expect(replayed.output.contains(violation.message))
    // Each choice stands on a line of its own, and the last one is the one that broke it.
    let steps = replayed.lines.filter { Int($0.prefix { $0 != "\t" }) != nil }
    #expect(steps.count == violation.step)
  }

  @Test("a clean set of runs says how often what happened")
  func clean() async throws {
    let run = try await Command.foil(["simulate", "--seed", "1", "--runs", "10", "--json"])
    #expect(run.status == 0)
    let report = try run.json(as: Report.self)
    #expect(report.runs == 10 && report.violations.isEmpty)
    #expect(report.honestCommitted > 0 && report.honestCommitted <= report.honest)
    #expect(report.happened["message-lost"].map { $0 > 0 } == true)
    let again = try await Command.foil(["simulate", "--seed", "1", "--runs", "10", "--json"])
    #expect(try again.json(as: Report.self).fingerprint == report.fingerprint)
  }

  @Test(
    "what cannot be simulated is refused",
    arguments: [
      ["--flaw", "no-such"], ["--runs", "0"], ["--world", "real", "--customers", "3"],
      ["--world", "real", "--flaw", "hold-lapses"], ["--runs", "2", "--trace"],
      ["--trace", "--json"],
    ])
  func refused(_ arguments: [String]) async throws {
    let run = try await Command.foil(["simulate", "--seed", "1"] + arguments)
    #expect(run.status == 64 && !run.errors.isEmpty)
  }

  @Test("a run needs a seed")
  func needsSeed() async throws {
    let run = try await Command.foil(["simulate", "--runs", "1"])
    #expect(run.status == 64 && run.errors.contains("--seed is missing") && run.output.isEmpty)
  }
}
