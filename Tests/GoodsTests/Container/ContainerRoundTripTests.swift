// Sealing, checking and opening goods of all sizes, in files and through stock age.

import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import Programs
import Testing

@Suite struct ContainerRoundTripTests {
  static let chunk = 65_536
  static let sizes = [0, 1, 17, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk, 5_000_001]

  @Test(arguments: sizes)
  func `What was sealed is what is opened, and all of it is committed to`(size: Int) throws {
    let sealed = try SealedFixture(byteCount: size)
    try sealed.check()
    let opened = try sealed.open()
    #expect(opened.byteCount == UInt64(size))
    #expect(opened.path == sealed.folder.path("opened"))
    #expect(try sealed.folder.read("opened") == sealed.plaintext)

    let chunks = max(1, (size + Self.chunk - 1) / Self.chunk)
    let commitment = sealed.commitment
    #expect(commitment.plaintextLength == UInt64(size))
    #expect(commitment.chunkCount == UInt64(chunks))
    #expect(try UInt64(sealed.container.count) == commitment.ciphertextLength)
    #expect(try sealed.container.starts(with: commitment.header + commitment.payloadNonce))
    #expect(try sealed.chunkList.count == 15 + 32 * chunks)
    #expect(
      try sealed.folder.names == ["good", "good.age", "good.chunks", "opened"],
      "no partial file remains")
  }

  @Test func `The goods root is the tree over ciphertext and salted plaintext digests`() throws {
    let sealed = try SealedFixture(byteCount: 2 * Self.chunk + 5)
    let container = try sealed.container
    let fileKey = try Age.Header(sealed.commitment.header).unwrap(with: sealed.identity)
    let salt = fileKey.derive(
      salt: sealed.commitment.payloadNonce, info: Bytes("foil/chunk-salt/v1".utf8), count: 32)
    var leaves: [Digest] = []
    for index in 0..<3 {
      let start = sealed.payloadStart + index * (Self.chunk + 16)
      let ciphertext = Bytes(container[start..<min(start + Self.chunk + 16, container.count)])
      let plaintext = Bytes(sealed.plaintext.dropFirst(index * Self.chunk).prefix(Self.chunk))
      var hasher = SHA256.Hasher()
      salt.withSpan { hasher.update($0) }
      hasher.update(Bytes(bigEndian: UInt64(index)) + plaintext)
      let digest = hasher.finalize()
      let listed = Bytes(try sealed.chunkList.dropFirst(15 + 32 * index).prefix(32))
      #expect(listed == digest.bytes)
      leaves.append(MerkleTree.leafHash(SHA256.digest(ciphertext).bytes + digest.bytes))
    }
    #expect(MerkleTree.root(of: leaves) == sealed.commitment.goodsRoot)
  }

  @Test func `A good can be sealed from a pipe and opened into one`() throws {
    let folder = try TemporaryFolder()
    var entropy = SystemEntropy()
    let identity = Age.Identity.generate(from: &entropy)
    let plaintext = SealedFixture.bytes(40_000, seed: 3)
    let input = Pipe()
    try input.fileHandleForWriting.write(contentsOf: Data(plaintext))
    try input.fileHandleForWriting.close()
    let commitment = try Container.seal(
      FileSource(descriptor: input.fileHandleForReading.fileDescriptor), to: identity.recipient,
      container: folder.path("a.age"), chunkList: folder.path("a.chunks"), from: &entropy)
    #expect(commitment.plaintextLength == 40_000)

    let output = Pipe()
    let opened = try Container.open(
      FileSource(path: folder.path("a.age")), with: identity,
      to: .stream(output.fileHandleForWriting.fileDescriptor))
    try output.fileHandleForWriting.close()
    #expect(opened.path == nil)
    #expect(try Bytes(output.fileHandleForReading.readToEnd() ?? Data()) == plaintext)
  }

  @Test func `Two seals of one good have nothing in common`() throws {
    let one = try SealedFixture(byteCount: 100, seed: 1)
    let other = try SealedFixture(Self.sameGood(one), seed: 2)
    #expect(one.commitment.goodsRoot != other.commitment.goodsRoot)
    #expect(try one.chunkList.dropFirst(15) != other.chunkList.dropFirst(15))
  }

  private static func sameGood(_ sealed: SealedFixture) -> Bytes { sealed.plaintext }

  @Test(
    .enabled(if: Program.age.isPresent, "age is not installed"),
    arguments: [0, 1, chunk, chunk + 1])
  func `Stock age opens ours with the identity file`(size: Int) async throws {
    let sealed = try SealedFixture(byteCount: size)
    let folder = sealed.folder
    let key = sealed.identity.encoded().withSpan { span in span.indices.map { span[$0] } }
    try folder.write(key + [0x0A], to: "identity")
    #expect(
      try await Program.age.run(
        "-d", "-i", folder.path("identity"), "-o", folder.path("out"), folder.path("good.age")
      ).status
        == 0)
    // age creates no file for a good without bytes.
    #expect(try (folder.contains("out") ? folder.read("out") : []) == sealed.plaintext)
  }

  @Test(.enabled(if: Program.age.isPresent, "age is not installed"), arguments: [0, 1, 200_000])
  func `Ours opens what stock age sealed, also for several recipients`(size: Int) async throws {
    let folder = try TemporaryFolder()
    let plaintext = SealedFixture.bytes(size, seed: 9)
    let good = try folder.write(plaintext, to: "good")
    var entropy = SystemEntropy()
    let identity = Age.Identity.generate(from: &entropy)
    let other = Age.Identity.generate(from: &entropy)
    #expect(
      try await Program.age.run(
        "-r", other.recipient.encoded, "-r", identity.recipient.encoded, "-o",
        folder.path("two.age"), good
      ).status
        == 0)
    let opened = try Container.open(
      FileSource(path: folder.path("two.age")), with: identity, to: .file(folder.path("out")))
    #expect(opened.byteCount == UInt64(size))
    #expect(try folder.read("out") == plaintext)

    let stranger = Age.Identity.generate(from: &entropy)
    #expect(
      try goodsCode {
        _ = try Container.open(
          FileSource(path: folder.path("two.age")), with: stranger, to: .file(folder.path("none")))
      } == .containerNoMatch)
    #expect(!folder.contains("none"))
  }
}
