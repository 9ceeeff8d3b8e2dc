// Age identity files, as `age-keygen` and purchases write them.

public import Goods
public import PaymentCrypto
import PaymentModel

/// The identities of an age identity file: one `AGE-SECRET-KEY-1…` on each line, between comments
/// and empty lines.
public struct IdentityFile: ~Copyable, Sendable {
  /// The largest file that is read, in bytes.
  public static let largestByteCount = 65_536
  /// The most identities that are read.
  public static let largestCount = 256

  private let content: SecretBytes
  private let lines: [Range<Int>]

  /// How many identities there are; at least one.
  public var count: Int { lines.count }

  /// Reads a file.
  ///
  /// - Throws: `keys` when it cannot be read, is too large, or holds no identity.
  public init(path: String) throws(PartyError) {
    guard var bytes = DurableFile.read(path) else {
      throw PartyError(.keys, "cannot read \(path)")
    }
    let content = SecretBytes(taking: &bytes)
    guard content.count <= Self.largestByteCount else {
      throw PartyError(.keys, "\(path) is too large for an identity file")
    }
    let lines = content.withSpan { Self.lines(in: $0) }
    guard (1...Self.largestCount).contains(lines.count) else {
      throw PartyError(.keys, "\(path) holds no age identity")
    }
    self.content = content
    self.lines = lines
  }

  /// An identity, counted from 0.
  ///
  /// - Throws: `keys` when that line is no X25519 identity.
  public borrowing func identity(_ number: Int) throws(PartyError) -> Age.Identity {
    let text = content.withSpan { SecretBytes(copying: $0.extracting(lines[number])) }
    do {
      return try Age.Identity(encoded: text)
    } catch {
      throw PartyError(.keys, "identity \(number + 1) is no X25519 age identity")
    }
  }

  /// Writes a file with one identity, which only its owner may read. Unless told otherwise, nothing is
  /// overwritten.
  ///
  /// - Throws: `outputExists`, `filePath`, `file`.
  public static func write(
    _ identity: borrowing Age.Identity, to path: String, overwriting: Bool = false
  ) throws(GoodsError) {
    var bytes = Bytes("# public key: \(identity.recipient)\n".utf8)
    identity.encoded().withSpan { text in
      for index in text.indices { bytes.append(text[index]) }
    }
    bytes.append(lineFeed)
    defer { _ = SecretBytes(taking: &bytes) }
    try DurableFile.write(bytes, to: path, overwriting: overwriting)
  }

  // MARK: - Lines

  private static let lineFeed = UInt8(ascii: "\n")

  /// Where the lines stand that are neither empty nor comments, without white space around them.
  private static func lines(in text: Span<UInt8>) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start = 0
    for end in 0...text.count where end == text.count || text[end] == lineFeed {
      let line = trimmed(start..<end, of: text)
      if !line.isEmpty, text[line.lowerBound] != UInt8(ascii: "#") { lines.append(line) }
      start = end + 1
    }
    return lines
  }

  private static func trimmed(_ line: Range<Int>, of text: Span<UInt8>) -> Range<Int> {
    func isSpace(_ letter: UInt8) -> Bool {
      letter == UInt8(ascii: " ") || letter == UInt8(ascii: "\t") || letter == UInt8(ascii: "\r")
    }
    var (start, end) = (line.lowerBound, line.upperBound)
    while start < end, isSpace(text[start]) { start += 1 }
    while start < end, isSpace(text[end - 1]) { end -= 1 }
    return start..<end
  }
}
