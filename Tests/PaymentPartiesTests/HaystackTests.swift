// The searches for secrets find what is there. Without this they would prove nothing.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct HaystackTests {
  private let needle = SHA256.digest(Bytes("needle".utf8)).bytes

  @Test func everySpellingIsFound() throws {
    let identity = try Age.Identity(copying: SecretBytes(copying: needle))
    let text = identity.encoded().withSpan { span in span.indices.map { span[$0] } }
    var spelled = [
      needle, Bytes(needle.hex.utf8), Bytes(needle.hex.uppercased().utf8), text,
      Bytes(String(decoding: text, as: UTF8.self).lowercased().utf8),
    ]
    for before in 0..<4 {
      for after in 0..<4 {
        let around =
          Bytes(repeating: 0xFF, count: before) + needle + Bytes(repeating: 0xAA, count: after)
        spelled += [
          around, Base64.url.encode(around), Base64.padded.encode(around),
          Base64.unpadded.encode(around),
        ]
      }
    }
    for bytes in spelled {
      #expect(Haystack([Bytes("before".utf8) + bytes + Bytes("after".utf8)]).contains(needle))
    }
  }

  @Test func nothingElseIsFound() {
    var other = needle
    other[16] ^= 1
    let hay = Haystack([
      other, Bytes(other.hex.utf8), Base64.url.encode(other), needle.dropLast(), [],
    ])
    #expect(hay.places(of: needle) == [])
    #expect(hay.places(of: Bytes(other)).count == 3)
  }

  @Test func filesAreSearchedWithTheirNames() throws {
    let folder = try TestFolder.make("hay")
    try FileManager.default.createDirectory(
      atPath: "\(folder)/deep", withIntermediateDirectories: true)
    try Data(needle).write(to: URL(filePath: "\(folder)/deep/there"))
    try Data(needle).write(to: URL(filePath: "\(folder)/left-out"))
    let hay = try Haystack(folder, without: ["left-out"])
    #expect(hay.places(of: needle) == ["\(folder)/deep/there"])
  }
}
