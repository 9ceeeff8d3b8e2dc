// Orders that a wallet makes and pays, as a customer's program does.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

struct WalletOrder: Sendable {
  let order: TestOrder
  let payable: PayableOrder
}

extension CashWorld {
  /// An order with the wallet's next one-time keys.
  func order(
    _ payouts: [(account: String, minor: UInt64)], by wallet: Wallet, bank: PartyName? = nil,
    method: PaymentMethod = .ecash, decideIn seconds: Int64 = 600
  ) async throws -> WalletOrder {
    var entropy = SystemEntropy()
    let number = await wallet.nextOrderNumber()
    let signer = try wallet.orderSigner(number)
    let template = try order(payouts, bank: bank, method: method, decideIn: seconds)
    let commitment = try OrderCommitment(
      [try template.part.verify(against: template.claim)], entropy: &entropy)
    let claim = Order(
      oneTimeKey: try #require(SigningKeyValue(signer.publicKey.bytes)),
      recipient: try #require(
        RecipientValue(try wallet.orderIdentity(number).recipient.bytes)),
      root: commitment.root, entryCount: commitment.entryCount,
      coordinator: template.claim.coordinator, template: template.claim.template,
      decideBy: template.claim.decideBy, mask: template.claim.mask)
    let signed = signer.sign(claim, entropy: &entropy)
    let order = TestOrder(
      signed: signed, claim: claim, process: try trust.verifyOrder(signed).id.renamed(),
      part: commitment.parts[0], total: template.total, identitySeed: [])
    return WalletOrder(
      order: order,
      payable: PayableOrder(order: signed, number: number, payments: [commitment.parts[0]]))
  }

  /// Pays with a wallet, and hands the coins to the bank.
  func pay(
    _ made: WalletOrder, with wallet: Wallet, means: [PartyName: any PaymentMeans] = [:]
  ) async throws -> Outcome<Signed<Reservation>> {
    let submission = try await wallet.pay(made.payable, with: means) { $0[0].bytes }
    return await bank.reserve(
      request(made.order, Sealed(submission, digest: SHA256.digest(submission))))
  }
}
