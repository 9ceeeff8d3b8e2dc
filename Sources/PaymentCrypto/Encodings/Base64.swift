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
  /// The value of each letter, and 0xff for all that are none.
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

  // MARK: - Writing

  /// How many letters so many bytes take, padding included.
  package func letterCount(ofByteCount count: Int) -> Int {
    isPadded ? (count + 2) / 3 * 4 : (count * 4 + 2) / 3
  }

  package func encode(_ bytes: some Sequence<UInt8>) -> Bytes {
    encode(Bytes(bytes))
  }

  package func encode(_ bytes: Bytes) -> Bytes {
    Bytes(unsafeUninitializedCapacity: letterCount(ofByteCount: bytes.count)) { text, count in
      bytes.withUnsafeBufferPointer { encode($0, into: text) }
      count = letterCount(ofByteCount: bytes.count)
    }
  }

  package func string(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: encode(bytes), as: UTF8.self)
  }

  /// - Parameter text: has room for exactly the letters.
  private func encode(
    _ bytes: UnsafeBufferPointer<UInt8>, into text: UnsafeMutableBufferPointer<UInt8>
  ) {
    letters.withUnsafeBufferPointer { letters in
      var (index, place) = (0, 0)
      func put(_ bits: UInt32, _ count: Int) {
        for group in 0..<count {
          text.initializeElement(
            at: place + group, to: letters[Int(bits >> UInt32(18 - 6 * group) & 63)])
        }
        place += count
      }
      while index + 3 <= bytes.count {
        put(
          UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]), 4)
        index += 3
      }
      switch bytes.count - index {
      case 1: put(UInt32(bytes[index]) << 16, 2)
      case 2: put(UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8, 3)
      default: break
      }
      for padding in place..<text.count {
        text.initializeElement(at: padding, to: UInt8(ascii: "="))
      }
    }
  }

  // MARK: - Reading

  package func decode(_ text: some Collection<UInt8>) -> Bytes? {
    text.withContiguousStorageIfAvailable { decode($0) } ?? decode(Bytes(text).span)
  }

  package func decode(_ text: Span<UInt8>) -> Bytes? {
    text.withUnsafeBufferPointer { decode($0) }
  }

  private func decode(_ text: UnsafeBufferPointer<UInt8>) -> Bytes? {
    var letterCount = text.count
    if isPadded {
      guard letterCount.isMultiple(of: 4) else { return nil }
      while letterCount > 0, text.count - letterCount < 2,
        text[letterCount - 1] == UInt8(ascii: "=")
      {
        letterCount -= 1
      }
    }
    guard letterCount % 4 != 1 else { return nil }
    var isValid = true
    let bytes = Bytes(unsafeUninitializedCapacity: letterCount * 3 / 4) { bytes, count in
      isValid = decode(UnsafeBufferPointer(rebasing: text[..<letterCount]), into: bytes)
      count = letterCount * 3 / 4
    }
    return isValid ? bytes : nil
  }

  /// - Parameters:
  ///   - text: without padding; not of a length that no bytes have.
  ///   - bytes: has room for exactly the bytes; all of them are written, whatever the answer is.
  /// - Returns: whether all letters are of the alphabet, and the last one has no bits to spare.
  private func decode(
    _ text: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableBufferPointer<UInt8>
  ) -> Bool {
    values.withUnsafeBufferPointer { values in
      var (index, place) = (0, 0)
      // The values of letters have no bit in common with this; that of anything else has.
      var spare: UInt8 = 0
      func take(_ count: Int) -> UInt32 {
        var bits: UInt32 = 0
        for group in 0..<count {
          let value = values[Int(text[index + group])]
          spare |= value & 0xC0
          bits |= UInt32(value & 63) << UInt32(18 - 6 * group)
        }
        index += count
        return bits
      }
      func put(_ bits: UInt32, _ count: Int) {
        for group in 0..<count {
          bytes.initializeElement(
            at: place + group, to: UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * group)))
        }
        place += count
      }
      while index + 4 <= text.count { put(take(4), 3) }
      switch text.count - index {
      case 2:
        let bits = take(2)
        put(bits, 1)
        return spare == 0 && bits & 0xFFFF == 0
      case 3:
        let bits = take(3)
        put(bits, 2)
        return spare == 0 && bits & 0xFF == 0
      default:
        return spare == 0
      }
    }
  }
}
