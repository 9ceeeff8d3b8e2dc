// A bank's rows in memory: a value, so that a transaction that fails leaves nothing behind.

public import PaymentModel

/// The rows of a bank, in memory.
public struct MemoryBankRows: BankRows, Sendable {
  private var accountRows: [AccountName: AccountRow] = [:]
  private var balanceRows: [LedgerAccount: Int64] = [:]
  private var postingRows: [Posting] = []
  private var postingNumbers: [PostingReference: Int] = [:]
  private var keysetRows: [Int: KeysetRow] = [:]
  private var denominationRows: [DenominationID: DenominationRow] = [:]
  private var sealedKeys: [DenominationID: Bytes] = [:]
  private var issuedCoins: [Digest: IssuedCoinRow] = [:]
  private var withdrawals: [StatementID: WithdrawalRow] = [:]
  private var coins: [CoinID: CoinRow] = [:]
  private var holds: [ProcessID: HoldRow] = [:]
  private var tombstones: [TombstoneKey: TombstoneRow] = [:]
  private var replies: [RequestKey: ReplyRow] = [:]
  private var correspondentRows: [PartyName: CorrespondentRow] = [:]
  private var creditLines: [StatementID: CreditLineRow] = [:]
  private var collectedRows: [StatementID: CollectedRow] = [:]
  private var cardRows: [CardID: CardRow] = [:]
  private var records: [RecordKey: Bytes] = [:]
  private var details: [ProcessID: Bytes] = [:]
  private var outboxRows: [OutboxRow] = []
  private var lastOutboxNumber = 0

  public init() {}

  private struct PostingReference: Hashable, Sendable {
    let kind: PostingKind
    let reference: Digest
  }

  private struct RecordKey: Hashable, Sendable {
    let method: PaymentMethod
    let key: Digest
  }

  private struct TombstoneKey: Hashable, Sendable {
    let coordinator: Thumbprint
    let process: ProcessID
  }

  // MARK: Books

  public func account(_ name: AccountName) -> AccountRow? { accountRows[name] }

  public func accounts() -> [AccountRow] { accountRows.values.sorted { $0.name < $1.name } }

  public mutating func put(_ account: AccountRow) { accountRows[account.name] = account }

  public func balance(of account: LedgerAccount) -> Int64 { balanceRows[account] ?? 0 }

  public func balances() -> [LedgerBalance] {
    balanceRows.map { LedgerBalance(account: $0.key, minor: $0.value) }
      .sorted { $0.account < $1.account }
  }

  public mutating func setBalance(_ minor: Int64, of account: LedgerAccount) {
    balanceRows[account] = minor
  }

  public func lastPostingNumber() -> Int { postingRows.count }

  public mutating func append(_ posting: Posting) {
    postingRows.append(posting)
    let key = PostingReference(kind: posting.kind, reference: posting.reference)
    postingNumbers[key] = postingRows.count - 1
  }

  public func posting(_ kind: PostingKind, reference: Digest) -> Posting? {
    postingNumbers[PostingReference(kind: kind, reference: reference)].map { postingRows[$0] }
  }

  public func postings(after number: Int, atMost count: Int) -> [Posting] {
    Array(postingRows.dropFirst(number).prefix(count))
  }

  // MARK: Denominations

  public func keyset(period: Int) -> KeysetRow? { keysetRows[period] }

  public func latestKeyset() -> KeysetRow? { keysetRows.keys.max().flatMap { keysetRows[$0] } }

  public mutating func put(_ keyset: KeysetRow) { keysetRows[keyset.period] = keyset }

  public func denomination(_ id: DenominationID) -> DenominationRow? { denominationRows[id] }

  public func denominations() -> [DenominationRow] {
    denominationRows.values.sorted { $0.id < $1.id }
  }

  public mutating func put(_ denomination: DenominationRow) {
    denominationRows[denomination.id] = denomination
  }

  public func sealedDenominationKey(_ id: DenominationID) -> Bytes? { sealedKeys[id] }

  public mutating func putSealedDenominationKey(_ sealed: Bytes, of id: DenominationID) {
    sealedKeys[id] = sealed
  }

  // MARK: Issuing

  public func issuedCoin(_ blindedMessage: Digest) -> IssuedCoinRow? {
    issuedCoins[blindedMessage]
  }

  public mutating func put(_ coin: IssuedCoinRow) { issuedCoins[coin.blindedMessage] = coin }

  public func withdrawal(_ id: StatementID) -> WithdrawalRow? { withdrawals[id] }

  public mutating func put(_ withdrawal: WithdrawalRow) { withdrawals[withdrawal.id] = withdrawal }

  // MARK: Payments

  public func coin(_ id: CoinID) -> CoinRow? { coins[id] }

  public mutating func put(_ coin: CoinRow) { coins[coin.coin] = coin }

  public mutating func removeCoin(_ id: CoinID) { coins[id] = nil }

  public func hold(of process: ProcessID) -> HoldRow? { holds[process] }

  public func undecidedHolds(from source: LedgerAccount?) -> [HoldRow] {
    holds.values.filter { hold in
      hold.state == .reserved && (source == nil || hold.source == source)
    }.sorted { $0.process < $1.process }
  }

  public mutating func put(_ hold: HoldRow) { holds[hold.process] = hold }

  public func tombstone(coordinator: Thumbprint, process: ProcessID) -> TombstoneRow? {
    tombstones[TombstoneKey(coordinator: coordinator, process: process)]
  }

  public mutating func put(_ tombstone: TombstoneRow) {
    let key = TombstoneKey(coordinator: tombstone.coordinator, process: tombstone.process)
    tombstones[key] = tombstone
  }

  public func reply(to request: RequestKey) -> ReplyRow? { replies[request] }

  public mutating func put(_ reply: ReplyRow) { replies[reply.request] = reply }

  // MARK: Clearing

  public func correspondent(_ bank: PartyName) -> CorrespondentRow? { correspondentRows[bank] }

  public func correspondents() -> [CorrespondentRow] {
    correspondentRows.values.sorted { $0.bank < $1.bank }
  }

  public mutating func put(_ correspondent: CorrespondentRow) {
    correspondentRows[correspondent.bank] = correspondent
  }

  public func creditLine(_ id: StatementID) -> CreditLineRow? { creditLines[id] }

  public func latestCreditLine(
    from creditor: PartyName, to debtor: PartyName
  ) -> CreditLineRow? {
    creditLines.values.filter { $0.creditor == creditor && $0.debtor == debtor }
      .max { ($0.limit, $0.validUntil, $0.id) < ($1.limit, $1.validUntil, $1.id) }
  }

  public mutating func put(_ line: CreditLineRow) { creditLines[line.id] = line }

  public func collected(_ transfer: StatementID) -> CollectedRow? { collectedRows[transfer] }

  public func collected(from bank: PartyName, above: UInt64, upTo: UInt64) -> [CollectedRow] {
    collectedRows.values.filter {
      $0.bank == bank && above < $0.total && $0.total - $0.net < upTo
    }.sorted { ($0.total, $0.transfer) < ($1.total, $1.transfer) }
  }

  public func collected(of payment: Digest) -> [CollectedRow] {
    collectedRows.values.filter { $0.payment == payment }
      .sorted { ($0.total, $0.transfer) < ($1.total, $1.transfer) }
  }

  public mutating func put(_ collected: CollectedRow) {
    collectedRows[collected.transfer] = collected
  }

  // MARK: Methods

  public func card(_ id: CardID) -> CardRow? { cardRows[id] }

  public func cards() -> [CardRow] { cardRows.values.sorted { $0.id < $1.id } }

  public mutating func put(_ card: CardRow) { cardRows[card.id] = card }

  public func record(of method: PaymentMethod, _ key: Digest) -> Bytes? {
    records[RecordKey(method: method, key: key)]
  }

  public mutating func putRecord(_ record: Bytes, of method: PaymentMethod, _ key: Digest) {
    records[RecordKey(method: method, key: key)] = record
  }

  // MARK: Details

  public func sealedDetails(of process: ProcessID) -> Bytes? { details[process] }

  public mutating func putSealedDetails(_ sealed: Bytes, of process: ProcessID) {
    details[process] = sealed
  }

  // MARK: Outbox

  public func outbox(atMost count: Int) -> [OutboxRow] { Array(outboxRows.prefix(count)) }

  public mutating func enqueue(_ statement: StatementID, kind: StatementKind) {
    lastOutboxNumber += 1
    outboxRows.append(OutboxRow(number: lastOutboxNumber, statement: statement, kind: kind))
  }

  public mutating func dropOutbox(through number: Int) {
    outboxRows.removeAll { $0.number <= number }
  }
}
