// 32-byte identifiers, held inline and told apart by the type of what they name.

/// A SHA-256 digest or another 32-byte name of a `Subject`.
///
/// Written as 64 lower-case hexadecimal digits. Ordered by its bytes.
public struct Identifier<Subject>: Hashable, Sendable {
  /// How many bytes an identifier has.
  public static var byteCount: Int { 32 }

  private let words: InlineArray<4, UInt64>

  /// Takes exactly 32 bytes, and nothing else.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.init(Bytes(bytes))
  }

  /// Takes exactly 32 bytes, and nothing else.
  public init?(_ bytes: Bytes) {
    self.init(bytes.span)
  }

  /// Takes exactly 32 bytes, and nothing else.
  public init?(_ bytes: Span<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var words = InlineArray<4, UInt64>(repeating: 0)
    for index in 0..<4 { words[index] = UInt64(bigEndianAt: 8 * index, in: bytes) }
    self.words = words
  }

  /// Reads 64 lower-case hexadecimal digits.
  public init?(hex: some StringProtocol) {
    guard hex.utf8.count == 2 * Self.byteCount else { return nil }
    let digits = Bytes(hex.utf8)
    self.init(hexDigits: digits.span)
  }

  /// Reads 64 lower-case hexadecimal digits.
  package init?(hexDigits digits: Span<UInt8>) {
    guard digits.count == 2 * Self.byteCount else { return nil }
    var words = InlineArray<4, UInt64>(repeating: 0)
    for index in 0..<4 {
      guard
        let high = Hexadecimal.number(of: UInt64(bigEndianAt: 16 * index, in: digits)),
        let low = Hexadecimal.number(of: UInt64(bigEndianAt: 16 * index + 8, in: digits))
      else { return nil }
      words[index] = UInt64(high) << 32 | UInt64(low)
    }
    self.words = words
  }

  /// The 32 bytes.
  public var bytes: Bytes {
    var bytes = Bytes()
    bytes.reserveCapacity(Self.byteCount)
    append(to: &bytes)
    return bytes
  }

  /// Adds the 32 bytes.
  package func append(to bytes: inout Bytes) {
    bytes.append(addingCapacity: Self.byteCount) { added in
      for index in 0..<4 { added.append(bigEndian: words[index]) }
    }
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    var digits = Bytes()
    digits.reserveCapacity(2 * Self.byteCount)
    appendHexDigits(to: &digits)
    return String(decoding: digits, as: UTF8.self)
  }

  /// Adds 64 lower-case hexadecimal digits.
  package func appendHexDigits(to text: inout Bytes) {
    for index in 0..<4 {
      let word = words[index]
      text.append(bigEndian: Hexadecimal.digits(of: UInt32(truncatingIfNeeded: word >> 32)))
      text.append(bigEndian: Hexadecimal.digits(of: UInt32(truncatingIfNeeded: word)))
    }
  }

  /// The same bytes as the name of something else.
  public func renamed<Other>(to: Other.Type = Other.self) -> Identifier<Other> {
    Identifier<Other>(words: words)
  }

  private init(words: InlineArray<4, UInt64>) {
    self.words = words
  }

  public static func == (left: Self, right: Self) -> Bool {
    var difference: UInt64 = 0
    for index in 0..<4 { difference |= left.words[index] ^ right.words[index] }
    return difference == 0
  }

  public func hash(into hasher: inout Hasher) {
    for index in 0..<4 { hasher.combine(words[index]) }
  }
}

extension Identifier: Comparable {
  public static func < (left: Self, right: Self) -> Bool {
    for index in 0..<4 where left.words[index] != right.words[index] {
      return left.words[index] < right.words[index]
    }
    return false
  }
}

extension Identifier: CustomStringConvertible {
  public var description: String { hex }
}

extension UInt64 {
  /// Eight bytes, the most significant first.
  fileprivate init(bigEndianAt start: Int, in bytes: Span<UInt8>) {
    self = 0
    for offset in 0..<8 { self = self << 8 | UInt64(bytes[start + offset]) }
  }
}

/// What an `Identifier` can name.
public enum Subject {
  public enum Content {}
  public enum Process {}
  public enum Statement {}
  public enum Key {}
  public enum Denomination {}
  public enum Coin {}
  public enum Card {}
  public enum SigningKey {}
  public enum Recipient {}
}

/// A SHA-256 digest of some bytes.
public typealias Digest = Identifier<Subject.Content>

/// A process: the SHA-256 digest of its order's payload, so that the same order is the same process.
public typealias ProcessID = Identifier<Subject.Process>

/// A statement: the SHA-256 digest of its payload.
public typealias StatementID = Identifier<Subject.Statement>

/// A public key: its RFC 7638 thumbprint.
public typealias Thumbprint = Identifier<Subject.Key>

/// A denomination: the SHA-256 digest of its public key (SubjectPublicKeyInfo, DER).
public typealias DenominationID = Identifier<Subject.Denomination>

/// A coin: its Ed25519 public key. A coin is a key pair.
public typealias CoinID = Identifier<Subject.Coin>

/// A card at the bank that issued it: a code over its number, under a key that only the issuer has.
public typealias CardID = Identifier<Subject.Card>

/// An Ed25519 public key as 32 bytes, not yet checked to be one.
public typealias SigningKeyValue = Identifier<Subject.SigningKey>

/// An age X25519 recipient as 32 bytes, not yet checked to be one.
public typealias RecipientValue = Identifier<Subject.Recipient>
