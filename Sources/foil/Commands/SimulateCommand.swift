// `foil simulate`: markets that break on purpose, and independent books over them.

import ArgumentParser
import Foundation
import Laboratory
import PaymentModel

struct SimulateCommand: AsyncParsableCommand {
  /// Who stands behind the parties.
  enum World: String, CaseIterable, ExpressibleByArgument {
    case model
    case real
  }

  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Run whole markets with faults, crashes and cheats, and check the books.",
    discussion: """
      One seed decides everything: who there is, what they want, what fails, who cheats. Run n has \
      the seed N + n. Faults stop after a while, and then everything must come to its end.

      Exit status: 0 nothing is violated; 1 something is: its seed, property and process are printed, \
      with the command that replays it step by step.
      """)

  @Option(help: "The seed of the first run; needed but for '--flaw list'.")
  var seed: UInt64?

  @Option(help: "How many runs.")
  var runs = 1

  @Option(help: "How many customers; drawn unless given.")
  var customers: Int?

  @Option(help: "How many merchants; drawn unless given.")
  var merchants: Int?

  @Option(help: "How many banks; drawn unless given.")
  var banks: Int?

  @Option(
    help: ArgumentHelp("A rule that is not followed; 'list' names them.", valueName: "name"))
  var flaw: String?

  @Option(help: "Model parties, or real ones with all their cryptography.")
  var world = World.model

  @Flag(help: "Print each choice of the run.")
  var trace = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard seed != nil || flaw == "list" else { throw ValidationError("--seed is missing") }
    try check(customers, "customers", PopulationSize.limits.customers)
    try check(merchants, "merchants", PopulationSize.limits.merchants)
    try check(banks, "banks", PopulationSize.limits.banks)
    guard (1...10_000_000).contains(runs) else {
      throw ValidationError("--runs takes 1 to 10000000")
    }
    guard !(trace && runs > 1) else {
      throw ValidationError("--trace shows one run: leave --runs out")
    }
    let isSized = customers != nil || merchants != nil || banks != nil
    guard world == .model || !isSized else {
      throw ValidationError("--world real takes no number of parties")
    }
    guard !(trace && json) else { throw ValidationError("--trace prints text, and no JSON") }
    if let flaw, flaw != "list", Flaw(rawValue: flaw) == nil {
      throw ValidationError("no flaw '\(flaw)': '--flaw list' names them")
    }
    if let chosen = flaw.flatMap(Flaw.init) {
      guard world == .real ? chosen.isInReal : chosen.isInModel else {
        throw ValidationError(
          "--world \(world.rawValue) does not show the flaw '\(chosen.rawValue)'; "
            + "found in: \(places(of: chosen))")
      }
    }
  }

  private func check(_ value: Int?, _ name: String, _ range: ClosedRange<Int>) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError("--\(name) takes \(range.lowerBound) to \(range.upperBound)")
  }

  func run() async throws {
    guard flaw != "list", let seed else { return try listFlaws() }
    let chosen = flaw.flatMap(Flaw.init)
    let size = PopulationSize(customers: customers, merchants: merchants, banks: banks)
    let start = ContinuousClock.now
    var report = CampaignReport()
    if world == .real {
      if trace {
        report.add(try await RealSimulation.run(seed: seed, flaw: chosen) { Terminal.print($0) })
      } else {
        report = try await Campaign.runReal(
          seed: seed, runs: runs, flaw: chosen, stopsAtViolation: chosen != nil)
      }
    } else if trace {
      report.add(
        Simulation.run(seed: seed, size: size, flaw: chosen) { Terminal.print($0) })
    } else {
      report = Campaign.run(
        seed: seed, runs: runs, size: size, flaw: chosen, stopsAtViolation: chosen != nil)
    }
    let seconds = start.duration(to: .now) / .seconds(1)
    if json { try showJSON(report, seconds) } else { showText(report, seconds) }
    if !report.violations.isEmpty { Foundation.exit(ExitStatus.no.rawValue) }
  }

  private func listFlaws() throws {
    guard !json else {
      let flaws = Flaw.allCases.map { flaw in
        FlawSummary(
          name: flaw.rawValue, summary: flaw.summary, breaks: flaw.breaks.map(\.rawValue),
          foundIn: flaw.foundIn.map(\.rawValue))
      }
      return try JSONOutput.print(FlawList(flaws: flaws))
    }
    var table = TextTable()
    for flaw in Flaw.allCases {
      table.add(flaw.rawValue, "\(flaw.summary) (found in: \(places(of: flaw)))")
    }
    for line in table.lines(indent: 0) { Terminal.print(line) }
  }

  private func places(of flaw: Flaw) -> String {
    flaw.foundIn.map(\.rawValue).joined(separator: ", ")
  }

  private struct FlawList: Encodable { let flaws: [FlawSummary] }

  private struct FlawSummary: Encodable {
    let name: String
    let summary: String
    let breaks: [String]
    let foundIn: [String]
  }

  /// The command that replays a run step by step.
  private func replay(_ violation: Violation) -> String {
    var words = ["foil simulate --seed \(violation.seed)"]
    if world == .real { words.append("--world real") }
    if let customers { words.append("--customers \(customers)") }
    if let merchants { words.append("--merchants \(merchants)") }
    if let banks { words.append("--banks \(banks)") }
    if let flaw { words.append("--flaw \(flaw)") }
    return (words + ["--trace"]).joined(separator: " ")
  }

  private func showText(_ report: CampaignReport, _ seconds: Double) {
    var table = TextTable()
    table.add("runs", "\(report.runs)")
    table.add(
      "purchases",
      "\(report.purchases): \(report.committed) committed, \(report.aborted) aborted")
    table.add(
      "nobody cheating", "\(report.honest): \(report.honestCommitted) committed")
    table.add("steps", "\(report.steps), with \(report.messages) messages")
    table.add("crashes", "\(report.crashes)")
    for occurrence in Occurrence.allCases where report.tally[occurrence] > 0 {
      table.add(occurrence.rawValue, "\(report.tally[occurrence])")
    }
    table.add("virtual time", "\(report.virtualSeconds) s")
    table.add("violations", "\(report.violations.count)")
    table.add("fingerprint", "\(report.fingerprint)")
    table.add("time", String(format: "%.2f s", seconds))
    for line in table.lines(indent: 0) { Terminal.print(line) }
    for violation in report.violations.prefix(10) {
      Terminal.print()
      Terminal.print("violated: \(violation.property.rawValue), seed \(violation.seed)")
      Terminal.print("  \(violation.message)")
      if let process = violation.process { Terminal.print("  process \(process)") }
      Terminal.print("  after step \(violation.step)")
      Terminal.print("  \(replay(violation))")
    }
  }

  private func showJSON(_ report: CampaignReport, _ seconds: Double) throws {
    try JSONOutput.print(
      Summary(
        runs: report.runs, purchases: report.purchases, committed: report.committed,
        aborted: report.aborted, honest: report.honest, honestCommitted: report.honestCommitted,
        steps: report.steps, messages: report.messages,
        crashes: report.crashes, virtualSeconds: report.virtualSeconds,
        happened: Dictionary(
          uniqueKeysWithValues: Occurrence.allCases.map { ($0.rawValue, report.tally[$0]) }),
        violations: report.violations.map {
          Summary.Violation(
            seed: $0.seed, property: $0.property.rawValue, process: $0.process?.hex, step: $0.step,
            message: $0.message, replay: replay($0))
        }, fingerprint: report.fingerprint.hex, seconds: seconds))
  }

  private struct Summary: Encodable {
    struct Violation: Encodable {
      let seed: UInt64
      let property: String
      let process: String?
      let step: Int
      let message: String
      let replay: String
    }

    let runs: Int
    let purchases: Int
    let committed: Int
    let aborted: Int
    let honest: Int
    let honestCommitted: Int
    let steps: Int
    let messages: Int
    let crashes: Int
    let virtualSeconds: Int
    let happened: [String: Int]
    let violations: [Violation]
    let fingerprint: String
    let seconds: Double
  }
}
