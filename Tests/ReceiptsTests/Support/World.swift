// The parties of the tests, with fixed keys and a clock that is set by hand.

import Conformance
import Evidence
import PaymentCrypto
import PaymentModel
import Receipts

/// A clock that stands still until it is set, to a later time.
final class HandClock: WallClock {
  private let clock: ModelClock

  init(_ time: Timestamp) { clock = ModelClock(at: time) }

  func now() -> Timestamp { clock.now() }
  func set(_ new: Timestamp) { clock.advance(to: new) }
  func sleep(until time: Timestamp) async { await clock.sleep(until: time) }
}

/// Everybody who signs: a root, a bank, two merchants, a coordinator, a log and a witness.
struct World {
  static let start = Timestamp(seconds: 1_800_000_000)
  static let validFrom = start.adding(seconds: -86_400)
  static let validUntil = start.adding(seconds: 10 * 86_400)

  let clock = HandClock(start)
  let root: StatementSigner
  let bank: StatementSigner
  let merchants: [StatementSigner]
  let coordinator: StatementSigner
  let secondCoordinator: StatementSigner
  /// A merchant that has no part in any purchase.
  let bystander: StatementSigner
  let logSigner: NoteSigner
  let witnessSigner: NoteSigner
  let trust: TrustStore
  let logStore = MemoryStore<any LogRows>(MemoryLogRows())
  let witnessStore = MemoryStore<any LogRows>(MemoryLogRows())

  init(witnessQuorum: Int = 1) throws {
    root = try Self.signer("root.example")
    bank = try Self.signer("bank.example")
    merchants = [try Self.signer("books.example"), try Self.signer("maps.example")]
    coordinator = try Self.signer("coordinator.example")
    secondCoordinator = try Self.signer("other.example")
    bystander = try Self.signer("bystander.example")
    logSigner = try Self.noteSigner("log.example", .note)
    witnessSigner = try Self.noteSigner("witness.example", .cosignature)
    let listed =
      [(root, Role.trustRoot), (bank, .bank), (coordinator, .coordinator)].map(Self.listed)
      + [Self.listed(secondCoordinator, .coordinator)]
      + (merchants + [bystander]).map { Self.listed($0, .merchant) }
      + [
        try Self.listed(logSigner, .log), try Self.listed(witnessSigner, .witness),
      ]
    var entropy = SeededEntropy(seed: 1)
    let signed = try TrustStore.sign(
      TrustList(madeAt: Self.start, keys: listed, witnessQuorum: witnessQuorum), with: root,
      entropy: &entropy)
    trust = try TrustStore(signed)
  }

  /// The log of this world, over `logStore` or another store.
  func log(
    over store: (any Store<any LogRows>)? = nil, witnesses: [any Witness]? = nil, quorum: Int = 1
  ) -> TransparencyLog {
    TransparencyLog(
      signer: logSigner, store: store ?? logStore, witnesses: witnesses ?? [witness()],
      quorum: quorum, trust: trust, clock: clock)
  }

  /// The witness of this world, over `witnessStore` or another store.
  func witness(
    signing signer: NoteSigner? = nil, over store: (any Store<any LogRows>)? = nil
  ) -> LocalWitness {
    LocalWitness(
      signer: signer ?? witnessSigner, logs: [logSigner.key], store: store ?? witnessStore,
      clock: clock)
  }

  static func privateKey(_ name: String) throws -> Ed25519.PrivateKey {
    try Ed25519.PrivateKey(seed: SecretBytes(copying: SHA256.digest(Bytes(name.utf8)).bytes))
  }

  static func signer(_ name: String) throws -> StatementSigner {
    StatementSigner(party: try party(name), key: try privateKey(name))
  }

  static func noteSigner(_ name: String, _ purpose: NoteKey.Purpose) throws -> NoteSigner {
    NoteSigner(party: try party(name), purpose: purpose, key: try privateKey(name))
  }

  static func party(_ name: String) throws -> PartyName {
    guard let party = PartyName(name) else { throw BadFixture(name) }
    return party
  }

  private static func listed(_ signer: StatementSigner, _ role: Role) -> TrustedKey {
    TrustedKey(
      party: signer.issuer.party, role: role, key: signer.publicKey.value, validFrom: validFrom,
      validUntil: validUntil)
  }

  private static func listed(_ signer: NoteSigner, _ role: Role) throws -> TrustedKey {
    TrustedKey(
      party: try party(signer.key.name), role: role, key: signer.key.publicKey.value,
      validFrom: validFrom, validUntil: validUntil)
  }
}

/// A fixture that does not hold what the test needs.
struct BadFixture: Error {
  let message: String

  init(_ message: String) { self.message = message }
}

extension Ed25519.PublicKey {
  /// The key as claims carry it.
  var value: SigningKeyValue {
    SigningKeyValue(bytes) ?? SHA256.digest(bytes).renamed()
  }
}

/// An identifier out of a text.
func identifier<Subject>(_ text: String) -> Identifier<Subject> {
  SHA256.digest(Bytes(text.utf8)).renamed()
}
