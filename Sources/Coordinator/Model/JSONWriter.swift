// Writes JSON objects in canonical form (RFC 8785): members sorted, no space, shortest escapes.

import PaymentModel

/// Collects the members of one object.
struct JSONWriter: ClaimWriter {
  private var members: [(name: String, value: Bytes)] = []

  init() {}

  /// The object that was written.
  var bytes: Bytes {
    var bytes = Bytes("{".utf8)
    let sorted = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for (position, member) in sorted.enumerated() {
      if position > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += Self.quoted(member.name)
      bytes.append(UInt8(ascii: ":"))
      bytes += member.value
    }
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  mutating func text(_ name: String, _ value: String) {
    members.append((name, Self.quoted(value)))
  }

  mutating func number(_ name: String, _ value: UInt64) {
    members.append((name, Bytes(String(value).utf8)))
  }

  mutating func flag(_ name: String, _ value: Bool) {
    members.append((name, Bytes((value ? "true" : "false").utf8)))
  }

  mutating func texts(_ name: String, _ values: [String]) {
    members.append((name, Self.array(values.map(Self.quoted))))
  }

  mutating func bytes(_ name: String, _ value: Bytes) {
    members.append((name, Self.quoted(Self.base64url(value))))
  }

  mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
    var inner = JSONWriter()
    body(&inner)
    members.append((name, inner.bytes))
  }

  mutating func objects<Element>(
    _ name: String, _ elements: [Element], _ body: (inout JSONWriter, Element) -> Void
  ) {
    let values = elements.map { element in
      var inner = JSONWriter()
      body(&inner, element)
      return inner.bytes
    }
    members.append((name, Self.array(values)))
  }

  private static func array(_ values: [Bytes]) -> Bytes {
    Bytes("[".utf8) + values.joined(separator: Bytes(",".utf8)) + Bytes("]".utf8)
  }

  private static func quoted(_ text: String) -> Bytes {
    var bytes = Bytes("\"".utf8)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x08: bytes += Bytes("\\b".utf8)
      case 0x09: bytes += Bytes("\\t".utf8)
      case 0x0A: bytes += Bytes("\\n".utf8)
      case 0x0C: bytes += Bytes("\\f".utf8)
      case 0x0D: bytes += Bytes("\\r".utf8)
      case 0..<0x20: bytes += Bytes("\\u00\([byte].hex)".utf8)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
    return bytes
  }

  private static func base64url(_ bytes: Bytes) -> String {
    let digits = Bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    var text = Bytes()
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = (0..<3).reduce(UInt32(0)) { bits, offset in
        bits << 8 | (offset < group.count ? UInt32(group[start + offset]) : 0)
      }
      for place in 0...group.count {
        text.append(digits[Int(bits >> (18 - 6 * UInt32(place)) & 63)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
