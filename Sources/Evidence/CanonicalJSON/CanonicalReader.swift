// Claims read from a canonical text, member by member.

package import PaymentModel
import PaymentCrypto

/// Gives the members of one object of a text that has been proven canonical.
///
/// Members are found from where the last one was: asked for in the order of their names they cost one
/// comparison each, in any other order one more look at the object.
package struct CanonicalReader: ClaimReader, Sendable {
  private let text: Bytes
  private var tape: TokenTape
  private var members: Members

  /// The members of the object that is being read: name, value, name, value …
  private struct Members: Sendable {
    let first: Int
    let end: Int
    /// Where the next one is expected.
    var cursor: Int

    init(of object: Int, in tape: TokenTape) {
      first = object + 1
      end = tape.next(after: object)
      cursor = first
    }
  }

  /// Proves that `text` is one canonical object of at most `limit` bytes.
  init(_ text: Bytes, limit: Int) throws(EvidenceError) {
    self.text = text
    tape = try CanonicalScanner.scan(text.span, limit: limit)
    members = Members(of: 0, in: tape)
  }

  /// Refuses members that nobody has asked for.
  func requireAllRead() throws(ClaimError) {
    var member = members.first
    while member < members.end {
      guard tape[member].isRead else {
        throw ClaimError(String(decoding: text[tape[member].range], as: UTF8.self), .unknown)
      }
      member = tape.next(after: member)
    }
  }

  // MARK: - Members

  package mutating func has(_ name: String) -> Bool {
    guard let member = find(name) else { return false }
    members.cursor = member
    return true
  }

  package mutating func text(
    _ name: String, atMost limit: Int
  ) throws(ClaimError) -> String {
    try string(at: value(name), name, atMost: limit)
  }

  package mutating func number(_ name: String) throws(ClaimError) -> UInt64 {
    let token = tape[try value(name)]
    guard token.kind == .number else { throw ClaimError(name, .wrongType) }
    var number: UInt64 = 0
    for index in token.range { number = number * 10 + UInt64(text[index] - UInt8(ascii: "0")) }
    return number
  }

  package mutating func flag(_ name: String) throws(ClaimError) -> Bool {
    switch tape[try value(name)].kind {
    case .yes: true
    case .no: false
    default: throw ClaimError(name, .wrongType)
    }
  }

  package mutating func texts(
    _ name: String, atMost count: Int, eachAtMost limit: Int
  ) throws(ClaimError) -> [String] {
    try elements(name, atMost: count) { (reader, index) throws(ClaimError) in
      try reader.string(at: index, name, atMost: limit)
    }
  }

  package mutating func bytes(_ name: String, atMost limit: Int) throws(ClaimError) -> Bytes {
    let token = tape[try value(name)]
    guard token.kind == .text || token.kind == .escapedText else {
      throw ClaimError(name, .wrongType)
    }
    guard token.range.count <= (limit * 4 + 2) / 3 else { throw ClaimError(name, .tooLong) }
    guard let bytes = Base64.url.decode(text[token.range]) else {
      throw ClaimError(name, .badValue)
    }
    return bytes
  }

  package mutating func object<Value>(
    _ name: String, _ body: (inout Self) throws(ClaimError) -> Value
  ) throws(ClaimError) -> Value {
    try object(at: value(name), name, body)
  }

  package mutating func objects<Value>(
    _ name: String, atMost count: Int, _ body: (inout Self) throws(ClaimError) -> Value
  ) throws(ClaimError) -> [Value] {
    try elements(name, atMost: count) { (reader, index) throws(ClaimError) in
      try reader.object(at: index, name, body)
    }
  }

  /// The bytes of an object, unread: canonical JSON themselves.
  package mutating func canonicalObject(
    _ name: String, atMost limit: Int
  ) throws(ClaimError) -> Bytes {
    try verbatim(at: value(name), name, atMost: limit)
  }

  /// The bytes of each object of an array, unread: canonical JSON themselves.
  package mutating func canonicalObjects(
    _ name: String, atMost count: Int, eachAtMost limit: Int
  ) throws(ClaimError) -> [Bytes] {
    try elements(name, atMost: count) { (reader, index) throws(ClaimError) in
      try reader.verbatim(at: index, name, atMost: limit)
    }
  }

  // MARK: - Names

  /// The value of a member, which counts as read from now on.
  private mutating func value(_ name: String) throws(ClaimError) -> Int {
    guard let member = find(name) else { throw ClaimError(name, .missing) }
    tape.markRead(member)
    members.cursor = tape.next(after: member)
    return member + 1
  }

  private func find(_ name: String) -> Int? {
    find(name, in: members.cursor..<members.end) ?? find(name, in: members.first..<members.cursor)
  }

  private func find(_ name: String, in range: Range<Int>) -> Int? {
    var member = range.lowerBound
    while member < range.upperBound {
      if text[tape[member].range].elementsEqual(name.utf8) { return member }
      member = tape.next(after: member)
    }
    return nil
  }

  // MARK: - Values

  private mutating func elements<Value>(
    _ name: String, atMost count: Int,
    _ element: (inout Self, Int) throws(ClaimError) -> Value
  ) throws(ClaimError) -> [Value] {
    let array = try value(name)
    guard tape[array].kind == .array else { throw ClaimError(name, .wrongType) }
    var values: [Value] = []
    var index = array + 1
    while index < tape.next(after: array) {
      guard values.count < count else { throw ClaimError(name, .tooLong) }
      values.append(try element(&self, index))
      index = tape.next(after: index)
    }
    return values
  }

  private mutating func object<Value>(
    at index: Int, _ name: String, _ body: (inout Self) throws(ClaimError) -> Value
  ) throws(ClaimError) -> Value {
    guard tape[index].kind == .object else { throw ClaimError(name, .wrongType) }
    let outer = members
    defer { members = outer }
    members = Members(of: index, in: tape)
    let value = try body(&self)
    try requireAllRead()
    return value
  }

  private func verbatim(
    at index: Int, _ name: String, atMost limit: Int
  ) throws(ClaimError) -> Bytes {
    guard tape[index].kind == .object else { throw ClaimError(name, .wrongType) }
    guard tape[index].range.count <= limit else { throw ClaimError(name, .tooLong) }
    return Bytes(text[tape[index].range])
  }

  private func string(
    at index: Int, _ name: String, atMost limit: Int
  ) throws(ClaimError) -> String {
    let characters: ArraySlice<UInt8>
    switch tape[index].kind {
    case .text: characters = text[tape[index].range]
    case .escapedText: characters = unescaped(text[tape[index].range])[...]
    default: throw ClaimError(name, .wrongType)
    }
    guard characters.count <= limit else { throw ClaimError(name, .tooLong) }
    return String(decoding: characters, as: UTF8.self)
  }

  /// The bytes that canonical escapes stand for.
  private func unescaped(_ escaped: ArraySlice<UInt8>) -> Bytes {
    var characters = Bytes()
    characters.reserveCapacity(escaped.count)
    var rest = escaped
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let letter = rest.popFirst() else {
        characters.append(byte)
        continue
      }
      if let character = JSONEscape.character(ofShort: letter) {
        characters.append(character)
      } else {
        let digits = rest.prefix(4).suffix(2).compactMap(JSONEscape.hexDigitValue)
        characters.append(digits.reduce(0) { $0 << 4 | $1 })
        rest = rest.dropFirst(4)
      }
    }
    return characters
  }
}
