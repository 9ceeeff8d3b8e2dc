// What stands on a card: number, expiry, verification code. All of it is secret, and none of it is printed.

public import PaymentCrypto
public import PaymentModel

/// The data of a card.
///
/// In a file and in a sealed payment it is three lines of ASCII: the number (12 to 19 digits whose last one
/// is the Luhn digit of ISO/IEC 7812-1), the last month in which it is valid (`2029-12`), and the
/// verification code (3 or 4 digits).
public final class CardDetails: Sendable {
  /// The largest file, in bytes.
  public static let largestByteCount = 64

  /// The three lines, in the one form that is accepted.
  private let text: SecretBytes
  private let numberCount: Int

  /// Reads the three lines; spaces, and dashes within the number, are left out.
  ///
  /// - Throws: `cardDetails`. The error says which line is wrong and nothing of what it holds.
  public init(_ file: borrowing SecretBytes) throws(ECashError) {
    guard file.count <= Self.largestByteCount * 2 else {
      throw ECashError(.cardDetails, "a card's data are three short lines")
    }
    var lines = file.withSpan { span in Self.lines(of: span) }
    defer { for index in lines.indices { _ = SecretBytes(taking: &lines[index]) } }
    guard lines.count == 3 else {
      throw ECashError(.cardDetails, "a card's data are three lines: number, expiry, code")
    }
    lines[0].removeAll { $0 == UInt8(ascii: "-") }
    guard Luhn.isValid(lines[0]) else {
      throw ECashError(.cardDetails, "the first line is no card number")
    }
    guard Self.isMonth(lines[1]) else {
      throw ECashError(.cardDetails, "the second line is no month such as 2029-12")
    }
    guard (3...4).contains(lines[2].count), lines[2].allSatisfy(Self.isDigit) else {
      throw ECashError(.cardDetails, "the third line is no verification code")
    }
    numberCount = lines[0].count
    let newline = [UInt8(ascii: "\n")]
    var joined = lines[0] + newline + lines[1] + newline + lines[2] + newline
    text = SecretBytes(taking: &joined)
  }

  /// Lends the three lines, for a file that only its holder reads.
  public func withText<Result: ~Copyable, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try text.withSpan(body)
  }

  /// Expiry and code: what is compared with the issuer's.
  var secrets: SecretBytes {
    text.withSpan { SecretBytes(copying: $0.extracting((numberCount + 1)..<$0.count)) }
  }

  /// The code over the number by which the issuer knows the card.
  func id(under key: borrowing SecretBytes) -> CardID {
    var number = text.withSpan { span in (0..<numberCount).map { span[$0] } }
    defer { _ = SecretBytes(taking: &number) }
    guard let id = CardID(HMACSHA256.code(for: number, key: key)) else {
      preconditionFailure("a code of HMAC-SHA-256 has 32 bytes")
    }
    return id
  }

  // MARK: - Form

  private static func lines(of span: Span<UInt8>) -> [Bytes] {
    var lines: [Bytes] = [[]]
    for index in span.indices {
      switch span[index] {
      case UInt8(ascii: "\n"): lines.append([])
      case UInt8(ascii: " "), UInt8(ascii: "\r"): break
      case let byte: lines[lines.count - 1].append(byte)
      }
    }
    while let last = lines.last, last.isEmpty { lines.removeLast() }
    return lines
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isMonth(_ line: Bytes) -> Bool {
    guard line.count == 7, line[4] == UInt8(ascii: "-"),
      (line[..<4] + line[5...]).allSatisfy(isDigit)
    else { return false }
    return ("01"..."12").contains(String(decoding: line[5...], as: UTF8.self))
  }
}

extension CardDetails: PaymentMeans {
  public var method: PaymentMethod { .card }

  public func write(for binding: InstrumentBinding, to writer: inout some ClaimWriter) {
    text.withSpan { span in writer.bytes("card", span.indices.map { span[$0] }) }
  }

  /// Reads what `write` wrote, in that form only.
  static func read(from reader: inout some ClaimReader) throws(ClaimError) -> CardDetails {
    var bytes = try reader.bytes("card", atMost: largestByteCount)
    let content = SecretBytes(taking: &bytes)
    guard let card = try? CardDetails(content), card.text.isEqual(to: content) else {
      throw ClaimError("card", .badValue)
    }
    return card
  }
}

extension CardDetails: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "card [redacted]" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The check digit of card numbers (ISO/IEC 7812-1, annex B).
enum Luhn {
  /// Whether these are 12 to 19 digits of which the last one is right.
  static func isValid(_ digits: Bytes) -> Bool {
    guard (12...19).contains(digits.count),
      digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return false }
    return sum(digits) % 10 == 0
  }

  /// The digit that makes these digits valid when it stands behind them.
  static func checkDigit(of digits: Bytes) -> UInt8 {
    let zero = UInt8(ascii: "0")
    return zero + UInt8((10 - sum(digits + [zero]) % 10) % 10)
  }

  private static func sum(_ digits: Bytes) -> Int {
    digits.reversed().enumerated().reduce(0) { sum, place in
      let digit = Int(place.element - UInt8(ascii: "0"))
      guard place.offset % 2 == 1 else { return sum + digit }
      return sum + (digit < 5 ? 2 * digit : 2 * digit - 9)
    }
  }
}
