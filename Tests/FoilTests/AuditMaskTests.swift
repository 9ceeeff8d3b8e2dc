// `foil audit mask`: who stands behind an order, on the files in Vectors.

import Foundation
import Programs
import Testing

@Suite("foil audit mask")
struct AuditMaskTests {
  static func vector(_ path: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Vectors/\(path)").path
  }

  func audit(
    _ opening: String = vector("mask/ada.opening"),
    receipt: String = vector("mask/purchase.receipt"), trust: String = vector("mask/trust.json"),
    registrars: [String] = [vector("certificates/root.der")], _ more: String...
  ) async throws -> Run {
    try await Command.foil(
      ["audit", "mask", opening, "--receipt", receipt, "--trust", trust, "--registrar"]
        + registrars + more)
  }

  @Test("an opening is proven, for people and for programs, from DER, PEM and standard input")
  func proven() async throws {
    let run = try await audit()
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("proven: behind the order stands CN=Grüße\\, Ada,C=XX\n"))
    #expect(run.output.contains("registrar: CN=Registrar Root,O=Registrar,C=XX"))
    let several = [Self.vector("certificates/stranger.der"), Self.vector("certificates/chain.pem")]
    let json = try await audit(registrars: several, "--json")
    let outcome = try json.json(as: [String: String].self)
    #expect(json.status == 0)
    #expect(outcome["answer"] == "proven" && outcome["subject"] == "CN=Grüße\\, Ada,C=XX")
    let text = try String(contentsOfFile: Self.vector("mask/ada.opening"), encoding: .utf8)
    let piped = try await Command.foil(
      [
        "audit", "mask", "-", "--receipt", Self.vector("mask/purchase.receipt"), "--trust",
        Self.vector("mask/trust.json"), "--registrar", Self.vector("certificates/root.der"),
      ], input: text)
    #expect(piped.status == 0)
  }

  @Test("refuted is 1, unknown registrars and unproven orders are 2")
  func refused() async throws {
    let folder = try ScratchFolder()
    let text = try String(contentsOfFile: Self.vector("mask/ada.opening"), encoding: .utf8)
    let unsigned = folder.path("unsigned.opening")
    let signature = try #require(text.firstMatch(of: /,"signature":"[^"]*"/)).output
    try Data(text.replacing(signature, with: "").utf8).write(to: URL(filePath: unsigned))
    let refuted = try await audit(unsigned, "--json")
    #expect(refuted.status == 1)
    #expect(try refuted.json(as: [String: String].self)["code"] == "opening-without-signature")

    let stranger = try await audit(registrars: [Self.vector("certificates/stranger.der")])
    #expect(stranger.status == 2 && stranger.output.contains("cannot be checked: "))
    // A demo's order has a random mask, and is another order.
    let home = try await DemoHome.founded()
    #expect(try await audit(receipt: home.receipt, trust: home.trust).status == 1)
    #expect(try await audit(trust: home.trust).status == 2)
    #expect(try await audit(folder.path("nowhere")).status == 2)
    #expect(try await audit(registrars: [Self.vector("mask/trust.json")]).status == 2)
  }
}
