// How claims name their members. The strict canonical JSON behind it lives in `Evidence`.

/// The plain content of a statement: what somebody says, without who says it and how it is signed.
///
/// A claim writes and reads its own members, so that a field and its name on the wire stand in one
/// place. `kind`, `issuer` and `nonce` belong to the statement around it and are not written here.
public protocol Claim: Hashable, Sendable {
  /// Which kind of statement carries this claim.
  static var kind: StatementKind { get }

  /// Reads the members; the order of the calls does not matter, a member left over is an error.
  init(from reader: inout some ClaimReader) throws(ClaimError)

  /// Writes the members, in any order.
  func write(to writer: inout some ClaimWriter)

  /// The statements that this one relies on: without them it means nothing. An order is named by its process.
  var prev: [StatementID] { get }

  /// Whether a statement of this kind has more signatures than its issuer's.
  static var isCosigned: Bool { get }

  /// The keys that must sign beside the issuer's.
  var cosigners: [SigningKeyValue] { get }
}

extension Claim {
  public var prev: [StatementID] { [] }
  public static var isCosigned: Bool { false }
  public var cosigners: [SigningKeyValue] { [] }
}

/// What is wrong with the content of a claim.
public struct ClaimError: Error, Equatable, Sendable {
  /// Why a member was refused.
  public enum Reason: String, Sendable {
    case missing
    case wrongType = "wrong-type"
    case badValue = "bad-value"
    case tooLong = "too-long"
    case unknown
  }

  public let member: String
  public let reason: Reason

  public init(_ member: String, _ reason: Reason) {
    self.member = member
    self.reason = reason
  }
}

/// Takes the members of one object.
public protocol ClaimWriter {
  mutating func text(_ name: String, _ value: String)
  mutating func number(_ name: String, _ value: UInt64)
  mutating func flag(_ name: String, _ value: Bool)
  mutating func texts(_ name: String, _ values: [String])
  /// Bytes, in base64url without padding.
  mutating func bytes(_ name: String, _ value: Bytes)
  mutating func object(_ name: String, _ body: (inout Self) -> Void)
  mutating func objects<Element>(
    _ name: String, _ elements: [Element], _ body: (inout Self, Element) -> Void)
  /// An identifier, as text of 64 lower-case hexadecimal digits.
  mutating func identifier<S>(_ name: String, _ value: Identifier<S>)
  /// Identifiers, each as text of 64 lower-case hexadecimal digits.
  mutating func identifiers<S>(_ name: String, _ values: [Identifier<S>])
}

/// Gives the members of one object.
///
/// Limits are in UTF-8 bytes for text, in decoded bytes for bytes, in elements for arrays.
public protocol ClaimReader {
  mutating func has(_ name: String) -> Bool
  mutating func text(_ name: String, atMost limit: Int) throws(ClaimError) -> String
  mutating func number(_ name: String) throws(ClaimError) -> UInt64
  mutating func flag(_ name: String) throws(ClaimError) -> Bool
  mutating func texts(
    _ name: String, atMost count: Int, eachAtMost limit: Int
  ) throws(ClaimError) -> [String]
  mutating func bytes(_ name: String, atMost limit: Int) throws(ClaimError) -> Bytes
  mutating func object<Value>(
    _ name: String, _ body: (inout Self) throws(ClaimError) -> Value
  ) throws(ClaimError) -> Value
  mutating func objects<Value>(
    _ name: String, atMost count: Int, _ body: (inout Self) throws(ClaimError) -> Value
  ) throws(ClaimError) -> [Value]
  /// An identifier, from text of 64 lower-case hexadecimal digits.
  mutating func identifier<S>(_ name: String) throws(ClaimError) -> Identifier<S>
  /// Identifiers, each from text of 64 lower-case hexadecimal digits.
  mutating func identifiers<S>(
    _ name: String, atMost count: Int
  ) throws(ClaimError) -> [Identifier<S>]
}

// MARK: - Values of this module

extension ClaimWriter {
  public mutating func identifier<S>(_ name: String, _ value: Identifier<S>) {
    text(name, value.hex)
  }

  public mutating func identifiers<S>(_ name: String, _ values: [Identifier<S>]) {
    texts(name, values.map(\.hex))
  }

  public mutating func amount(_ name: String, _ value: Amount) {
    object(name) { writer in
      writer.text("currency", value.currency.code)
      writer.number("minor", value.minor)
    }
  }

  /// A time at or after 1970, in milliseconds. Times outside of what a number can hold are written as the
  /// nearest that it can.
  public mutating func timestamp(_ name: String, _ value: Timestamp) {
    number(name, min(UInt64(clamping: value.milliseconds), Amount.largestMinor))
  }

  public mutating func payee(_ name: String, _ value: Payee) {
    object(name) { writer in
      writer.text("account", value.account.text)
      writer.text("bank", value.bank.text)
    }
  }

  public mutating func choice(_ name: String, _ value: some RawRepresentable<String>) {
    text(name, value.rawValue)
  }

  /// What is kept, in minor units; left out when it is nothing.
  mutating func fee(_ name: String, _ minor: UInt64) {
    if minor > 0 { number(name, minor) }
  }
}

extension ClaimReader {
  public mutating func identifier<S>(_ name: String) throws(ClaimError) -> Identifier<S> {
    guard let value = Identifier<S>(hex: try text(name, atMost: 2 * Identifier<S>.byteCount)) else {
      throw ClaimError(name, .badValue)
    }
    return value
  }

  public mutating func identifiers<S>(
    _ name: String, atMost count: Int
  ) throws(ClaimError) -> [Identifier<S>] {
    var values: [Identifier<S>] = []
    for text in try texts(name, atMost: count, eachAtMost: 2 * Identifier<S>.byteCount) {
      guard let value = Identifier<S>(hex: text) else { throw ClaimError(name, .badValue) }
      values.append(value)
    }
    return values
  }

  public mutating func amount(_ name: String) throws(ClaimError) -> Amount {
    try object(name) { reader throws(ClaimError) in
      let minor = try reader.number("minor")
      guard let currency = Currency(try reader.text("currency", atMost: 12)),
        let amount = try? Amount(minor: minor, currency: currency)
      else { throw ClaimError(name, .badValue) }
      return amount
    }
  }

  public mutating func timestamp(_ name: String) throws(ClaimError) -> Timestamp {
    Timestamp(milliseconds: Int64(clamping: try number(name)))
  }

  public mutating func party(_ name: String) throws(ClaimError) -> PartyName {
    guard let value = PartyName(try text(name, atMost: 63)) else {
      throw ClaimError(name, .badValue)
    }
    return value
  }

  public mutating func account(_ name: String) throws(ClaimError) -> AccountName {
    guard let value = AccountName(try text(name, atMost: 63)) else {
      throw ClaimError(name, .badValue)
    }
    return value
  }

  public mutating func payee(_ name: String) throws(ClaimError) -> Payee {
    try object(name) { reader throws(ClaimError) in
      Payee(bank: try reader.party("bank"), account: try reader.account("account"))
    }
  }

  /// A member that names one of some choices, in at most so many bytes.
  public mutating func choice<Choice: RawRepresentable<String>>(
    _ name: String, of choices: Choice.Type = Choice.self, atMost limit: Int = 64
  ) throws(ClaimError) -> Choice {
    guard let value = Choice(rawValue: try text(name, atMost: limit)) else {
      throw ClaimError(name, .badValue)
    }
    return value
  }

  /// What is kept, in minor units: nothing when it is left out, and never written as zero.
  mutating func fee(_ name: String) throws(ClaimError) -> UInt64 {
    guard has(name) else { return 0 }
    let minor = try number(name)
    guard minor > 0 else { throw ClaimError(name, .badValue) }
    return minor
  }

  /// A whole number within limits.
  public mutating func number(
    _ name: String, in range: ClosedRange<Int>
  ) throws(ClaimError) -> Int {
    guard let value = Int(exactly: try number(name)), range.contains(value) else {
      throw ClaimError(name, .badValue)
    }
    return value
  }

  /// Reads a member that may be absent.
  public mutating func ifPresent<Value>(
    _ name: String, _ read: (inout Self) throws(ClaimError) -> Value
  ) throws(ClaimError) -> Value? {
    has(name) ? try read(&self) : nil
  }
}
