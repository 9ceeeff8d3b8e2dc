// What a bank keeps: rows without a rule. The rules stand in `Rules` and run on them in one
// transaction.

public import PaymentModel

/// The rows of a bank, within one transaction.
///
/// Verbs named `put` insert the row or replace the one with the same key. Lists come in the order of
/// their key. Nothing here throws, see `Store`.
public protocol BankRows {
  // MARK: Books

  func account(_ name: AccountName) -> AccountRow?
  /// Ordered by name.
  func accounts() -> [AccountRow]
  mutating func put(_ account: AccountRow)

  /// Zero for an account that nothing was ever posted to.
  func balance(of account: LedgerAccount) -> Int64
  /// Every account that something was posted to, ordered.
  func balances() -> [LedgerBalance]
  mutating func setBalance(_ minor: Int64, of account: LedgerAccount)

  /// The number of the last posting; 0 before the first.
  func lastPostingNumber() -> Int
  /// The key is `number`; (`kind`, `reference`) is unique, too.
  mutating func append(_ posting: Posting)
  func posting(_ kind: PostingKind, reference: Digest) -> Posting?
  /// In the order of their numbers.
  func postings(after number: Int, atMost count: Int) -> [Posting]

  // MARK: Denominations

  func keyset(period: Int) -> KeysetRow?
  /// The one with the highest period.
  func latestKeyset() -> KeysetRow?
  mutating func put(_ keyset: KeysetRow)

  func denomination(_ id: DenominationID) -> DenominationRow?
  /// Ordered by identifier.
  func denominations() -> [DenominationRow]
  mutating func put(_ denomination: DenominationRow)

  /// The private key as it was sealed by the signer.
  func sealedDenominationKey(_ id: DenominationID) -> Bytes?
  mutating func putSealedDenominationKey(_ sealed: Bytes, of id: DenominationID)

  // MARK: Issuing

  func issuedCoin(_ blindedMessage: Digest) -> IssuedCoinRow?
  mutating func put(_ coin: IssuedCoinRow)
  func withdrawal(_ id: StatementID) -> WithdrawalRow?
  mutating func put(_ withdrawal: WithdrawalRow)

  // MARK: Payments

  func coin(_ id: CoinID) -> CoinRow?
  mutating func put(_ coin: CoinRow)
  mutating func removeCoin(_ id: CoinID)

  func hold(of process: ProcessID) -> HoldRow?
  /// The holds of undecided processes that moved money aside from that account; without one, all holds of
  /// undecided processes, those of coins included. Ordered by process.
  func undecidedHolds(from source: LedgerAccount?) -> [HoldRow]
  mutating func put(_ hold: HoldRow)
  func tombstone(coordinator: Thumbprint, process: ProcessID) -> TombstoneRow?
  mutating func put(_ tombstone: TombstoneRow)

  func reply(to request: RequestKey) -> ReplyRow?
  mutating func put(_ reply: ReplyRow)

  // MARK: Clearing

  func correspondent(_ bank: PartyName) -> CorrespondentRow?
  /// Ordered by name.
  func correspondents() -> [CorrespondentRow]
  mutating func put(_ correspondent: CorrespondentRow)

  func creditLine(_ id: StatementID) -> CreditLineRow?
  /// Of the lines of one bank to another that with the highest limit, and of those the one that is valid longest.
  func latestCreditLine(from creditor: PartyName, to debtor: PartyName) -> CreditLineRow?
  mutating func put(_ line: CreditLineRow)

  func collected(_ transfer: StatementID) -> CollectedRow?
  /// Transfers of a bank that have drawn some of the units after the first bound up to the second. Ordered by
  /// their totals, then by identifier.
  func collected(from bank: PartyName, above: UInt64, upTo: UInt64) -> [CollectedRow]
  /// All transfers of one payment, in the same order.
  func collected(of payment: Digest) -> [CollectedRow]
  mutating func put(_ collected: CollectedRow)

  // MARK: Methods

  /// A card and what it pays with.
  func card(_ id: CardID) -> CardRow?
  /// Ordered by identifier.
  func cards() -> [CardRow]
  mutating func put(_ card: CardRow)

  /// What a method of payment keeps of its own.
  func record(of method: PaymentMethod, _ key: Digest) -> Bytes?
  mutating func putRecord(_ record: Bytes, of method: PaymentMethod, _ key: Digest)

  // MARK: Details

  /// Details of a refusal, sealed to the customer.
  func sealedDetails(of process: ProcessID) -> Bytes?
  mutating func putSealedDetails(_ sealed: Bytes, of process: ProcessID)

  // MARK: Outbox

  /// Statements made that have not been logged yet, oldest first.
  func outbox(atMost count: Int) -> [OutboxRow]
  /// Puts a statement last.
  mutating func enqueue(_ statement: StatementID, kind: StatementKind)
  /// Forgets what was logged: all up to this number.
  mutating func dropOutbox(through number: Int)
}

/// An account and the key that withdraws from it.
public struct AccountRow: Hashable, Sendable {
  public let name: AccountName
  public let key: SigningKeyValue
  public let openedAt: Timestamp

  public init(name: AccountName, key: SigningKeyValue, openedAt: Timestamp) {
    self.name = name
    self.key = key
    self.openedAt = openedAt
  }
}

/// The signed keyset of one period and what it charges.
public struct KeysetRow: Hashable, Sendable {
  /// The key.
  public let period: Int
  public let currency: Currency
  public let fees: Fees
  public let statement: Signed<Keyset>

  public init(period: Int, currency: Currency, fees: Fees, statement: Signed<Keyset>) {
    self.period = period
    self.currency = currency
    self.fees = fees
    self.statement = statement
  }
}

/// A denomination and how many of its coins are where.
public struct DenominationRow: Hashable, Sendable {
  /// The key.
  public let id: DenominationID
  public let period: Int
  public let content: Denomination
  /// How many coins were debited from accounts.
  public var issued: UInt64
  /// How many coins undecided processes hold.
  public var reserved: UInt64
  /// How many coins came back.
  public var redeemed: UInt64
  /// More coins appeared than were issued: its key must be known to somebody else.
  public var isStopped: Bool

  public init(
    id: DenominationID, period: Int, content: Denomination, issued: UInt64 = 0,
    reserved: UInt64 = 0, redeemed: UInt64 = 0, isStopped: Bool = false
  ) {
    self.id = id
    self.period = period
    self.content = content
    self.issued = issued
    self.reserved = reserved
    self.redeemed = redeemed
    self.isStopped = isStopped
  }
}

/// A blinded message that an account has paid for.
public struct IssuedCoinRow: Hashable, Sendable {
  /// The key: SHA-256(denomination ‖ blinded message).
  public let blindedMessage: Digest
  public let denomination: DenominationID
  /// The withdrawal that paid for it.
  public let withdrawal: StatementID
  /// `nil` between the debit and the signature.
  public var blindSignature: Bytes?

  public init(
    blindedMessage: Digest, denomination: DenominationID, withdrawal: StatementID,
    blindSignature: Bytes? = nil
  ) {
    self.blindedMessage = blindedMessage
    self.denomination = denomination
    self.withdrawal = withdrawal
    self.blindSignature = blindSignature
  }
}

/// A withdrawal that was debited.
public struct WithdrawalRow: Hashable, Sendable {
  /// The key.
  public let id: StatementID
  public let account: AccountName
  /// In minor units, fees included; repeated blinded messages cost nothing.
  public let debit: UInt64
  /// The bank's answer; `nil` between the debit and the signatures.
  public var issue: Signed<Issue>?

  public init(
    id: StatementID, account: AccountName, debit: UInt64, issue: Signed<Issue>? = nil
  ) {
    self.id = id
    self.account = account
    self.debit = debit
    self.issue = issue
  }
}

/// A coin that was used. Unknown coins have no row; the coin is the key.
public struct CoinRow: Hashable, Sendable {
  public enum State: String, Sendable {
    /// Held by one undecided process.
    case reserved
    /// Used up by a committed one.
    case spent
  }

  /// The key.
  public let coin: CoinID
  public let denomination: DenominationID
  public var state: State
  /// The process that it was used in, and the coin's signature on that.
  public let use: CoinUse

  public init(coin: CoinID, denomination: DenominationID, state: State, use: CoinUse) {
    self.coin = coin
    self.denomination = denomination
    self.state = state
    self.use = use
  }
}

/// The money of one process: held, and then posted or given free.
public struct HoldRow: Hashable, Sendable {
  public enum State: String, Sendable {
    case reserved
    case posted
    case voided
  }

  /// The key. An order names its coordinator, so one process has one.
  public let process: ProcessID
  public let coordinator: Thumbprint
  public let decideBy: Timestamp
  public let total: Amount
  /// What each payee gets when the process commits, in the order of the payment part.
  public let payouts: [Payout]
  /// What the bank keeps of each transfer, in minor units.
  public let transferFee: UInt64
  /// The method that holds it.
  public let method: PaymentMethod
  /// What is held, in the method's own form. Coins: their identifiers, one after another.
  public let held: Bytes
  /// The account that money was moved aside from; `nil` for coins.
  public let source: LedgerAccount?
  /// How much of the total was moved aside, in minor units; of the rest the method keeps its own account.
  public let moved: UInt64
  public var state: State
  /// What ended the hold.
  public var verdict: LoggedVerdict?
  /// Its identifier.
  public var verdictID: StatementID?
  /// The answer that was given then, and is given again.
  public var reply: Bytes?

  public init(
    process: ProcessID, coordinator: Thumbprint, decideBy: Timestamp, total: Amount,
    payouts: [Payout], transferFee: UInt64, method: PaymentMethod, held: Bytes,
    source: LedgerAccount? = nil, moved: UInt64? = nil, state: State = .reserved,
    verdict: LoggedVerdict? = nil, verdictID: StatementID? = nil, reply: Bytes? = nil
  ) {
    self.process = process
    self.coordinator = coordinator
    self.decideBy = decideBy
    self.total = total
    self.payouts = payouts
    self.transferFee = transferFee
    self.method = method
    self.held = held
    self.source = source
    self.moved = moved ?? (source == nil ? 0 : total.minor)
    self.state = state
    self.verdict = verdict
    self.verdictID = verdictID
    self.reply = reply
  }
}

extension HoldRow {
  /// What reaches the payee of a payout, in minor units.
  func net(of payout: Payout) -> UInt64 {
    payout.amount.minor - min(transferFee, payout.amount.minor)
  }
}

/// A void that came before its reserve, which it refuses from then on.
public struct TombstoneRow: Hashable, Sendable {
  /// With `process` the key.
  public let coordinator: Thumbprint
  public let process: ProcessID
  public let verdictID: StatementID
  public let reply: Bytes

  public init(
    coordinator: Thumbprint, process: ProcessID, verdictID: StatementID, reply: Bytes
  ) {
    self.coordinator = coordinator
    self.process = process
    self.verdictID = verdictID
    self.reply = reply
  }
}

/// A card. Its number is not kept: the key is a code over it, which the issuer alone can compute.
public struct CardRow: Hashable, Sendable {
  /// What a card pays with.
  public enum Funds: Hashable, Sendable {
    /// Credit of the bank up to so many minor units. What is owed stands on the account `card/ID`.
    case credit(limit: UInt64)
    /// The money of an account.
    case account(AccountName)
  }

  /// The key.
  public let id: CardID
  /// Expiry and verification code, sealed by the issuer to this row.
  public let secrets: Bytes
  public let funds: Funds
  /// How often a wrong code or month was named since the last right ones.
  public var failedTries: Int
  /// How often since the card was issued or unblocked, whatever came between.
  public var allFailedTries: Int

  public init(
    id: CardID, secrets: Bytes, funds: Funds, failedTries: Int = 0, allFailedTries: Int = 0
  ) {
    self.id = id
    self.secrets = secrets
    self.funds = funds
    self.failedTries = failedTries
    self.allFailedTries = allFailedTries
  }
}
