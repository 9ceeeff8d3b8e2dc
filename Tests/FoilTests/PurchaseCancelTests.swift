// `foil purchase cancel`: what a program that was killed left open is withdrawn, or it is too late.

import Foundation
import PaymentModel
import PaymentParties
import Programs
import Testing

@Suite("Withdrawing a purchase")
struct PurchaseCancelTests {
  private struct PurchaseLine: Decodable {
    let process: String
    let state: String
    let verdict: String?
    let reason: String?
    let isWithdrawn: Bool
  }

  private struct Result: Decodable {
    let process: String
    let answer: String
    let verdict: String
    let reason: String?
    let receipt: String
    let receiptAnswer: String
    let isSettled: Bool
  }

  private func purchases(_ home: DemoHome) async throws -> [PurchaseLine] {
    let run = try await home.foil("purchase", "list", "--json")
    #expect(run.status == 0, "\(run.errors)")
    return try run.lines.map { try JSONDecoder().decode(PurchaseLine.self, from: Data($0.utf8)) }
  }

  /// A home in which a program was killed at that record of an order over both goods.
  private func killed(at point: String) async throws -> (home: DemoHome, process: String) {
    let home = try await DemoHome.copied(of: try await DemoHome.aborted())
    #expect(try await home.foil("demo", "--crash-child", point).status == 128 + SIGKILL)
    let first = try #require(try await purchases(home).first)
    #expect(first.state == "waiting" && !first.isWithdrawn)
    return (home, first.process)
  }

  @Test(
    "what was left open without a verdict is withdrawn, once, and the coins buy the same again",
    arguments: [
      // Never handed in, begun, and prepared.
      ("0-before", "ended-aborted"), ("1-after", "ended-aborted"), ("3-after", "ended-aborted"),
    ])
  func withdrawn(point: String, phase: String) async throws {
    let (home, process) = try await killed(at: point)
    let id = String(process.prefix(8))
    let run = try await home.foil("purchase", "cancel", id, "--json")
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    let result = try run.json(as: Result.self)
    #expect(result.process == process && result.answer == "withdrawn" && result.isSettled)
    #expect(result.verdict == "abort" && result.reason == "cancelled")
    #expect(result.receiptAnswer == "proven")
    #expect(try await home.verify(result.receipt).status == 0)

    // Once more it is what it was.
    let again = try await home.foil("purchase", "cancel", process)
    #expect(again.status == 0)
    #expect(again.lines.first?.hasPrefix("withdrawn: purchase \(id); nothing was paid") == true)
    let list = try await purchases(home)
    #expect(list.map(\.state) == ["cancelled", "cancelled"])
    #expect(list[0].reason == "cancelled" && list[0].isWithdrawn && !list[1].isWithdrawn)
    let shown = try await home.foil("process", "show", process, "--json")
    #expect(shown.status == 0 && shown.output.contains("\"phase\":\"\(phase)\""))
    #expect(try await home.foil("open", process).status == 1)
    let export = try await home.foil("process", "export", process)
    let verified = try await Command.foil(["process", "verify", "-"], input: export.output)
    #expect(verified.status == 0 && verified.lines.last == "abort (cancelled), ended")

    let buy = try await home.foil("buy", "contract.txt", "tally.svg", "--yes")
    #expect(buy.status == 0, "\(buy.output)\(buy.errors)")
    #expect(try await purchases(home).map(\.state) == ["done", "cancelled", "cancelled"])
  }

  @Test("what is committed stays so: it is too late, and the goods open")
  func tooLate() async throws {
    let (home, process) = try await killed(at: "15-before")
    let text = try await home.foil("purchase", "cancel", process)
    #expect(text.status == 1)
    #expect(
      text.lines.first == "too late: purchase \(process.prefix(8)) is committed, and paid")
    #expect(text.lines.last?.hasPrefix("open the goods: ") == true)
    let run = try await home.foil("purchase", "cancel", process, "--json")
    #expect(run.status == 1)
    let result = try run.json(as: Result.self)
    #expect(result.answer == "too-late" && result.verdict == "commit" && result.reason == nil)
    #expect(try await purchases(home).map(\.state) == ["done", "cancelled"])
    #expect(try await home.foil("open", process).status == 0)
  }

  @Test("what was aborted before is told as that, and nothing is signed")
  func abortedBefore() async throws {
    let home = try await DemoHome.copied(of: try await DemoHome.aborted())
    let process = try #require(try await purchases(home).first?.process)
    let run = try await home.foil("purchase", "cancel", process, "--json")
    #expect(run.status == 0)
    let result = try run.json(as: Result.self)
    #expect(result.answer == "aborted" && result.reason == "invalid")
    #expect(try await purchases(home).map(\.isWithdrawn) == [false])
    let text = try await home.foil("purchase", "cancel", process)
    #expect(text.lines.first?.hasPrefix("aborted before it could be withdrawn: ") == true)
  }

  @Test(
    "what was signed before a crash is handed in by the next command, and buy does not go on with it",
    arguments: ["0-before", "3-after"])
  func crashAfterSigning(point: String) async throws {
    let (home, process) = try await killed(at: point)
    let market = try await Market(at: HomeFolder(home.path))
    _ = try await market.customer.cancellation(of: try #require(ProcessID(hex: process)))
    try await market.close()

    let waiting = try await home.foil("purchase", "show", process)
    #expect(waiting.lines.contains { $0.hasPrefix("waiting (withdrawn); ") })
    #expect(waiting.output.contains("next: ") && waiting.output.contains("purchase cancel "))
    let buy = try await home.foil("buy", "contract.txt", "tally.svg", "--yes")
    #expect(buy.status == 0, "\(buy.output)\(buy.errors)")
    let list = try await purchases(home)
    #expect(list.map(\.state) == ["done", "cancelled", "cancelled"])
    #expect(list[1].process == process && list[1].reason == "cancelled")
  }

  @Test("what nobody knows is not found (2), and what cannot be an identifier is misuse (64)")
  func unknown() async throws {
    let home = try await DemoHome.copied()
    let nobody = String(repeating: "0", count: 64)
    for (identifier, status) in [(nobody, 2), ("00000000", 2), ("zz", 64), ("000", 64)] {
      let run = try await home.foil("purchase", "cancel", identifier)
      #expect(run.status == Int32(status), "\(identifier): \(run.errors)")
      #expect(run.output.isEmpty && run.errors.hasPrefix("foil: error: "))
    }
    #expect(try await home.foil("purchase", "cancel").status == 64)
    let help = try await Command.foil(["purchase", "cancel", "--help"])
    #expect(help.status == 0 && help.output.contains("Exit status: 0"))
  }
}
