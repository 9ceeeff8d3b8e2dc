// Founding a market: keys for everybody, the signed trust list, the bank's first keyset.

import ECash
import Evidence
import Foundation
import PaymentCrypto
public import PaymentModel
import Receipts
import StoreSQLite

extension Market {
  /// How long the keys of a new market are valid, in seconds: five years.
  static let keySeconds: Int64 = 5 * 365 * 86_400
  /// How long coins are issued, and accepted, in seconds: one year, and another.
  static let issueSeconds: Int64 = 365 * 86_400

  /// Founds a market in an empty home: makes everybody's keys, signs the trust list, makes the wallet,
  /// has each bank issue coins under its first keyset, which is logged, and has the banks clear with each other.
  ///
  /// A home whose founding was interrupted is refused when it is opened. Founded again under the same charter, it
  /// goes on with what is there.
  ///
  /// - Throws: `home` when there is a market already, or another was begun; `atRestKey`, `keys`.
  public static func found(
    _ charter: Charter, at home: HomeFolder, passphraseFile: String? = nil,
    clock: any WallClock = SystemWallClock()
  ) async throws(PartyError) {
    try await found(
      charter, at: home, passphraseFile: passphraseFile, clock: clock,
      after: { _ throws(PartyError) in })
  }

  /// What a founding consists of. Each step finds what it has done before.
  package enum FoundingStep: CaseIterable, Sendable {
    case begun
    case trustList
    case wallet
    /// The first bank has its keyset, and the others have none.
    case firstKeyset
    case keysets
    case clearing
  }

  /// A founding that may be interrupted.
  ///
  /// - Parameter step: called after each step.
  package static func found(
    _ charter: Charter, at home: HomeFolder, passphraseFile: String? = nil,
    clock: any WallClock = SystemWallClock(),
    after step: (FoundingStep) throws(PartyError) -> Void
  ) async throws(PartyError) {
    try home.make()
    try begin(charter, at: home)
    try step(.begun)
    if DurableFile.read(home.trust) == nil {
      try writeTrustList(of: charter, at: home, passphraseFile: passphraseFile, now: clock.now())
    }
    try step(.trustList)
    try await makeWallet(at: home, passphraseFile: passphraseFile)
    try step(.wallet)
    let market = try await Market(
      at: home, passphraseFile: passphraseFile, clock: clock, isFounding: true)
    do throws(PartyError) {
      for (number, house) in market.houses.enumerated() {
        try await issueFirstKeyset(of: charter, at: house, in: market, now: clock.now())
        if number == 0 { try step(.firstKeyset) }
      }
      try step(.keysets)
      try await agreeOnClearing(charter, in: market)
      try step(.clearing)
    } catch {
      try? await market.close()
      throw error
    }
    try await market.close()
    do {
      try DurableFile.remove(home.founding)
    } catch {
      throw PartyError(.home, "cannot remove \(home.founding): \(error)")
    }
  }

  /// Notes that a market of this charter is being founded, unless it is noted already.
  private static func begin(_ charter: Charter, at home: HomeFolder) throws(PartyError) {
    let digest = Bytes(charter.digest.hex.utf8)
    if let begun = DurableFile.read(home.founding) {
      guard begun == digest else {
        throw PartyError(.home, "the founding of another market was interrupted in \(home.path)")
      }
      return
    }
    guard DurableFile.read(home.trust) == nil else {
      throw PartyError(.home, "\(home.path) holds a market already")
    }
    do {
      try DurableFile.write(digest, to: home.founding)
    } catch {
      throw PartyError(.home, "\(error)")
    }
  }

  /// Has all banks clear with each other, and sign how much each may draw. What two banks have agreed on already stays.
  private static func agreeOnClearing(
    _ charter: Charter, in market: Market
  ) async throws(PartyError) {
    do {
      let limit = try Amount(minor: charter.clearingLimit, currency: charter.currency)
      for bank in market.banks {
        let known = await bank.clearings().map(\.bank)
        for other in market.banks where other.name != bank.name && !known.contains(other.name) {
          try await bank.clear(with: other.name, claiming: limit, owing: limit)
        }
      }
      try await market.renewCreditLines()
    } catch {
      throw PartyError(.home, "\(error)")
    }
  }

  private static func makeWallet(
    at home: HomeFolder, passphraseFile: String?
  ) async throws(PartyError) {
    let folder = try PartyFolder(at: home.wallet, passphraseFile: passphraseFile)
    do {
      let store = try SQLiteStore.wallet(in: folder.state)
      if await store.read({ $0.sealedSeed() }) == nil {
        try await Wallet.create(
          in: store, seed: try folder.keys.secret("seed"), atRest: try folder.atRestKey())
      }
      try await store.close()
    } catch {
      throw PartyError(.home, "\(error)")
    }
  }

  private static func writeTrustList(
    of charter: Charter, at home: HomeFolder, passphraseFile: String?, now: Timestamp
  ) throws(PartyError) {
    // Witnesses tell the time in whole seconds: the log's first checkpoint may be seen in this one.
    let validFrom = Timestamp(seconds: now.milliseconds / 1000)
    var keys: [TrustedKey] = []
    var recipients: [TrustedRecipient] = []
    func add(_ party: PartyName, _ role: Role, _ names: String...) throws(PartyError) {
      let folder = try PartyFolder(at: home.state(of: party), passphraseFile: passphraseFile)
      for name in names {
        guard let value = SigningKeyValue(try folder.keys.signingKey(name).publicKey.bytes) else {
          throw PartyError(.keys, "\(name) is no signing key")
        }
        keys.append(
          TrustedKey(
            party: party, role: role, key: value, validFrom: validFrom,
            validUntil: now.adding(seconds: keySeconds)))
      }
      guard role == .bank || role == .coordinator else { return }
      let recipient = try folder.keys.identity(KeyName.sealing).recipient
      guard let value = RecipientValue(recipient.bytes) else { return }
      recipients.append(TrustedRecipient(party: party, role: role, recipient: value))
    }
    try add(charter.root, .trustRoot, KeyName.root)
    for bank in [charter.bank] + charter.otherBanks {
      try add(bank, .bank, KeyName.statements, KeyName.keysets)
    }
    for merchant in charter.merchants { try add(merchant, .merchant, KeyName.statements) }
    try add(charter.coordinator, .coordinator, KeyName.statements)
    try add(charter.log, .log, KeyName.checkpoints)
    try add(charter.witness, .witness, KeyName.cosignatures)
    try add(charter.auditor, .auditor, KeyName.statements)

    let root = try PartyFolder(at: home.state(of: charter.root), passphraseFile: passphraseFile)
    let signer = StatementSigner(party: charter.root, key: try root.keys.signingKey(KeyName.root))
    var entropy = SystemEntropy()
    do {
      let list = try TrustStore.sign(
        TrustList(madeAt: now, keys: keys, recipients: recipients, witnessQuorum: 1), with: signer,
        entropy: &entropy)
      try DurableFile.write(list.bytes, to: home.trust)
    } catch {
      throw PartyError(.home, "\(error)")
    }
  }

  private static func issueFirstKeyset(
    of charter: Charter, at house: BankHouse, in market: Market, now: Timestamp
  ) async throws(PartyError) {
    if let issued = await house.bank.keyset() { return try await publish(issued, in: market) }
    let until = now.adding(seconds: issueSeconds)
    let made = await house.denominationSigner.generate(
      values: charter.coinValues, size: charter.keySize)
    let keyset = Keyset(
      currency: charter.currency, decimals: charter.decimals, period: 1,
      denominations: made.map { value, publicKey in
        Denomination(
          value: value, publicKey: publicKey, issuedFrom: now, issuedUntil: until,
          spentUntil: until.adding(seconds: issueSeconds),
          redeemedUntil: until.adding(seconds: 2 * issueSeconds))
      }, fees: charter.fees)
    var entropy = SystemEntropy()
    let signed = house.keysetSigner.sign(keyset, entropy: &entropy)
    do {
      try await house.bank.publish(signed)
    } catch {
      throw PartyError(.home, "\(error)")
    }
    try await publish(signed, in: market)
  }

  /// Logs a keyset. What is in the log already stays there.
  private static func publish(
    _ keyset: Signed<Keyset>, in market: Market
  ) async throws(PartyError) {
    do {
      _ = try await market.log.publish(keyset)
    } catch {
      throw PartyError(.home, "\(error)")
    }
  }
}
