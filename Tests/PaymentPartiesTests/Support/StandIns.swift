// Merchants and customers who are silent, late, or cheat: put into a market's directory in the place of
// the real ones.

import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Synchronization
import Testing

/// Holds up whoever asks until it is opened.
final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  func pass() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiting.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }
}

/// A merchant who deposits nothing until the gate is open. It answers everything else.
struct HesitantMerchant: MerchantAgent {
  let shop: Shop
  let gate: Gate

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    await gate.pass()
    return await shop.deposit(request)
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    await shop.release(request)
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    await shop.settle(request)
  }
}

/// A merchant whose deposits come late, though not too late for the process.
struct LateMerchant: MerchantAgent {
  let shop: Shop
  let delayMilliseconds: Int

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    try? await Task.sleep(for: .milliseconds(delayMilliseconds))
    return await shop.deposit(request)
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    await shop.release(request)
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    await shop.settle(request)
  }
}

/// A merchant who binds itself to a key that does not open what it has offered.
final class CheatingMerchant: MerchantAgent {
  private let shop: Shop
  private let signer: StatementSigner
  private let trust: TrustStore
  private let wrong: Age.Identity

  /// - Parameter keys: the merchant's own.
  init(shop: Shop, keys: KeyCabinet, trust: TrustStore) throws {
    var entropy = SystemEntropy()
    self.shop = shop
    self.trust = trust
    signer = StatementSigner(party: shop.name, key: try keys.signingKey("statements"))
    wrong = Age.Identity.generate(from: &entropy)
  }

  /// The identity that opens nothing.
  var wrongIdentity: Bytes { wrong.withSpan { span in span.indices.map { span[$0] } } }

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    guard case .done(let honest) = await shop.deposit(request),
      let claim = try? trust.verify(honest.deposit, at: SystemWallClock().now()).claim,
      let escrow = trust.recipient(of: Fair.coordinator, role: .coordinator)
    else { return .unknown("the honest half of this merchant has refused") }
    var entropy = SystemEntropy()
    let deposit = Deposit(
      process: claim.process, offer: claim.offer, quantity: claim.quantity, amount: claim.amount,
      payee: claim.payee, decideBy: claim.decideBy, heldUntil: claim.heldUntil,
      keyDigest: GoodsKey.digest(of: wrong, process: claim.process))
    let sealed = wrong.withSpan { Age.seal($0, to: escrow, from: &entropy) }
    return .done(
      DepositedKey(
        deposit: signer.sign(deposit, entropy: &entropy),
        key: Sealed(sealed, digest: SHA256.digest(sealed))))
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    await shop.release(request)
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    await shop.settle(request)
  }
}

/// A customer who has gone away after she ordered.
struct GoneCustomer: CustomerAgent {
  func requestDelivery(_ query: DeliveryQuery) async -> Outcome<Signed<DeliveryRequest>> {
    .unknown("nobody answers")
  }

  func notify(_ notice: VerdictRequest) async -> Outcome<Notified> { .unknown("nobody answers") }
}

extension Market {
  /// Puts somebody else in the place of a merchant.
  func replace(_ merchant: PartyName, with agent: (Shop) throws -> any MerchantAgent) throws {
    directory.register(merchant: try agent(#require(shop(merchant))), as: merchant)
  }

  /// The keys of one party of this home.
  func keys(of party: PartyName) throws -> KeyCabinet { try home.keys(of: home.state(of: party)) }
}

extension HomeFolder {
  /// The keys in the folder of a party, open or closed.
  func keys(of folder: String, passphraseFile: String? = nil) throws -> KeyCabinet {
    KeyCabinet(
      folder: folder,
      key: try AtRest(folder: folder, passphraseFile: passphraseFile).key())
  }
}

/// Waits for something that others bring about.
func eventually(
  _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ isTrue: () async throws -> Bool
) async throws {
  for _ in 0..<1000 {
    if try await isTrue() { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  Issue.record("never happened: \(what)", sourceLocation: sourceLocation)
}
