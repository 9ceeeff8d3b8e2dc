// A bank of the real market at work, and what it was founded with.

import ECash
import Evidence
import PaymentCrypto
import PaymentModel
import Receipts

/// A real bank with all its methods, over rows in memory.
struct RealBank: Sendable {
  let bank: Bank
  let issuer: CardIssuer
  let store: MemoryStore<any BankRows>

  var name: PartyName { bank.name }

  /// - Parameter seed: of all that it draws.
  init(
    _ name: PartyName, store: MemoryStore<any BankRows>, denominationSigner: LocalSigner,
    trust: TrustStore, clock: RunClock, seed: UInt64
  ) throws {
    let source = SharedEntropy(seed)
    let verdicts = VerdictVerifier(trust)
    issuer = CardIssuer(bank: name, store: store, atRest: try RealMarket.atRest(), clock: clock)
    bank = Bank(
      store: store, signer: try RealMarket.signer(name), denominationSigner: denominationSigner,
      identity: try RealMarket.identity(name.text), trust: trust, verdicts: verdicts,
      transfers: verdicts, clock: clock,
      methods: [
        TransferScheme(store: store), issuer, CoinsAndCardScheme(issuer, store: store),
      ],
      rules: .standard, makeEntropy: { source.fork() })
    self.store = store
  }

  /// The rows as they are now.
  var rows: any BankRows { store.snapshot() }
}

/// A card of a customer, and what it pays with.
struct RealCard: Sendable {
  let id: CardID
  let details: CardDetails
  /// With credit of the bank; otherwise with her account.
  let isCredit: Bool
}

/// A bank as it was founded.
struct FoundedBank: Sendable {
  let name: PartyName
  let currency: Currency
  let store: MemoryStore<any BankRows>
  let denominationSigner: LocalSigner
  /// The first is published; each further one has another tariff, and comes while a run goes on.
  let keysets: [AcceptedKeyset]
  /// By customer.
  let cards: [RealCard]
}

extension FoundedBank {
  /// Keysets of a bank in the order of their periods, of which the first alone has coins that anybody has.
  ///
  /// - Parameter tariff: what the bank keeps of a transfer, by period.
  static func keysets(
    of name: PartyName, _ currency: Currency, tariff: [UInt64], by signer: LocalSigner,
    trust: TrustStore, at now: Timestamp
  ) async throws -> [AcceptedKeyset] {
    let until = now.adding(seconds: 365 * 86_400)
    var entropy = SeededEntropy(seed: 12)
    var keysets: [AcceptedKeyset] = []
    for (place, fee) in tariff.enumerated() {
      let made = await signer.generate(values: place == 0 ? [1, 2, 4] : [1])
      let keyset = Keyset(
        currency: currency, decimals: 2, period: place + 1,
        denominations: made.map { value, key in
          Denomination(
            value: value, publicKey: key, issuedFrom: now, issuedUntil: until, spentUntil: until,
            redeemedUntil: until)
        }, fees: Fees(perTransfer: fee))
      keysets.append(
        try AcceptedKeyset(
          RealMarket.signer(name).sign(keyset, entropy: &entropy), of: name, trust: trust, at: now))
    }
    return keysets
  }
}
