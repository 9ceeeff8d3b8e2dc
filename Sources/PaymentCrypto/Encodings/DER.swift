// The few pieces of DER (X.690) that public keys are written in.

internal import PaymentModel

enum DER {
  static func sequence(_ parts: Bytes...) -> Bytes { value(tag: 0x30, Bytes(parts.joined())) }

  static func objectIdentifier(_ body: Bytes) -> Bytes { value(tag: 0x06, body) }

  static let null: Bytes = [0x05, 0x00]

  /// A positive number of big-endian bytes without leading zeros.
  static func integer(_ number: Bytes) -> Bytes {
    value(tag: 0x02, (number.first ?? 0) < 0x80 ? number : [0] + number)
  }

  static func bitString(_ body: Bytes) -> Bytes { value(tag: 0x03, [0] + body) }

  /// An explicit context tag.
  static func tagged(_ number: UInt8, _ body: Bytes) -> Bytes { value(tag: 0xa0 | number, body) }

  private static func value(tag: UInt8, _ body: Bytes) -> Bytes {
    guard body.count >= 0x80 else { return [tag, UInt8(body.count)] + body }
    let length = Bytes(bigEndian: UInt64(body.count)).drop { $0 == 0 }
    return [tag, 0x80 | UInt8(length.count)] + length + body
  }
}
