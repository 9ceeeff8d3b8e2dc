// Sealing a payload as it comes, in constant memory.
//
//   update ──▶ a chunk for each 65536 bytes that are followed by more
//   finish ──▶ the last chunk: what is left, 1 to 65536 bytes, or none when there were none at all

public import PaymentModel

extension Age {
  /// What sees each chunk: its number, its plaintext, its ciphertext with the tag. The spans end with the
  /// call.
  public typealias ChunkVisitor<Failure: Error> = (
    _ index: UInt64, _ plaintext: Span<UInt8>, _ ciphertext: Span<UInt8>
  ) throws(Failure) -> Void

  /// Seals plaintext of any length. The file is the header, the nonce, and the ciphertext of every chunk.
  public struct Encryptor: ~Copyable, Sendable {
    /// The payload nonce, 16 bytes, which stands behind the header.
    public let nonce: Bytes

    private var cipher: ChunkCipher
    private var plaintext = SecretBytes(count: Age.chunkByteCount, writtenBy: { _ in })
    private var ciphertext = Bytes(
      repeating: 0, count: Age.chunkByteCount + Age.chunkOverheadByteCount)
    private var filled = 0
    private var index: UInt64 = 0

    /// A payload under a fresh nonce.
    public init(fileKey: borrowing FileKey, from entropy: inout some Entropy) {
      nonce = entropy.bytes(Age.nonceByteCount)
      cipher = ChunkCipher(fileKey: fileKey, checkedNonce: nonce)
    }

    /// Takes the next plaintext, of any length.
    public mutating func update<Failure: Error>(
      _ input: Span<UInt8>, visit: ChunkVisitor<Failure>
    ) throws(Failure) {
      var position = 0
      while position < input.count {
        if filled == Age.chunkByteCount { try sealChunk(isLast: false, visit) }
        let part = min(Age.chunkByteCount - filled, input.count - position)
        fill(from: input, at: position, count: part)
        position += part
      }
    }

    /// Seals what is left as the last chunk.
    public consuming func finish<Failure: Error>(
      visit: ChunkVisitor<Failure>
    ) throws(Failure) {
      try sealChunk(isLast: true, visit)
    }

    private mutating func fill(from input: Span<UInt8>, at position: Int, count: Int) {
      let part = input.extracting(position..<(position + count))
      plaintext.withMutableBytes { part.copy(to: $0, at: filled) }
      filled += count
    }

    private mutating func sealChunk<Failure: Error>(
      isLast: Bool, _ visit: ChunkVisitor<Failure>
    ) throws(Failure) {
      let sealedCount = filled + Age.chunkOverheadByteCount
      plaintext.withBytes { plaintext in
        ciphertext.withUnsafeMutableBufferPointer { output in
          cipher.seal(
            UnsafeBufferPointer(rebasing: plaintext[..<filled]), index: index, isLast: isLast,
            into: output)
        }
      }
      try plaintext.withSpan { (plaintext) throws(Failure) in
        try visit(
          index, plaintext.extracting(first: filled), ciphertext.span.extracting(first: sealedCount)
        )
      }
      index += 1
      filled = 0
    }
  }
}
