// Bech32 (BIP 173) as age writes its keys: no limit on length, and one case for each kind of key.

internal import PaymentModel

/// The text form of a key: a prefix, `1`, the bytes in groups of five bits, and a checksum of six letters.
struct Bech32 {
  /// The prefix in the case in which it is written, without the `1`.
  private let prefix: Bytes
  private let letters: Bytes

  /// `age1…`
  static let ageRecipient = Bech32(prefix: "age", letters: "qpzry9x8gf2tvdw0s3jn54khce6mua7l")
  /// `AGE-SECRET-KEY-1…`
  static let ageIdentity = Bech32(
    prefix: "AGE-SECRET-KEY-", letters: "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")

  private static let checksumCount = 6

  private init(prefix: String, letters: String) {
    self.prefix = Bytes(prefix.utf8)
    self.letters = Bytes(letters.utf8)
  }

  /// The ASCII text of the bytes. Nothing in between is left in memory.
  func encode(_ bytes: Span<UInt8>) -> SecretBytes {
    let groupCount = (8 * bytes.count + 4) / 5
    let count = prefix.count + 1 + groupCount + Self.checksumCount
    return SecretBytes(count: count) { (text: inout MutableSpan<UInt8>) in
      var checksum = Checksum(prefix: prefix)
      var position = 0
      func put(_ letter: UInt8, in text: inout MutableSpan<UInt8>) {
        text[position] = letter
        position += 1
      }
      for letter in prefix { put(letter, in: &text) }
      put(UInt8(ascii: "1"), in: &text)
      for index in 0..<groupCount {
        let group = Self.group(index, of: bytes)
        checksum.add(group)
        put(letters[Int(group)], in: &text)
      }
      for group in checksum.groups { put(letters[Int(group)], in: &text) }
    }
  }

  /// The bytes of the text, or `nil` for another prefix or case, a wrong checksum, or bits that are left
  /// over and not zero.
  func decode(_ text: Span<UInt8>) -> SecretBytes? {
    let groupCount = text.count - prefix.count - 1 - Self.checksumCount
    guard groupCount > 0, 5 * groupCount % 8 < 5 else { return nil }
    for (index, letter) in (prefix + [UInt8(ascii: "1")]).enumerated() where text[index] != letter {
      return nil
    }
    var checksum = Checksum(prefix: prefix)
    var isWellFormed = true
    let bytes = SecretBytes(count: 5 * groupCount / 8) { (bytes: inout MutableSpan<UInt8>) in
      var bits: UInt32 = 0
      var bitCount = 0
      var written = 0
      for index in 0..<(groupCount + Self.checksumCount) {
        guard let group = letters.firstIndex(of: text[prefix.count + 1 + index]) else {
          isWellFormed = false
          return
        }
        checksum.add(UInt8(group))
        guard index < groupCount else { continue }
        bits = (bits << 5 | UInt32(group)) & 0xfff
        bitCount += 5
        if bitCount >= 8 {
          bitCount -= 8
          bytes[written] = UInt8(truncatingIfNeeded: bits >> bitCount)
          written += 1
        }
      }
      isWellFormed = bits & (1 << bitCount - 1) == 0 && checksum.isGood
    }
    guard isWellFormed else { return nil }
    return bytes
  }

  /// Five bits of the bytes; those after the end are zero.
  private static func group(_ index: Int, of bytes: Span<UInt8>) -> UInt8 {
    let (byte, bit) = (5 * index / 8, 5 * index % 8)
    let next = byte + 1 < bytes.count ? UInt16(bytes[byte + 1]) : 0
    return UInt8(truncatingIfNeeded: (UInt16(bytes[byte]) << 8 | next) >> (11 - bit) & 31)
  }

  /// The BCH code of BIP 173.
  private struct Checksum {
    private var state: UInt32 = 1

    init(prefix: Bytes) {
      let lowerCase = prefix.map {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 32 : $0
      }
      for letter in lowerCase { add(letter >> 5) }
      add(0)
      for letter in lowerCase { add(letter & 31) }
    }

    mutating func add(_ group: UInt8) {
      let top = state >> 25
      state = (state & 0x1ff_ffff) << 5 ^ UInt32(group)
      for (bit, term) in Self.generator.enumerated() where top >> bit & 1 == 1 { state ^= term }
    }

    /// Whether what was added ends with its own checksum.
    var isGood: Bool { state == 1 }

    /// The six groups that make what was added good.
    var groups: Bytes {
      var padded = self
      for _ in 0..<Bech32.checksumCount { padded.add(0) }
      let value = padded.state ^ 1
      return (0..<Bech32.checksumCount).map { UInt8(value >> (5 * (5 - $0)) & 31) }
    }

    private static let generator: [UInt32] = [
      0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3,
    ]
  }
}
