// A purchase of two goods from two merchants, signed by everybody, in every shape that the tests need.

import Evidence
import PaymentCrypto
import PaymentModel
import Receipts

/// All statements of one purchase.
struct Purchase {
  let process: ProcessID
  let order: Stated<Order>
  let parts: [CommittedPart]
  let verdictID: StatementID
  let verdict: Signed<Verdict>
  let bundle: Sealed<SealedContent.KeyBundle>?
  /// Each statement by name, in the order in which they came to be.
  var statements: [(name: String, bytes: Bytes)]
  let deposits: [StatementID]
  /// The identity bytes that were deposited.
  let identities: [Bytes]

  /// What a test has somebody say instead.
  struct Changes {
    var payment: (PaymentPart) -> PaymentPart = { $0 }
    /// What else is to be paid, which no bank reserves.
    var morePayments: [PaymentPart] = []
    var offer: (Offer, Int) -> Offer = { offer, _ in offer }
    var reservation: (Reservation) -> Reservation = { $0 }
    var deposit: (Deposit, Int) -> Deposit = { deposit, _ in deposit }
    var acceptance: (Acceptance) -> Acceptance = { $0 }
    var request: (DeliveryRequest) -> DeliveryRequest = { $0 }
    var verdict: (Verdict) -> Verdict = { $0 }
    var transfer: (Transfer) -> Transfer = { $0 }
    var settlement: (Settlement) -> Settlement = { $0 }
    var void: (VoidedReservation) -> VoidedReservation = { $0 }
    var release: (Release) -> Release = { $0 }
    var decider: (World) -> StatementSigner = { $0.coordinator }
    /// Which merchant deposits another identity than that of the offer's recipient.
    var wrongKey: Int?
    /// What the coordinator charges, if anything.
    var fee: Fee?
    /// What the order carries as its mask.
    var mask: Digest = identifier("mask")
  }

  /// The coordinator's fee, and what is wrong about it.
  struct Fee {
    var minor: UInt64 = 30
    var terms: (Terms) -> Terms = { $0 }
    var signer: (World) -> StatementSigner = { $0.coordinator }
    /// The parts of the order that name it.
    var parts: (FeePart) -> [FeePart] = { [$0] }
    /// What is paid to the coordinator.
    var payouts: (Payout) -> [Payout] = { [$0] }
  }

  init(
    in world: World, seed: UInt64 = 7, abort reason: AbortReason? = nil,
    bank signer: StatementSigner? = nil, _ changes: Changes = Changes()
  ) throws {
    let bankSigner = signer ?? world.bank
    var entropy = SeededEntropy(seed: seed)
    var statements: [(name: String, bytes: Bytes)] = []
    func add<Content: Claim>(
      _ name: String, _ signed: Signed<Content>
    ) throws -> Stated<Content> {
      statements.append((name, signed.bytes))
      let statement = try UnverifiedStatement(signed.bytes)
      return Stated(
        id: statement.id, issuer: statement.issuer, claim: try statement.unverifiedClaim())
    }
    let euro = try Self.required(Currency("EUR"))
    let bank = world.bank.issuer.party
    let decideBy = World.start.adding(seconds: 600)

    // Offers
    var identities: [Bytes] = []
    var offers: [Stated<Offer>] = []
    for (number, merchant) in world.merchants.enumerated() {
      let secret = entropy.bytes(32)
      let identity = try Age.Identity(copying: SecretBytes(copying: secret))
      identities.append(secret)
      let price = try Amount(minor: UInt64(100 * (number + 1)), currency: euro)
      let payee = Payee(
        bank: bank, account: try Self.required(AccountName("merchant-\(number)")))
      let header = Age.Header(
        sealing: Age.FileKey.generate(from: &entropy), to: identity.recipient, from: &entropy)
      let offer = Offer(
        title: "Good \(number)", description: "", fileName: "good.txt", mediaType: "text/plain",
        container: ContainerCommitment(
          recipient: try Self.required(RecipientValue(identity.recipient.bytes)),
          header: header.bytes, payloadNonce: entropy.bytes(16), ciphertextLength: 1000,
          chunkCount: 1, goodsRoot: identifier("root \(number)"), plaintextLength: 700),
        mode: .catalogue, stock: nil, price: try Price(net: price, tax: .zero(euro)),
        maximumQuantity: 10, payee: payee,
        accepts: [AcceptedPayment(bank: bank, method: .ecash)],
        coordinators: [world.coordinator.issuer.key], holdLimitSeconds: 60,
        deliveryLimitSeconds: 60, expiresAt: decideBy, retainedUntil: decideBy)
      offers.append(
        try add(
          "offer \(number)", merchant.sign(changes.offer(offer, number), entropy: &entropy)))
    }

    // Order: one of the first good, two of the second.
    let quantities = [1, 2]
    let amounts = try zip(offers, quantities).map {
      try $0.claim.price.gross.multiplied(by: UInt64($1))
    }
    var payouts = zip(offers, amounts).map { Payout(payee: $0.claim.payee, amount: $1) }
    var fees: [OrderPart] = []
    if let fee = changes.fee {
      let till = Payout(
        payee: Payee(bank: bank, account: try Self.required(AccountName("till"))),
        amount: try Amount(minor: fee.minor, currency: euro))
      let terms = Terms(
        charges: [
          Charge(
            amount: till.amount, payees: [till.payee],
            accepts: [AcceptedPayment(bank: bank, method: .ecash)])
        ], validFrom: World.start, validUntil: decideBy)
      let stated = try add("terms", fee.signer(world).sign(fee.terms(terms), entropy: &entropy))
      let part = FeePart(terms: stated.id, amount: till.amount, payee: till.payee)
      fees = fee.parts(part).map { .fee($0) }
      payouts += fee.payouts(till)
    }
    let payment = changes.payment(
      PaymentPart(
        bank: bank, method: .ecash, total: try Amount.sum(payouts.map(\.amount), in: euro),
        payouts: payouts))
    let items = zip(offers, quantities).map {
      OrderPart.item(ItemPart(offer: $0.id, quantity: $1))
    }
    let payments = ([payment] + changes.morePayments).map { OrderPart.payment($0) }
    let commitment = try OrderCommitment(items + payments + fees, entropy: &entropy)
    let customer = StatementSigner(
      party: .customer, key: Ed25519.PrivateKey.generate(from: &entropy))
    let order = try add(
      "order",
      customer.sign(
        Order(
          oneTimeKey: customer.publicKey.value, recipient: identifier("one-time recipient"),
          root: commitment.root, entryCount: commitment.entryCount,
          coordinator: world.coordinator.issuer.key, template: identifier("template"),
          decideBy: decideBy, mask: changes.mask), entropy: &entropy))
    let process: ProcessID = order.id.renamed()
    _ = try add(
      "submission",
      world.coordinator.sign(
        Submission(
          process: process, template: identifier("template"), definition: identifier("definition")),
        entropy: &entropy))

    // Holds
    let reservation = Reservation(
      process: process, part: SHA256.digest(commitment.parts[2].part), total: payment.total,
      decideBy: decideBy)
    _ = try add(
      "reservation", bankSigner.sign(changes.reservation(reservation), entropy: &entropy))
    if let wrong = changes.wrongKey { identities[wrong] = entropy.bytes(32) }
    var deposits: [StatementID] = []
    var acceptances: [StatementID] = []
    for (number, merchant) in world.merchants.enumerated() {
      let keyDigest = SHA256.digest(
        Bytes("foil/deposit/v1".utf8), process.bytes, identities[number])
      let deposit = try add(
        "deposit \(number)",
        merchant.sign(
          changes.deposit(
            Deposit(
              process: process, offer: offers[number].id, quantity: quantities[number],
              amount: amounts[number], payee: offers[number].claim.payee, decideBy: decideBy,
              heldUntil: decideBy, keyDigest: keyDigest), number), entropy: &entropy))
      deposits.append(deposit.id)
      guard reason == nil else { continue }
      let acceptance = Acceptance(
        process: process, offer: offers[number].id, deposit: deposit.id, keyDigest: keyDigest)
      acceptances.append(
        try add(
          "acceptance \(number)",
          world.coordinator.sign(changes.acceptance(acceptance), entropy: &entropy)
        ).id)
    }
    if reason == nil {
      let request = DeliveryRequest(process: process, acceptances: acceptances.sorted())
      _ = try add(
        "delivery request", customer.sign(changes.request(request), entropy: &entropy))
    }

    // Verdict
    let keys = Bytes("sealed keys of \(seed)".utf8)
    let decision: Decision =
      reason.map { .abort($0) } ?? .commit(keyBundle: SHA256.digest(keys))
    let signedVerdict = changes.decider(world).sign(
      changes.verdict(
        Verdict(
          process: process, decision: decision, decidedAt: World.start.adding(seconds: 60),
          evidence: identifier("evidence"))), entropy: &entropy)
    let verdict = try add("verdict", signedVerdict)

    // What follows
    if reason == nil {
      var transfers: [StatementID] = []
      for (number, payout) in payment.payouts.enumerated() {
        let transfer = Transfer(
          process: process, verdict: verdict.id, payee: payout.payee, amount: payout.amount)
        transfers.append(
          try add(
            "transfer \(number)",
            bankSigner.sign(changes.transfer(transfer), entropy: &entropy)
          ).id)
      }
      for (number, merchant) in world.merchants.enumerated() {
        let own = transfers.indices.contains(number) ? [transfers[number]] : []
        let settlement = Settlement(process: process, verdict: verdict.id, transfers: own)
        _ = try add(
          "settlement \(number)",
          merchant.sign(changes.settlement(settlement), entropy: &entropy))
      }
    } else {
      let void = VoidedReservation(
        process: process, verdict: verdict.id, released: payment.total)
      _ = try add("void", bankSigner.sign(changes.void(void), entropy: &entropy))
      for (number, merchant) in world.merchants.enumerated() {
        let release = Release(process: process, offer: offers[number].id, verdict: verdict.id)
        _ = try add(
          "release \(number)", merchant.sign(changes.release(release), entropy: &entropy))
      }
    }

    self.process = process
    self.order = order
    self.statements = statements
    self.deposits = deposits
    self.identities = identities
    parts = commitment.parts
    self.verdict = signedVerdict
    verdictID = verdict.id
    bundle = reason == nil ? Sealed(keys, digest: SHA256.digest(keys)) : nil
  }

  /// The receipt out of a log, over all statements but those left out and with those put in.
  func receipt(
    from log: TransparencyLog, without left: Set<String> = [], with more: [Bytes] = [],
    exhibits: [Receipt.Exhibit] = []
  ) async throws -> Receipt {
    try await log.receipt(
      for: ReceiptContents(
        process: process,
        statements: statements.filter { !left.contains($0.name) }.map(\.bytes) + more,
        verdict: nil, parts: parts, exhibits: exhibits, keyBundle: bundle?.digest))
  }

  private static func required<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw BadFixture("a value that must be there") }
    return value
  }
}
