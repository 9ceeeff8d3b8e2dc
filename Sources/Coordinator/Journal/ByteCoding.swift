// Small binary writing and reading: whole numbers in as few bytes as they need, everything else with
// its length in front, every length bounded.

import PaymentModel

/// Appends values to bytes, or counts how many they would be.
struct ByteWriter {
  private var bytes = Bytes()
  private var counted = 0
  private let isCounting: Bool

  private init(isCounting: Bool) { self.isCounting = isCounting }

  /// What is written, in a room that it fills.
  static func bytes(_ write: (inout ByteWriter) -> Void) -> Bytes {
    var writer = ByteWriter(isCounting: false)
    writer.bytes.reserveCapacity(count(write))
    write(&writer)
    return writer.bytes
  }

  /// How many bytes would be written.
  private static func count(_ write: (inout ByteWriter) -> Void) -> Int {
    var writer = ByteWriter(isCounting: true)
    write(&writer)
    return writer.counted
  }

  /// Adds so many bytes, unless they are only counted.
  private mutating func add(_ count: Int, _ append: (inout Bytes) -> Void) {
    if isCounting { counted += count } else { append(&bytes) }
  }

  /// LEB128: seven bits a byte, least significant first.
  mutating func number(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      byte(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    byte(UInt8(rest))
  }

  mutating func count(_ value: Int) { number(UInt64(clamping: value)) }
  mutating func byte(_ value: UInt8) { add(1) { $0.append(value) } }
  mutating func time(_ value: Timestamp) {
    add(8) { $0.append(bigEndian: UInt64(bitPattern: value.milliseconds)) }
  }
  mutating func fixed(_ value: Bytes) { add(value.count) { $0 += value } }
  mutating func identifier<S>(_ value: Identifier<S>) {
    add(Identifier<S>.byteCount) { value.append(to: &$0) }
  }

  mutating func blob(_ value: Bytes) {
    count(value.count)
    fixed(value)
  }

  /// What is written, with its length in front.
  mutating func blob(_ write: (inout ByteWriter) -> Void) {
    let length = Self.count(write)
    count(length)
    if isCounting { counted += length } else { write(&self) }
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
