// Small binary writing and reading: whole numbers in as few bytes as they need, everything else with
// its length in front, every length bounded.

import PaymentModel

/// Appends values to bytes.
struct ByteWriter {
  private(set) var bytes = Bytes()

  /// - Parameter count: how many bytes are expected.
  init(expecting count: Int) { bytes.reserveCapacity(count) }

  /// LEB128: seven bits a byte, least significant first.
  mutating func number(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func count(_ value: Int) { number(UInt64(clamping: value)) }
  mutating func byte(_ value: UInt8) { bytes.append(value) }
  mutating func time(_ value: Timestamp) {
    bytes.append(bigEndian: UInt64(bitPattern: value.milliseconds))
  }
  mutating func fixed(_ value: Bytes) { bytes += value }
  mutating func identifier<S>(_ value: Identifier<S>) { value.append(to: &bytes) }

  mutating func blob(_ value: Bytes) {
    count(value.count)
    bytes += value
  }

  mutating func list<Element>(_ values: [Element], _ write: (inout ByteWriter, Element) -> Void) {
    count(values.count)
    for value in values { write(&self, value) }
  }

  mutating func optional<Value>(_ value: Value?, _ write: (inout ByteWriter, Value) -> Void) {
    byte(value == nil ? 0 : 1)
    if let value { write(&self, value) }
  }
}

/// Takes values from bytes. Everything that is not as `ByteWriter` writes it is `malformed-record`.
struct ByteReader {
  private let bytes: Bytes
  private var position = 0

  init(_ bytes: Bytes) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func byte() throws(CoordinatorError) -> UInt8 {
    guard position < bytes.count else { throw Self.malformed("it is too short") }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func number() throws(CoordinatorError) -> UInt64 {
    var value: UInt64 = 0
    for place in 0..<10 {
      let next = try byte()
      let bits = UInt64(next & 0x7F)
      guard place < 9 || bits <= 1 else { break }
      value |= bits << (7 * UInt64(place))
      if next < 0x80 {
        guard next != 0 || place == 0 else { break }
        return value
      }
    }
    throw Self.malformed("a number is not in its shortest form")
  }

  mutating func count(atMost limit: Int) throws(CoordinatorError) -> Int {
    guard let value = Int(exactly: try number()), value <= limit else {
      throw Self.malformed("a length is above its limit of \(limit)")
    }
    return value
  }

  mutating func time() throws(CoordinatorError) -> Timestamp {
    let bits = try fixed(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Timestamp(milliseconds: Int64(bitPattern: bits))
  }

  mutating func fixed(_ count: Int) throws(CoordinatorError) -> Bytes {
    guard count <= bytes.count - position else { throw Self.malformed("it is too short") }
    defer { position += count }
    return Bytes(bytes[position..<position + count])
  }

  mutating func identifier<S>(
    of subject: S.Type = S.self
  ) throws(CoordinatorError) -> Identifier<S> {
    guard let value = Identifier<S>(try fixed(Identifier<S>.byteCount)) else {
      throw Self.malformed("an identifier has 32 bytes")
    }
    return value
  }

  mutating func blob(atMost limit: Int) throws(CoordinatorError) -> Bytes {
    try fixed(try count(atMost: limit))
  }

  mutating func list<Element>(
    atMost limit: Int, _ read: (inout ByteReader) throws(CoordinatorError) -> Element
  ) throws(CoordinatorError) -> [Element] {
    var values: [Element] = []
    for _ in 0..<(try count(atMost: limit)) { values.append(try read(&self)) }
    return values
  }

  mutating func optional<Value>(
    _ read: (inout ByteReader) throws(CoordinatorError) -> Value
  ) throws(CoordinatorError) -> Value? {
    switch try byte() {
    case 0: nil
    case 1: try read(&self)
    default: throw Self.malformed("neither there nor absent")
    }
  }

  static func malformed(_ what: String) -> CoordinatorError {
    CoordinatorError(.malformedRecord, "a journal record is malformed: \(what)")
  }
}
