// Names of parties and accounts: short, printable, and safe in a path and on a terminal.

/// The name of a bank, merchant, coordinator or trustee: 1 to 63 characters of a–z, 0–9, `.` and
/// `-`, beginning and ending with a letter or digit, for example `bank.example`.
public struct PartyName: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let text: String

  public init?(_ text: String) {
    guard isName(text) else { return nil }
    self.text = text
  }

  public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
  public var description: String { text }

  /// The name under which every one-time key signs. It tells customers apart from the other roles and
  /// nothing else.
  public static let customer = PartyName(checked: "customer")

  private init(checked text: String) { self.text = text }
}

/// The name of an account at a bank, with the same rules as a party's name.
public struct AccountName: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let text: String

  public init?(_ text: String) {
    guard isName(text) else { return nil }
    self.text = text
  }

  public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
  public var description: String { text }
}

/// Where money goes: an account at a bank.
public struct Payee: Hashable, Sendable, Comparable {
  public let bank: PartyName
  public let account: AccountName

  public init(bank: PartyName, account: AccountName) {
    self.bank = bank
    self.account = account
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.bank, left.account) < (right.bank, right.account)
  }
}

private func isName(_ text: String) -> Bool {
  let letters = text.utf8
  func isAlphanumeric(_ letter: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(letter)
  }
  guard (1...63).contains(letters.count), let first = letters.first, let last = letters.last,
    isAlphanumeric(first), isAlphanumeric(last)
  else { return false }
  return letters.allSatisfy {
    isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
  }
}
