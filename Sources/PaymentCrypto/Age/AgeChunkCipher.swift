// Single chunks of an age payload: sealed and opened by number.

public import PaymentModel

extension Age {
  /// Seals and opens the chunks of one payload, in any order.
  ///
  /// Whoever checks a complaint about one chunk needs nothing else.
  public struct ChunkCipher: ~Copyable, Sendable {
    private var cipher: ChaCha20Poly1305

    /// - Throws: `ageKeySize` unless the payload nonce has 16 bytes.
    public init(fileKey: borrowing FileKey, nonce: Bytes) throws(CryptoError) {
      guard nonce.count == Age.nonceByteCount else {
        throw CryptoError(.ageKeySize, "an age payload nonce has 16 bytes")
      }
      self.init(fileKey: fileKey, checkedNonce: nonce)
    }

    init(fileKey: borrowing FileKey, checkedNonce nonce: Bytes) {
      cipher = ChaCha20Poly1305(key: fileKey.payloadKey(nonce: nonce))
    }

    /// The plaintext of a chunk: at most 65536 bytes.
    ///
    /// - Throws: `ageChunk` when key, number, flag or a byte is another, or for an impossible size.
    public mutating func open(
      _ chunk: Span<UInt8>, index: UInt64, isLast: Bool
    ) throws(CryptoError) -> SecretBytes {
      let sizes = Age.chunkOverheadByteCount...(Age.chunkByteCount + Age.chunkOverheadByteCount)
      guard sizes.contains(chunk.count),
        let plaintext = cipher.open(chunk, nonce: Self.nonce(index, isLast: isLast))
      else { throw Self.notAuthentic }
      return plaintext
    }

    mutating func seal(
      _ plaintext: UnsafeBufferPointer<UInt8>, index: UInt64, isLast: Bool,
      into output: UnsafeMutableBufferPointer<UInt8>
    ) {
      cipher.seal(plaintext, nonce: Self.nonce(index, isLast: isLast), into: output)
    }

    mutating func open(
      _ chunk: UnsafeBufferPointer<UInt8>, index: UInt64, isLast: Bool,
      into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
      cipher.open(chunk, nonce: Self.nonce(index, isLast: isLast), into: output)
    }

    static var notAuthentic: CryptoError {
      CryptoError(.ageChunk, "a chunk of the payload is not authentic")
    }

    /// The number of the chunk in eleven bytes, and whether it is the last.
    private static func nonce(_ index: UInt64, isLast: Bool) -> Bytes {
      [0, 0, 0] + Bytes(bigEndian: index) + [isLast ? 1 : 0]
    }
  }
}
