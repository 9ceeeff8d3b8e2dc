// Bytes as they travel: on the wire, into a hash, into a store.

/// Bytes without a meaning of their own.
public typealias Bytes = [UInt8]

extension Sequence<UInt8> {
  /// The bytes as lower-case hexadecimal digits, two for each.
  public var hex: String { Bytes(self).hex }
}

extension [UInt8] {
  /// The bytes as lower-case hexadecimal digits, two for each.
  public var hex: String {
    var digits = Bytes()
    digits.reserveCapacity(2 * count)
    for byte in self { Hexadecimal.append(byte, to: &digits) }
    return String(decoding: digits, as: UTF8.self)
  }

  /// Reads lower-case hexadecimal digits; `nil` for an odd number of them or for anything else, upper
  /// case included, because a value has one spelling.
  public init?(hex: some StringProtocol) {
    let digits = Bytes(hex.utf8)
    self.init(hexDigits: digits.span)
  }

  /// Reads lower-case hexadecimal digits; `nil` for an odd number of them or for anything else.
  package init?(hexDigits digits: Span<UInt8>) {
    guard digits.count.isMultiple(of: 2) else { return nil }
    self.init()
    reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Hexadecimal.value(of: digits[index]),
        let low = Hexadecimal.value(of: digits[index + 1])
      else { return nil }
      append(high << 4 | low)
    }
  }

  /// The number as eight bytes, most significant first.
  public init(bigEndian number: UInt64) {
    self.init()
    reserveCapacity(8)
    append(bigEndian: number)
  }

  /// Adds the number as eight bytes, most significant first.
  package mutating func append(bigEndian number: UInt64) {
    append(addingCapacity: 8) { $0.append(bigEndian: number) }
  }
}

extension OutputSpan<UInt8> {
  /// Adds the number as eight bytes, most significant first.
  mutating func append(bigEndian number: UInt64) {
    for place: UInt64 in 0..<8 { append(UInt8(truncatingIfNeeded: number &>> (56 &- 8 &* place))) }
  }
}
