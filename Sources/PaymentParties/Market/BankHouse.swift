// A bank of the market, with what it issues and where it keeps it.

import ECash
import Evidence
import PaymentModel
import Receipts
import StoreSQLite

/// One bank and what belongs to it.
struct BankHouse: Sendable {
  let bank: Bank
  /// Issues the bank's cards.
  let cards: CardIssuer
  let denominationSigner: LocalSigner
  let keysetSigner: StatementSigner
  let store: any ClosableStore

  var name: PartyName { bank.name }

  /// Opens the bank of a folder.
  ///
  /// - Throws: `StoreError` when its database cannot be opened; `PartyError` when its keys cannot.
  init(
    _ name: PartyName, in folder: borrowing PartyFolder, trust: TrustStore,
    verdicts: VerdictVerifier, clock: any WallClock
  ) throws {
    let store = try SQLiteStore.bank(in: folder.state)
    denominationSigner = LocalSigner(store: store, atRest: try folder.atRestKey())
    keysetSigner = StatementSigner(party: name, key: try folder.keys.signingKey(KeyName.keysets))
    cards = CardIssuer(
      bank: name, store: store, atRest: try folder.atRestKey(), clock: clock)
    bank = Bank(
      store: store,
      signer: StatementSigner(party: name, key: try folder.keys.signingKey(KeyName.statements)),
      denominationSigner: denominationSigner,
      identity: try folder.keys.identity(KeyName.sealing), trust: trust, verdicts: verdicts,
      transfers: verdicts, clock: clock,
      methods: [
        TransferScheme(store: store), cards, CoinsAndCardScheme(cards, store: store),
      ])
    self.store = store
  }
}
