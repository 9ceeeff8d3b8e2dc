// One claim of each kind.

import Evidence
import PaymentCrypto
import PaymentModel

enum SampleClaims {
  static let time = Timestamp(milliseconds: 1_790_000_000_000)
  static let nonce = required(Nonce(Bytes(0..<16)))
  static let currency = required(Currency("EUR"))
  static let payee = Payee(
    bank: Parties.bank.signer.issuer.party, account: required(AccountName("books")))

  static func amount(_ minor: UInt64) -> Amount {
    required(try? Amount(minor: minor, currency: currency))
  }

  static func claim(_ kind: StatementKind) -> any Claim {
    switch kind {
    case .offer: offer()
    case .deposit:
      Deposit(
        process: identifier("process"), offer: identifier("offer"), quantity: 2,
        amount: amount(2500), payee: payee, decideBy: time.adding(seconds: 600),
        heldUntil: time.adding(seconds: 300), keyDigest: identifier("key"))
    case .release:
      Release(
        process: identifier("process"), offer: identifier("offer"), verdict: identifier("verdict"))
    case .settlement:
      Settlement(
        process: identifier("process"), verdict: identifier("verdict"),
        transfers: [identifier("transfer")])
    case .refusal:
      Refusal(
        process: identifier("process"), step: required(StepPath(rawValue: "reserve/bank.example")),
        reason: .doubleSpend, details: identifier("details"))
    case .order: order
    case .deliveryRequest:
      DeliveryRequest(process: identifier("process"), acceptances: [identifier("acceptance")])
    case .cancellation: Cancellation(process: identifier("process"))
    case .keyset: keyset
    case .issue:
      Issue(
        withdrawal: identifier("withdrawal"), account: required(AccountName("alice")),
        debit: amount(64), blindSignatures: identifier("signatures"))
    case .reservation:
      Reservation(
        process: identifier("process"), part: identifier("part"), total: amount(2500),
        decideBy: time.adding(seconds: 600))
    case .doubleSpend: doubleSpend
    case .void:
      VoidedReservation(
        process: identifier("process"), verdict: identifier("verdict"), released: amount(2500))
    case .transfer:
      Transfer(
        process: identifier("process"), verdict: identifier("verdict"), payee: payee,
        amount: amount(2500), draw: Draw(line: identifier("line"), total: 90_000))
    case .creditLine:
      CreditLine(
        debtor: Parties.bank.signer.issuer.party, limit: amount(100_000), validFrom: time,
        validUntil: time.adding(seconds: 600))
    case .credit:
      Credit(
        transfer: identifier("transfer"), account: required(AccountName("shop")),
        amount: amount(2500))
    case .withdrawal:
      Withdrawal(
        bank: Parties.bank.signer.issuer.party, account: required(AccountName("alice")),
        total: amount(64), coinCount: 1, blindedMessages: identifier("blinded"))
    case .submission:
      Submission(
        process: identifier("process"), template: identifier("template"),
        definition: identifier("definition"))
    case .acceptance:
      Acceptance(
        process: identifier("process"), offer: identifier("offer"), deposit: identifier("deposit"),
        keyDigest: identifier("key"))
    case .verdict: verdict
    case .terms: terms
    case .acknowledgement:
      Acknowledgement(
        process: identifier("process"), verdict: identifier("verdict"),
        offers: [identifier("offer")])
    case .addressClaim:
      AddressClaim(
        process: identifier("process"), offer: identifier("offer"),
        verdict: identifier("verdict"), address: identifier("sealed address"))
    case .dispatch:
      Dispatch(
        process: identifier("process"), offer: identifier("offer"),
        addressClaim: identifier("address claim"), reference: "parcel 17")
    case .refund:
      Refund(
        process: identifier("process"), verdict: identifier("verdict"), source: payee,
        amount: amount(2500))
    case .complaint:
      Complaint(.keyMissing, about: identifier("verdict"), process: identifier("process"))
    case .evidenceRequest:
      EvidenceRequest(
        complaint: identifier("complaint"), party: payee.bank, question: .transfer,
        answerBy: time.adding(seconds: 604_800))
    case .ruling:
      Ruling(
        complaint: identifier("complaint"), outcome: .didNotAnswer, party: payee.bank,
        rule: .askedInVain, evidence: [identifier("request")])
    case .shareAcceptance:
      ShareAcceptance(
        process: identifier("process"), offer: identifier("offer"),
        commitments: identifier("commitments"), index: 2, threshold: 3, shareCount: 5)
    case .keyRegistration:
      KeyRegistration(
        role: .bank, key: Parties.registered.value, validFrom: time,
        validUntil: time.adding(seconds: 86_400))
    case .revocation:
      Revocation(
        .key(Parties.bank.signer.issuer.key), from: time.adding(seconds: 60), reason: .lost)
    case .trust: trustList
    }
  }

  static func offer(title: String = "A picture", description: String = "Red, 40 × 30") -> Offer {
    Offer(
      title: title, description: description, fileName: "picture.png", mediaType: "image/png",
      container: ContainerCommitment(
        recipient: identifier("recipient"), header: Bytes("age-encryption.org/v1\n".utf8),
        payloadNonce: Bytes(0..<16), ciphertextLength: 1000, chunkCount: 1,
        goodsRoot: identifier("goods"), plaintextLength: 800),
      mode: .individual, stock: "red",
      price: required(try? Price(net: amount(1000), tax: amount(250))),
      maximumQuantity: 3, payee: payee,
      accepts: [AcceptedPayment(bank: payee.bank, method: .ecash)],
      coordinators: [Parties.coordinator.signer.issuer.key], holdLimitSeconds: 300,
      deliveryLimitSeconds: 60, expiresAt: time.adding(seconds: 86_400),
      retainedUntil: time.adding(seconds: 864_000))
  }

  static let order = order(oneTimeKey: Parties.customer.value)

  static func order(oneTimeKey: SigningKeyValue) -> Order {
    Order(
      oneTimeKey: oneTimeKey, recipient: identifier("customer's recipient"),
      root: identifier("root"), entryCount: 64, coordinator: Parties.coordinator.signer.issuer.key,
      template: identifier("template"), decideBy: time.adding(seconds: 600),
      mask: identifier("mask"))
  }

  static let terms = Terms(
    charges: [
      Charge(
        amount: amount(25),
        payees: [Payee(bank: payee.bank, account: required(AccountName("coordinator")))],
        accepts: [AcceptedPayment(bank: payee.bank, method: .ecash, largestFee: 2)])
    ], validFrom: time, validUntil: time.adding(seconds: 86_400))

  static let verdict = Verdict(
    process: identifier("process"), decision: .commit(keyBundle: identifier("bundle")),
    decidedAt: time, evidence: identifier("evidence"))

  static let keyset = Keyset(
    currency: currency, decimals: 2, period: 1,
    denominations: [1, 2, 4].map { value in
      Denomination(
        value: value, publicKey: Bytes("public key".utf8), issuedFrom: time,
        issuedUntil: time.adding(seconds: 100), spentUntil: time.adding(seconds: 200),
        redeemedUntil: time.adding(seconds: 300))
    },
    fees: Fees(perCoin: 0, perTransfer: 5))

  static let doubleSpend = DoubleSpend(
    coin: identifier("coin"), denomination: identifier("denomination"),
    first: CoinUse(
      process: identifier("process"), bank: payee.bank, signature: Bytes(repeating: 1, count: 64)),
    second: CoinUse(
      process: identifier("another process"), bank: payee.bank,
      signature: Bytes(repeating: 2, count: 64)),
    verdict: LoggedVerdict(
      verdict: Parties.coordinator.signer.sign(verdict, nonce: nonce), proof: Bytes("proof".utf8)))

  static let trustList = TrustList(
    madeAt: time,
    keys: [
      trusted(Parties.root, .trustRoot), trusted(Parties.bank, .bank),
      trusted(Parties.merchant, .merchant), trusted(Parties.coordinator, .coordinator),
      trusted(Parties.account, .account), trusted(Parties.log, .log),
      trusted(Parties.witness, .witness), trusted(Parties.trustee, .trustee),
      trusted(Parties.auditor, .auditor),
    ],
    recipients: [
      TrustedRecipient(
        party: Parties.bank.signer.issuer.party, role: .bank, recipient: basePoint)
    ],
    authorities: [TrustedAuthority(.registrar, certificate: Bytes("a certificate".utf8))],
    witnessQuorum: 1)

  /// 9, the base point of X25519: an age recipient that is as good as any other for a test.
  static let basePoint: RecipientValue = identifier([9] + Bytes(repeating: 0, count: 31))

  static func trusted(
    _ key: TestKey, _ role: Role, from: Timestamp = time.adding(seconds: -1000),
    until: Timestamp = time.adding(seconds: 1_000_000)
  ) -> TrustedKey {
    TrustedKey(
      party: key.signer.issuer.party, role: role, key: key.value, validFrom: from,
      validUntil: until)
  }
}
