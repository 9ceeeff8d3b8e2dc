// A sealed good with all that belongs to it, for tests.

import PaymentCrypto
import PaymentModel

@testable import Goods

/// A good sealed into `good.age` and `good.chunks`.
final class SealedFixture {
  let folder: TemporaryFolder
  let plaintext: Bytes
  let identity: Age.Identity
  let commitment: ContainerCommitment

  init(_ plaintext: Bytes, seed: UInt64 = 1) throws {
    folder = try TemporaryFolder()
    self.plaintext = plaintext
    var entropy = SeededEntropy(seed: seed)
    identity = Age.Identity.generate(from: &entropy)
    let source = try FileSource(path: folder.write(plaintext, to: "good"))
    commitment = try Container.seal(
      source, to: identity.recipient, container: folder.path("good.age"),
      chunkList: folder.path("good.chunks"), from: &entropy)
  }

  /// A good of so many bytes that repeat late.
  convenience init(byteCount: Int, seed: UInt64 = 1) throws {
    try self.init(Self.bytes(byteCount, seed: seed), seed: seed)
  }

  static func bytes(_ count: Int, seed: UInt64) -> Bytes {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    var bytes = Bytes(repeating: 0, count: count)
    for index in bytes.indices {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      bytes[index] = UInt8(truncatingIfNeeded: state)
    }
    return bytes
  }

  var container: Bytes { get throws { try folder.read("good.age") } }
  var chunkList: Bytes { get throws { try folder.read("good.chunks") } }

  /// Where the chunks begin in the container.
  var payloadStart: Int { commitment.header.count + 16 }

  /// The customer's check, of these files or of changed ones.
  func check(
    container: Bytes? = nil, chunkList: Bytes? = nil, against other: ContainerCommitment? = nil
  ) throws {
    try Container.check(
      try source(container, "good.age"), chunkList: try source(chunkList, "good.chunks"),
      against: other ?? commitment)
  }

  /// Opens these files or changed ones against the commitment.
  func open(
    container: Bytes? = nil, chunkList: Bytes? = nil, against other: ContainerCommitment? = nil
  ) throws -> OpenedGood {
    try Container.open(
      try source(container, "good.age"), chunkList: try source(chunkList, "good.chunks"),
      against: other ?? commitment, with: identity, to: .file(folder.path("opened")))
  }

  /// Opens the container, or a changed one, as any age file.
  func openPlain(_ container: Bytes? = nil) throws -> OpenedGood {
    try Container.open(
      try source(container, "good.age"), with: identity, to: .file(folder.path("opened")))
  }

  private func source(_ changed: Bytes?, _ name: String) throws -> FileSource {
    guard let changed else { return try FileSource(path: folder.path(name)) }
    return try FileSource(path: folder.write(changed, to: "changed-\(name)"))
  }
}

extension ContainerCommitment {
  /// The same commitment with some members changed.
  func with(
    recipient: RecipientValue? = nil, header: Bytes? = nil, payloadNonce: Bytes? = nil,
    ciphertextLength: UInt64? = nil, chunkCount: UInt64? = nil, goodsRoot: Digest? = nil,
    plaintextLength: UInt64? = nil
  ) -> ContainerCommitment {
    ContainerCommitment(
      recipient: recipient ?? self.recipient, header: header ?? self.header,
      payloadNonce: payloadNonce ?? self.payloadNonce,
      ciphertextLength: ciphertextLength ?? self.ciphertextLength,
      chunkCount: chunkCount ?? self.chunkCount, goodsRoot: goodsRoot ?? self.goodsRoot,
      plaintextLength: plaintextLength ?? self.plaintextLength)
  }
}

extension Bytes {
  /// The same bytes with one bit turned.
  func flipping(_ index: Int, bit: UInt8 = 1) -> Bytes {
    var changed = self
    changed[index] ^= bit
    return changed
  }
}

/// The code that `body` fails with; `nil` when it does not fail.
func goodsCode(_ body: () throws -> Void) throws -> GoodsError.Code? {
  do {
    try body()
    return nil
  } catch let error as GoodsError {
    return error.code
  }
}

/// The code that `body` fails with; `nil` when it does not fail.
func asyncGoodsCode(_ body: () async throws -> Void) async throws -> GoodsError.Code? {
  do {
    try await body()
    return nil
  } catch let error as GoodsError {
    return error.code
  }
}
