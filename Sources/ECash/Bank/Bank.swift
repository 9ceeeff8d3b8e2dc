// A bank: accounts in a double-entry ledger, coins that it signs blindly, and payments by several methods that
// it holds, posts or gives free.

public import Evidence
public import PaymentCrypto
public import PaymentModel

/// What a bank is willing to do.
public struct BankTerms: Hashable, Sendable {
  /// How far away the decision about a payment may be when its coins are held, in seconds.
  public let largestHoldSeconds: Int64
  /// For how long other banks may promise under a credit line that the bank signs, in seconds.
  public let creditLineSeconds: Int64

  /// - Parameters:
  ///   - largestHoldSeconds: seven days unless said otherwise.
  ///   - creditLineSeconds: a year unless said otherwise.
  public init(
    largestHoldSeconds: Int64 = 7 * 86_400, creditLineSeconds: Int64 = 365 * 86_400
  ) {
    self.largestHoldSeconds = largestHoldSeconds
    self.creditLineSeconds = creditLineSeconds
  }
}

/// A bank that issues coins.
///
/// Any number of them may work on one store. Signatures are checked before a transaction, every rule runs
/// within one, and an answer is given after it is durable.
public final class Bank: Sendable {
  public let name: PartyName
  /// Where payments are sealed to.
  public let recipient: Age.Recipient

  let store: any Store<any BankRows>
  let signer: StatementSigner
  let denominationSigner: any DenominationSigner
  let identity: Age.Identity
  let trust: TrustStore
  let verdicts: any VerdictReader
  let transfers: (any TransferReader)?
  let clock: any WallClock
  let terms: BankTerms
  let rules: DenominationRules
  let cache: DenominationCache
  let schemes: PaymentSchemes
  let makeEntropy: @Sendable () -> any Entropy & Sendable

  /// - Parameters:
  ///   - signer: signs the bank's statements; its party is the bank's name.
  ///   - denominationSigner: holds the private denomination keys.
  ///   - identity: opens what is sealed to the bank.
  ///   - trust: whom the bank believes; the coordinators in it may hold coins here.
  ///   - verdicts: verifies the verdicts that the bank acts on.
  ///   - transfers: verifies other banks' transfers that were logged; without it the bank takes those only
  ///     whose key is valid now.
  ///   - methods: how the bank can be paid with, beside its coins.
  public convenience init(
    store: any Store<any BankRows>, signer: StatementSigner,
    denominationSigner: any DenominationSigner, identity: consuming Age.Identity,
    trust: TrustStore, verdicts: any VerdictReader, transfers: (any TransferReader)? = nil,
    clock: any WallClock, terms: BankTerms = BankTerms(), methods: [any PaymentScheme] = []
  ) {
    self.init(
      store: store, signer: signer, denominationSigner: denominationSigner, identity: identity,
      trust: trust, verdicts: verdicts, transfers: transfers, clock: clock, terms: terms,
      methods: methods, rules: .standard, makeEntropy: { SystemEntropy() })
  }

  /// A bank that may accept test denominations, or draw its randomness elsewhere.
  package init(
    store: any Store<any BankRows>, signer: StatementSigner,
    denominationSigner: any DenominationSigner, identity: consuming Age.Identity,
    trust: TrustStore, verdicts: any VerdictReader, transfers: (any TransferReader)? = nil,
    clock: any WallClock, terms: BankTerms = BankTerms(), methods: [any PaymentScheme] = [],
    rules: DenominationRules, makeEntropy: @escaping @Sendable () -> any Entropy & Sendable
  ) {
    name = signer.issuer.party
    recipient = identity.recipient
    self.store = store
    self.signer = signer
    self.denominationSigner = denominationSigner
    self.identity = identity
    self.trust = trust
    self.verdicts = verdicts
    self.transfers = transfers
    self.clock = clock
    self.terms = terms
    self.rules = rules
    self.makeEntropy = makeEntropy
    cache = DenominationCache(store: store, rules: rules)
    schemes = PaymentSchemes([CoinScheme(cache: cache)] + methods)
  }

  /// What the bank can be paid with, and what each method promises; coins first.
  public var methods: [PaymentMethodProperties] { schemes.properties }

  // MARK: - Keysets

  /// Begins a period: from now on the keyset's denominations are issued and accepted, within their
  /// windows. The same keyset again changes nothing.
  ///
  /// - Throws: what `AcceptedKeyset.init` throws; `keysetConflict`.
  public func publish(_ keyset: Signed<Keyset>) async throws(ECashError) {
    let accepted = try AcceptedKeyset(
      keyset, of: name, trust: trust, at: clock.now(), rules: rules)
    try await store.transact { rows throws(ECashError) in
      try PublishKeysetRule.apply(accepted, rows: &rows)
    }
  }

  /// The keyset of the latest period; `nil` before the first.
  public func keyset() async -> Signed<Keyset>? {
    await store.read { rows in rows.latestKeyset()?.statement }
  }

  // MARK: - Accounts

  /// Opens an account from which `key` can withdraw. The same again changes nothing.
  ///
  /// - Throws: `accountExists`.
  public func openAccount(
    _ name: AccountName, key: Ed25519.PublicKey
  ) async throws(ECashError) {
    let now = clock.now()
    try await store.transact { rows throws(ECashError) in
      try OpenAccountRule.apply(name, key: key.value, at: now, rows: &rows)
    }
  }

  /// Credits money that came from outside.
  ///
  /// - Parameter reference: what names this credit for ever; the same again changes nothing.
  /// - Throws: `accountUnknown`, `currency`, `referenceConflict`, `amountOverflow`.
  public func credit(
    _ amount: Amount, to account: AccountName, reference: Digest
  ) async throws(ECashError) {
    let now = clock.now()
    try await store.transact { rows throws(ECashError) in
      guard rows.latestKeyset()?.currency == amount.currency else {
        throw ECashError(.currency, "the bank keeps no money in that currency")
      }
      try CreditRule.apply(amount, to: account, reference: reference, at: now, rows: &rows)
    }
  }

  /// What stands on an account.
  ///
  /// - Throws: `accountUnknown`; `currency` before the first keyset.
  public func balance(of account: AccountName) async throws(ECashError) -> Amount {
    try await store.read { rows throws(ECashError) in
      guard rows.account(account) != nil else {
        throw ECashError(.accountUnknown, "no such account")
      }
      return try Self.balance(of: account, in: rows)
    }
  }

  /// What stands on every account, ordered by name.
  ///
  /// - Throws: `currency` before the first keyset.
  public func balances() async throws(ECashError) -> [(account: AccountName, balance: Amount)] {
    try await store.read { rows throws(ECashError) in
      try rows.accounts().map { row throws(ECashError) in
        (row.name, try Self.balance(of: row.name, in: rows))
      }
    }
  }

  private static func balance(
    of account: AccountName, in rows: any BankRows
  ) throws(ECashError) -> Amount {
    guard let currency = rows.latestKeyset()?.currency else {
      throw ECashError(.currency, "the bank has no currency yet")
    }
    let minor = UInt64(clamping: rows.balance(of: .holder(account)))
    guard let amount = try? Amount(minor: minor, currency: currency) else {
      throw ECashError(.amountOverflow, "the balance is no amount")
    }
    return amount
  }

  /// The books, drawn up and checked.
  ///
  /// - Throws: `booksUnbalanced`.
  public func trialBalance() async throws(ECashError) -> TrialBalance {
    try await store.read { [name] rows throws(ECashError) in try TrialBalance(rows, of: name) }
  }

  // MARK: - Log

  /// Statements that have not been logged yet, oldest first.
  public func unlogged(atMost count: Int) async -> [OutboxRow] {
    await store.read { rows in rows.outbox(atMost: count) }
  }

  /// Takes note that all statements up to this number of the outbox were logged.
  public func logged(through number: Int) async {
    await store.transact { rows in rows.dropOutbox(through: number) }
  }

  // MARK: - Shared

  func desk() -> BankDesk {
    BankDesk(signer: signer, now: clock.now(), entropy: makeEntropy())
  }
}
