// A wallet's rows in memory: a value, so that a transaction that fails leaves nothing behind.

public import PaymentModel

/// The rows of a wallet, in memory.
public struct MemoryWalletRows: WalletRows, Sendable {
  private var seed: Bytes?
  private var counters: [CounterName: UInt64] = [:]
  private var withdrawals: [StatementID: WalletWithdrawalRow] = [:]
  private var withdrawalOrder: [StatementID] = []
  private var coins: [CoinKey: WalletCoinRow] = [:]
  private var purchaseRows: [ProcessID: PurchaseRow] = [:]
  private var purchaseOrder: [ProcessID] = []

  public init() {}

  public func sealedSeed() -> Bytes? { seed }

  public mutating func putSealedSeed(_ sealed: Bytes) { seed = sealed }

  public func counter(_ name: CounterName) -> UInt64 { counters[name] ?? 0 }

  public mutating func setCounter(_ name: CounterName, to next: UInt64) { counters[name] = next }

  public func withdrawal(_ id: StatementID) -> WalletWithdrawalRow? { withdrawals[id] }

  public func withdrawalsInFlight() -> [WalletWithdrawalRow] {
    withdrawalOrder.compactMap { withdrawals[$0] }.filter { $0.state == .inFlight }
  }

  public mutating func put(_ withdrawal: WalletWithdrawalRow) {
    if withdrawals.updateValue(withdrawal, forKey: withdrawal.id) == nil {
      withdrawalOrder.append(withdrawal.id)
    }
  }

  public func coin(_ key: CoinKey) -> WalletCoinRow? { coins[key] }

  public func coins(at bank: PartyName, in state: WalletCoinRow.State) -> [WalletCoinRow] {
    coins.values.filter { $0.bank == bank && $0.state == state }.sorted { $0.key < $1.key }
  }

  public func spendableCoins(
    at bank: PartyName, in currency: Currency, after time: Timestamp
  ) -> [SpendableCoin] {
    coins(at: bank, in: .free).filter { $0.value.currency == currency && time < $0.spentUntil }
      .map { SpendableCoin($0) }
  }

  public func coins(lockedBy process: ProcessID) -> [WalletCoinRow] {
    coins.values.filter { $0.process == process && $0.state == .locked }
      .sorted { $0.key < $1.key }
  }

  public mutating func put(_ coin: WalletCoinRow) { coins[coin.key] = coin }

  public func purchase(_ process: ProcessID) -> PurchaseRow? { purchaseRows[process] }

  public func purchases(atMost count: Int) -> [PurchaseRow] {
    purchaseOrder.reversed().prefix(count).compactMap { purchaseRows[$0] }
  }

  public func withdrawnPurchases() -> [ProcessID] {
    purchaseOrder.filter { process in
      purchaseRows[process].map { $0.state == .undecided && $0.cancellation != nil } ?? false
    }
  }

  public mutating func put(_ purchase: PurchaseRow) {
    if purchaseRows.updateValue(purchase, forKey: purchase.process) == nil {
      purchaseOrder.append(purchase.process)
    }
  }
}
