// A customer's wallet: coins and one-time keys out of one seed.

public import Evidence
public import PaymentCrypto
public import PaymentModel

/// A wallet over durable rows.
///
/// All its secrets are derived from a seed, which is kept sealed. What is promised to others (a withdrawal
/// in flight, a coin in a payment) is on record before it is sent, so a crash loses nothing: the same
/// bytes are sent again.
public final class Wallet: Sendable {
  /// Where the sealed seed stands.
  static let column = SealedColumn(table: "wallet", column: "seed")
  static let row = Bytes("seed".utf8)

  let store: any Store<any WalletRows>
  let seed: WalletSeed
  let trust: TrustStore
  let verdicts: any VerdictReader
  let clock: any WallClock
  let rules: DenominationRules
  let makeEntropy: @Sendable () -> any Entropy & Sendable

  /// Makes a wallet in an empty store.
  ///
  /// - Parameters:
  ///   - seed: 32 bytes; they bring back everything that the wallet will hold.
  ///   - device: tells apart the wallets that share a seed. Two with the same number would give themselves
  ///     away by making the same coins.
  ///   - atRest: what the seed is sealed with.
  /// - Throws: `walletSeed` when the store holds a seed, or for a seed of another size.
  public static func create(
    in store: any Store<any WalletRows>, seed: borrowing SecretBytes, device: UInt64 = 0,
    atRest: borrowing AtRestKey
  ) async throws(ECashError) {
    guard seed.count == WalletSeed.byteCount else {
      throw ECashError(.walletSeed, "a seed has 32 bytes")
    }
    let sealed = WalletSeed.sealed(seed, device: device, column: column, row: row, under: atRest)
    try await store.transact { rows throws(ECashError) in
      guard rows.sealedSeed() == nil else {
        throw ECashError(.walletSeed, "the store holds a wallet already")
      }
      rows.putSealedSeed(sealed)
    }
  }

  /// Opens the wallet in a store.
  ///
  /// - Parameters:
  ///   - trust: whom the wallet believes: banks' keysets, and where payments are sealed to.
  ///   - verdicts: verifies the verdicts that end its purchases.
  /// - Throws: `walletSeed` when there is none; `walletSealed` when it does not open with this key.
  public convenience init(
    store: any Store<any WalletRows>, atRest: borrowing AtRestKey, trust: TrustStore,
    verdicts: any VerdictReader, clock: any WallClock
  ) async throws(ECashError) {
    try await self.init(
      store: store, atRest: atRest, trust: trust, verdicts: verdicts, clock: clock,
      rules: .standard, makeEntropy: { SystemEntropy() })
  }

  /// A wallet that may accept test denominations, or draw its randomness elsewhere.
  package init(
    store: any Store<any WalletRows>, atRest: borrowing AtRestKey, trust: TrustStore,
    verdicts: any VerdictReader, clock: any WallClock, rules: DenominationRules,
    makeEntropy: @escaping @Sendable () -> any Entropy & Sendable
  ) async throws(ECashError) {
    guard let sealed = await store.read({ rows in rows.sealedSeed() }) else {
      throw ECashError(.walletSeed, "the store holds no wallet")
    }
    self.seed = try WalletSeed(opening: sealed, column: Self.column, row: Self.row, under: atRest)
    self.store = store
    self.trust = trust
    self.verdicts = verdicts
    self.clock = clock
    self.rules = rules
    self.makeEntropy = makeEntropy
  }

  // MARK: - Keys

  /// The key with which the wallet's account at a bank is opened.
  public func accountKey(at bank: PartyName) throws(ECashError) -> Ed25519.PublicKey {
    try seed.accountSigner(at: bank).publicKey
  }

  /// The wallet's account at a bank, to pay out of it.
  public func accountMeans(
    _ account: AccountName, at bank: PartyName
  ) throws(ECashError) -> AccountMeans {
    AccountMeans(account: account, key: try seed.accountKey(at: bank))
  }

  /// Numbers for the one-time keys of one more order. It never comes again, also when the order comes to
  /// nothing.
  public func nextOrderNumber() async -> UInt64 {
    await store.transact { rows in
      let number = rows.counter(.orders)
      rows.setCounter(.orders, to: number + 1)
      return number
    }
  }

  /// Signs the order of that number, and everything else about it.
  public func orderSigner(_ number: UInt64) throws(ECashError) -> StatementSigner {
    try seed.orderSigner(number)
  }

  /// Opens what is sealed to the customer of the order of that number.
  public func orderIdentity(_ number: UInt64) throws(ECashError) -> Age.Identity {
    try seed.orderIdentity(number)
  }

  // MARK: - Money

  /// What can be spent at a bank now, in that currency.
  public func balance(at bank: PartyName, in currency: Currency) async throws(ECashError) -> Amount
  {
    var sum: UInt64 = 0
    for coin in await spendableCoins(at: bank, in: currency) {
      let (next, overflows) = sum.addingReportingOverflow(coin.minor)
      guard !overflows else { throw ECashError(.amountOverflow, "the sum is too large") }
      sum = next
    }
    do {
      return try Amount(minor: sum, currency: currency)
    } catch {
      throw ECashError(.amountOverflow, "the sum is too large")
    }
  }

  /// The values of the coins that can be spent alone at a bank now, in minor units, ascending.
  public func coinValues(at bank: PartyName, in currency: Currency) async -> [UInt64] {
    await spendableCoins(at: bank, in: currency).filter { !$0.isNamed }.map(\.minor).sorted()
  }

  private func spendableCoins(at bank: PartyName, in currency: Currency) async -> [SpendableCoin] {
    let now = clock.now()
    return await store.read { rows in rows.spendableCoins(at: bank, in: currency, after: now) }
  }

  // MARK: - Purchases

  /// A purchase; `nil` for one that this wallet did not make.
  public func purchase(_ process: ProcessID) async -> PurchaseRow? {
    await store.read { rows in rows.purchase(process) }
  }

  /// The latest purchases, newest first.
  public func purchases(atMost count: Int) async -> [PurchaseRow] {
    await store.read { rows in rows.purchases(atMost: count) }
  }

  /// Undecided purchases that were withdrawn, oldest first.
  public func withdrawnPurchases() async -> [ProcessID] {
    await store.read { rows in rows.withdrawnPurchases() }
  }

  /// Keeps the signed delivery request of a purchase: from then on the same bytes are sent.
  ///
  /// - Returns: the one that is on record, which may be an earlier one.
  /// - Throws: `purchaseUnknown`; `purchaseWithdrawn` when a cancellation was kept before any request.
  public func keep(
    deliveryRequest: Signed<DeliveryRequest>, of process: ProcessID
  ) async throws(ECashError) -> Signed<DeliveryRequest> {
    try await change(process) { row throws(ECashError) in
      if let kept = row.deliveryRequest { return Signed(kept) }
      guard row.cancellation == nil else {
        throw ECashError(.purchaseWithdrawn, "the order was withdrawn")
      }
      row.deliveryRequest = deliveryRequest.bytes
      return deliveryRequest
    }
  }

  /// Keeps the signed cancellation of an undecided purchase: from then on the same bytes are sent, and no delivery
  /// request is kept any more.
  ///
  /// - Returns: the one that is on record, which may be an earlier one, also when a verdict has come since.
  /// - Throws: `purchaseUnknown`; `purchaseEnded` when a verdict has ended the purchase, and none was kept before.
  public func keep(
    cancellation: Signed<Cancellation>, of process: ProcessID
  ) async throws(ECashError) -> Signed<Cancellation> {
    try await change(process) { row throws(ECashError) in
      if let kept = row.cancellation { return Signed(kept) }
      guard row.state == .undecided else {
        throw ECashError(.purchaseEnded, "a verdict has ended the purchase")
      }
      row.cancellation = cancellation.bytes
      return cancellation
    }
  }

  /// Keeps the receipt of a purchase.
  ///
  /// - Throws: `purchaseUnknown`.
  public func keep(receipt: Bytes, of process: ProcessID) async throws(ECashError) {
    try await change(process) { row in row.receipt = receipt }
  }

  private func change<Value: Sendable>(
    _ process: ProcessID,
    _ body: @escaping @Sendable (inout PurchaseRow) throws(ECashError) -> Value
  ) async throws(ECashError) -> Value {
    try await store.transact { rows throws(ECashError) in
      guard var row = rows.purchase(process) else {
        throw ECashError(.purchaseUnknown, "no such purchase")
      }
      let value = try body(&row)
      rows.put(row)
      return value
    }
  }
}
