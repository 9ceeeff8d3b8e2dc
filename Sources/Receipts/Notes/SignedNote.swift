// Signed notes (C2SP signed-note): a text, an empty line, and signature lines.

public import PaymentModel
import PaymentCrypto

/// A text with the signatures below it. Nothing about it has been verified.
///
/// Reading is strict, so that the bytes are what printing gives: UTF-8 without control characters but
/// line feeds, base64 without spare bits. Signatures of unknown keys may stand there and mean nothing;
/// a line that is no signature line spoils the note.
public struct SignedNote: Hashable, Sendable {
  /// The largest note that is read.
  public static let largestByteCount = 131_072
  /// The most signatures that are read.
  public static let largestSignatureCount = 16

  /// The text, with the line feed that ends it.
  public let text: Bytes
  public private(set) var signatures: [NoteSignature]

  package init(text: Bytes, signatures: [NoteSignature]) {
    self.text = text
    self.signatures = signatures
  }

  /// Reads a note.
  ///
  /// - Throws: in this order `noteSize`, `noteCharacters`, `noteFormat`, `noteSignatureCount`,
  ///   `noteSignatureLine`.
  public init(_ bytes: Bytes) throws(ReceiptsError) {
    guard bytes.count <= Self.largestByteCount else {
      throw ReceiptsError(.noteSize, "the note is too large")
    }
    guard String(validating: bytes, as: UTF8.self) != nil,
      bytes.allSatisfy({ $0 >= 0x20 || $0 == 0x0A })
    else { throw ReceiptsError(.noteCharacters, "the note has characters that no note has") }
    guard let end = Self.endOfText(bytes), bytes.last == 0x0A else {
      throw ReceiptsError(.noteFormat, "the note is not a text, an empty line and signatures")
    }
    let lines = bytes[(end + 1)...].split(separator: 0x0A, omittingEmptySubsequences: false)
      .dropLast()
    guard !lines.isEmpty else { throw ReceiptsError(.noteFormat, "the note has no signature") }
    guard lines.count <= Self.largestSignatureCount else {
      throw ReceiptsError(.noteSignatureCount, "the note has too many signatures")
    }
    text = Bytes(bytes[..<end])
    var signatures: [NoteSignature] = []
    for line in lines {
      guard let signature = NoteSignature(line: line) else {
        throw ReceiptsError(.noteSignatureLine, "a line below the note is no signature")
      }
      signatures.append(signature)
    }
    self.signatures = signatures
  }

  /// Where the last empty line is; the text ends before it.
  private static func endOfText(_ bytes: Bytes) -> Int? {
    bytes.indices.dropFirst().last { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }
  }

  /// The note as it travels.
  public var bytes: Bytes {
    signatures.reduce(into: text + [0x0A]) { $0 += $1.line }
  }

  /// The note with further signatures; of one key the last is kept.
  package func adding(_ more: [NoteSignature]) -> SignedNote {
    let kept = signatures.filter { old in !more.contains { $0.isOfSameKey(as: old) } }
    return SignedNote(text: text, signatures: kept + more)
  }
}

/// One signature line: whose it is said to be, and what it says.
public struct NoteSignature: Hashable, Sendable {
  public let name: String
  public let keyID: UInt32
  /// What follows the key ID; its form depends on the key.
  public let value: Bytes

  package init(name: String, keyID: UInt32, value: Bytes) {
    self.name = name
    self.keyID = keyID
    self.value = value
  }

  private static let dash = Bytes("\u{2014} ".utf8)

  /// Reads `— <name> <base64(key ID ‖ value)>` without its line feed.
  init?(line: some Collection<UInt8>) {
    guard line.starts(with: Self.dash) else { return nil }
    let fields = line.dropFirst(Self.dash.count)
      .split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: false)
    guard fields.count == 2, let name = String(validating: fields[0], as: UTF8.self),
      Self.isName(name), let content = Base64.padded.decode(fields[1]), content.count > 4
    else { return nil }
    self.name = name
    keyID = content.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    value = Bytes(content.dropFirst(4))
  }

  /// The line with its line feed.
  var line: Bytes {
    let content = Bytes(bigEndian: UInt64(keyID)).suffix(4) + value
    return Self.dash + Bytes(name.utf8) + [0x20] + Base64.padded.encode(content) + [0x0A]
  }

  func isOfSameKey(as other: NoteSignature) -> Bool {
    keyID == other.keyID && name.utf8.elementsEqual(other.name.utf8)
  }

  /// A key's name is not empty and has neither spaces nor plus signs.
  static func isName(_ text: some StringProtocol) -> Bool {
    !text.isEmpty
      && text.unicodeScalars.allSatisfy {
        !$0.properties.isWhitespace && $0 != "+" && $0.value >= 32
      }
  }
}
