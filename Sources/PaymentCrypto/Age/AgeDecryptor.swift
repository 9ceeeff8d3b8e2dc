// Opening a payload as it comes, in constant memory. No byte leaves before it is authentic.
//
// A chunk of full size is opened as an inner chunk first, and as the last one only when that fails:
//
//   state     full chunk opens as      then
//   reading   inner                    reading
//   reading   last                     ended
//   reading   neither                  ageChunk
//   ended     more bytes               agePayloadTrailing
//
// At the end of the file:
//
//   state     bytes left               then
//   ended     none                     done
//   reading   a shorter chunk          done, when it opens as the last and is not empty behind others
//   reading   none                     agePayloadTruncated, or ageDualFlagChunk when the chunk before
//                                      opens as the last one, too: readers would disagree about it

public import PaymentModel

extension Age {
  /// Opens a payload of any length: what stands behind the header and the nonce.
  ///
  /// What was visited before an error is authentic, and a prefix of the content. After an error the
  /// decryptor gives the same error again.
  public struct Decryptor: ~Copyable, Sendable {
    private enum State {
      case reading
      case ended
      case failed(CryptoError)
    }

    private static let sealedChunkByteCount = Age.chunkByteCount + Age.chunkOverheadByteCount

    private var cipher: ChunkCipher
    private var ciphertext = Bytes(repeating: 0, count: sealedChunkByteCount)
    private var plaintext = SecretBytes(count: Age.chunkByteCount, writtenBy: { _ in })
    /// How many bytes of the current chunk `ciphertext` holds; all of a chunk that is open.
    private var filled = 0
    /// How many chunks are open.
    private var opened: UInt64 = 0
    private var state = State.reading

    /// - Parameter nonce: the 16 bytes behind the header.
    /// - Throws: `ageKeySize` unless the nonce has 16 bytes.
    public init(fileKey: borrowing FileKey, nonce: Bytes) throws(CryptoError) {
      cipher = try ChunkCipher(fileKey: fileKey, nonce: nonce)
    }

    /// Takes the next ciphertext, of any length.
    ///
    /// - Throws: `ageChunk`, `agePayloadTrailing`, and what `visit` throws.
    public mutating func update<Failure: Error>(
      _ input: Span<UInt8>, visit: ChunkVisitor<Failure>
    ) throws {
      var position = 0
      while try open(input, from: &position) { try withChunk(visit) }
    }

    /// Opens what is left as the last chunk.
    ///
    /// - Throws: `ageChunk`, `agePayloadTruncated`, `ageDualFlagChunk`, `ageEmptyLastChunk`, and what `visit`
    ///   throws.
    public mutating func finish<Failure: Error>(visit: ChunkVisitor<Failure>) throws {
      if try openLast() { try withChunk(visit) }
    }

    /// Takes input from `position` on until a chunk is open, and says whether one is; without, all input is
    /// taken.
    mutating func open(
      _ input: Span<UInt8>, from position: inout Int
    ) throws(CryptoError) -> Bool {
      while position < input.count {
        switch state {
        case .failed(let error): throw error
        case .ended: throw fail(CryptoError(.agePayloadTrailing, "bytes follow the last chunk"))
        case .reading: break
        }
        if filled == Self.sealedChunkByteCount { filled = 0 }
        let part = min(Self.sealedChunkByteCount - filled, input.count - position)
        fill(from: input, at: position, count: part)
        position += part
        guard filled == Self.sealedChunkByteCount else { continue }
        if !open(isLast: false) {
          guard open(isLast: true) else { throw fail(ChunkCipher.notAuthentic) }
          state = .ended
        }
        opened += 1
        return true
      }
      return false
    }

    /// Opens what is left as the last chunk, and says whether there was any.
    mutating func openLast() throws(CryptoError) -> Bool {
      switch state {
      case .failed(let error): throw error
      case .ended: return false
      case .reading: break
      }
      guard filled % Self.sealedChunkByteCount > 0 else { throw fail(missingLastChunk()) }
      guard filled >= Age.chunkOverheadByteCount else { throw fail(Self.truncated) }
      guard filled > Age.chunkOverheadByteCount || opened == 0 else {
        throw fail(CryptoError(.ageEmptyLastChunk, "the last chunk is empty"))
      }
      guard open(isLast: true) else { throw fail(ChunkCipher.notAuthentic) }
      state = .ended
      opened += 1
      return true
    }

    /// Lends the chunk that was opened last.
    borrowing func withChunk<Failure: Error>(_ visit: ChunkVisitor<Failure>) throws(Failure) {
      let count = filled - Age.chunkOverheadByteCount
      try plaintext.withSpan { (plaintext) throws(Failure) in
        try visit(
          opened - 1, plaintext.extracting(first: count), ciphertext.span.extracting(first: filled))
      }
    }

    private mutating func fill(from input: Span<UInt8>, at position: Int, count: Int) {
      let part = input.extracting(position..<(position + count))
      ciphertext.withUnsafeMutableBufferPointer { part.copy(to: $0, at: filled) }
      filled += count
    }

    /// Opens what `ciphertext` holds into `plaintext`, as the chunk after those already open.
    private mutating func open(isLast: Bool) -> Bool {
      ciphertext.withUnsafeBufferPointer { ciphertext in
        plaintext.withMutableBytes { plaintext in
          cipher.open(
            UnsafeBufferPointer(rebasing: ciphertext[..<filled]), index: opened, isLast: isLast,
            into: plaintext)
        }
      }
    }

    /// Why there is no last chunk. The chunk before it, if any, is still in `ciphertext`.
    private mutating func missingLastChunk() -> CryptoError {
      guard opened > 0 else { return Self.truncated }
      opened -= 1
      guard open(isLast: true) else { return Self.truncated }
      return CryptoError(.ageDualFlagChunk, "a chunk opens both as the last and as an inner one")
    }

    private mutating func fail(_ error: CryptoError) -> CryptoError {
      state = .failed(error)
      return error
    }

    private static var truncated: CryptoError {
      CryptoError(.agePayloadTruncated, "the payload ends before its last chunk")
    }
  }
}
