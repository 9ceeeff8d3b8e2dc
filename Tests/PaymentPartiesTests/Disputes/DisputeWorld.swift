// A purchase between a few parties with fixed keys, and a log, for complaints of every kind.

import Conformance
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import Receipts
import Synchronization

/// Parties, a log with a witness, and one purchase of one good. The same seed makes the same bytes.
final class DisputeWorld: Sendable {
  static let start = Timestamp(seconds: 1_800_000_000)
  static let decideBy = start.adding(seconds: 600)
  static let day: Int64 = 86_400

  let bank = signer("bank.example")
  /// Clears with the bank, where the world has it.
  let otherBank = signer("other-bank.example")
  let merchant = signer("books.example")
  let bystander = signer("maps.example")
  let coordinator = signer("coordinator.example")
  let otherCoordinator = signer("other.example")
  /// The coordinator's next key, which no list has.
  let nextCoordinator = StatementSigner(
    party: Fair.party("coordinator.example"), key: privateKey("the coordinator's next key"))
  let account = signer("alice")
  let auditor = signer("auditor.example")
  let customer = StatementSigner(party: .customer, key: privateKey("one-time key"))
  let goodsIdentity = secret("good")
  let oneTimeIdentity = secret("one-time identity")
  let clock = StandingClock(start)
  let trust: TrustStore
  let log: TransparencyLog
  private let entropy = Mutex(SeededEntropy(seed: 42))

  /// - Parameter hasOtherBank: whether the trust list names a second bank.
  init(hasOtherBank: Bool = false) throws {
    let root = Self.signer("root.example")
    let logSigner = NoteSigner(
      party: Fair.party("log.example"), purpose: .note, key: Self.privateKey("log.example"))
    let witnessSigner = NoteSigner(
      party: Fair.party("witness.example"), purpose: .cosignature,
      key: Self.privateKey("witness.example"))
    let listed: [(PartyName, Ed25519.PublicKey, Role)] =
      [
        (root, Role.trustRoot), (bank, .bank), (merchant, .merchant), (bystander, .merchant),
        (coordinator, .coordinator), (otherCoordinator, .coordinator), (account, .account),
        (auditor, .auditor),
      ].map { ($0.issuer.party, $0.publicKey, $1) }
      + (hasOtherBank ? [(otherBank.issuer.party, otherBank.publicKey, .bank)] : [])
      + [
        (Fair.party("log.example"), logSigner.key.publicKey, .log),
        (Fair.party("witness.example"), witnessSigner.key.publicKey, .witness),
      ]
    let list = TrustList(
      madeAt: Self.start,
      keys: listed.map { party, key, role in
        TrustedKey(
          party: party, role: role, key: Identifier(key.bytes) ?? SHA256.digest([]).renamed(),
          validFrom: Self.start.adding(seconds: -Self.day),
          validUntil: Self.start.adding(seconds: 1000 * Self.day))
      }, witnessQuorum: 1)
    trust = try TrustStore(
      entropy.withLock { try TrustStore.sign(list, with: root, entropy: &$0) })
    log = TransparencyLog(
      signer: logSigner, store: MemoryStore<any LogRows>(MemoryLogRows()),
      witnesses: [
        LocalWitness(
          signer: witnessSigner, logs: [logSigner.key],
          store: MemoryStore<any LogRows>(MemoryLogRows()), clock: clock)
      ], quorum: 1, trust: trust, clock: clock)
  }

  // MARK: - Statements and files

  func sign<Content: Claim>(_ claim: Content, by signer: StatementSigner) -> Signed<Content> {
    entropy.withLock { signer.sign(claim, entropy: &$0) }
  }

  func draw<Value>(_ body: (inout SeededEntropy) throws -> Value) rethrows -> Value {
    try entropy.withLock { try body(&$0) }
  }

  /// A file of evidence, with everything in it logged now.
  func file(
    about process: ProcessID, _ statements: [Bytes], parts: [CommittedPart] = [],
    exhibits: [Receipt.Exhibit] = [], attachment: Bytes? = nil, verdict: LoggedVerdict? = nil
  ) async throws -> Receipt {
    try await log.receipt(
      for: ReceiptContents(
        process: process, statements: statements, verdict: verdict, parts: parts,
        exhibits: exhibits, attachment: attachment))
  }

  // MARK: - Keys

  static func privateKey(_ name: String) -> Ed25519.PrivateKey {
    do {
      return try Ed25519.PrivateKey(
        seed: SecretBytes(copying: SHA256.digest(Bytes(name.utf8)).bytes))
    } catch {
      fatalError("32 bytes are a seed")
    }
  }

  static func signer(_ name: String) -> StatementSigner {
    StatementSigner(party: Fair.party(name), key: privateKey(name))
  }

  /// 32 bytes of an age identity.
  static func secret(_ name: String) -> Bytes { SHA256.digest(Bytes(name.utf8)).bytes }

  static func recipient(of secret: Bytes) throws -> Age.Recipient {
    try Age.Identity(copying: SecretBytes(copying: secret)).recipient
  }
}

/// A clock that stands still until it is set.
final class StandingClock: WallClock {
  private let clock: ModelClock

  init(_ time: Timestamp) { clock = ModelClock(at: time) }

  func now() -> Timestamp { clock.now() }
  func sleep(until time: Timestamp) async { await clock.sleep(until: time) }
  func pass(seconds: Int64) { clock.advance(seconds: seconds) }
}

/// The statements of one purchase of one good, and what belongs to them.
struct DisputedPurchase {
  let process: ProcessID
  let order: Signed<Order>
  let offer: Signed<Offer>
  let offerID: StatementID
  let parts: [CommittedPart]
  let reservation: Signed<Reservation>
  let deposit: Signed<Deposit>
  let acceptance: Signed<Acceptance>
  let verdict: Signed<Verdict>
  let verdictID: StatementID
  let bundle: Bytes
  let container: ContainerCommitment
  /// The good's only chunk, its h_0, and the file key.
  let chunk: (ciphertext: Bytes, listed: Digest, fileKey: Bytes)

  /// What a test has somebody do instead.
  struct Changes {
    /// The merchant signs another h_0 than that of what it sealed.
    var merchantLies = false
    /// The coordinator delivers a bundle without keys.
    var bundleIsEmpty = false
    var abort: AbortReason?
    /// What the bank may keep of the transfer.
    var transferFee: UInt64 = 0
    /// What the coordinator is paid.
    var fee: UInt64 = 0
    var goodsName = "good"
    /// An offer that hangs below the order's root as well, and that nobody handed in.
    var hiddenOffer: StatementID?
    var decidedAt = DisputeWorld.start.adding(seconds: 60)
  }

  init(in world: DisputeWorld, _ changes: Changes = Changes()) throws {
    let euro = Fair.euro
    let good = try Self.good(in: world, lies: changes.merchantLies, secret: changes.goodsName)
    container = good.commitment
    chunk = (good.ciphertext, good.listed, good.fileKey)
    let payee = Payee(bank: world.bank.issuer.party, account: Fair.account("books"))
    let price = try Price(net: Amount(minor: 500, currency: euro), tax: .zero(euro))
    offer = world.sign(
      Offer(
        title: "A book", description: "", fileName: "book.txt", mediaType: "text/plain",
        container: good.commitment, mode: .individual, stock: nil, price: price,
        maximumQuantity: 1, payee: payee,
        accepts: [
          AcceptedPayment(bank: payee.bank, method: .ecash, largestFee: changes.transferFee)
        ],
        coordinators: [world.coordinator.issuer.key], holdLimitSeconds: 300,
        deliveryLimitSeconds: 60, expiresAt: DisputeWorld.decideBy.adding(seconds: 3600),
        retainedUntil: DisputeWorld.decideBy.adding(seconds: 3600)), by: world.merchant)
    offerID = try UnverifiedStatement(offer.bytes).id

    let fee = FeePart(
      terms: SHA256.digest([3]).renamed(), amount: try Fair.amount(changes.fee),
      payee: Self.till)
    let hasFee = changes.fee > 0
    let payment = PaymentPart(
      bank: payee.bank, method: .ecash, total: try price.gross.adding(fee.amount),
      payouts: [Payout(payee: payee, amount: price.gross)]
        + (hasFee ? [Payout(payee: fee.payee, amount: fee.amount)] : []),
      transferFee: changes.transferFee)
    let item = ItemPart(offer: offerID, quantity: 1)
    let commitment = try world.draw { entropy in
      try OrderCommitment(
        [.item(item), .payment(payment)]
          + (changes.hiddenOffer.map { [.item(ItemPart(offer: $0, quantity: 1))] } ?? [])
          + (hasFee ? [.fee(fee)] : []),
        entropy: &entropy)
    }
    parts = commitment.parts
    let recipient = try DisputeWorld.recipient(of: world.oneTimeIdentity)
    order = world.sign(
      Order(
        oneTimeKey: Identifier(world.customer.publicKey.bytes) ?? SHA256.digest([]).renamed(),
        recipient: Identifier(recipient.bytes) ?? SHA256.digest([]).renamed(),
        root: commitment.root,
        entryCount: commitment.entryCount, coordinator: world.coordinator.issuer.key,
        template: SHA256.digest([]), decideBy: DisputeWorld.decideBy, mask: SHA256.digest([1])),
      by: world.customer)
    process = try UnverifiedStatement(order.bytes).id.renamed()
    reservation = world.sign(
      Reservation(
        process: process, part: SHA256.digest(parts[1].part), total: payment.total,
        decideBy: DisputeWorld.decideBy), by: world.bank)
    deposit = world.sign(
      Deposit(
        process: process, offer: offerID, quantity: 1, amount: price.gross, payee: payee,
        decideBy: DisputeWorld.decideBy, heldUntil: DisputeWorld.decideBy,
        keyDigest: SHA256.digest(
          Bytes("foil/deposit/v1".utf8), process.bytes, world.goodsIdentity)), by: world.merchant)
    acceptance = world.sign(
      Acceptance(
        process: process, offer: offerID, deposit: try UnverifiedStatement(deposit.bytes).id,
        keyDigest: SHA256.digest(
          Bytes("foil/deposit/v1".utf8), process.bytes, world.goodsIdentity)),
      by: world.coordinator)
    bundle = try Self.bundle(
      of: changes.bundleIsEmpty ? [] : [world.goodsIdentity], to: recipient, in: world)
    verdict = world.sign(
      Verdict(
        process: process,
        decision: changes.abort.map { .abort($0) } ?? .commit(keyBundle: SHA256.digest(bundle)),
        decidedAt: changes.decidedAt, evidence: SHA256.digest([2])), by: world.coordinator)
    verdictID = try UnverifiedStatement(verdict.bytes).id
  }

  /// Where the coordinator is paid.
  static let till = Payee(
    bank: Fair.party("bank.example"), account: Fair.account("coordinator"))

  /// All statements up to the verdict.
  var statements: [Bytes] {
    [
      order.bytes, offer.bytes, reservation.bytes, deposit.bytes, acceptance.bytes, verdict.bytes,
    ]
  }

  // MARK: - Goods and keys

  private static func good(
    in world: DisputeWorld, lies: Bool, secret name: String
  ) throws -> (commitment: ContainerCommitment, ciphertext: Bytes, listed: Digest, fileKey: Bytes) {
    let folder = try TestFolder.make("disputed")
    try Data("Once upon a time there was a merchant.".utf8).write(
      to: URL(filePath: "\(folder)/good"))
    let honest = try world.draw { entropy in
      try Container.seal(
        FileSource(path: "\(folder)/good"),
        to: DisputeWorld.recipient(of: DisputeWorld.secret(name)), container: "\(folder)/good.age",
        chunkList: "\(folder)/good.chunks", from: &entropy)
    }
    let sealed = Bytes(try Data(contentsOf: URL(filePath: "\(folder)/good.age")))
    let ciphertext = Bytes(sealed.dropFirst(honest.header.count + 16))
    let list = Bytes(try Data(contentsOf: URL(filePath: "\(folder)/good.chunks")))
    let signed = lies ? SHA256.digest([7]) : Digest(list.suffix(32)) ?? SHA256.digest([])
    let root = MerkleTree.leafHash(SHA256.digest(ciphertext).bytes + signed.bytes)
    let identity = try Age.Identity(copying: SecretBytes(copying: DisputeWorld.secret(name)))
    let key = try Age.Header(honest.header).unwrap(with: identity)
    return (
      ContainerCommitment(
        recipient: honest.recipient, header: honest.header, payloadNonce: honest.payloadNonce,
        ciphertextLength: honest.ciphertextLength, chunkCount: 1, goodsRoot: root,
        plaintextLength: honest.plaintextLength),
      ciphertext, signed, key.withSpan { span in Bytes(span.indices.map { span[$0] }) }
    )
  }

  /// A key bundle as Docs/Formats/Goods.md defines it.
  private static func bundle(
    of secrets: [Bytes], to recipient: Age.Recipient, in world: DisputeWorld
  ) throws -> Bytes {
    var content = Bytes("# foil key bundle v1\n".utf8)
    for secret in secrets {
      let text = try Age.Identity(copying: SecretBytes(copying: secret)).encoded()
      text.withSpan { span in for index in span.indices { content.append(span[index]) } }
      content.append(0x0A)
    }
    content += Bytes(repeating: 0x0A, count: 4096 - content.count)
    return world.draw { entropy in
      Age.seal(SecretBytes(copying: content), to: recipient, from: &entropy)
    }
  }
}
