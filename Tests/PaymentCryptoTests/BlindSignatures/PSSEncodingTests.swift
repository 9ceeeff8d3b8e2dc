// EMSA-PSS: one encoding for each message and salt, and no other is accepted.

import PaymentCrypto
import PaymentModel
import Testing

@Suite struct PSSEncodingTests {
  private let message = Bytes("a coin".utf8)

  /// Padding, separator, salt, hash, trailer, and the bit above the modulus: every bit counts.
  @Test(arguments: [0, 48]) func everyChangedBitIsRefused(saltByteCount: Int) {
    let encoding = PSSEncoding(byteCount: 256, saltByteCount: saltByteCount)
    let encoded = encoding.encode(message, salt: Bytes(repeating: 5, count: saltByteCount))
    #expect(encoded.count == 256)
    #expect(encoding.isValid(encoded, for: message))
    #expect(!encoding.isValid(encoded, for: message + [0]))
    for bit in 0..<(8 * encoded.count) {
      var changed = encoded
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(!encoding.isValid(changed, for: message), "bit \(bit)")
    }
  }

  /// A salt of another size moves the separator, and is refused although the hash is right.
  @Test func otherSaltSizesAreRefused() {
    let expected = PSSEncoding(byteCount: 256, saltByteCount: 48)
    for saltByteCount in [0, 1, 47, 49, 100] {
      let other = PSSEncoding(byteCount: 256, saltByteCount: saltByteCount)
      let encoded = other.encode(message, salt: Bytes(repeating: 0, count: saltByteCount))
      #expect(other.isValid(encoded, for: message))
      #expect(!expected.isValid(encoded, for: message))
    }
  }

  @Test func otherSizesAreRefused() {
    let encoding = PSSEncoding(byteCount: 256, saltByteCount: 0)
    let encoded = encoding.encode(message, salt: [])
    #expect(!encoding.isValid([0] + encoded, for: message))
    #expect(!encoding.isValid(Bytes(encoded.dropFirst()), for: message))
    #expect(!encoding.isValid([], for: message))
  }
}
