// What a log shows about a process: as large as it may be and no larger, and taken apart by a shell.

import Foundation
import PaymentModel
import Programs
import Testing

@testable import Receipts

@Suite("What a log shows about a process")
struct DeliveryFileTests {
  private func file(verdict: Int, keys: Int, proof: Int) -> DeliveryFile {
    DeliveryFile(
      verdict: LoggedVerdict(
        verdict: Signed(Bytes(repeating: 0x61, count: verdict)),
        proof: Bytes(repeating: 0x0A, count: proof)),
      bundle: keys == 0 ? nil : Bytes((0..<keys).map { UInt8(truncatingIfNeeded: $0) }))
  }

  @Test("the largest of all its parts is read, and nothing larger")
  func sizes() throws {
    let (verdict, keys, proof) = (
      LoggedVerdict.largestVerdict, LogDelivery.largestBundle, LoggedVerdict.largestProof
    )
    for count in [0, 1, 2, 3, keys] {
      let file = file(verdict: verdict, keys: count, proof: proof)
      #expect(try DeliveryFile(file.bytes) == file)
      #expect(file.bytes.count <= DeliveryFile.largestByteCount)
    }
    for larger in [(1, 0, 0), (0, 1, 0), (0, 0, 1)] {
      let file = file(
        verdict: larger.0 * (verdict + 1), keys: larger.1 * (keys + 1),
        proof: larger.2 * (proof + 1))
      #expect(throws: ReceiptsError(.sourceForm, "")) { try DeliveryFile(file.bytes) }
    }
  }

  @Test(
    "is taken apart as Log.md says",
    arguments: [
      ("head -n 1", "a verdict\n"), ("sed -n 2p | base64 -d", "keys\n"),
      ("tail -n +3", "a\n\nproof\n"),
    ])
  func takenApart(recipe: String, part: String) async throws {
    let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let words = try String(
      contentsOf: project.appending(path: "Docs/Formats/Log.md"), encoding: .utf8)
    #expect(words.contains("`\(recipe)`"))
    let file = DeliveryFile(
      verdict: LoggedVerdict(
        verdict: Signed(Bytes("a verdict".utf8)), proof: Bytes("a\n\nproof\n".utf8)),
      bundle: Bytes("keys\n".utf8))
    let run = try await Program.shell.run("-c", recipe, input: file.bytes)
    #expect(run.output == part && run.status == 0)
  }
}
