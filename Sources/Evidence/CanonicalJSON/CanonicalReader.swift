// Claims read from a canonical text, member by member.

package import PaymentModel
import PaymentCrypto

/// Gives the members of one object of a text that has been proven canonical.
///
/// Members are found from where the last one was: asked for in the order of their names they cost one
/// comparison each, in any other order one more look at the object.
///
/// Nothing is copied but what is handed out, and a copy of the reader goes on by itself.
package struct CanonicalReader: ClaimReader, Sendable {
  private let text: Bytes
  private let tape: TokenTape
  private var members: Members

  /// The members of the object that is being read: name, value, name, value …
  private struct Members: Sendable {
    let first: Int
    let end: Int
    /// Where the next one is expected.
    var cursor: Int
    /// How many members stand before the cursor.
    var number = 0
    /// A bit for each member that somebody asked for. Nobody asks for more than 64 of one object: a member
    /// after those stays unread.
    var read: UInt64 = 0

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
    var (member, bit) = (members.first, UInt64(1))
    while member < members.end {
      guard members.read & bit != 0 else {
        throw ClaimError(String(decoding: text[tape[member].range], as: UTF8.self), .unknown)
      }
      member = tape.next(after: member)
      bit <<= 1
    }
  }

  // MARK: - Members

  package mutating func has(_ name: String) -> Bool {
    find(name)
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
    guard token.byteCount <= (limit * 4 + 2) / 3 else { throw ClaimError(name, .tooLong) }
    guard let bytes = Base64.url.decode(text.span.extracting(token.range)) else {
      throw ClaimError(name, .badValue)
    }
    return bytes
  }

  package mutating func identifier<S>(_ name: String) throws(ClaimError) -> Identifier<S> {
    try identifier(at: value(name), name)
  }

  package mutating func identifiers<S>(
    _ name: String, atMost count: Int
  ) throws(ClaimError) -> [Identifier<S>] {
    try elements(name, atMost: count) { (reader, index) throws(ClaimError) in
      try reader.identifier(at: index, name)
    }
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
    guard find(name) else { throw ClaimError(name, .missing) }
    let member = members.cursor
    members.read |= 1 << UInt64(members.number)
    members.cursor = tape.next(after: member)
    members.number += 1
    return member + 1
  }

  /// Moves the cursor to the member of that name. It stays where it is when there is none.
  private mutating func find(_ name: String) -> Bool {
    find(name, from: members.cursor, members.number, to: members.end)
      || find(name, from: members.first, 0, to: members.cursor)
  }

  /// - Parameter startNumber: how many members stand before `start`.
  private mutating func find(
    _ name: String, from start: Int, _ startNumber: Int, to end: Int
  ) -> Bool {
    let letters = name.utf8.span
    var (member, number) = (start, startNumber)
    while member < end {
      if isName(member, letters) {
        (members.cursor, members.number) = (member, number)
        return true
      }
      member = tape.next(after: member)
      number += 1
    }
    return false
  }

  private func isName(_ member: Int, _ letters: Span<UInt8>) -> Bool {
    let token = tape[member]
    guard token.byteCount == letters.count else { return false }
    let start = Int(token.start)
    for index in letters.indices where text[start + index] != letters[index] { return false }
    return true
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

  private func identifier<S>(
    at index: Int, _ name: String
  ) throws(ClaimError) -> Identifier<S> {
    let limit = 2 * Identifier<S>.byteCount
    let token = tape[index]
    guard token.kind == .text else {
      // Escapes may stand for fewer characters, but none of them is a digit.
      _ = try string(at: index, name, atMost: limit)
      throw ClaimError(name, .badValue)
    }
    guard token.byteCount <= limit else { throw ClaimError(name, .tooLong) }
    guard let value = Identifier<S>(hexDigits: text.span.extracting(token.range)) else {
      throw ClaimError(name, .badValue)
    }
    return value
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
