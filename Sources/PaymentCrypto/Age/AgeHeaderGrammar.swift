// The grammar of age headers, read in one pass. One header has one spelling.

public import PaymentModel

extension Age.Header {
  /// Reads the header at the start of the bytes, whatever follows it.
  ///
  /// - Returns: `nil` when the bytes end before the header does; more of them may complete it.
  /// - Throws: `ageVersion`, `ageHeaderGrammar`, `ageHeaderSize`.
  public static func read(from bytes: Bytes) throws(CryptoError) -> Age.Header? {
    var grammar = HeaderGrammar(bytes)
    return try grammar.header()
  }
}

/// Reads line after line.
struct HeaderGrammar {
  static let versionLine = Bytes("age-encryption.org/v1\n".utf8)
  static let end = Bytes("---".utf8)
  /// How many letters of Base64 the code has.
  static let codeLetterCount = 43

  private static let stanzaStart = Bytes("-> ".utf8)
  private static let codeStart = end + [UInt8(ascii: " ")]

  private let bytes: Bytes
  private var position = 0

  init(_ bytes: Bytes) {
    self.bytes = bytes
  }

  mutating func header() throws(CryptoError) -> Age.Header? {
    guard bytes.starts(with: Self.versionLine) else {
      if bytes.count < Self.versionLine.count, Self.versionLine.starts(with: bytes) { return nil }
      throw CryptoError(.ageVersion, "not an age v1 file")
    }
    position = Self.versionLine.count
    var stanzas: [Age.Stanza] = []
    while true {
      guard let line = try line() else { return nil }
      if line.starts(with: Self.stanzaStart) {
        guard stanzas.count < Age.Header.largestStanzaCount else { throw tooLarge }
        let arguments = try arguments(line.dropFirst(Self.stanzaStart.count))
        guard let body = try body() else { return nil }
        stanzas.append(Age.Stanza(arguments: arguments, body: body))
      } else {
        let code =
          line.starts(with: Self.codeStart)
          ? Base64.unpadded.decode(line.dropFirst(Self.codeStart.count)) : nil
        guard let code, code.count == HMACSHA256.byteCount, !stanzas.isEmpty else {
          throw malformed
        }
        return Age.Header(stanzas: stanzas, code: code, bytes: Bytes(bytes[..<position]))
      }
    }
  }

  /// The next line without its line feed, or `nil` when it is not yet there.
  private mutating func line() throws(CryptoError) -> ArraySlice<UInt8>? {
    let limit = min(bytes.count, Age.Header.largestByteCount)
    guard let end = bytes[position..<limit].firstIndex(of: UInt8(ascii: "\n")) else {
      guard bytes.count < Age.Header.largestByteCount else { throw tooLarge }
      return nil
    }
    defer { position = end + 1 }
    return bytes[position..<end]
  }

  /// One or more words of visible ASCII, with one space between them.
  private func arguments(_ line: ArraySlice<UInt8>) throws(CryptoError) -> [String] {
    let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    let isWellFormed = words.allSatisfy { word in
      !word.isEmpty && word.allSatisfy { (0x21...0x7e).contains($0) }
    }
    guard isWellFormed else { throw malformed }
    return words.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Lines of 64 letters, then one that is shorter.
  private mutating func body() throws(CryptoError) -> Bytes? {
    var letters = Bytes()
    while true {
      guard let line = try line() else { return nil }
      guard line.count <= Age.Stanza.lineLetterCount else { throw malformed }
      letters += line
      if line.count < Age.Stanza.lineLetterCount { break }
    }
    guard let body = Base64.unpadded.decode(letters) else { throw malformed }
    return body
  }

  private var malformed: CryptoError {
    CryptoError(.ageHeaderGrammar, "an age header is malformed")
  }

  private var tooLarge: CryptoError {
    CryptoError(.ageHeaderSize, "an age header is too large")
  }
}
