// EMSA-PSS with SHA-384 and MGF1 (RFC 8017, section 9.1), for moduli of whole bytes.

package import PaymentModel

/// Encodes messages for a modulus of `byteCount` bytes, so in 8·byteCount − 1 bits, with a salt of a
/// fixed size.
package struct PSSEncoding {
  let byteCount: Int
  let saltByteCount: Int

  package init(byteCount: Int, saltByteCount: Int) {
    self.byteCount = byteCount
    self.saltByteCount = saltByteCount
  }

  private static let hashByteCount = MessageDigest.sha384.byteCount
  private static let trailer: UInt8 = 0xbc

  private var dataBlockByteCount: Int { byteCount - Self.hashByteCount - 1 }
  private var paddingByteCount: Int { dataBlockByteCount - saltByteCount - 1 }

  /// EMSA-PSS-ENCODE (RFC 8017, section 9.1.1). The salt has `saltByteCount` bytes.
  package func encode(_ message: Bytes, salt: Bytes) -> Bytes {
    precondition(salt.count == saltByteCount, "a PSS salt has the size of its variant")
    let hash = Self.hash(of: message, salt: salt)
    let dataBlock = Bytes(repeating: 0, count: paddingByteCount) + [1] + salt
    var masked = Self.masking(dataBlock, seed: hash)
    masked[0] &= 0x7f
    return masked + hash + [Self.trailer]
  }

  /// EMSA-PSS-VERIFY (RFC 8017, section 9.1.2): whether `encoded`, `byteCount` bytes, encodes the message.
  package func isValid(_ encoded: Bytes, for message: Bytes) -> Bool {
    guard encoded.count == byteCount, encoded.last == Self.trailer, encoded[0] & 0x80 == 0 else {
      return false
    }
    let hash = Bytes(encoded[dataBlockByteCount..<(byteCount - 1)])
    var dataBlock = Self.masking(Bytes(encoded[..<dataBlockByteCount]), seed: hash)
    dataBlock[0] &= 0x7f
    guard dataBlock[..<paddingByteCount].allSatisfy({ $0 == 0 }),
      dataBlock[paddingByteCount] == 1
    else { return false }
    let salt = Bytes(dataBlock[(paddingByteCount + 1)...])
    return constantTimeEqual(hash, Self.hash(of: message, salt: salt))
  }

  /// The hash of eight zero bytes, the message's hash, and the salt.
  private static func hash(of message: Bytes, salt: Bytes) -> Bytes {
    digest(Bytes(repeating: 0, count: 8) + digest(message) + salt)
  }

  /// The bytes, XORed with MGF1 of the seed (RFC 8017, appendix B.2.1).
  private static func masking(_ bytes: Bytes, seed: Bytes) -> Bytes {
    var masked = bytes
    let state = DigestState(.sha384)
    for (counter, start) in stride(from: 0, to: bytes.count, by: hashByteCount).enumerated() {
      state.restart()
      let block = seed + Bytes(bigEndian: UInt64(counter)).suffix(4)
      block.withUnsafeBytes { state.update($0) }
      for (offset, byte) in state.finish().prefix(bytes.count - start).enumerated() {
        masked[start + offset] ^= byte
      }
    }
    return masked
  }

  private static func digest(_ bytes: Bytes) -> Bytes {
    let state = DigestState(.sha384)
    bytes.withUnsafeBytes { state.update($0) }
    return state.finish()
  }
}
