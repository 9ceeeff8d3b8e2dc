// Bytes as they travel: on the wire, into a hash, into a store.

/// Bytes without a meaning of their own.
public typealias Bytes = [UInt8]

extension Sequence<UInt8> {
  /// The bytes as lower-case hexadecimal digits, two for each.
  public var hex: String {
    var digits = Bytes()
    for byte in self {
      digits.append(Hexadecimal.digits[Int(byte >> 4)])
      digits.append(Hexadecimal.digits[Int(byte & 15)])
    }
    return String(decoding: digits, as: UTF8.self)
  }
}

extension [UInt8] {
  /// Reads lower-case hexadecimal digits; `nil` for an odd number of them or for anything else, upper
  /// case included, because a value has one spelling.
  public init?(hex: some StringProtocol) {
    let digits = hex.utf8
    guard digits.count.isMultiple(of: 2) else { return nil }
    self.init()
    reserveCapacity(digits.count / 2)
    var high: UInt8?
    for digit in digits {
      guard let value = Hexadecimal.value(of: digit) else { return nil }
      if let upper = high {
        append(upper << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
  }

  /// The number as eight bytes, most significant first.
  public init(bigEndian number: UInt64) {
    self = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
  }
}

enum Hexadecimal {
  static let digits = Bytes("0123456789abcdef".utf8)

  static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
