// A merchant's shop: offers, the vault with the goods' keys, and stock.

public import Evidence
public import PaymentCrypto
public import PaymentModel

/// A merchant that sells sealed goods.
///
/// Any number of them may work on one store. Signatures are checked before a transaction, every rule runs
/// within one, and an answer is given after it is durable.
public final class Shop: Sendable {
  public let name: PartyName

  let store: any Store<any ShopRows>
  let signer: StatementSigner
  let vault: Vault
  let trust: TrustStore
  let verdicts: any VerdictReader
  let clock: any WallClock
  let policy: ShopPolicy
  let makeEntropy: @Sendable () -> any Entropy & Sendable

  /// - Parameters:
  ///   - signer: signs the shop's statements; its party is the shop's name.
  ///   - vaultKey: seals the goods' identities at rest.
  ///   - trust: whom the shop believes. It deposits keys for a coordinator whose key and escrow recipient stand
  ///     in it, and takes transfers of the banks in it.
  ///   - verdicts: verifies the verdicts that the shop acts on.
  public convenience init(
    store: any Store<any ShopRows>, signer: StatementSigner, vaultKey: consuming AtRestKey,
    trust: TrustStore, verdicts: any VerdictReader, clock: any WallClock, policy: ShopPolicy
  ) {
    self.init(
      store: store, signer: signer, vaultKey: vaultKey, trust: trust, verdicts: verdicts,
      clock: clock, policy: policy, makeEntropy: { SystemEntropy() })
  }

  /// A shop that draws its randomness elsewhere.
  package init(
    store: any Store<any ShopRows>, signer: StatementSigner, vaultKey: consuming AtRestKey,
    trust: TrustStore, verdicts: any VerdictReader, clock: any WallClock, policy: ShopPolicy,
    makeEntropy: @escaping @Sendable () -> any Entropy & Sendable
  ) {
    name = signer.issuer.party
    self.store = store
    self.signer = signer
    vault = Vault(key: vaultKey)
    self.trust = trust
    self.verdicts = verdicts
    self.clock = clock
    self.policy = policy
    self.makeEntropy = makeEntropy
  }

  // MARK: - Offers

  /// Signs an offer and keeps it, with the identity that opens its container.
  ///
  /// - Parameter identity: was the recipient when the container was sealed.
  /// - Throws: `vaultIdentity`, `stockUnknown`, and what `OfferDraft.signed` throws.
  public func publish(
    _ draft: OfferDraft, identity: borrowing Age.Identity
  ) async throws(GoodsError) -> Signed<Offer> {
    guard let container = draft.container, identity.opens(container) else {
      throw GoodsError(.vaultIdentity, "the identity does not open the offer's container")
    }
    return try await publish(draft, key: (container.recipient, vault.seal(identity)))
  }

  /// Signs an offer without a container and keeps it: an invoice, or something that is handed over elsewhere.
  ///
  /// - Throws: `vaultIdentity` for a draft with a container, `stockUnknown`, and what `OfferDraft.signed` throws.
  public func publish(_ draft: OfferDraft) async throws(GoodsError) -> Signed<Offer> {
    guard draft.container == nil else {
      throw GoodsError(.vaultIdentity, "the offer's container needs the identity that opens it")
    }
    return try await publish(draft, key: nil)
  }

  private func publish(
    _ draft: OfferDraft, key: (recipient: RecipientValue, sealed: Bytes)?
  ) async throws(GoodsError) -> Signed<Offer> {
    var entropy = makeEntropy()
    let signed = try draft.signed(by: signer, at: clock.now(), from: &entropy)
    guard let id = try? UnverifiedStatement(signed.bytes).id else {
      throw GoodsError(.offerLimit, "the offer does not fit into a statement")
    }
    try await store.transact { rows throws(GoodsError) in
      if let stock = draft.stock, rows.stockLevel(of: stock) == nil {
        throw GoodsError(.stockUnknown, "the shop has no stock of that name")
      }
      if let key { rows.putSealedIdentity(key.sealed, of: key.recipient) }
      rows.put(ShopOfferRow(id: id, signed: signed))
      rows.enqueue(id, kind: .offer)
    }
    return signed
  }

  /// An offer that this shop has signed.
  public func offer(_ id: StatementID) async -> Signed<Offer>? {
    await store.read { rows in rows.offer(id)?.signed }
  }

  /// Offers in the order of their identifiers, after the given one.
  public func offers(after id: StatementID? = nil, atMost count: Int) async -> [ShopOfferRow] {
    await store.read { rows in rows.offers(after: id, atMost: count) }
  }

  // MARK: - Stock

  /// The most pieces that a stock can have.
  public static let largestStock = 1_000_000_000

  /// Adds pieces to a stock, and opens it when it is new.
  ///
  /// - Throws: `stockCount` unless the stock has 0 to `largestStock` pieces then.
  public func addStock(_ pieces: Int, of name: String) async throws(GoodsError) {
    try await store.transact { rows throws(GoodsError) in
      let level = rows.stockLevel(of: name) ?? 0
      guard (0...Self.largestStock).contains(pieces), level <= Self.largestStock - pieces else {
        throw GoodsError(.stockCount, "a stock has 0 to \(Self.largestStock) pieces")
      }
      rows.setStockLevel(level + pieces, of: name)
    }
  }

  /// How many pieces are neither held nor sold; `nil` for a stock that the shop does not have.
  public func stockLevel(of name: String) async -> Int? {
    await store.read { rows in rows.stockLevel(of: name) }
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

  func desk() -> ShopDesk {
    ShopDesk(
      signer: signer, vault: vault, policy: policy, now: clock.now(), entropy: makeEntropy())
  }
}
