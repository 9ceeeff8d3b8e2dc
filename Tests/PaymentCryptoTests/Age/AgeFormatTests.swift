// Sealing and opening, and every way in which a file can lie.

import PaymentCrypto
import PaymentModel
import Testing

@Suite struct AgeFormatTests {
  private func identity(_ seed: UInt64) -> Age.Identity {
    var entropy = SeededEntropy(seed: seed)
    return Age.Identity.generate(from: &entropy)
  }

  /// Sizes around the edges of a chunk.
  static let sizes = [0, 1, 15, 16, 65_535, 65_536, 65_537, 131_072, 131_073]

  @Test(arguments: sizes) func opensWhatItSealed(size: Int) throws {
    let identity = identity(1)
    var entropy = SeededEntropy(seed: UInt64(size))
    let content = entropy.bytes(size)
    let file = Age.seal(content.span, to: identity.recipient, from: &entropy)
    let opened = try Age.open(file, with: identity, largestByteCount: size)
    #expect(opened.revealed == content)
    let chunks = Age.chunkCount(plaintextByteCount: UInt64(size))
    let header = try #require(try Age.Header.read(from: file))
    #expect(file.count == header.bytes.count + 16 + size + 16 * Int(chunks))
    #expect(throws: CryptoError.self) {
      try header.unwrap(with: self.identity(2)).withSpan { _ in }
    }
    if size > 0 {
      #expect(
        code { try Age.open(file, with: identity, largestByteCount: size - 1) } == .ageTooLarge)
    }
  }

  @Test func sealingIsRepeatableUnderOneSeed() {
    let recipient = identity(1).recipient
    var (one, two) = (SeededEntropy(seed: 5), SeededEntropy(seed: 5))
    let content = Bytes("a contract".utf8)
    let first = Age.seal(content.span, to: recipient, from: &one)
    let second = Age.seal(content.span, to: recipient, from: &two)
    #expect(first == second)
  }

  /// Input may come in pieces of any size; the chunks are the same.
  @Test(arguments: [1_000, 65_536, 65_552, 70_000, 200_000]) func piecesDoNotMatter(piece: Int)
    throws
  {
    var entropy = SeededEntropy(seed: UInt64(piece))
    let fileKey = Age.FileKey.generate(from: &entropy)
    let content = entropy.bytes(150_000)
    var encryptor = Age.Encryptor(fileKey: fileKey, from: &entropy)
    let nonce = encryptor.nonce
    var payload = Bytes()
    var sealed: [UInt64] = []
    func take(_ index: UInt64, _ plaintext: Span<UInt8>, _ ciphertext: Span<UInt8>) {
      sealed.append(index)
      payload += ciphertext.revealed
      #expect(ciphertext.count == plaintext.count + Age.chunkOverheadByteCount)
    }
    for start in stride(from: 0, to: content.count, by: piece) {
      encryptor.update(
        content.span.extracting(start..<min(start + piece, content.count)), visit: take)
    }
    encryptor.finish(visit: take)
    #expect(sealed == [0, 1, 2])

    var decryptor = try Age.Decryptor(fileKey: fileKey, nonce: nonce)
    var opened = Bytes()
    for start in stride(from: 0, to: payload.count, by: piece) {
      try decryptor.update(payload.span.extracting(start..<min(start + piece, payload.count))) {
        _, plaintext, _ in opened += plaintext.revealed
      }
    }
    try decryptor.finish { _, plaintext, _ in opened += plaintext.revealed }
    #expect(opened == content)
  }

  @Test func singleChunksOpenByNumber() throws {
    var entropy = SeededEntropy(seed: 9)
    let fileKey = Age.FileKey.generate(from: &entropy)
    var encryptor = Age.Encryptor(fileKey: fileKey, from: &entropy)
    let nonce = encryptor.nonce
    var chunks: [Bytes] = []
    encryptor.update(entropy.bytes(65_537).span) { _, _, ciphertext in
      chunks.append(ciphertext.revealed)
    }
    encryptor.finish { _, _, ciphertext in chunks.append(ciphertext.revealed) }
    var cipher = try Age.ChunkCipher(fileKey: fileKey, nonce: nonce)
    let (first, last) = (chunks[0], chunks[1])
    #expect(try cipher.open(first.span, index: 0, isLast: false).revealed.count == 65_536)
    #expect(try cipher.open(last.span, index: 1, isLast: true).revealed.count == 1)
    let wrong = [(first, UInt64(0), true), (first, 1, false), (last, 1, false), (last, 0, true)]
    for (chunk, index, isLast) in wrong {
      #expect(throws: CryptoError.self) {
        try cipher.open(chunk.span, index: index, isLast: isLast).withSpan { _ in }
      }
    }
  }

  /// A visitor that fails stops the work, and its error comes through.
  @Test func aVisitorsErrorComesThrough() throws {
    struct DiskFull: Error {}
    var entropy = SeededEntropy(seed: 9)
    let fileKey = Age.FileKey.generate(from: &entropy)
    var encryptor = Age.Encryptor(fileKey: fileKey, from: &entropy)
    let content = Bytes(repeating: 1, count: 200_000)
    var visited: UInt64 = 0
    do {
      try encryptor.update(content.span) { index, _, _ in
        visited = index
        if index == 1 { throw DiskFull() }
      }
      Issue.record("the error was lost")
    } catch {
      #expect(visited == 1)
    }
  }

  @Test func everyTruncationIsRefused() throws {
    let identity = identity(3)
    var entropy = SeededEntropy(seed: 3)
    let file = Age.seal(entropy.bytes(40).span, to: identity.recipient, from: &entropy)
    for count in 0..<file.count {
      #expect(throws: CryptoError.self, "\(count) bytes") {
        try Age.open(Bytes(file.prefix(count)), with: identity, largestByteCount: 100).withSpan {
          _ in
        }
      }
    }
    #expect(throws: CryptoError.self) {
      try Age.open(file + [0], with: identity, largestByteCount: 100).withSpan { _ in }
    }
  }

  /// A file that ends a few bytes into a chunk is refused, and nothing is written beyond the memory that
  /// its length asked for.
  @Test func truncationBehindAFullChunkIsRefused() throws {
    let identity = identity(3)
    var entropy = SeededEntropy(seed: 3)
    let content = entropy.bytes(65_636)
    let file = Age.seal(content.span, to: identity.recipient, from: &entropy)
    let sealedRest = 116
    for kept in 0..<sealedRest {
      let cut = Bytes(file.dropLast(sealedRest - kept))
      #expect(throws: CryptoError.self, "\(kept) bytes of the last chunk") {
        try Age.open(cut, with: identity, largestByteCount: content.count).withSpan { _ in }
      }
    }
  }

  /// No changed bit anywhere in a file goes unnoticed, header included.
  @Test func everyChangedByteIsRefused() throws {
    let identity = identity(3)
    var entropy = SeededEntropy(seed: 4)
    let file = Age.seal(entropy.bytes(40).span, to: identity.recipient, from: &entropy)
    for index in file.indices {
      var changed = file
      changed[index] ^= 1 << (index % 7)
      #expect(throws: CryptoError.self, "byte \(index)") {
        try Age.open(changed, with: identity, largestByteCount: 100).withSpan { _ in }
      }
    }
  }

  @Test func headersAreBounded() {
    let line = Bytes("age-encryption.org/v1\n".utf8)
    let stanza = Bytes("-> grease\n\n".utf8)
    let many = line + Array(repeatElement(stanza, count: 257).joined())
    #expect(code { try Age.Header.read(from: many) } == .ageHeaderSize)
    let long = line + Bytes("-> ".utf8) + Bytes(repeating: UInt8(ascii: "x"), count: 70_000)
    #expect(code { try Age.Header.read(from: long) } == .ageHeaderSize)
  }

  @Test func aHeaderThatIsNotYetWholeIsNoError() throws {
    let identity = identity(3)
    var entropy = SeededEntropy(seed: 4)
    let file = Age.seal(Bytes().span, to: identity.recipient, from: &entropy)
    let header = try #require(try Age.Header.read(from: file))
    for count in 0..<header.bytes.count {
      #expect(try Age.Header.read(from: Bytes(file.prefix(count))) == nil)
    }
    #expect(try Age.Header(header.bytes) == header)
    #expect(code { try Age.Header(file) } == .ageHeaderTrailing)
    #expect(code { try Age.Header(Bytes(file.prefix(30))) } == .ageHeaderTruncated)
    try header.requireSoleX25519Stanza()
  }

  /// The code of the error that `body` throws.
  private func code<Value: ~Copyable>(_ body: () throws -> Value) -> CryptoError.Code? {
    do {
      _ = try body()
      return nil
    } catch { return (error as? CryptoError)?.code }
  }
}
