// Writes JSON objects in canonical form (RFC 8785): members sorted, no space, shortest escapes.

import PaymentModel

/// Writes one object, and the objects within it, into one buffer.
///
/// Members that come in the order of their names are where they belong. Others are put in order when the
/// object ends.
struct JSONWriter: ClaimWriter {
  private var buffer = Bytes("{".utf8)
  /// Of the object that is being written.
  private var members: [(name: String, start: Int)] = []
  private var isInOrder = true

  init() {}

  /// The object that was written.
  var bytes: Bytes {
    var whole = self
    whole.end()
    return whole.buffer
  }

  mutating func text(_ name: String, _ value: String) {
    begin(name)
    quote(value)
  }

  mutating func number(_ name: String, _ value: UInt64) {
    begin(name)
    buffer += String(value).utf8
  }

  mutating func flag(_ name: String, _ value: Bool) {
    begin(name)
    buffer += (value ? "true" : "false").utf8
  }

  mutating func texts(_ name: String, _ values: [String]) {
    begin(name)
    array(values) { $0.quote($1) }
  }

  mutating func bytes(_ name: String, _ value: Bytes) {
    begin(name)
    quote(Self.base64url(value))
  }

  mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
    begin(name)
    inner { body(&$0) }
  }

  mutating func objects<Element>(
    _ name: String, _ elements: [Element], _ body: (inout JSONWriter, Element) -> Void
  ) {
    begin(name)
    array(elements) { writer, element in writer.inner { body(&$0, element) } }
  }

  // MARK: - Members

  private mutating func begin(_ name: String) {
    if let last = members.last {
      buffer.append(UInt8(ascii: ","))
      if !last.name.utf8.lexicographicallyPrecedes(name.utf8) { isInOrder = false }
    }
    members.append((name, buffer.count))
    quote(name)
    buffer.append(UInt8(ascii: ":"))
  }

  private mutating func inner(_ body: (inout JSONWriter) -> Void) {
    let outer = (members, isInOrder)
    members = []
    isInOrder = true
    buffer.append(UInt8(ascii: "{"))
    body(&self)
    end()
    (members, isInOrder) = outer
  }

  private mutating func end() {
    if !isInOrder, let first = members.first { sort(from: first.start) }
    buffer.append(UInt8(ascii: "}"))
  }

  private mutating func sort(from start: Int) {
    let ends = members.dropFirst().map { $0.start - 1 } + [buffer.count]
    let written = zip(members, ends).map { (name: $0.name, text: Bytes(buffer[$0.start..<$1])) }
    buffer.removeSubrange(start...)
    let sorted = written.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for (position, member) in sorted.enumerated() {
      if position > 0 { buffer.append(UInt8(ascii: ",")) }
      buffer += member.text
    }
  }

  // MARK: - Values

  private mutating func array<Element>(
    _ elements: [Element], _ body: (inout JSONWriter, Element) -> Void
  ) {
    buffer.append(UInt8(ascii: "["))
    for (position, element) in elements.enumerated() {
      if position > 0 { buffer.append(UInt8(ascii: ",")) }
      body(&self, element)
    }
    buffer.append(UInt8(ascii: "]"))
  }

  private mutating func quote(_ text: String) {
    buffer.append(UInt8(ascii: "\""))
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
    {
      buffer += text.utf8
    } else {
      for byte in text.utf8 { escape(byte) }
    }
    buffer.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): buffer += [UInt8(ascii: "\\"), byte]
    case 0x08: buffer += "\\b".utf8
    case 0x09: buffer += "\\t".utf8
    case 0x0A: buffer += "\\n".utf8
    case 0x0C: buffer += "\\f".utf8
    case 0x0D: buffer += "\\r".utf8
    case 0..<0x20: buffer += "\\u00\([byte].hex)".utf8
    default: buffer.append(byte)
    }
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
