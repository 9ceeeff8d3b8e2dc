// The keys of the real market: the same in every program, and in one trust list.

import Evidence
import Goods
import PaymentCrypto
import PaymentModel
import Receipts

extension RealMarket {
  static let logName = Setting.name("log.example")
  static let witnessName = Setting.name("witness.example")

  private static func secret(_ name: String) -> Bytes {
    SHA256.digest(Bytes("laboratory \(name)".utf8)).bytes
  }

  /// A secret that nobody else has.
  static func secretBytes(_ name: String) -> SecretBytes { SecretBytes(copying: secret(name)) }

  static func signer(_ name: PartyName) throws -> StatementSigner {
    StatementSigner(
      party: name, key: try Ed25519.PrivateKey(seed: SecretBytes(copying: secret(name.text))))
  }

  static func noteSigner(
    _ name: PartyName, _ purpose: NoteKey.Purpose
  ) throws -> NoteSigner {
    NoteSigner(
      party: name, purpose: purpose,
      key: try Ed25519.PrivateKey(seed: SecretBytes(copying: secret(name.text))))
  }

  static func identity(_ name: String) throws -> Age.Identity {
    try Age.Identity(copying: SecretBytes(copying: secret("identity \(name)")))
  }

  static func atRest() throws -> AtRestKey {
    try AtRestKey(keyFile: SecretBytes(copying: secret("at rest")))
  }

  static func trustList() throws -> TrustStore {
    let root = try signer(Setting.name("root.example"))
    let from = Stage.start.adding(seconds: -30 * 86_400)
    func listed(_ signer: StatementSigner, _ role: Role) throws -> TrustedKey {
      guard let key = SigningKeyValue(signer.publicKey.bytes) else { throw Unusable() }
      return TrustedKey(
        party: signer.issuer.party, role: role, key: key, validFrom: from,
        validUntil: Stage.start.adding(seconds: 5 * 365 * 86_400))
    }
    func recipient(_ party: PartyName, _ role: Role) throws -> TrustedRecipient {
      TrustedRecipient(
        party: party, role: role, recipient: try identity(party.text).recipient.value)
    }
    var keys = [
      try listed(root, .trustRoot), try listed(signer(Setting.coordinatorName), .coordinator),
      try listed(signer(logName), .log), try listed(signer(witnessName), .witness),
    ]
    var recipients = [try recipient(Setting.coordinatorName, .coordinator)]
    for bank in bankNames {
      keys.append(try listed(signer(bank), .bank))
      recipients.append(try recipient(bank, .bank))
    }
    for shop in shopNames { keys.append(try listed(signer(shop), .merchant)) }
    var entropy = SeededEntropy(seed: 11)
    return try TrustStore(
      TrustStore.sign(
        TrustList(
          madeAt: Stage.start.adding(seconds: -86_400), keys: keys, recipients: recipients,
          witnessQuorum: 1),
        with: root, entropy: &entropy))
  }

  /// The parties cannot be put together.
  struct Unusable: Error {}
}
