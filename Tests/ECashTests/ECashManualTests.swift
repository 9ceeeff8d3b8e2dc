// Electronic cash from the first key to the last posting, with the public API only. Reads as the manual.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct ECashManualTests {
  @Test func cashFromMintToMerchant() async throws {
    var entropy = SystemEntropy()
    let now = Timestamp(seconds: 1_800_000_000)
    let clock = ManualClock(time: now)
    let bankName = try #require(PartyName("bank.example"))
    let euro = try #require(Currency("EUR"))

    // Trust: a root lists the keys that everybody believes, and where to seal payments.
    let root = signer("root.example")
    let bankSigner = signer("bank.example")
    let coordinator = signer("coordinator.example")
    let bankIdentity = Age.Identity.generate(from: &entropy)
    func listed(_ signer: StatementSigner, _ role: Role) throws -> TrustedKey {
      TrustedKey(
        party: signer.issuer.party, role: role,
        key: try #require(SigningKeyValue(signer.publicKey.bytes)), validFrom: now,
        validUntil: now.adding(seconds: 86_400))
    }
    let list = TrustList(
      madeAt: now,
      keys: [
        try listed(root, .trustRoot), try listed(bankSigner, .bank),
        try listed(coordinator, .coordinator),
      ],
      recipients: [
        TrustedRecipient(
          party: bankName, role: .bank,
          recipient: try #require(RecipientValue(bankIdentity.recipient.bytes)))
      ],
      witnessQuorum: 0)
    let trust = try TrustStore(TrustStore.sign(list, with: root, entropy: &entropy))
    let verdicts = ManualVerdicts(trust: trust, clock: clock)

    // Bank: makes denomination keys, signs a keyset over them, opens accounts.
    let store = MemoryStore<any BankRows>(MemoryBankRows())
    let denominations = LocalSigner(
      store: store, atRest: try AtRestKey(keyFile: SecretBytes(count: 32, from: &entropy)))
    let keys = await denominations.generate(values: [1, 2, 4])
    let keyset = bankSigner.sign(
      Keyset(
        currency: euro, decimals: 2, period: 1,
        denominations: keys.map {
          Denomination(
            value: $0.value, publicKey: $0.publicKey, issuedFrom: now,
            issuedUntil: now.adding(seconds: 3600), spentUntil: now.adding(seconds: 7200),
            redeemedUntil: now.adding(seconds: 10_800))
        },
        fees: Fees()),
      entropy: &entropy)
    let bank = Bank(
      store: store, signer: bankSigner, denominationSigner: denominations, identity: bankIdentity,
      trust: trust, verdicts: verdicts, clock: clock)
    try await bank.publish(keyset)

    // Customer: a wallet out of one seed, and an account that her wallet can withdraw from.
    let purse = MemoryStore<any WalletRows>(MemoryWalletRows())
    let purseKey = try AtRestKey(keyFile: SecretBytes(count: 32, from: &entropy))
    try await Wallet.create(
      in: purse, seed: SecretBytes(count: 32, from: &entropy), atRest: purseKey)
    let wallet = try await Wallet(
      store: purse, atRest: purseKey, trust: trust, verdicts: verdicts, clock: clock)
    let customer = try #require(AccountName("customer"))
    try await bank.openAccount(customer, key: wallet.accountKey(at: bankName))
    try await bank.credit(
      Amount(minor: 20, currency: euro), to: customer, reference: SHA256.digest([1]))

    // Merchant: an account that money can be paid into.
    let merchant = try #require(AccountName("merchant"))
    try await bank.openAccount(merchant, key: signer("merchant.example").publicKey)

    // Customer: verifies the keyset and withdraws. The bank signs without seeing the coins.
    let accepted = try AcceptedKeyset(
      try #require(await bank.keyset()), of: bankName, trust: trust, at: now)
    try await wallet.withdraw(
      Amount(minor: 12, currency: euro), from: customer, under: accepted, at: bank)
    #expect(try await wallet.balance(at: bankName, in: euro).minor == 12)
    #expect(try await bank.balance(of: customer).minor == 8)

    // Customer: orders something for 5, with keys that she uses once.
    let payment = PaymentPart(
      bank: bankName, method: .ecash, total: try Amount(minor: 5, currency: euro),
      payouts: [
        Payout(
          payee: Payee(bank: bankName, account: merchant),
          amount: try Amount(minor: 5, currency: euro))
      ])
    let parts = try OrderCommitment([.payment(payment)], entropy: &entropy)
    let number = await wallet.nextOrderNumber()
    let oneTime = try wallet.orderSigner(number)
    let order = oneTime.sign(
      Order(
        oneTimeKey: try #require(SigningKeyValue(oneTime.publicKey.bytes)),
        recipient: try #require(RecipientValue(try wallet.orderIdentity(number).recipient.bytes)),
        root: parts.root, entryCount: parts.entryCount, coordinator: coordinator.issuer.key,
        template: SHA256.digest([]), decideBy: now.adding(seconds: 600),
        mask: SHA256.digest(entropy.bytes(32))),
      entropy: &entropy)
    let process: ProcessID = try trust.verifyOrder(order).id.renamed()

    // Customer: pays. The coins are locked, and sealed to the bank for this order only.
    let blob = try await wallet.pay(
      PayableOrder(order: order, number: number, payments: parts.parts)
    ) { blobs in blobs[0].bytes }
    #expect(try await wallet.balance(at: bankName, in: euro).minor == 7)

    // Coordinator: has the bank hold the money, and decides.
    let step = try #require(StepPath(rawValue: "payment/bank.example"))
    let id = RequestID(process: process, step: step)
    let reserved = await bank.reserve(
      ReserveRequest(
        id: id, order: order, part: parts.parts[0],
        instrument: Sealed(blob, digest: SHA256.digest(blob))))
    guard case .done(let reservation) = reserved else {
      Issue.record("the bank holds the money")
      return
    }
    #expect(try trust.verify(reservation, by: bankName, at: now).claim.total.minor == 5)
    let verdict = LoggedVerdict(
      verdict: coordinator.sign(
        Verdict(
          process: process, decision: .commit(keyBundle: SHA256.digest([])), decidedAt: now,
          evidence: SHA256.digest(entropy.bytes(32))),
        entropy: &entropy),
      proof: [])

    // Bank: the verdict moves the money to the merchant.
    guard case .done(let transfers) = await bank.post(PostRequest(id: id, verdict: verdict)) else {
      Issue.record("the bank pays")
      return
    }
    #expect(try trust.verify(transfers[0], by: bankName, at: now).claim.amount.minor == 5)
    #expect(try await bank.balance(of: merchant).minor == 5)

    // Customer: the same verdict ends her purchase; the coins are spent.
    try await wallet.conclude(process, with: verdict)
    #expect(await wallet.purchase(process)?.state == .committed)

    // Auditor: 20 came in; 8 and 5 lie in accounts, 7 in coins.
    let books = try await bank.trialBalance()
    #expect(books.balance(of: .clearing) == -20)
    #expect(books.outstanding == 7)
  }

  private func signer(_ name: String) -> StatementSigner {
    var entropy = SystemEntropy()
    guard let party = PartyName(name) else { preconditionFailure("not a name: \(name)") }
    return StatementSigner(party: party, key: .generate(from: &entropy))
  }

  /// The time of this story.
  private struct ManualClock: WallClock {
    let time: Timestamp
    func now() -> Timestamp { time }
    func sleep(until time: Timestamp) async {}
  }

  /// Believes a coordinator's signature. A verdict's place in the log is another module's to verify.
  private struct ManualVerdicts: VerdictReader {
    let trust: TrustStore
    let clock: ManualClock

    func read(
      _ verdict: LoggedVerdict, of process: ProcessID, by coordinator: Thumbprint
    ) throws(NotAdmitted) -> Stated<Verdict> {
      guard let verified = try? trust.verify(verdict.verdict, at: clock.now()),
        verified.claim.process == process, verified.issuer.key == coordinator
      else { throw NotAdmitted(code: "verdict", message: "not a verdict of that coordinator") }
      return verified.stated
    }
  }
}
