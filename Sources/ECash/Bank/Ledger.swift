// Double-entry bookkeeping: every posting is a balanced set of lines.

public import PaymentModel

/// An account of the bank's books. What the bank owes stands as a positive number.
public enum LedgerAccount: Hashable, Sendable {
  /// Money of an account holder.
  case holder(AccountName)
  /// Coins of one denomination that are in wallets.
  case outstanding(DenominationID)
  /// What the bank has earned.
  case fees
  /// The other side of money that came from outside: negative, because others owe it to the bank.
  case clearing
  /// What is owed to another bank for payments into its accounts; below zero when the other bank owes it.
  case correspondent(PartyName)
  /// Money that undecided processes hold by one method.
  case held(PaymentMethod)
  /// What was sold of a method's own money and not been paid with yet.
  case issued(PaymentMethod)
  /// What a cardholder owes: zero or below.
  case card(CardID)

  /// `holder/NAME`, `outstanding/ID`, `fees`, `clearing`, `clearing/BANK`, `held/METHOD`, `issued/METHOD` or
  /// `card/ID`.
  public var text: String {
    switch self {
    case .holder(let name): "holder/\(name)"
    case .outstanding(let denomination): "outstanding/\(denomination)"
    case .fees: "fees"
    case .clearing: "clearing"
    case .correspondent(let bank): "clearing/\(bank)"
    case .held(let method): "held/\(method.rawValue)"
    case .issued(let method): "issued/\(method.rawValue)"
    case .card(let card): "card/\(card)"
    }
  }

  /// Whether the account may stand below zero, because others owe it to the bank.
  public var isOwed: Bool {
    switch self {
    case .clearing, .correspondent, .card: true
    case .holder, .outstanding, .fees, .held, .issued: false
    }
  }

  /// Reads what `text` writes.
  public init?(text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts.first, parts.dropFirst().first) {
    case ("fees", nil): self = .fees
    case ("clearing", nil): self = .clearing
    case ("holder", .some(let name)):
      guard let name = AccountName(String(name)) else { return nil }
      self = .holder(name)
    case ("outstanding", .some(let id)):
      guard let id = DenominationID(hex: id) else { return nil }
      self = .outstanding(id)
    case ("clearing", .some(let name)):
      guard let bank = PartyName(String(name)) else { return nil }
      self = .correspondent(bank)
    case ("held", .some(let name)):
      guard let method = PaymentMethod(rawValue: String(name)) else { return nil }
      self = .held(method)
    case ("issued", .some(let name)):
      guard let method = PaymentMethod(rawValue: String(name)) else { return nil }
      self = .issued(method)
    case ("card", .some(let id)):
      guard let id = CardID(hex: id) else { return nil }
      self = .card(id)
    default: return nil
    }
  }
}

extension LedgerAccount: Comparable, CustomStringConvertible {
  public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
  public var description: String { text }
}

/// An account and what stands on it, in minor units.
public struct LedgerBalance: Hashable, Sendable {
  public let account: LedgerAccount
  public let minor: Int64

  public init(account: LedgerAccount, minor: Int64) {
    self.account = account
    self.minor = minor
  }
}

/// Why something was posted.
public enum PostingKind: String, CaseIterable, Sendable {
  /// Money came from outside. Reference: the depositor's.
  case credit
  /// Account money became coins. Reference: the withdrawal.
  case withdrawal
  /// Money became what a method pays with, or the other way round. Reference: the method's.
  case funding
  /// Money was moved aside for a process. Reference: the process.
  case hold
  /// It was put back, because the process was aborted. Reference: the process.
  case release
  /// What was held became account money of the payees. Reference: the process.
  case payment
  /// Another bank paid into an account here. Reference: its transfer, see `ClearingRule`.
  case clearing
  /// Banks paid each other what they owed, outside of the books. Reference: see `SettleRule`.
  case settlement
}

/// One entry of the books. Its lines add up to nothing.
public struct Posting: Hashable, Sendable {
  /// From 1, without gaps.
  public let number: Int
  public let kind: PostingKind
  public let reference: Digest
  public let at: Timestamp
  public let lines: [LedgerBalance]

  public init(
    number: Int, kind: PostingKind, reference: Digest, at: Timestamp, lines: [LedgerBalance]
  ) {
    self.number = number
    self.kind = kind
    self.reference = reference
    self.at = at
    self.lines = lines
  }
}

/// The books of a bank.
public enum Ledger {
  /// Appends a posting and carries its lines over to the balances. Without lines nothing is posted.
  ///
  /// What others owe the bank is bounded (`LedgerAccount.isOwed`), and no other balance goes below zero; so
  /// no sum can be larger than what can be counted.
  ///
  /// - Throws: `booksUnbalanced` when the lines do not add up to nothing, or an account would stand below
  ///   zero that may not.
  public static func post(
    _ kind: PostingKind, reference: Digest, at time: Timestamp, lines: [LedgerBalance],
    in rows: inout any BankRows
  ) throws(ECashError) {
    guard !lines.isEmpty else { return }
    let lines = merged(lines)
    guard lines.reduce(0, { $0 + $1.minor }) == 0 else {
      throw ECashError(.booksUnbalanced, "a posting's lines do not add up to nothing")
    }
    rows.append(
      Posting(
        number: rows.lastPostingNumber() + 1, kind: kind, reference: reference, at: time,
        lines: lines))
    for line in lines {
      let balance = rows.balance(of: line.account) + line.minor
      guard balance >= 0 || line.account.isOwed || line.minor >= 0 else {
        throw ECashError(.booksUnbalanced, "a posting takes more from an account than is there")
      }
      rows.setBalance(balance, of: line.account)
    }
  }

  /// One line for each account, ordered by account, and none of nothing.
  static func merged(_ lines: [LedgerBalance]) -> [LedgerBalance] {
    let sums = Dictionary(lines.map { ($0.account, $0.minor) }, uniquingKeysWith: +)
    return sums.filter { $0.value != 0 }
      .map { LedgerBalance(account: $0.key, minor: $0.value) }
      .sorted { $0.account < $1.account }
  }
}
