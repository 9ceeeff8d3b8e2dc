// Statements as they occur: an order, offers, a deposit, a verdict, a transfer, with keys that a trust
// store lists.

import Evidence
import Measurement
import PaymentCrypto
import PaymentModel

/// One statement of each of the kinds that a purchase mostly consists of.
struct StatementMix {
  let trust: TrustStore
  let time = Timestamp(seconds: 1_800_000_000)
  let offer: Case<Offer>
  let longOffer: Case<Offer>
  let order: Case<Order>
  let deposit: Case<Deposit>
  let verdict: Case<Verdict>
  let transfer: Case<Transfer>

  /// A claim, signed.
  struct Case<Content: Claim> {
    let claim: Content
    let signed: Signed<Content>
    let payload: Bytes
    let issuer: Issuer
    let nonce: Nonce
    /// The key, the signature and what is signed.
    let key: Bytes
    let signature: Bytes
    let signingInput: Bytes

    init(
      _ claim: Content, by signer: StatementSigner, _ entropy: inout SystemEntropy
    ) throws {
      self.claim = claim
      signed = signer.sign(claim, entropy: &entropy)
      let statement = try UnverifiedStatement(signed.bytes)
      payload = statement.payload
      issuer = statement.issuer
      nonce = statement.nonce
      key = signer.publicKey.bytes
      signature = statement.signatures[0].signature
      signingInput = StatementSignature.signingInput(
        protectedHeader: statement.signatures[0].protectedHeader, payload: statement.payload)
    }
  }

  init() throws {
    var entropy = SystemEntropy()
    func identifier<Subject>(of: Subject.Type = Subject.self) throws -> Identifier<Subject> {
      try required(Identifier(entropy.bytes(32)))
    }
    let signers = try ["root", "bank", "books", "coordinator"].map { name in
      StatementSigner(
        party: try required(PartyName("\(name).example")),
        key: Ed25519.PrivateKey.generate(from: &entropy))
    }
    let customer = StatementSigner(
      party: .customer, key: Ed25519.PrivateKey.generate(from: &entropy))
    let roles: [Role] = [.trustRoot, .bank, .merchant, .coordinator]
    let time = time
    let listed = try zip(signers, roles).map { signer, role in
      TrustedKey(
        party: signer.issuer.party, role: role,
        key: try required(SigningKeyValue(signer.publicKey.bytes)), validFrom: time,
        validUntil: time.adding(seconds: 86_400))
    }
    trust = try TrustStore(
      TrustStore.sign(
        TrustList(madeAt: time, keys: listed, witnessQuorum: 0), with: signers[0],
        entropy: &entropy))

    let currency = try required(Currency("EUR"))
    let price = try Price(
      net: Amount(minor: 1050, currency: currency), tax: Amount(minor: 200, currency: currency))
    let payee = Payee(
      bank: signers[1].issuer.party, account: try required(AccountName("books")))
    let process: ProcessID = try identifier()
    func offer(_ description: String) throws -> Offer {
      Offer(
        title: "A guide to the city", description: description, fileName: "guide.pdf",
        mediaType: "application/pdf",
        container: ContainerCommitment(
          recipient: try identifier(), header: entropy.bytes(200), payloadNonce: entropy.bytes(16),
          ciphertextLength: 1_048_984, chunkCount: 16, goodsRoot: try identifier(),
          plaintextLength: 1_048_576),
        mode: .catalogue, stock: nil, price: price, maximumQuantity: 10, payee: payee,
        accepts: [AcceptedPayment(bank: payee.bank, method: .ecash)],
        coordinators: [signers[3].issuer.key], holdLimitSeconds: 300, deliveryLimitSeconds: 60,
        expiresAt: time, retainedUntil: time)
    }
    self.offer = try Case(offer(""), by: signers[2], &entropy)
    longOffer = try Case(
      offer("Walks, cafés and museums, with maps that can be printed. ".repeated(4)),
      by: signers[2], &entropy)
    order = try Case(
      Order(
        oneTimeKey: try required(SigningKeyValue(customer.publicKey.bytes)),
        recipient: try identifier(), root: try identifier(), entryCount: 64,
        coordinator: signers[3].issuer.key, template: try identifier(),
        decideBy: time, mask: try identifier()), by: customer, &entropy)
    deposit = try Case(
      Deposit(
        process: process, offer: try identifier(), quantity: 1, amount: price.gross, payee: payee,
        decideBy: time, heldUntil: time, keyDigest: try identifier()), by: signers[2], &entropy)
    verdict = try Case(
      Verdict(
        process: process, decision: .commit(keyBundle: try identifier()), decidedAt: time,
        evidence: try identifier()), by: signers[3], &entropy)
    transfer = try Case(
      Transfer(
        process: process, verdict: try identifier(), payee: payee, amount: price.gross),
      by: signers[1], &entropy)
  }

  var payloads: [Bytes] {
    [
      offer.payload, longOffer.payload, order.payload, deposit.payload, verdict.payload,
      transfer.payload,
    ]
  }

  /// How many bytes of payload there are in all of them.
  var payloadByteCount: Int { payloads.reduce(0) { $0 + $1.count } }
}

extension String {
  fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
