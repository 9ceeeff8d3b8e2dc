// Claims as bytes, as cheaply as possible: what stands in for canonical JSON where only the engine is to be
// measured.
//
// A member is a tag that is made of its name, a length in two bytes, and its value. Members are mostly read
// in the order in which they were written; otherwise they are looked for.

import PaymentModel

/// A tag that tells the members of one object apart.
private func tag(_ name: String) -> UInt8 {
  let letters = name.utf8
  return (letters.first ?? 0) &* 31 &+ (letters.last ?? 0) &* 7 &+ UInt8(letters.count)
}

struct BinaryClaimWriter: ClaimWriter {
  private(set) var bytes: Bytes

  init(after bytes: Bytes) { self.bytes = bytes }

  private mutating func member(_ name: String, _ body: (inout Self) -> Void) {
    bytes.append(tag(name))
    sized(body)
  }

  private mutating func sized(_ body: (inout Self) -> Void) {
    let start = bytes.count
    bytes.append(0)
    bytes.append(0)
    body(&self)
    let size = bytes.count - start - 2
    bytes[start] = UInt8(size >> 8)
    bytes[start + 1] = UInt8(size & 0xFF)
  }

  mutating func text(_ name: String, _ value: String) {
    member(name) { $0.bytes.append(contentsOf: value.utf8) }
  }

  mutating func number(_ name: String, _ value: UInt64) {
    member(name) { writer in
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        writer.bytes.append(UInt8(truncatingIfNeeded: value >> shift))
      }
    }
  }

  mutating func flag(_ name: String, _ value: Bool) {
    member(name) { $0.bytes.append(value ? 1 : 0) }
  }

  mutating func texts(_ name: String, _ values: [String]) {
    member(name) { writer in
      for value in values { writer.sized { $0.bytes.append(contentsOf: value.utf8) } }
    }
  }

  mutating func bytes(_ name: String, _ value: Bytes) {
    member(name) { $0.bytes.append(contentsOf: value) }
  }

  mutating func object(_ name: String, _ body: (inout Self) -> Void) {
    member(name, body)
  }

  mutating func objects<Element>(
    _ name: String, _ elements: [Element], _ body: (inout Self, Element) -> Void
  ) {
    member(name) { writer in
      for element in elements { writer.sized { body(&$0, element) } }
    }
  }

  mutating func identifier<S>(_ name: String, _ value: Identifier<S>) {
    member(name) { $0.bytes.append(contentsOf: value.bytes) }
  }

  mutating func identifiers<S>(_ name: String, _ values: [Identifier<S>]) {
    member(name) { writer in
      for value in values { writer.bytes.append(contentsOf: value.bytes) }
    }
  }
}

struct BinaryClaimReader: ClaimReader {
  private let bytes: Bytes
  private let range: Range<Int>
  private var next: Int

  /// - Parameter range: where the claim stands.
  init(_ bytes: Bytes, in range: Range<Int>) {
    self.bytes = bytes
    self.range = range
    next = range.lowerBound
  }

  private func size(at place: Int) -> Int {
    Int(bytes[place]) << 8 | Int(bytes[place + 1])
  }

  private func place(of name: String) -> Int? {
    let tag = tag(name)
    if next < range.upperBound, bytes[next] == tag { return next }
    var place = range.lowerBound
    while place < range.upperBound {
      if bytes[place] == tag { return place }
      place += 3 + size(at: place + 1)
    }
    return nil
  }

  private mutating func member(_ name: String) throws(ClaimError) -> Range<Int> {
    guard let place = place(of: name) else { throw ClaimError(name, .missing) }
    let start = place + 3
    next = start + size(at: place + 1)
    return start..<next
  }

  private func string(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  private func elements(_ range: Range<Int>) -> [Range<Int>] {
    var elements: [Range<Int>] = []
    var place = range.lowerBound
    while place < range.upperBound {
      let start = place + 2
      place = start + size(at: place)
      elements.append(start..<place)
    }
    return elements
  }

  private func identifier<S>(
    at place: Int, _ name: String
  ) throws(ClaimError) -> Identifier<S> {
    guard
      let value = Identifier<S>(
        bytes.span.extracting(place..<place + Identifier<S>.byteCount))
    else { throw ClaimError(name, .badValue) }
    return value
  }

  mutating func has(_ name: String) -> Bool { place(of: name) != nil }

  mutating func text(_ name: String, atMost limit: Int) throws(ClaimError) -> String {
    string(try member(name))
  }

  mutating func number(_ name: String) throws(ClaimError) -> UInt64 {
    let range = try member(name)
    var number: UInt64 = 0
    for place in range { number = number << 8 | UInt64(bytes[place]) }
    return number
  }

  mutating func flag(_ name: String) throws(ClaimError) -> Bool {
    bytes[try member(name).lowerBound] == 1
  }

  mutating func texts(
    _ name: String, atMost count: Int, eachAtMost limit: Int
  ) throws(ClaimError) -> [String] {
    elements(try member(name)).map(string)
  }

  mutating func bytes(_ name: String, atMost limit: Int) throws(ClaimError) -> Bytes {
    Bytes(bytes[try member(name)])
  }

  mutating func object<Value>(
    _ name: String, _ body: (inout Self) throws(ClaimError) -> Value
  ) throws(ClaimError) -> Value {
    var inner = Self(bytes, in: try member(name))
    return try body(&inner)
  }

  mutating func objects<Value>(
    _ name: String, atMost count: Int, _ body: (inout Self) throws(ClaimError) -> Value
  ) throws(ClaimError) -> [Value] {
    var values: [Value] = []
    for range in elements(try member(name)) {
      var inner = Self(bytes, in: range)
      values.append(try body(&inner))
    }
    return values
  }

  mutating func identifier<S>(_ name: String) throws(ClaimError) -> Identifier<S> {
    try identifier(at: try member(name).lowerBound, name)
  }

  mutating func identifiers<S>(
    _ name: String, atMost count: Int
  ) throws(ClaimError) -> [Identifier<S>] {
    let range = try member(name)
    var values: [Identifier<S>] = []
    for place in stride(from: range.lowerBound, to: range.upperBound, by: 32) {
      values.append(try identifier(at: place, name))
    }
    return values
  }
}
