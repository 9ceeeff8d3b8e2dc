// age v1 (age-encryption.org/v1), binary: files that one X25519 key opens.

public import PaymentModel

/// The age file format, version 1, without armor.
///
/// Sealing writes exactly one X25519 stanza. Opening accepts several stanzas and passes over unknown
/// ones. A file is a header, a payload nonce of 16 bytes, and chunks of 65536 plaintext bytes, each
/// sealed with ChaCha20-Poly1305.
public enum Age {
  /// How many bytes the payload nonce has.
  public static let nonceByteCount = 16
  /// How many plaintext bytes each chunk but the last holds.
  public static let chunkByteCount = 65_536
  /// How many bytes a chunk grows by sealing.
  public static let chunkOverheadByteCount = ChaCha20Poly1305.tagByteCount

  /// How many chunks hold so many plaintext bytes: at least one.
  public static func chunkCount(plaintextByteCount: UInt64) -> UInt64 {
    let size = UInt64(chunkByteCount)
    return max(1, plaintextByteCount / size + (plaintextByteCount.isMultiple(of: size) ? 0 : 1))
  }

  /// A whole file, sealed to the recipient in memory.
  public static func seal(
    _ plaintext: Span<UInt8>, to recipient: Recipient, from entropy: inout some Entropy
  ) -> Bytes {
    let fileKey = FileKey.generate(from: &entropy)
    let header = Header(sealing: fileKey, to: recipient, from: &entropy)
    var encryptor = Encryptor(fileKey: fileKey, from: &entropy)
    var file = header.bytes + encryptor.nonce
    let chunks = Age.chunkCount(plaintextByteCount: UInt64(plaintext.count))
    file.reserveCapacity(file.count + plaintext.count + Int(chunks) * chunkOverheadByteCount)
    encryptor.update(plaintext) { _, _, ciphertext in ciphertext.append(to: &file) }
    encryptor.finish { _, _, ciphertext in ciphertext.append(to: &file) }
    return file
  }

  /// A whole file, sealed to the recipient in memory.
  public static func seal(
    _ plaintext: borrowing SecretBytes, to recipient: Recipient, from entropy: inout some Entropy
  ) -> Bytes {
    plaintext.withSpan { seal($0, to: recipient, from: &entropy) }
  }

  /// The content of a whole file, in memory.
  ///
  /// - Parameter largestByteCount: how large the content may be, checked before anything is allocated.
  /// - Throws: `ageTooLarge`; what `Header` and `Header.unwrap(with:)` throw; a code of the payload.
  public static func open(
    _ file: Bytes, with identity: borrowing Identity, largestByteCount: Int
  ) throws(CryptoError) -> SecretBytes {
    guard let header = try Header.read(from: file) else { throw Header.truncated }
    let payload = header.bytes.count + nonceByteCount
    guard file.count >= payload else { throw Header.truncated }
    let fileKey = try header.unwrap(with: identity)
    let (full, rest) = (file.count - payload).quotientAndRemainder(
      dividingBy: chunkByteCount + chunkOverheadByteCount)
    let count = full * chunkByteCount + max(0, rest - chunkOverheadByteCount)
    guard count <= largestByteCount else {
      throw CryptoError(.ageTooLarge, "the content is larger than allowed")
    }
    var decryptor = try Decryptor(
      fileKey: fileKey, nonce: Bytes(file[header.bytes.count..<payload]))
    return try SecretBytes(count: count) {
      (output: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
      let memory = UnsafeMutableBufferPointer(start: output, count: count)
      var written = 0
      func putChunk(of decryptor: borrowing Decryptor) {
        decryptor.withChunk { _, plaintext, _ in
          plaintext.copy(to: memory, at: written)
          written += plaintext.count
        }
      }
      var position = payload
      while try decryptor.open(file.span, from: &position) { putChunk(of: decryptor) }
      if try decryptor.openLast() { putChunk(of: decryptor) }
    }
  }
}

extension Span<UInt8> {
  fileprivate func append(to bytes: inout Bytes) {
    withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
  }
}
