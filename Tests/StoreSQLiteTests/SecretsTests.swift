// Nothing secret stands in a database in clear. The databases are filled by the capabilities themselves.

import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import StoreSQLite
import Testing

@Suite struct SecretsTests {
  let folder: TemporaryFolder
  let state: StateFolder
  var entropy = SeededEntropy(seed: 7)

  init() throws {
    folder = try TemporaryFolder()
    state = try StateFolder(at: folder.path)
  }

  @Test func theSearchFindsWhatIsThereAndNothingElse() async throws {
    let store = try SQLiteStore.wallet(in: state)
    let there = Bytes(0..<48)
    await store.transact { $0.putSealedSeed(there) }
    let files = try StateFiles(folder)
    #expect(files.contain(Bytes(0..<16)))
    #expect(files.contain(Bytes(repeating: 0xEE, count: 16) + Bytes(16..<32)))
    #expect(!files.contain(Bytes((0..<48).reversed())))
  }

  @Test func aBanksDenominationKeysAreSealed() async throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Vectors/denominations/value-0001.pem")
    let pem = SecretBytes(copying: Bytes(try Data(contentsOf: file)))
    let key = try BlindRSA.PrivateKey(pkcs8PEM: pem)
    // The last five of the eight numbers are p, q, and what the Chinese remainder theorem needs.
    let encoded = key.pkcs8DER().withSpan { span in span.indices.map { span[$0] } }
    let secret = Bytes(encoded.suffix(640))

    let store = try SQLiteStore.bank(in: state)
    let signer = LocalSigner(store: store, atRest: try Self.atRestKey())
    let publicKey = await signer.add(key)
    let id: DenominationID = SHA256.digest(publicKey).renamed()
    let stored = await store.read { $0.sealedDenominationKey(id) }
    #expect((stored?.count ?? 0) >= encoded.count)

    let files = try StateFiles(folder)
    #expect(files.contain(id.bytes))
    #expect(!files.contain(secret))
    try await store.close()
    #expect(try !StateFiles(folder).contain(secret))
  }

  @Test func aBanksCardsAreSealed() async throws {
    let store = try SQLiteStore.bank(in: state)
    let issuer = CardIssuer(
      bank: try #require(PartyName("bank.example")), store: store, atRest: try Self.atRestKey(),
      clock: StoppedClock(time: Timestamp(seconds: 1_800_000_000)))
    let card = try await issuer.issue(.credit(limit: 12_345))
    let text = card.withText { span in span.indices.map { span[$0] } }
    let lines = text.split(separator: UInt8(ascii: "\n")).map { Bytes($0) }
    let rows = await store.read { $0.cards() }
    #expect(rows.map(\.funds) == [.credit(limit: 12_345)])
    let files = try StateFiles(folder)
    #expect(try files.contain(#require(rows.first).id.bytes))
    // The number, and expiry and code, which stand together.
    #expect(lines.count == 3)
    #expect(!files.contain(lines[0]))
    #expect(!files.contain(lines[1] + [UInt8(ascii: "\n")] + lines[2]))
    #expect(!files.contain(SHA256.digest(lines[0]).bytes), "nor a digest that can be searched for")
    try await store.close()
    #expect(try !StateFiles(folder).contain(lines[0]))
  }

  @Test mutating func aWalletsSeedIsSealed() async throws {
    let store = try SQLiteStore.wallet(in: state)
    let seed = entropy.bytes(32)
    try await Wallet.create(
      in: store, seed: SecretBytes(copying: seed), atRest: try Self.atRestKey())
    #expect(await store.read { $0.sealedSeed() } != nil)
    #expect(try !StateFiles(folder).contain(seed))
    try await store.close()
    #expect(try !StateFiles(folder).contain(seed))
  }

  @Test mutating func aShopsVaultIsSealed() async throws {
    let store = try SQLiteStore.shop(in: state)
    let outside = try TemporaryFolder()
    let identity = Age.Identity.generate(from: &entropy)
    let offer = try await publish(identity, in: store, outside: outside)
    #expect(offer.bytes.count > 0)
    #expect(await store.read { $0.offers(after: nil, atMost: 9).count } == 1)

    let secret = identity.withSpan { span in span.indices.map { span[$0] } }
    let text = identity.encoded().withSpan { span in span.indices.map { span[$0] } }
    let files = try StateFiles(folder)
    #expect(files.contain(identity.recipient.bytes))
    #expect(!files.contain(secret))
    #expect(!files.contain(text))
    try await store.close()
    #expect(try !StateFiles(folder).contain(secret))
  }

  private mutating func publish(
    _ identity: borrowing Age.Identity, in store: any Store<any ShopRows>, outside: TemporaryFolder
  ) async throws -> Signed<Offer> {
    let good = "\(outside.path)/good"
    try Data("a good".utf8).write(to: URL(filePath: good))
    let commitment = try Container.seal(
      FileSource(path: good), to: identity.recipient, container: "\(good).age",
      chunkList: "\(good).chunks", from: &entropy)
    let now = Timestamp(seconds: 1_800_000_000)
    let party = try #require(PartyName("shop.example"))
    let bank = try #require(PartyName("bank.example"))
    let account = try #require(AccountName("shop"))
    let currency = try #require(Currency("EUR"))
    let free = try Amount(minor: 0, currency: currency)
    let shop = Shop(
      store: store,
      signer: StatementSigner(party: party, key: Ed25519.PrivateKey.generate(from: &entropy)),
      vaultKey: try Self.atRestKey(), trust: try trustStore(at: now), verdicts: NoVerdicts(),
      clock: StoppedClock(time: now), policy: ShopPolicy(templates: []))
    return try await shop.publish(
      OfferDraft(
        title: "A good", fileName: "good.txt", container: commitment,
        price: try Price(net: try Amount(minor: 100, currency: currency), tax: free),
        payee: Payee(bank: bank, account: account),
        accepts: [AcceptedPayment(bank: bank, method: .ecash)],
        coordinators: [SHA256.digest(Bytes("coordinator".utf8)).renamed()],
        expiresAt: now.adding(seconds: 3600), retainedUntil: now.adding(seconds: 7200)),
      identity: identity)
  }

  /// A trust store with its root and nobody else.
  private mutating func trustStore(at now: Timestamp) throws -> TrustStore {
    let party = try #require(PartyName("root.example"))
    let root = StatementSigner(party: party, key: Ed25519.PrivateKey.generate(from: &entropy))
    let listed = TrustedKey(
      party: party, role: .trustRoot, key: try #require(SigningKeyValue(root.publicKey.bytes)),
      validFrom: now.adding(seconds: -1), validUntil: now.adding(seconds: 1))
    let list = TrustList(madeAt: now, keys: [listed], witnessQuorum: 0)
    return try TrustStore(TrustStore.sign(list, with: root, entropy: &entropy))
  }

  private static func atRestKey() throws -> AtRestKey {
    try AtRestKey(keyFile: SecretBytes(copying: Bytes(repeating: 0x5A, count: 32)))
  }
}

private struct StoppedClock: WallClock {
  let time: Timestamp

  func now() -> Timestamp { time }
  func sleep(until time: Timestamp) async {}
}

/// Nothing here comes to a verdict.
private struct NoVerdicts: VerdictReader {
  func read(
    _ verdict: LoggedVerdict, of process: ProcessID, by coordinator: Thumbprint
  ) throws(NotAdmitted) -> Stated<Verdict> {
    throw NotAdmitted(code: "none", message: "no verdicts here")
  }
}
