// What is sold: one catalogue good from each of two merchants, paid by one bank; and orders over both.

import Coordinator
import Measurement
import PaymentModel
import PaymentParties

/// How much travels with an order.
enum StatementSizes: Sendable {
  /// Nothing but what the engine needs.
  case trivial
  /// About as many bytes as real statements, coins, keys and proofs have, and nothing shared by processes.
  case real

  var statement: Int { self == .real ? 985 : 0 }
  var part: Int { self == .real ? 300 : 40 }
  /// Four coins, sealed to the bank.
  var instrument: Int { self == .real ? 3500 : 40 }
  var goodsKey: Int { self == .real ? 320 : 40 }
  var keyBundle: Int { self == .real ? 4296 : 40 }
  var proof: Int { self == .real ? 1500 : 40 }
  var pathLength: Int { self == .real ? 6 : 0 }
}

/// Two offers, and the orders over them. All orders are alike but for their mask. Shared by all parties, so that none
/// of them costs a copy.
final class TrivialCatalogue: Sendable {
  struct ListedOffer: Sendable {
    let signed: Signed<Offer>
    let stated: Stated<Offer>
  }

  let sizes: StatementSizes
  let coordinator: PartyName
  let bank: PartyName
  let merchants: [PartyName]
  let evidence: TrivialEvidence
  let oneTimeKey: SigningKeyValue
  /// Ordered by identifier.
  let offers: [ListedOffer]
  let payment: PaymentPart
  let decideBy: Timestamp
  let nonce: Nonce
  private let template: Digest

  /// - Parameter time: when the catalogue is made. The same time makes the same catalogue.
  init(sizes: StatementSizes, at time: Timestamp) throws {
    self.sizes = sizes
    let coordinator = try required(PartyName("coordinator"))
    let bank = try required(PartyName("bank.example"))
    let merchants = try ["shop-a.example", "shop-b.example"].map { try required(PartyName($0)) }
    let evidence = TrivialEvidence(
      parties: [coordinator, bank] + merchants, statementBytes: sizes.statement)
    let nonce = try required(Nonce(Bytes(repeating: 7, count: Nonce.byteCount)))
    let currency = try required(Currency("EUR"))
    let price = try Price(
      net: Amount(minor: 10, currency: currency), tax: Amount(minor: 2, currency: currency))
    let decideBy = time.adding(seconds: 3600)
    let offers = try merchants.map { merchant in
      let digest = TrivialEvidence.digest(Bytes(merchant.text.utf8))
      let offer = Offer(
        title: "A guide to the city", description: "Walks, museums and maps", fileName: "guide.pdf",
        mediaType: "application/pdf",
        container: ContainerCommitment(
          recipient: digest.renamed(), header: Bytes(repeating: 1, count: 200),
          payloadNonce: Bytes(repeating: 2, count: 16), ciphertextLength: 1_048_984, chunkCount: 16,
          goodsRoot: digest, plaintextLength: 1_048_576),
        mode: .catalogue, stock: nil, price: price, maximumQuantity: 10,
        payee: Payee(
          bank: bank, account: try required(AccountName(String(merchant.text.prefix(6))))),
        accepts: [AcceptedPayment(bank: bank, method: .ecash)],
        coordinators: [evidence.key(of: coordinator)], holdLimitSeconds: 3600,
        deliveryLimitSeconds: 3600, expiresAt: decideBy, retainedUntil: decideBy)
      let signed = evidence.sign(offer, by: .party(merchant), nonce: nonce)
      return ListedOffer(signed: signed, stated: try evidence.read(signed, by: .party(merchant)))
    }
    self.offers = offers.sorted { $0.stated.id < $1.stated.id }
    payment = PaymentPart(
      bank: bank, method: .ecash, total: try price.gross.multiplied(by: 2),
      payouts: offers.map { Payout(payee: $0.stated.claim.payee, amount: price.gross) })
    oneTimeKey = try required(SigningKeyValue(Bytes(repeating: 3, count: 32)))
    template = TrivialEvidence.digest(ProcessTemplate.standard.json)
    self.coordinator = coordinator
    self.bank = bank
    self.merchants = merchants
    self.evidence = evidence
    self.nonce = nonce
    self.decideBy = decideBy
  }

  /// Whether processes share what is the same in all orders.
  var isShared: Bool { sizes == .trivial }

  /// The order of that number: its mask.
  func order(_ number: Int) -> PurchaseSubmission {
    let name = TrivialEvidence.digest([
      UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8),
      UInt8(truncatingIfNeeded: number >> 16), UInt8(truncatingIfNeeded: number >> 24),
    ])
    let order = Order(
      oneTimeKey: oneTimeKey, recipient: name.renamed(), root: name, entryCount: 64,
      coordinator: evidence.key(of: coordinator), template: template, decideBy: decideBy,
      mask: name)
    return PurchaseSubmission(
      order: evidence.sign(order, by: .oneTime(oneTimeKey), nonce: nonce),
      parts: isShared ? sharedParts : makeParts(),
      offers: offers.map { isShared ? $0.signed : Signed(Self.copy($0.signed.bytes)) },
      instruments: isShared ? sharedInstruments : makeInstruments())
  }

  private var sharedParts: [CommittedPart] { Self.shared.parts }
  private var sharedInstruments: [Sealed<SealedContent.Instrument>] { Self.shared.instruments }

  private static let shared = (
    parts: (0..<3).map { part($0, count: 40, path: 0) },
    instruments: [instrument(count: 40)]
  )

  private func makeParts() -> [CommittedPart] {
    (0..<3).map { Self.part($0, count: sizes.part, path: sizes.pathLength) }
  }

  private func makeInstruments() -> [Sealed<SealedContent.Instrument>] {
    [Self.instrument(count: sizes.instrument)]
  }

  private static func part(_ index: Int, count: Int, path: Int) -> CommittedPart {
    guard let salt = Salt(Bytes(repeating: UInt8(index), count: Salt.byteCount)) else {
      fatalError("a salt of its own length")
    }
    return CommittedPart(
      part: Bytes(repeating: UInt8(index), count: count), salt: salt, index: index,
      path: (0..<path).map { TrivialEvidence.digest([UInt8($0)]) })
  }

  private static func instrument(count: Int) -> Sealed<SealedContent.Instrument> {
    let bytes = Bytes(repeating: 4, count: count)
    return Sealed(bytes, digest: TrivialEvidence.digest(bytes))
  }

  /// The same bytes in an allocation of their own.
  private static func copy(_ bytes: Bytes) -> Bytes {
    Bytes(unsafeUninitializedCapacity: bytes.count) { buffer, count in
      count = buffer.initialize(fromContentsOf: bytes)
    }
  }
}
