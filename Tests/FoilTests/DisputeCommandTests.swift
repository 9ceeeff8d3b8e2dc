// A complaint from the customer's home to the auditor's ruling, on the command.

import Foundation
import Programs
import Testing

@Suite("Complaints on the command")
struct DisputeCommandTests {
  private struct Outcome: Decodable {
    let complaint: String
    let grievance: String
    let complainant: String
    let outcome: String
    let party: String?
    let rule: String?
    let asks: String?
    let evidence: [String]
  }

  private struct PurchaseLine: Decodable {
    let process: String
    let verdict: String?
  }

  /// The keys were delivered: whoever complains of that reveals what refutes it.
  @Test("a complaint that keys are missing is refuted by what it reveals, and the ruling is logged")
  func keyMissing() async throws {
    let home = try await DemoHome.copied()
    let process = try await committed(in: home)
    let complaint = home.path("missing.complaint")
    let filed = try await home.foil(
      "complain", process, "--about", "key-missing", "-o", complaint)
    #expect(filed.status == 0, "\(filed.errors)")
    #expect(filed.output.contains("complaint of key-missing"))

    let dispute = ["audit", "dispute", complaint, "--trust", home.trust]
    let text = try await Command.foil(dispute)
    #expect(text.status == 1)
    #expect(text.output.contains("not-at-fault: coordinator.example, by the rule bundle-is-there"))
    let outcome = try await Command.foil(dispute + ["--json"]).json(as: Outcome.self)
    #expect(outcome.outcome == "not-at-fault" && outcome.rule == "bundle-is-there")
    #expect(outcome.complainant == "customer" && outcome.evidence.contains(outcome.complaint))

    // The auditor signs it; the ruling stands in the log, below the same trust list.
    let ruled = home.path("ruled.complaint")
    let signed = try await home.foil("audit", "dispute", complaint, "-o", ruled)
    #expect(signed.status == 1, "\(signed.errors)")
    let receipt = try await Command.foil(["receipt", "show", ruled, "--json"]).output
    #expect(receipt.contains("\"ruling\"") && receipt.contains("\"complaint\""))
    let verified = try await home.verify(ruled)
    #expect(verified.status == 0, "\(verified.output)")
    #expect(verified.output.contains("auditor.example has ruled: not-at-fault"))
  }

  @Test("a late verdict in time: the complainant's own receipt shows it")
  func lateVerdict() async throws {
    let home = try await DemoHome.copied()
    let process = try await committed(in: home)
    let complaint = home.path("late.complaint")
    #expect(
      try await home.foil("complain", process, "--about", "late-verdict", "-o", complaint).status
        == 0)
    let run = try await Command.foil(["audit", "dispute", complaint, "--trust", home.trust])
    #expect(run.status == 1)
    #expect(run.output.contains("by the rule in-time"))
  }

  @Test("there is nothing to complain about a good that is what was offered")
  func goodsRight() async throws {
    let home = try await DemoHome.copied()
    let process = try await committed(in: home)
    let run = try await home.foil(
      "complain", process, "--about", "goods-wrong", "--offer", "contract.txt", "-o",
      home.path("wrong.complaint"))
    #expect(run.status == 1)
    #expect(run.errors.contains("is what its merchant signed"))
    #expect(!FileManager.default.fileExists(atPath: home.path("wrong.complaint")))
  }

  @Test("what is no evidence, or lacks a complaint, cannot be decided (2); misuse is 64")
  func refusals() async throws {
    let home = try await DemoHome.founded()
    let dispute = ["audit", "dispute", home.receipt, "--trust", home.trust]
    let none = try await Command.foil(dispute)
    #expect(none.status == 2)
    #expect(none.errors.contains("no complaint that verifies"))
    #expect(
      try await Command.foil(["audit", "dispute", home.trust, "--trust", home.trust]).status == 2)
    #expect(try await Command.foil(["audit", "dispute", home.receipt]).status == 64)
    #expect(try await Command.foil(dispute + ["--complaint", "zz"]).status == 64)
    #expect(
      try await home.foil("complain", "00000000", "--about", "key-missing", "-o", "x").status == 2)
    #expect(
      try await home.foil("complain", "00000000", "--about", "weather", "-o", "x").status == 64)
    #expect(
      try await home.foil("complain", "00000000", "--about", "not-paid", "-o", "x").status == 2)
  }

  private func committed(in home: DemoHome) async throws -> String {
    let run = try await home.foil("purchase", "list", "--json")
    return try #require(
      try run.lines.map { try JSONDecoder().decode(PurchaseLine.self, from: Data($0.utf8)) }
        .first { $0.verdict == "commit" }?.process)
  }
}
