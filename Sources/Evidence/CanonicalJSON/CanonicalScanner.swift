// The one pass over the bytes that proves a text canonical and notes what stands where.

/// Reads a text from front to back, once. Every rule of `CanonicalJSON` is checked here and nowhere
/// else: what comes through is what the writer would write for the same content.
struct CanonicalScanner {
  private(set) var tape = TokenTape()
  private var position = 0

  /// The tape of a text of at most `limit` bytes.
  static func scan(_ text: Span<UInt8>, limit: Int) throws(EvidenceError) -> TokenTape {
    guard text.count <= min(limit, TokenTape.largestByteCount) else {
      throw EvidenceError(.jsonSize, "more than \(limit) bytes")
    }
    var scanner = CanonicalScanner()
    scanner.tape.reserve(forByteCount: text.count)
    guard try scanner.peek(text) == UInt8(ascii: "{") else {
      throw EvidenceError(.jsonNotAnObject, "not a JSON object")
    }
    try scanner.object(text, depth: 1)
    guard scanner.position == text.count else {
      throw scanner.failure(.jsonTrailing, "bytes after the object")
    }
    return scanner.tape
  }

  // MARK: - Values

  /// - Parameter depth: how many arrays and objects are open around the value.
  private mutating func value(_ text: Span<UInt8>, depth: Int) throws(EvidenceError) {
    switch try peek(text) {
    case UInt8(ascii: "\""): try string(text)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): try number(text)
    case UInt8(ascii: "{"): try object(text, depth: depth + 1)
    case UInt8(ascii: "["): try array(text, depth: depth + 1)
    case UInt8(ascii: "t"): try literal("true", .yes, text)
    case UInt8(ascii: "f"): try literal("false", .no, text)
    case UInt8(ascii: "n"): throw failure(.jsonNull, "null, or another word that is not used")
    case UInt8(ascii: "-"): throw failure(.jsonNumberForm, "a number with a sign")
    default: throw failure(.jsonSyntax, "no value")
    }
  }

  private mutating func object(_ text: Span<UInt8>, depth: Int) throws(EvidenceError) {
    let object = try open(.object, depth: depth)
    if try peek(text) == UInt8(ascii: "}") { return close(object) }
    var previousName = 0..<0
    while true {
      let member = try name(text)
      let name = tape[member].range
      try requireOrder(of: previousName, and: name, text)
      previousName = name
      guard try take(text) == UInt8(ascii: ":") else {
        throw failure(.jsonSyntax, "no colon after a name", at: position - 1)
      }
      try value(text, depth: depth)
      tape.closeMember(member)
      switch try peek(text) {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"): return close(object)
      default: throw failure(.jsonSyntax, "neither a comma nor the end of an object")
      }
    }
  }

  private mutating func array(_ text: Span<UInt8>, depth: Int) throws(EvidenceError) {
    let array = try open(.array, depth: depth)
    if try peek(text) == UInt8(ascii: "]") { return close(array) }
    while true {
      try value(text, depth: depth)
      switch try peek(text) {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"): return close(array)
      default: throw failure(.jsonSyntax, "neither a comma nor the end of an array")
      }
    }
  }

  private mutating func open(
    _ kind: TokenTape.Kind, depth: Int
  ) throws(EvidenceError) -> Int {
    guard depth <= CanonicalJSON.deepestNesting else {
      throw failure(.jsonDepth, "nested more than \(CanonicalJSON.deepestNesting) deep")
    }
    position += 1
    return tape.append(kind, position - 1, position)
  }

  private mutating func close(_ index: Int) {
    position += 1
    tape.close(index, at: position)
  }

  private mutating func literal(
    _ word: String, _ kind: TokenTape.Kind, _ text: Span<UInt8>
  ) throws(EvidenceError) {
    let start = position
    for letter in word.utf8 {
      guard try take(text) == letter else {
        throw failure(.jsonSyntax, "neither true nor false", at: start)
      }
    }
    tape.append(kind, start, position)
  }

  // MARK: - Numbers

  private mutating func number(_ text: Span<UInt8>) throws(EvidenceError) {
    let start = position
    var value: UInt64 = 0
    while position < text.count, let digit = Self.digit(text[position]) {
      guard position - start < 16 else {
        throw failure(.jsonNumberRange, "a number above 2^53 − 1", at: start)
      }
      value = value * 10 + UInt64(digit)
      position += 1
    }
    guard text[start] != UInt8(ascii: "0") || position == start + 1 else {
      throw failure(.jsonNumberForm, "a number with a leading zero", at: start)
    }
    switch try peek(text) {
    case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      throw failure(.jsonNumberForm, "a number with a fraction or an exponent", at: start)
    default: break
    }
    guard value <= CanonicalJSON.largestNumber else {
      throw failure(.jsonNumberRange, "a number above 2^53 − 1", at: start)
    }
    tape.append(.number, start, position)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? byte - UInt8(ascii: "0") : nil
  }

  // MARK: - Names

  /// Adds the name's token and returns its index.
  private mutating func name(_ text: Span<UInt8>) throws(EvidenceError) -> Int {
    guard try take(text) == UInt8(ascii: "\"") else {
      throw failure(.jsonSyntax, "no name of a member", at: position - 1)
    }
    let start = position
    while position < text.count, Self.isNameLetter(text[position]) { position += 1 }
    guard try peek(text) == UInt8(ascii: "\""), (1...64).contains(position - start) else {
      throw failure(.jsonName, "a member's name that is not allowed", at: start)
    }
    position += 1
    return tape.append(.name, start, position - 1)
  }

  private static func isNameLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// Names ascend by their bytes; `first` is empty for an object's first member.
  private func requireOrder(
    of first: Range<Int>, and second: Range<Int>, _ text: Span<UInt8>
  ) throws(EvidenceError) {
    for offset in 0..<min(first.count, second.count) {
      let (left, right) = (text[first.lowerBound + offset], text[second.lowerBound + offset])
      if left < right { return }
      if left > right {
        throw failure(.jsonNameOrder, "members that are not sorted", at: second.lowerBound)
      }
    }
    if first.count == second.count {
      throw failure(.jsonNameTwice, "two members of one name", at: second.lowerBound)
    }
    if first.count > second.count {
      throw failure(.jsonNameOrder, "members that are not sorted", at: second.lowerBound)
    }
  }

  // MARK: - Strings

  private mutating func string(_ text: Span<UInt8>) throws(EvidenceError) {
    position += 1
    let start = position
    var kind = TokenTape.Kind.text
    while true {
      while position < text.count, Self.isPlain(text[position]) { position += 1 }
      let byte = try peek(text)
      if byte == UInt8(ascii: "\"") {
        position += 1
        tape.append(kind, start, position - 1)
        return
      } else if byte == UInt8(ascii: "\\") {
        kind = .escapedText
        try escape(text)
      } else if byte < 0x20 {
        throw failure(.jsonControlCharacter, "a control character that is not escaped")
      } else {
        try multibyteCharacter(text)
      }
    }
  }

  /// Whether a byte of a string stands for itself and is a whole character.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// An escape as JCS writes it (RFC 8785, section 3.2.2.2).
  private mutating func escape(_ text: Span<UInt8>) throws(EvidenceError) {
    let start = position
    position += 1
    let letter = try take(text)
    if letter == UInt8(ascii: "u") {
      let (first, second) = (try take(text), try take(text))
      let (third, fourth) = (try take(text), try take(text))
      if first == UInt8(ascii: "0"), second == UInt8(ascii: "0"),
        let high = JSONEscape.hexDigitValue(third), let low = JSONEscape.hexDigitValue(fourth),
        high < 2, JSONEscape.shortLetter(of: high << 4 | low) == nil
      {
        return
      }
    } else if JSONEscape.character(ofShort: letter) != nil {
      return
    }
    throw failure(.jsonEscape, "an escape that is not canonical", at: start)
  }

  /// One character of two to four bytes (RFC 3629, section 4): the shortest form, no surrogates, nothing
  /// above U+10FFFF.
  private mutating func multibyteCharacter(_ text: Span<UInt8>) throws(EvidenceError) {
    let followers: Int
    var allowed: ClosedRange<UInt8> = 0x80...0xBF
    switch text[position] {
    case 0xC2...0xDF: followers = 1
    case 0xE0: (followers, allowed) = (2, 0xA0...0xBF)
    case 0xED: (followers, allowed) = (2, 0x80...0x9F)
    case 0xE1...0xEF: followers = 2
    case 0xF0: (followers, allowed) = (3, 0x90...0xBF)
    case 0xF1...0xF3: followers = 3
    case 0xF4: (followers, allowed) = (3, 0x80...0x8F)
    default: throw failure(.jsonUTF8, "bytes that are not UTF-8")
    }
    let start = position
    position += 1
    for _ in 0..<followers {
      guard allowed.contains(try peek(text)) else {
        throw failure(.jsonUTF8, "bytes that are not UTF-8", at: start)
      }
      allowed = 0x80...0xBF
      position += 1
    }
  }

  // MARK: - Bytes

  private func peek(_ text: Span<UInt8>) throws(EvidenceError) -> UInt8 {
    guard position < text.count else { throw failure(.jsonTruncated, "the text ends too early") }
    return text[position]
  }

  private mutating func take(_ text: Span<UInt8>) throws(EvidenceError) -> UInt8 {
    let byte = try peek(text)
    position += 1
    return byte
  }

  private func failure(
    _ code: EvidenceError.Code, _ message: String, at place: Int? = nil
  ) -> EvidenceError {
    EvidenceError(code, "\(message), at byte \(place ?? position)")
  }
}
