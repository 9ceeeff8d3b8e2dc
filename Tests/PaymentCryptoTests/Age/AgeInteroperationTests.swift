// Files travel between this library and the programs `age` and `age-keygen`.

import Foundation
import PaymentCrypto
import PaymentModel
import Programs
import Testing

@Suite(
  .enabled(if: Program.age.isPresent && Program.ageKeygen.isPresent, "age is not installed"))
struct AgeInteroperationTests {
  @Test(arguments: [0, 1, 65_536, 65_537, 200_000]) func ageOpensOurs(size: Int) async throws {
    var entropy = SeededEntropy(seed: UInt64(size))
    let identity = Age.Identity.generate(from: &entropy)
    let content = entropy.bytes(size)
    let file = Age.seal(content.span, to: identity.recipient, from: &entropy)
    let folder = try ScratchFolder()
    let key = try folder.file("key", identity.encoded().revealed)
    let opened = try await Program.age.run("-d", "-i", key, folder.file("file.age", file))
    #expect(opened.status == 0)
    #expect(opened.bytes == content)
    let recipient = try await Program.ageKeygen.run("-y", key)
    #expect(recipient.output == identity.recipient.encoded + "\n")
  }

  /// Two recipients, one of whom is ours.
  @Test(arguments: [0, 1, 65_536, 200_000]) func weOpenTheirs(size: Int) async throws {
    var entropy = SeededEntropy(seed: UInt64(size))
    let content = entropy.bytes(size)
    let folder = try ScratchFolder()
    let text = try await Program.ageKeygen.run().output
    let line = try #require(
      text.split(separator: "\n").first { $0.hasPrefix("AGE-SECRET-KEY-1") })
    let identity = try Age.Identity(encoded: SecretBytes(copying: Bytes(line.utf8)))
    #expect(text.contains(identity.recipient.encoded))
    let other = Age.Identity.generate(from: &entropy).recipient
    let file = try await Program.age.run(
      "-r", other.encoded, "-r", identity.recipient.encoded, folder.file("content", content)
    ).bytes
    #expect(try Age.open(file, with: identity, largestByteCount: size).revealed == content)
  }
}
