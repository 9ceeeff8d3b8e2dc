// Sealing a good: container, chunk list and commitment in one pass.

public import PaymentCrypto
public import PaymentModel

extension Container {
  /// Seals a good of any size to `recipient`.
  ///
  /// - Parameters:
  ///   - good: what is sold. Read once; may be a pipe.
  ///   - recipient: of a fresh identity, which later opens the container.
  ///   - container: the path of the age file.
  ///   - chunkList: the path of the chunk list.
  ///   - overwriting: whether files under those paths may be replaced.
  /// - Returns: what the offer says about the container.
  /// - Throws: `containerTooLarge`, `outputExists`, and what reading and writing throw.
  public static func seal(
    _ good: consuming FileSource, to recipient: Age.Recipient, container: String,
    chunkList: String, overwriting: Bool = false, from entropy: inout some Entropy
  ) throws(GoodsError) -> ContainerCommitment {
    let file = try StagedFile(path: container, overwriting: overwriting, permissions: .usual)
    let list = try StagedFile(path: chunkList, overwriting: overwriting, permissions: .usual)

    let fileKey = Age.FileKey.generate(from: &entropy)
    let header = Age.Header(sealing: fileKey, to: recipient, from: &entropy)
    var encryptor = Age.Encryptor(fileKey: fileKey, from: &entropy)
    let nonce = encryptor.nonce
    let digester = ChunkDigester(fileKey: fileKey, nonce: nonce)
    var tree = GoodsTree()

    try file.write(header.bytes)
    try file.write(nonce)
    try list.write(ChunkList.magic)

    func put(
      _ index: UInt64, _ plaintext: Span<UInt8>, _ ciphertext: Span<UInt8>
    ) throws(GoodsError) {
      let digest = digester.digest(ofChunk: index, plaintext)
      tree.append(ciphertext, digest)
      try file.write(ciphertext)
      try list.write(digest.bytes)
    }

    var length: UInt64 = 0
    var buffer = Bytes(repeating: 0, count: Age.chunkByteCount)
    while true {
      let count = try good.read(into: &buffer)
      if count == 0 { break }
      length += UInt64(count)
      guard length <= ContainerLayout.largestPlaintext else { break }
      try encryptor.update(buffer.span.extracting(first: count), visit: put)
    }
    let layout = try ContainerLayout(plaintextLength: length)
    try encryptor.finish(visit: put)

    try list.move()
    try file.move()
    return ContainerCommitment(
      recipient: recipient.value, header: header.bytes, payloadNonce: nonce,
      ciphertextLength: layout.ciphertextLength(headerLength: header.bytes.count),
      chunkCount: layout.chunkCount, goodsRoot: tree.root, plaintextLength: length)
  }
}
