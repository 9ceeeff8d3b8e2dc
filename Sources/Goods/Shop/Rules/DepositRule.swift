// Deposit: the good is held, its key goes into escrow, the merchant is bound (Receive Key).
//
//   recorded          → the recorded answer; for another body `conflict`
//   aborted before    → refused `voided`
//   offer not ours, expired, wrong terms → refused
//   last one sold     → refused `soldOut`
//   last one held by an undecided process → held, nothing recorded
//   otherwise         → hold, deposit, sealed key

import Evidence
import PaymentCrypto
import PaymentModel

/// A deposit request whose order and part have been verified.
struct CheckedDeposit: Sendable {
  let request: RequestKey
  let body: Digest
  let order: Order
  let signedOrder: Signed<Order>
  let item: ItemPart
  /// Where the order's coordinator has keys sealed to.
  let escrow: Age.Recipient
}

enum DepositRule {
  static func apply(
    _ deposit: CheckedDeposit, desk: inout ShopDesk, rows: inout any ShopRows
  ) throws(GoodsError) -> ShopAnswer {
    let request = deposit.request
    if let recorded = ShopAnswer.recorded(request, body: deposit.body, in: rows) {
      return recorded
    }
    let key = ShopHoldKey(
      coordinator: request.coordinator, process: request.process, offer: deposit.item.offer)
    guard rows.hold(key) == nil else { return .passing(.conflict) }
    if let verdict = rows.verdict(coordinator: key.coordinator, process: key.process) {
      return try refuse(verdict.isCommit ? .tooLate : .voided, deposit, &desk, &rows)
    }
    guard let row = rows.offer(deposit.item.offer) else {
      return try refuse(.notOffered, deposit, &desk, &rows)
    }
    let offer = try row.claim()
    if let reason = DepositTerms.refusal(
      of: deposit, offer: offer, policy: desk.policy, at: desk.now)
    {
      return try refuse(reason, deposit, &desk, &rows)
    }

    switch StockRule.availability(
      of: offer, id: row.id, quantity: deposit.item.quantity, desk: desk, rows: rows)
    {
    case .gone: return try refuse(.soldOut, deposit, &desk, &rows)
    case .held(let others): return desk.waiting(for: others)
    case .available: break
    }
    return try hold(key, deposit, offer, &desk, &rows)
  }

  private static func hold(
    _ key: ShopHoldKey, _ deposit: CheckedDeposit, _ offer: Offer, _ desk: inout ShopDesk,
    _ rows: inout any ShopRows
  ) throws(GoodsError) -> ShopAnswer {
    guard let amount = try? offer.price.gross.multiplied(by: UInt64(deposit.item.quantity)) else {
      throw GoodsError(.shopRows, "the shop has no price for its own offer")
    }
    let (keyDigest, sealedKey) = try goodsKey(of: offer, for: deposit, &desk, rows)
    let heldUntil = min(
      desk.now.adding(seconds: Int64(offer.holdLimitSeconds)), deposit.order.decideBy)
    let statement = try desk.sign(
      Deposit(
        process: key.process, offer: key.offer, quantity: deposit.item.quantity, amount: amount,
        payee: offer.payee, decideBy: deposit.order.decideBy, heldUntil: heldUntil,
        keyDigest: keyDigest),
      in: &rows)

    if let stock = offer.stock, let level = rows.stockLevel(of: stock) {
      rows.setStockLevel(level - deposit.item.quantity, of: stock)
    }
    rows.put(
      ShopHoldRow(
        key: key, step: deposit.request.step, stock: offer.stock,
        quantity: deposit.item.quantity, amount: amount, payee: offer.payee,
        decideBy: deposit.order.decideBy, state: .held))
    OverdueRule.keep(deposit, in: &rows)
    return desk.record(
      .done([statement.bytes, sealedKey.bytes]), to: deposit.request, body: deposit.body,
      in: &rows)
  }

  /// The key of an offer, sealed to the escrow agent, and what the deposit says about it.
  private static func goodsKey(
    of offer: Offer, for deposit: CheckedDeposit, _ desk: inout ShopDesk, _ rows: any ShopRows
  ) throws(GoodsError) -> (digest: Digest, sealed: Sealed<SealedContent.GoodsKey>) {
    let process = deposit.request.process
    guard let recipient = offer.container?.recipient else {
      return (GoodsKey.digestOfNone(process: process), GoodsKey.none)
    }
    guard let sealed = rows.sealedIdentity(of: recipient) else {
      throw GoodsError(.shopRows, "the shop has no key for its own offer")
    }
    let identity = try desk.vault.open(sealed, of: recipient)
    return (
      GoodsKey.digest(of: identity, process: process),
      GoodsKey.seal(identity, to: deposit.escrow, from: &desk.entropy)
    )
  }

  private static func refuse(
    _ reason: RefusalReason, _ deposit: CheckedDeposit, _ desk: inout ShopDesk,
    _ rows: inout any ShopRows
  ) throws(GoodsError) -> ShopAnswer {
    let request = deposit.request
    let refusal = try desk.sign(
      Refusal(process: request.process, step: request.step, reason: reason), in: &rows)
    return desk.record(.refused(reason, refusal), to: request, body: deposit.body, in: &rows)
  }
}

extension ShopOfferRow {
  /// What the offer says. It was checked before it was stored.
  func claim() throws(GoodsError) -> Offer {
    do {
      return try UnverifiedStatement(signed.bytes).unverifiedClaim()
    } catch {
      throw GoodsError(.shopRows, "a stored offer cannot be read")
    }
  }
}
