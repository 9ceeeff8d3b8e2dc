// Participants who do not keep their word.

import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Evidence

/// A merchant that never answers when it is asked for a key, and otherwise does its part.
struct SilentMerchant: MerchantAgent {
  let shop: Shop

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    .unknown("no answer")
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    await shop.release(request)
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    await shop.settle(request)
  }
}

/// A merchant that deposits when it is let.
struct DelayedMerchant: MerchantAgent {
  let shop: Shop
  /// Returns when the merchant may deposit.
  let waits: @Sendable () async -> Void

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    await waits()
    return await shop.deposit(request)
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    await shop.release(request)
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    await shop.settle(request)
  }
}

/// A merchant that binds itself to a key which does not open what it offered.
struct CheatingMerchant: MerchantAgent {
  let shop: Shop
  let signer: StatementSigner
  let trust: TrustStore
  let coordinator: PartyName

  func deposit(_ request: DepositRequest) async -> Outcome<DepositedKey> {
    let honest = await shop.deposit(request)
    guard case .done(let deposited) = honest,
      let bound = try? trust.verify(deposited.deposit, by: shop.name, at: SystemWallClock().now()),
      let escrow = trust.recipient(of: coordinator, role: .coordinator)
    else { return honest }
    var entropy = SystemEntropy()
    let wrong = Age.Identity.generate(from: &entropy)
    let claim = bound.claim
    let lie = Deposit(
      process: claim.process, offer: claim.offer, quantity: claim.quantity, amount: claim.amount,
      payee: claim.payee, decideBy: claim.decideBy, heldUntil: claim.heldUntil,
      keyDigest: GoodsKey.digest(of: wrong, process: claim.process))
    let sealed = wrong.withSpan { Age.seal($0, to: escrow, from: &entropy) }
    return .done(
      DepositedKey(
        deposit: signer.sign(lie, entropy: &entropy),
        key: Sealed(sealed, digest: SHA256.digest(sealed))))
  }

  func release(_ request: VerdictRequest) async -> Outcome<Signed<Release>> {
    await shop.release(request)
  }

  func settle(_ request: SettleRequest) async -> Outcome<Signed<Settlement>> {
    await shop.settle(request)
  }
}

/// A customer who does not answer when she is asked whether she wants the keys.
struct AbsentCustomer: CustomerAgent {
  let customer: Customer

  func requestDelivery(_ query: DeliveryQuery) async -> Outcome<Signed<DeliveryRequest>> {
    .unknown("no answer")
  }

  func notify(_ notice: VerdictRequest) async -> Outcome<Notified> {
    await customer.notify(notice)
  }
}

/// Opens once, for everybody who waits.
actor Gate {
  private(set) var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func open() {
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }

  func wait() async {
    guard !isOpen else { return }
    await withCheckedContinuation { waiting.append($0) }
  }
}
