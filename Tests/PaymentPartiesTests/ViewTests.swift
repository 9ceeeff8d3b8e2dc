// Partial anonymity: what each party is told, and what it keeps, holds nothing that it need not know.

import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties
import StoreSQLite
import Testing

@Suite struct ViewTests {
  /// Everything that one party has seen: its files, and what it was told.
  private struct Views {
    let bank: Haystack
    let red: Haystack
    let blue: Haystack
    let coordinator: Haystack
    let log: Haystack
  }

  /// What there is to be seen of one purchase.
  private struct Facts {
    let redOffer: Stated<Offer>
    let blueOffer: Stated<Offer>
    let spentCoins: [WalletCoinRow]
    let unspentCoins: [WalletCoinRow]
    /// The public keys of the spent ones, and of the others.
    let spent: [Bytes]
    let unspent: [Bytes]
    /// The sealed instrument of the payment.
    let instrument: Bytes
    /// The identities that open the goods.
    let identities: [Bytes]
  }

  @Test func nobodySeesMoreThanItMust() async throws {
    let market = try await Fair.open()
    let bank = RecordedBank(bank: market.bank)
    market.directory.register(bank: bank, as: Fair.bank)
    let red = RecordedMerchant(merchant: try #require(market.shop(Fair.red)))
    let blue = RecordedMerchant(merchant: try #require(market.shop(Fair.blue)))
    market.directory.register(merchant: red, as: Fair.red)
    market.directory.register(merchant: blue, as: Fair.blue)

    let terms = try await market.charge(
      Tariff(
        amount: try Fair.amount(5), account: Fair.account(Self.till),
        validUntil: SystemWallClock().now().adding(seconds: 3600)))
    let process = try await market.order()
    #expect(try await market.conclude(process).decision.isCommit)
    let opened = try await market.open(process)
    let offers = try LockedGood.all(in: market.home.locked).map { try market.inspect($0).stated }
    let submission = try await market.customer.submission(of: process)
    try await market.close()

    func files(_ party: String) throws -> Haystack {
      try Haystack("\(market.home.path)/state/\(party)")
    }
    let views = Views(
      bank: try files(Fair.bank.text) + Haystack(bank.said.all),
      red: try files(Fair.red.text) + Haystack(red.said.all),
      blue: try files(Fair.blue.text) + Haystack(blue.said.all),
      coordinator: try files(Fair.coordinator.text),
      log: try files("log.example") + files("witness.example"))
    let (spent, unspent) = try await coins(in: market.home)
    let wallet = WalletSecrets(seed: try market.home.keys(of: market.home.wallet).secret("seed"))
    let facts = Facts(
      redOffer: try #require(offers.first { $0.issuer.party == Fair.red }),
      blueOffer: try #require(offers.first { $0.issuer.party == Fair.blue }),
      spentCoins: spent, unspentCoins: unspent, spent: try spent.map { try wallet.coin($0) },
      unspent: try unspent.map { try wallet.coin($0) },
      instrument: try #require(submission.instruments.first).bytes,
      identities: try opened.map { try identity(in: $0.keyPath) })
    #expect(!facts.spent.isEmpty && !facts.unspent.isEmpty && facts.identities.count == 2)

    check(bank: views.bank, facts)
    check(merchant: views.red, own: facts.redOffer, other: facts.blueOffer, facts)
    check(merchant: views.blue, own: facts.blueOffer, other: facts.redOffer, facts)
    check(coordinator: views.coordinator, facts)
    check(log: views.log, facts)
    check(views, terms: terms.id)
  }

  /// Where the coordinator is paid.
  private static let till = "till-that-decides"

  /// What the coordinator charges is seen by it and by the bank that pays it, and by no merchant.
  private func check(_ views: Views, terms: StatementID) {
    #expect(views.bank.contains(Self.till))
    for view in [views.red, views.blue, views.log] { #expect(view.places(of: Self.till) == []) }
    for view in [views.bank, views.red, views.blue] {
      #expect(view.places(of: terms.bytes) == [] && view.places(of: terms.hex) == [])
    }
  }

  /// The bank sees the coins, the total and the payees. It does not see what is bought, or coins that
  /// were not spent, although it has signed them.
  private func check(bank: Haystack, _ facts: Facts) {
    for coin in facts.spent { #expect(bank.contains(coin)) }
    for coin in facts.unspent { #expect(bank.places(of: coin) == []) }
    #expect(bank.contains(Fair.payee(of: Fair.red).account.text))
    for offer in [facts.redOffer, facts.blueOffer] { expectNo(offer, in: bank) }
    expectNoGoods(in: bank, facts)
  }

  /// A merchant sees its own offer and its own transfer. It does not see how it is paid, who pays, or
  /// what else is bought.
  private func check(merchant: Haystack, own: Stated<Offer>, other: Stated<Offer>, _ facts: Facts) {
    #expect(merchant.contains(own.claim.title) && merchant.contains(own.id.bytes))
    #expect(merchant.contains(own.claim.payee.account.text))
    expectNo(other, in: merchant)
    #expect(merchant.places(of: other.claim.payee.account.text) == [])
    #expect(merchant.places(of: other.issuer.party.text) == [])
    #expect(merchant.places(of: Fair.alice.text) == [])
    #expect(merchant.places(of: "payouts") == [])
    expectNoCoins(in: merchant, facts)
    expectNoGoods(in: merchant, facts)
  }

  /// The coordinator sees all parts of the order. It does not see a coin, an account of the customer, or
  /// a key.
  private func check(coordinator: Haystack, _ facts: Facts) {
    // A page of the journal's file may end within one of them.
    #expect(
      [facts.redOffer, facts.blueOffer].contains { coordinator.contains($0.claim.title) })
    #expect(coordinator.contains("payouts"))
    #expect(
      stride(from: 0, to: facts.instrument.count - 64, by: 64).contains {
        coordinator.contains(Bytes(facts.instrument[$0..<$0 + 64]))
      })
    #expect(coordinator.places(of: Fair.alice.text) == [])
    expectNoCoins(in: coordinator, facts, isSealedInstrumentThere: true)
    expectNoGoods(in: coordinator, facts)
  }

  /// The log sees slots and identifiers.
  private func check(log: Haystack, _ facts: Facts) {
    #expect(log.contains(facts.redOffer.id.bytes))
    for offer in [facts.redOffer, facts.blueOffer] {
      #expect(log.places(of: offer.claim.title) == [])
      #expect(log.places(of: offer.claim.payee.account.text) == [])
      #expect(log.places(of: offer.issuer.party.text) == [])
    }
    #expect(log.places(of: Fair.alice.text) == [])
    expectNoCoins(in: log, facts)
    expectNoGoods(in: log, facts)
  }

  // MARK: - What must not be there

  private func expectNo(
    _ offer: Stated<Offer>, in view: Haystack, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for text in [offer.claim.title, offer.claim.fileName] {
      #expect(view.places(of: text) == [], sourceLocation: sourceLocation)
    }
    let container = offer.claim.container.map { [$0.goodsRoot.bytes, $0.recipient.bytes] } ?? []
    for bytes in [offer.id.bytes] + container {
      #expect(view.places(of: bytes) == [], sourceLocation: sourceLocation)
    }
  }

  private func expectNoCoins(
    in view: Haystack, _ facts: Facts, isSealedInstrumentThere: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for coin in facts.spent + facts.unspent {
      #expect(view.places(of: coin) == [], sourceLocation: sourceLocation)
    }
    for coin in facts.spentCoins + facts.unspentCoins {
      let signature = Bytes(coin.signature.prefix(32))
      #expect(view.places(of: signature) == [], sourceLocation: sourceLocation)
    }
    guard !isSealedInstrumentThere else { return }
    let instrument = Bytes(facts.instrument.suffix(32))
    #expect(view.places(of: instrument) == [], sourceLocation: sourceLocation)
  }

  private func expectNoGoods(
    in view: Haystack, _ facts: Facts, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for bytes in [Fair.contract, Fair.picture] + facts.identities {
      #expect(view.places(of: bytes) == [], sourceLocation: sourceLocation)
    }
  }

  // MARK: - What there is

  private func coins(
    in home: HomeFolder
  ) async throws -> (spent: [WalletCoinRow], unspent: [WalletCoinRow]) {
    let folder = try PartyFolder(at: home.wallet)
    let store = try SQLiteStore.wallet(in: folder.state)
    let coins = await store.read { rows in
      (rows.coins(at: Fair.bank, in: .spent), rows.coins(at: Fair.bank, in: .free))
    }
    try await store.close()
    return coins
  }

  private func identity(in keyPath: String) throws -> Bytes {
    let identity = try IdentityFile(path: keyPath).identity(0)
    return identity.withSpan { span in span.indices.map { span[$0] } }
  }
}
