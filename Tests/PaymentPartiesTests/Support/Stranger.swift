// Somebody who shows made-up orders to merchants, with no money and no coordinator.

import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import Testing

/// An order that nobody hands in.
struct MadeUpOrder: Sendable {
  let signed: Signed<Order>
  let process: ProcessID
  let parts: [CommittedPart]
  let offers: [StatementID]

  /// Signs an order over one of each offer with a fresh key.
  init(
    over goods: [LockedGood], in market: Market, decideBy: Timestamp,
    coordinator: Thumbprint? = nil
  ) throws {
    try self.init(
      over: goods.map { try UnverifiedStatement($0.offer.bytes).id }, in: market,
      decideBy: decideBy, coordinator: coordinator)
  }

  init(
    over offers: [StatementID], in market: Market, decideBy: Timestamp,
    coordinator: Thumbprint? = nil
  ) throws {
    var entropy = SystemEntropy()
    let commitment = try OrderCommitment(
      offers.map { .item(ItemPart(offer: $0, quantity: 1)) }, entropy: &entropy)
    let key = StatementSigner(
      party: .customer, key: Ed25519.PrivateKey.generate(from: &entropy))
    let identity = Age.Identity.generate(from: &entropy)
    signed = key.sign(
      Order(
        oneTimeKey: try #require(SigningKeyValue(key.publicKey.bytes)),
        recipient: try #require(RecipientValue(identity.recipient.bytes)), root: commitment.root,
        entryCount: commitment.entryCount,
        coordinator: coordinator ?? market.coordinator.key, template: market.coordinator.template,
        decideBy: decideBy, mask: SHA256.digest(entropy.bytes(32))), entropy: &entropy)
    process = try UnverifiedStatement(signed.bytes).id.renamed()
    parts = commitment.parts
    self.offers = offers
  }

  /// Asks a merchant for one of its goods, as a coordinator does.
  func deposit(
    _ number: Int = 0, at merchant: any MerchantAgent, step: String = "deposit"
  ) async throws -> Outcome<DepositedKey> {
    let path = try #require(StepPath(rawValue: "\(step)/\(offers[number].hex)"))
    return await merchant.deposit(
      DepositRequest(
        id: RequestID(process: process, step: path), order: signed, part: parts[number]))
  }

  func isHeld(_ number: Int = 0, at merchant: any MerchantAgent) async throws -> Bool {
    if case .done = try await deposit(number, at: merchant) { true } else { false }
  }
}
