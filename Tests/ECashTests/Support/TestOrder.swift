// Orders and requests to hold coins for them, right or wrong in one place.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

/// A signed order that pays through one bank.
struct TestOrder: Sendable {
  enum Step: String { case reserve, post, void }

  let signed: Signed<Order>
  let claim: Order
  let process: ProcessID
  let part: CommittedPart
  let total: Amount
  /// Of the order's one-time recipient.
  let identitySeed: Bytes

  var partDigest: Digest { SHA256.digest(part.part) }

  func id(_ step: Step, _ suffix: String = "") -> RequestID {
    let path = StepPath(rawValue: "\(step.rawValue)/bank\(suffix)")
    guard let path else { preconditionFailure("a step path is printable") }
    return RequestID(process: process, step: path)
  }

  /// Opens what is sealed to the customer.
  func open<Result>(
    _ body: (borrowing Age.Identity) throws -> Result
  ) throws -> Result {
    try body(Age.Identity(copying: SecretBytes(copying: identitySeed)))
  }
}

extension CashWorld {
  /// An order over what accounts are to get, at the bank's first fee unless said otherwise.
  func order(
    _ payouts: [(account: String, minor: UInt64)], bank: PartyName? = nil,
    payeeBank: PartyName? = nil, method: PaymentMethod = .ecash,
    coordinator: StatementSigner? = nil, decideIn seconds: Int64 = 600,
    currency: Currency? = nil, recipient: RecipientValue? = nil, transferFee: UInt64? = nil
  ) throws -> TestOrder {
    var entropy = SystemEntropy()
    let currency = currency ?? self.currency
    let total = try Amount(minor: payouts.reduce(0) { $0 + $1.minor }, currency: currency)
    let content = PaymentPart(
      bank: bank ?? bankName, method: method, total: total,
      payouts: try payouts.sorted { $0.account < $1.account }.map {
        Payout(
          payee: Payee(
            bank: payeeBank ?? bankName, account: try #require(AccountName($0.account))),
          amount: try Amount(minor: $0.minor, currency: currency))
      }, transferFee: transferFee ?? keyset.keyset.fees.perTransfer)
    let commitment = try OrderCommitment([.payment(content)], entropy: &entropy)
    let key = StatementSigner(party: .customer, key: .generate(from: &entropy))
    let seed = entropy.bytes(32)
    let identity = try Age.Identity(copying: SecretBytes(copying: seed))
    let claim = Order(
      oneTimeKey: try #require(SigningKeyValue(key.publicKey.bytes)),
      recipient: try recipient ?? #require(RecipientValue(identity.recipient.bytes)),
      root: commitment.root, entryCount: commitment.entryCount,
      coordinator: (coordinator ?? self.coordinator).issuer.key,
      template: SHA256.digest(Bytes("template".utf8)),
      decideBy: clock.now().adding(seconds: seconds), mask: SHA256.digest(entropy.bytes(32)))
    let signed = key.sign(claim, entropy: &entropy)
    return TestOrder(
      signed: signed, claim: claim, process: try trust.verifyOrder(signed).id.renamed(),
      part: commitment.parts[0], total: total, identitySeed: seed)
  }

  /// The coins of a payment for an order, sealed to the bank. Each argument replaces what would be right.
  func instrument(
    _ order: TestOrder, _ coins: [HeldCoin], usedIn process: ProcessID? = nil,
    at bank: PartyName? = nil, process named: ProcessID? = nil, part: Digest? = nil,
    total: Amount? = nil, change: ([UsedCoin]) -> [UsedCoin] = { $0 }
  ) throws -> Sealed<SealedContent.Instrument> {
    var entropy = SystemEntropy()
    let used = try coins.map {
      try $0.used(in: process ?? order.process, at: bank ?? bankName)
    }
    return PaymentInstrument(
      process: named ?? order.process, part: part ?? order.partDigest,
      total: total ?? order.total, coins: change(used)
    ).sealed(to: self.bank.recipient, from: &entropy)
  }

  /// Something else than coins, sealed to the bank for an order.
  func instrument(
    _ order: TestOrder, _ means: some PaymentMeans
  ) -> Sealed<SealedContent.Instrument> {
    var entropy = SystemEntropy()
    return means.sealed(
      InstrumentBinding(process: order.process, part: order.partDigest, total: order.total),
      to: bank.recipient, from: &entropy)
  }

  func reserve(
    _ order: TestOrder, with means: some PaymentMeans
  ) async -> Outcome<Signed<Reservation>> {
    await bank.reserve(request(order, instrument(order, means)))
  }

  func request(
    _ order: TestOrder, _ instrument: Sealed<SealedContent.Instrument>, step suffix: String = ""
  ) -> ReserveRequest {
    ReserveRequest(
      id: order.id(.reserve, suffix), order: order.signed, part: order.part,
      instrument: instrument)
  }

  /// Holds coins for an order, as a customer and a coordinator without fault do.
  func reserve(
    _ order: TestOrder, _ coins: [HeldCoin]
  ) async throws -> Outcome<Signed<Reservation>> {
    try await bank.reserve(request(order, instrument(order, coins)))
  }
}
