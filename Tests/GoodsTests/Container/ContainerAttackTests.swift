// What is refused before paying, and what opening says about a changed container.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

@testable import Goods

@Suite struct ContainerAttackTests {
  static let chunk = 65_536
  static let sealedChunk = chunk + 16
  let sealed: SealedFixture

  init() throws {
    sealed = try SealedFixture(byteCount: 3 * Self.chunk + 100)
  }

  private func requireNothingOpened() throws {
    #expect(!sealed.folder.contains("opened"))
    #expect(try sealed.folder.names.allSatisfy { !$0.hasSuffix(".partial") })
  }

  // MARK: - Before paying

  @Test func `A flipped bit anywhere is refused before paying`() throws {
    let container = try sealed.container
    let start = sealed.payloadStart
    let cases: [(Int, GoodsError.Code)] = [
      (0, .containerOtherHeader),
      (sealed.commitment.header.count - 2, .containerOtherHeader),
      (start - 1, .containerOtherNonce),
      (start, .goodsRoot),
      (start + Self.sealedChunk - 1, .goodsRoot),
      (start + 2 * Self.sealedChunk + 7, .goodsRoot),
      (container.count - 1, .goodsRoot),
    ]
    for (index, code) in cases {
      let changed = container.flipping(index)
      #expect(try goodsCode { try sealed.check(container: changed) } == code, "byte \(index)")
      #expect(try goodsCode { _ = try sealed.open(container: changed) } == code, "byte \(index)")
    }
    try requireNothingOpened()
  }

  @Test func `A truncated or extended container is refused`() throws {
    let container = try sealed.container
    let cuts =
      [0, 5, sealed.commitment.header.count, sealed.payloadStart - 1]
      + [sealed.payloadStart, sealed.payloadStart + Self.sealedChunk, container.count - 1]
    for count in cuts {
      let cut = Bytes(container.prefix(count))
      #expect(
        try goodsCode { try sealed.check(container: cut) } == .containerTruncated, "\(count)")
    }
    #expect(
      try goodsCode { try sealed.check(container: container + [0]) } == .containerTrailing)
    #expect(
      try goodsCode { _ = try sealed.open(container: container + [0]) } == .containerTrailing)
    try requireNothingOpened()
  }

  @Test func `Swapped chunks are refused`() throws {
    let container = try sealed.container
    var swapped = Bytes(container.prefix(sealed.payloadStart))
    let chunks = (0..<3).map { index in
      let start = sealed.payloadStart + index * Self.sealedChunk
      return container[start..<(start + Self.sealedChunk)]
    }
    swapped += chunks[1] + chunks[0] + chunks[2]
    swapped += container.dropFirst(swapped.count)
    #expect(try goodsCode { try sealed.check(container: swapped) } == .goodsRoot)
    #expect(try goodsCode { _ = try sealed.openPlain(swapped) } == .chunk)
    try requireNothingOpened()
  }

  @Test func `An altered chunk list is refused`() throws {
    let list = try sealed.chunkList
    let cases: [(Bytes, GoodsError.Code)] = [
      (list.flipping(0), .chunkListMagic),
      ([], .chunkListMagic),
      (list.flipping(15), .goodsRoot),
      (list.flipping(list.count - 1), .goodsRoot),
      (Bytes(list.dropLast()), .chunkListTruncated),
      (Bytes(list.prefix(15)), .chunkListTruncated),
      (list + [1], .chunkListTrailing),
    ]
    for (changed, code) in cases {
      #expect(try goodsCode { try sealed.check(chunkList: changed) } == code)
    }
  }

  @Test func `An offer that disagrees in lengths is refused`() throws {
    let right = sealed.commitment
    let cases: [(ContainerCommitment, GoodsError.Code)] = [
      (right.with(plaintextLength: right.plaintextLength + 1), .offerCiphertextLength),
      (right.with(ciphertextLength: right.ciphertextLength - 1), .offerCiphertextLength),
      (right.with(chunkCount: right.chunkCount + 1), .offerChunkCount),
      (right.with(chunkCount: 0), .offerChunkCount),
      (right.with(plaintextLength: 1 << 53), .containerTooLarge),
      (right.with(plaintextLength: .max), .containerTooLarge),
    ]
    for (commitment, code) in cases {
      #expect(try goodsCode { try sealed.check(against: commitment) } == code)
    }
    // Lengths that fit each other, of another good: the file does not fit them.
    let longer = try ContainerLayout(plaintextLength: right.plaintextLength + 1)
    let other = right.with(
      ciphertextLength: longer.ciphertextLength(headerLength: right.header.count),
      chunkCount: longer.chunkCount, plaintextLength: longer.plaintextLength)
    #expect(try goodsCode { try sealed.check(against: other) } == .containerTruncated)
  }

  @Test func `The offer of another container is refused`() throws {
    let other = try SealedFixture(sealed.plaintext, seed: 99)
    #expect(
      try goodsCode { try sealed.check(against: other.commitment) } == .containerOtherHeader)
    #expect(
      try goodsCode {
        try sealed.check(
          against: sealed.commitment.with(payloadNonce: other.commitment.payloadNonce))
      } == .containerOtherNonce)
    #expect(
      try goodsCode {
        try sealed.check(against: sealed.commitment.with(goodsRoot: other.commitment.goodsRoot))
      } == .goodsRoot)
  }

  @Test func `Recipients that open for everybody, or are spelled twice, are refused`() throws {
    let lowOrder: [Bytes] = [
      Bytes(repeating: 0, count: 32), [1] + Bytes(repeating: 0, count: 31),
      [0xEC] + Bytes(repeating: 0xFF, count: 30) + [0x7F],
      [0xED] + Bytes(repeating: 0xFF, count: 30) + [0x7F],
    ]
    for bytes in lowOrder {
      let recipient = try #require(RecipientValue(bytes))
      #expect(
        try goodsCode { try sealed.check(against: sealed.commitment.with(recipient: recipient)) }
          == .offerRecipient)
    }
    let highBit = try #require(
      RecipientValue(sealed.commitment.recipient.bytes.flipping(31, bit: 0x80)))
    #expect(
      try goodsCode { try sealed.check(against: sealed.commitment.with(recipient: highBit)) }
        == .offerRecipient)
  }

  @Test func `Headers with another number of stanzas are refused`() throws {
    let header = String(decoding: sealed.commitment.header, as: UTF8.self)
    let lines = header.split(separator: "\n", omittingEmptySubsequences: false)
    let twice = (lines[0...2] + lines[1...]).joined(separator: "\n")
    let none = (lines[0...0] + lines[3...]).joined(separator: "\n")
    for changed in [twice, none, "", "age-encryption.org/v1\n", header + "x"] {
      #expect(
        try goodsCode {
          try sealed.check(against: sealed.commitment.with(header: Bytes(changed.utf8)))
        } == .offerHeader)
    }
  }

  // MARK: - After the key transfer

  @Test func `A chunk that opens to something else than was signed is named`() throws {
    for wrong in [0, 2] {
      var listed = try sealed.chunkList
      listed[15 + 32 * wrong] ^= 1
      let commitment = try sealed.commitment.with(goodsRoot: root(listed))
      try sealed.check(chunkList: listed, against: commitment)
      do {
        _ = try sealed.open(chunkList: listed, against: commitment)
        Issue.record("a wrong chunk was accepted")
      } catch let error as GoodsError {
        #expect(error.code == .chunkNotAsCommitted)
        #expect(error.chunk == UInt64(wrong))
      }
    }
    try requireNothingOpened()
  }

  @Test func `A chunk that does not open, though the merchant signed it, is named`() throws {
    let changed = try sealed.container.flipping(sealed.payloadStart + Self.sealedChunk + 3)
    let commitment = try sealed.commitment.with(goodsRoot: root(sealed.chunkList, of: changed))
    do {
      _ = try sealed.open(container: changed, against: commitment)
      Issue.record("a wrong chunk was accepted")
    } catch let error as GoodsError {
      #expect(error.code == .chunkNotAsCommitted)
      #expect(error.chunk == 1)
    }
    try requireNothingOpened()
  }

  @Test func `The wrong identity opens nothing`() throws {
    let other = try SealedFixture(byteCount: 1, seed: 5)
    #expect(
      try goodsCode {
        _ = try Container.open(
          FileSource(path: sealed.folder.path("good.age")),
          chunkList: FileSource(path: sealed.folder.path("good.chunks")),
          against: sealed.commitment, with: other.identity,
          to: .file(sealed.folder.path("opened")))
      } == .containerNoMatch)
    try requireNothingOpened()
  }

  // MARK: - Any age file

  @Test func `A changed age file is refused by region, and the chunk is named`() throws {
    let container = try sealed.container
    let macByte = sealed.commitment.header.count - 20
    #expect(try goodsCode { _ = try sealed.openPlain(container.flipping(0)) } == .containerHeader)
    let otherMAC = container.flipping(macByte, bit: container[macByte] == 0x41 ? 3 : 0x20)
    let macCode = try goodsCode { _ = try sealed.openPlain(otherMAC) }
    #expect(macCode == .containerHeaderMAC || macCode == .containerHeader)
    for chunk in 0..<4 {
      let index = sealed.payloadStart + chunk * Self.sealedChunk + 50
      do {
        _ = try sealed.openPlain(container.flipping(index))
        Issue.record("chunk \(chunk) was accepted")
      } catch let error as GoodsError {
        #expect(error.code == .chunk)
        #expect(error.chunk == UInt64(chunk))
      }
    }
    let inner = sealed.payloadStart + 2 * Self.sealedChunk
    #expect(
      try goodsCode { _ = try sealed.openPlain(Bytes(container.prefix(inner))) }
        == .containerTruncated)
    #expect(
      try goodsCode { _ = try sealed.openPlain(Bytes(container.prefix(sealed.payloadStart - 3))) }
        == .containerTruncated)
    #expect(try goodsCode { _ = try sealed.openPlain([]) } == .containerHeader)
    #expect(
      try goodsCode { _ = try sealed.openPlain(Bytes(repeating: 0x41, count: 70_000)) }
        == .containerHeader)
    try requireNothingOpened()
  }

  @Test func `A full last chunk with bytes behind it is refused`() throws {
    let full = try SealedFixture(byteCount: Self.chunk)
    let longer = try full.container + [0]
    #expect(try goodsCode { _ = try full.openPlain(longer) } == .containerTrailing)
    #expect(!full.folder.contains("opened"))
  }

  @Test func `An empty last chunk behind others is refused`() throws {
    let full = try SealedFixture(byteCount: Self.chunk)
    let commitment = full.commitment
    let fileKey = try Age.Header(commitment.header).unwrap(with: full.identity)
    var cipher = ChaCha20Poly1305(
      key: fileKey.derive(
        salt: commitment.payloadNonce, info: Bytes("payload".utf8), count: 32))
    func nonce(_ index: UInt8, last: UInt8) -> Bytes {
      Bytes(repeating: 0, count: 10) + [index, last]
    }
    let start = try Bytes(full.container.prefix(full.payloadStart))
    let plaintext = full.plaintext
    let inner = cipher.seal(plaintext.span, nonce: nonce(0, last: 0))
    let nothing = Bytes()
    let emptyLast = cipher.seal(nothing.span, nonce: nonce(1, last: 1))
    #expect(
      try goodsCode { _ = try full.openPlain(start + inner + emptyLast) } == .chunkEmptyLast)
    #expect(try goodsCode { _ = try full.openPlain(start + inner) } == .containerTruncated)
    #expect(!full.folder.contains("opened"))
  }

  @Test func `To a stream nothing is written that was not verified`() throws {
    let changed = try sealed.container.flipping(sealed.payloadStart + Self.sealedChunk + 3)
    let path = try sealed.folder.write(changed, to: "changed.age")
    let output = try sealed.folder.write([], to: "stream")
    let handle = try #require(FileHandle(forWritingAtPath: output))
    #expect(
      try goodsCode {
        _ = try Container.open(
          FileSource(path: path), with: sealed.identity, to: .stream(handle.fileDescriptor))
      } == .chunk)
    #expect(try sealed.folder.read("stream") == Bytes(sealed.plaintext.prefix(Self.chunk)))
  }

  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func `A last chunk that opens with both flags is refused`() throws {
    for name in ["dual_flag_last", "dual_flag_then_final"] {
      let vector = try PeerVectors.age("age-adversarial/\(name)")
      let folder = try TemporaryFolder()
      let identity = try vector.identity()
      let path = try folder.write(vector.file, to: "a.age")
      let code = try goodsCode {
        _ = try Container.open(
          FileSource(path: path), with: identity, to: .file(folder.path("out")))
      }
      #expect((code == nil) == vector.isGood, "\(name): \(code?.rawValue ?? "opened")")
      #expect(folder.contains("out") == vector.isGood)
    }
  }

  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func `A merchant who signed a last chunk with both flags is found out`() throws {
    let vector = try PeerVectors.age("age-adversarial/dual_flag_last")
    let identity = try vector.identity()
    let header = try #require(try Age.Header.read(from: vector.file))
    let nonce = Bytes(vector.file.dropFirst(header.bytes.count).prefix(16))
    let chunk = Bytes(vector.file.dropFirst(header.bytes.count + 16))
    let fileKey = try header.unwrap(with: identity)
    var cipher = try Age.ChunkCipher(fileKey: fileKey, nonce: nonce)
    let plaintext = try cipher.open(chunk.span, index: 0, isLast: true)
    let digester = ChunkDigester(fileKey: fileKey, nonce: nonce)
    let digest = plaintext.withSpan { digester.digest(ofChunk: 0, $0) }
    var tree = GoodsTree()
    tree.append(chunk.span, digest)
    let commitment = ContainerCommitment(
      recipient: identity.recipient.value, header: header.bytes, payloadNonce: nonce,
      ciphertextLength: UInt64(vector.file.count), chunkCount: 1, goodsRoot: tree.root,
      plaintextLength: UInt64(Self.chunk))
    let folder = try TemporaryFolder()
    try folder.write(vector.file, to: "a.age")
    try folder.write(ChunkList.magic + digest.bytes, to: "a.chunks")
    #expect(
      try goodsCode {
        _ = try Container.open(
          FileSource(path: folder.path("a.age")),
          chunkList: FileSource(path: folder.path("a.chunks")),
          against: commitment, with: identity, to: .file(folder.path("out")))
      } == .chunkDualFlag)
    #expect(!folder.contains("out"))
  }

  /// The goods root over this chunk list and this container: what a cheating merchant would sign.
  private func root(_ list: Bytes, of container: Bytes? = nil) throws -> Digest {
    let container = try container ?? sealed.container
    var tree = GoodsTree()
    for index in 0..<4 {
      let start = sealed.payloadStart + index * Self.sealedChunk
      let chunk = Bytes(container[start..<min(start + Self.sealedChunk, container.count)])
      let digest = try #require(Digest(list[(15 + 32 * index)..<(47 + 32 * index)]))
      tree.append(chunk.span, digest)
    }
    return tree.root
  }
}
