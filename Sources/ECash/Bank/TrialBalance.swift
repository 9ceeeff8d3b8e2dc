// The bank's books at one moment, and whether they hold together.

public import PaymentModel

/// What stands on every account, and where the coins are.
public struct TrialBalance: Hashable, Sendable {
  /// One denomination: how many of its coins are where.
  public struct Coins: Hashable, Sendable {
    public let denomination: DenominationID
    /// In minor units.
    public let value: UInt64
    public let issued: UInt64
    public let reserved: UInt64
    public let redeemed: UInt64
    public let isStopped: Bool

    /// In minor units: what is in wallets or held.
    public var outstanding: UInt64 { (issued - redeemed) * value }
  }

  /// Every account that something was posted to, ordered.
  public let balances: [LedgerBalance]
  /// Ordered by identifier.
  public let coins: [Coins]

  /// What stands on one account, in minor units.
  public func balance(of account: LedgerAccount) -> Int64 {
    balances.first { $0.account == account }?.minor ?? 0
  }

  /// The sum of all coins that came out and did not come back, in minor units.
  public var outstanding: UInt64 { coins.reduce(0) { $0 + $1.outstanding } }

  /// Draws up the books and checks them.
  ///
  /// - Throws: `booksUnbalanced` with the first rule that is broken: every posting balances; the balances are
  ///   the sums of the postings, add up to nothing, and none is below zero but those that others owe; what
  ///   stands on a denomination's account is (issued − redeemed) × value; reserved + redeemed ≤ issued; what
  ///   is held by a method is what its undecided processes hold; what is promised to other banks is what
  ///   undecided processes will pay there, within the credit lines; what was drawn on them and credited for them is
  ///   what was posted; no card owes more than its limit.
  init(_ rows: any BankRows, of bank: PartyName) throws(ECashError) {
    balances = rows.balances()
    coins = rows.denominations().map {
      Coins(
        denomination: $0.id, value: $0.content.value, issued: $0.issued, reserved: $0.reserved,
        redeemed: $0.redeemed, isStopped: $0.isStopped)
    }
    let (posted, clearings) = try Self.replay(rows)
    guard posted.filter({ $0.minor != 0 }) == balances.filter({ $0.minor != 0 }) else {
      throw Self.broken("the balances are not the sums of the postings")
    }
    try require(balances.reduce(0) { $0 + $1.minor } == 0, "the balances do not add up to nothing")
    for balance in balances where !balance.account.isOwed {
      try require(balance.minor >= 0, "\(balance.account) is below zero")
    }
    for kind in coins {
      try require(kind.redeemed <= kind.issued, "more coins came back than were issued")
      try require(
        kind.reserved + kind.redeemed <= kind.issued, "more coins are held than were issued")
      try require(
        balance(of: .outstanding(kind.denomination)) == Int64(kind.outstanding),
        "a denomination's account is not what its coins are worth")
    }
    try checkHolds(rows)
    try checkPromises(rows, of: bank)
    try checkDraws(rows, clearings)
    try checkCards(rows)
  }

  /// What undecided processes hold stands on the accounts of their methods.
  private func checkHolds(_ rows: any BankRows) throws(ECashError) {
    let holds = rows.undecidedHolds(from: nil)
    let held = Ledger.merged(
      holds.map {
        LedgerBalance(account: .held($0.method), minor: Int64($0.moved))
      })
    let onAccounts = balances.filter { balance in
      if case .held = balance.account { balance.minor != 0 } else { false }
    }
    try require(held == onAccounts, "what is held is not what undecided processes hold")
  }

  /// What undecided processes will pay into accounts elsewhere is what is promised to those banks.
  private func checkPromises(
    _ rows: any BankRows, of bank: PartyName
  ) throws(ECashError) {
    let holds = rows.undecidedHolds(from: nil)
    for other in rows.correspondents() {
      let promised = holds.reduce(UInt64(0)) { sum, hold in
        hold.payouts.filter { $0.payee.bank == other.bank }
          .reduce(sum) { $0 + hold.net(of: $1) }
      }
      try require(
        other.promised == promised, "what is promised to \(other.bank) is not what is held")
      let line = rows.latestCreditLine(from: other.bank, to: bank)?.limit ?? 0
      try require(
        other.drawn <= line && other.promised <= line - other.drawn,
        "more is promised to \(other.bank) than it takes")
    }
  }

  /// What was ever drawn on other banks, and credited for them, is what was posted.
  private func checkDraws(
    _ rows: any BankRows, _ posted: [ClearedSum: Int64]
  ) throws(ECashError) {
    for other in rows.correspondents() {
      let drawn = posted[ClearedSum(bank: other.bank, kind: .payment), default: 0]
      let credited = -posted[ClearedSum(bank: other.bank, kind: .clearing), default: 0]
      try require(
        Int64(clamping: other.drawn) == drawn && Int64(clamping: other.credited) == credited,
        "what was drawn on \(other.bank), or credited for it, is not what was posted")
    }
  }

  /// What postings of one kind have moved on the account of another bank.
  private struct ClearedSum: Hashable {
    let bank: PartyName
    let kind: PostingKind
  }

  private func checkCards(_ rows: any BankRows) throws(ECashError) {
    for balance in balances {
      guard case .card(let id) = balance.account, balance.minor != 0 else { continue }
      guard case .credit(let limit)? = rows.card(id)?.funds else {
        throw Self.broken("a card owes that has no credit")
      }
      try require(
        balance.minor <= 0 && -balance.minor <= Int64(clamping: limit),
        "a card owes more than its limit")
    }
  }

  private static func replay(
    _ rows: any BankRows
  ) throws(ECashError) -> (balances: [LedgerBalance], clearings: [ClearedSum: Int64]) {
    var sums: [LedgerAccount: Int64] = [:]
    var clearings: [ClearedSum: Int64] = [:]
    var number = 0
    while true {
      let page = rows.postings(after: number, atMost: 1000)
      guard let last = page.last else { break }
      for posting in page {
        guard posting.lines.reduce(0, { $0 + $1.minor }) == 0 else {
          throw broken("posting \(posting.number) does not balance")
        }
        for line in posting.lines {
          sums[line.account, default: 0] += line.minor
          if case .correspondent(let bank) = line.account {
            clearings[ClearedSum(bank: bank, kind: posting.kind), default: 0] += line.minor
          }
        }
      }
      number = last.number
    }
    let balances = sums.map { LedgerBalance(account: $0.key, minor: $0.value) }
      .sorted { $0.account < $1.account }
    return (balances, clearings)
  }

  private func require(_ holds: Bool, _ message: String) throws(ECashError) {
    guard holds else { throw Self.broken(message) }
  }

  private static func broken(_ message: String) -> ECashError {
    ECashError(.booksUnbalanced, message)
  }
}
