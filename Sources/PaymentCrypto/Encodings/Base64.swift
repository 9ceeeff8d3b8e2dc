// Base64 (RFC 4648) in its strict form: one text for each value.

package import PaymentModel

/// Base64 with one of two alphabets. Reading refuses other letters, missing or wrong padding, white
/// space, and a last letter with bits that carry nothing.
package struct Base64: Sendable {
  /// With `+` and `/`, padded. As in PEM.
  package static let padded = Base64("+/", isPadded: true)
  /// With `+` and `/`, without padding. As in age.
  package static let unpadded = Base64("+/", isPadded: false)
  /// With `-` and `_`, without padding. As in JOSE.
  package static let url = Base64("-_", isPadded: false)

  private let letters: Bytes
  private let values: Bytes
  private let isPadded: Bool

  private init(_ lastTwo: String, isPadded: Bool) {
    letters = Bytes(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(lastTwo)".utf8)
    var values = Bytes(repeating: 0xff, count: 256)
    for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
    self.values = values
    self.isPadded = isPadded
  }

  package func encode(_ bytes: some Sequence<UInt8>) -> Bytes {
    var text = Bytes()
    var bits: UInt32 = 0
    var bitCount = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      bitCount += 8
      while bitCount >= 6 {
        bitCount -= 6
        text.append(letters[Int(bits >> bitCount & 63)])
      }
    }
    if bitCount > 0 { text.append(letters[Int(bits << (6 - bitCount) & 63)]) }
    if isPadded {
      while !text.count.isMultiple(of: 4) { text.append(UInt8(ascii: "=")) }
    }
    return text
  }

  package func string(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: encode(bytes), as: UTF8.self)
  }

  package func decode(_ text: some Collection<UInt8>) -> Bytes? {
    var letterCount = text.count
    if isPadded {
      guard letterCount.isMultiple(of: 4) else { return nil }
      letterCount -= text.suffix(2).count { $0 == UInt8(ascii: "=") }
    }
    let lettersInLastGroup = letterCount % 4
    guard lettersInLastGroup != 1 else { return nil }
    var bytes = Bytes()
    bytes.reserveCapacity(letterCount * 3 / 4)
    var bits: UInt32 = 0
    var bitCount = 0
    for letter in text.prefix(letterCount) {
      let value = values[Int(letter)]
      guard value < 64 else { return nil }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
        bits &= (1 << bitCount) - 1
      }
    }
    guard bits == 0, text.dropFirst(letterCount).allSatisfy({ $0 == UInt8(ascii: "=") }) else {
      return nil
    }
    return bytes
  }
}
