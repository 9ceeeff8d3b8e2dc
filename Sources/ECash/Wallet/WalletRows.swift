// What a wallet keeps: rows without a rule. No seed, coin key or blinding factor stands here in clear;
// all of them are derived from the sealed seed again.

public import PaymentModel

/// The rows of a wallet, within one transaction.
///
/// Verbs named `put` insert the row or replace the one with the same key. Nothing here throws, see
/// `Store`.
public protocol WalletRows {
  /// The seed as it was sealed; `nil` in a new wallet.
  func sealedSeed() -> Bytes?
  mutating func putSealedSeed(_ sealed: Bytes)

  /// The next number that was never used; 0 in the beginning.
  func counter(_ name: CounterName) -> UInt64
  mutating func setCounter(_ name: CounterName, to next: UInt64)

  func withdrawal(_ id: StatementID) -> WalletWithdrawalRow?
  /// Those in flight, oldest first.
  func withdrawalsInFlight() -> [WalletWithdrawalRow]
  mutating func put(_ withdrawal: WalletWithdrawalRow)

  func coin(_ key: CoinKey) -> WalletCoinRow?
  /// All coins of one bank in that state, ordered by denomination and counter.
  func coins(at bank: PartyName, in state: WalletCoinRow.State) -> [WalletCoinRow]
  /// The free coins of one bank and currency that the bank takes after that time, ordered by denomination and
  /// counter: of each what a choice among them needs.
  func spendableCoins(
    at bank: PartyName, in currency: Currency, after time: Timestamp
  ) -> [SpendableCoin]
  /// The coins that a process locked, ordered by denomination and counter.
  func coins(lockedBy process: ProcessID) -> [WalletCoinRow]
  mutating func put(_ coin: WalletCoinRow)

  func purchase(_ process: ProcessID) -> PurchaseRow?
  /// Newest first.
  func purchases(atMost count: Int) -> [PurchaseRow]
  /// Undecided purchases that were withdrawn, oldest first.
  func withdrawnPurchases() -> [ProcessID]
  mutating func put(_ purchase: PurchaseRow)
}

/// A coin that can be spent, without its signature.
public struct SpendableCoin: Hashable, Sendable {
  public let key: CoinKey
  /// Its value in minor units.
  public let minor: UInt64
  public let spentUntil: Timestamp
  /// Whether the bank has seen it.
  public let isShown: Bool
  /// Whether the bank knows whose it is.
  public let isNamed: Bool

  public init(
    key: CoinKey, minor: UInt64, spentUntil: Timestamp, isShown: Bool = false,
    isNamed: Bool = false
  ) {
    self.key = key
    self.minor = minor
    self.spentUntil = spentUntil
    self.isShown = isShown
    self.isNamed = isNamed
  }

  init(_ coin: WalletCoinRow) {
    self.init(
      key: coin.key, minor: coin.value.minor, spentUntil: coin.spentUntil, isShown: coin.isShown,
      isNamed: coin.isNamed)
  }
}

/// What a wallet counts.
public enum CounterName: Hashable, Sendable {
  /// Coins of one denomination.
  case coins(DenominationID)
  /// Orders, each attempt by itself.
  case orders

  /// `coins/ID` or `orders`.
  public var text: String {
    switch self {
    case .coins(let denomination): "coins/\(denomination)"
    case .orders: "orders"
    }
  }
}

/// Names a coin of the wallet and everything that is derived for it.
public struct CoinKey: Hashable, Sendable, Comparable {
  public let denomination: DenominationID
  public let counter: UInt64

  public init(denomination: DenominationID, counter: UInt64) {
    self.denomination = denomination
    self.counter = counter
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.denomination, left.counter) < (right.denomination, right.counter)
  }
}

/// A withdrawal, from its first moment on.
public struct WalletWithdrawalRow: Hashable, Sendable {
  public enum State: String, Sendable {
    /// The bank may have debited it. It is sent until it is answered.
    case inFlight = "in-flight"
    case done
    /// Refused. Its counters are burnt.
    case refused
  }

  /// The key: the identifier of the signed withdrawal.
  public let id: StatementID
  public let bank: PartyName
  /// In the order of the request.
  public let coins: [CoinKey]
  public let statement: Signed<Withdrawal>
  /// The bank's keyset that it was made under.
  public let keyset: Signed<Keyset>
  public let madeAt: Timestamp
  public var state: State

  public init(
    id: StatementID, bank: PartyName, coins: [CoinKey], statement: Signed<Withdrawal>,
    keyset: Signed<Keyset>, madeAt: Timestamp, state: State = .inFlight
  ) {
    self.id = id
    self.bank = bank
    self.coins = coins
    self.statement = statement
    self.keyset = keyset
    self.madeAt = madeAt
    self.state = state
  }
}

/// A coin. Its key pair is derived; only the bank's signature is kept.
public struct WalletCoinRow: Hashable, Sendable {
  public enum State: String, Sendable {
    case free
    /// Promised to one undecided process.
    case locked
    case spent
  }

  /// The key.
  public let key: CoinKey
  public let bank: PartyName
  public let value: Amount
  /// The denomination's RSA signature.
  public let signature: Bytes
  /// Accepted in payments until then.
  public let spentUntil: Timestamp
  public var state: State
  /// The process that it is locked by or was spent in.
  public var process: ProcessID?
  /// The bank has seen it in a process that was aborted: it would recognize it.
  public var isShown: Bool
  /// It went to the bank beside a card or the like: the bank would know whose it is.
  public var isNamed: Bool

  public init(
    key: CoinKey, bank: PartyName, value: Amount, signature: Bytes, spentUntil: Timestamp,
    state: State = .free, process: ProcessID? = nil, isShown: Bool = false, isNamed: Bool = false
  ) {
    self.key = key
    self.bank = bank
    self.value = value
    self.signature = signature
    self.spentUntil = spentUntil
    self.state = state
    self.process = process
    self.isShown = isShown
    self.isNamed = isNamed
  }
}

/// A purchase: what was submitted, and what became of it. Stored with the coins that it locks.
public struct PurchaseRow: Hashable, Sendable {
  public enum State: String, Sendable {
    case undecided
    case committed
    case aborted
  }

  /// The key.
  public let process: ProcessID
  /// The number of the one-time keys of this attempt, see `Wallet.orderKeys(_:)`.
  public let orderNumber: UInt64
  /// The order's coordinator, the only one whose verdict counts.
  public let coordinator: Thumbprint
  public let decideBy: Timestamp
  public let madeAt: Timestamp
  /// What is sent to the coordinator, byte for byte, as often as needed. The wallet does not read it.
  public let submission: Bytes
  public var state: State
  public var verdict: LoggedVerdict?
  public var deliveryRequest: Bytes?
  /// The customer's word that she withdraws the order. It stands here before anybody gets it.
  public var cancellation: Bytes?
  public var receipt: Bytes?

  public init(
    process: ProcessID, orderNumber: UInt64, coordinator: Thumbprint, decideBy: Timestamp,
    madeAt: Timestamp, submission: Bytes, state: State = .undecided,
    verdict: LoggedVerdict? = nil, deliveryRequest: Bytes? = nil, cancellation: Bytes? = nil,
    receipt: Bytes? = nil
  ) {
    self.process = process
    self.orderNumber = orderNumber
    self.coordinator = coordinator
    self.decideBy = decideBy
    self.madeAt = madeAt
    self.submission = submission
    self.state = state
    self.verdict = verdict
    self.deliveryRequest = deliveryRequest
    self.cancellation = cancellation
    self.receipt = receipt
  }
}
