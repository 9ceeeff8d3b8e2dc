// Lower-case hexadecimal digits, one by one and eight at a time.

/// The digits of the wire form of identifiers. Upper case is refused: a value has one spelling.
enum Hexadecimal {
  static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  static func digit(of value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  static func append(_ byte: UInt8, to digits: inout Bytes) {
    digits.append(digit(of: byte >> 4))
    digits.append(digit(of: byte & 15))
  }

  // Eight bytes of a word are worked on at once. Digits of identifiers are random, and a branch for each
  // costs more than all the rest.

  /// The same byte eight times.
  private static func each(_ byte: UInt64) -> UInt64 { 0x0101_0101_0101_0101 &* byte }

  /// The eight digits, the first in the most significant byte, of a number of 32 bits.
  static func digits(of number: UInt32) -> UInt64 {
    var nibbles = UInt64(number)
    nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
    nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
    nibbles = (nibbles | nibbles << 4) & each(0x0F)
    return digits(ofNibbles: nibbles)
  }

  /// The number of 32 bits that eight digits stand for, the first in the most significant byte; `nil`
  /// unless all are digits.
  static func number(of digits: UInt64) -> UInt32? {
    // Letters have bit 6 set and count from 1: `a` is 0x61.
    let letters = (digits >> 6) & each(1)
    var nibbles = (digits & each(0x0F)) &+ letters &* 9
    // What is written again and differs was no digit.
    guard nibbles & each(0xF0) == 0, self.digits(ofNibbles: nibbles) == digits else { return nil }
    nibbles = (nibbles | nibbles >> 4) & 0x00FF_00FF_00FF_00FF
    nibbles = (nibbles | nibbles >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: nibbles | nibbles >> 16)
  }

  /// - Parameter nibbles: eight bytes of 0 to 15.
  private static func digits(ofNibbles nibbles: UInt64) -> UInt64 {
    let letters = ((nibbles &+ each(6)) >> 4) & each(1)
    return nibbles &+ each(UInt64(UInt8(ascii: "0"))) &+ letters &* 0x27
  }
}
