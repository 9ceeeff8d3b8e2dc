// What a merchant of the real market sells: one good for everybody, single pieces, pieces of a stock, goods for
// nothing, and something that is nothing but a payment.

import ECash
import Evidence
import Foundation
import Goods
import PaymentCrypto
import PaymentModel
import PaymentParties

struct RealOffer: Sendable {
  let id: StatementID
  let claim: Offer
  let signed: Signed<Offer>

  var isFree: Bool { claim.price.gross.isZero }
  /// Whether it is sold once.
  var isSingle: Bool { claim.mode == .individual }

  /// What a merchant has of each stock at first.
  static let stocks = [(name: "stock", pieces: 3), (name: "gift", pieces: 2)]

  private enum Kind {
    case catalogue
    case single
    case stocked
    case free
    case gift
    case invoice
  }

  private static let kinds: [Kind] = [
    .catalogue, .single, .stocked, .stocked, .stocked, .stocked, .free, .gift, .gift, .gift,
    .invoice, .single,
  ]

  /// Founds a merchant: its stocks and its offers.
  static func found(
    _ number: Int, trust: TrustStore, clock: RunClock
  ) async throws -> (MemoryStore<any ShopRows>, [RealOffer]) {
    let store = MemoryStore<any ShopRows>(MemoryShopRows())
    let name = RealMarket.shopNames[number]
    let shop = try RealMarket.shop(
      name, store, trust: trust, clock: clock,
      policy: ShopPolicy(templates: [CoordinatorHost.template]), seed: 40 + UInt64(number))
    for stock in stocks { try await shop.addStock(stock.pieces, of: stock.name) }
    var entropy = SeededEntropy(seed: 30 + UInt64(number))
    var offers: [RealOffer] = []
    for (place, kind) in kinds.enumerated() {
      let signed: Signed<Offer>
      if kind == .invoice {
        signed = try await shop.publish(draft(kind, place, of: number, container: nil))
      } else {
        let good = "identity \(number) \(place)"
        let identity = try RealMarket.identity(good)
        let container = try sealed(Bytes("good \(good)".utf8), to: identity, from: &entropy)
        signed = try await shop.publish(
          draft(kind, place, of: number, container: container), identity: identity)
      }
      let offer = try trust.verify(signed, by: name, at: clock.now())
      offers.append(RealOffer(id: offer.id, claim: offer.claim, signed: signed))
    }
    return (store, offers)
  }

  private static func draft(
    _ kind: Kind, _ place: Int, of number: Int, container: ContainerCommitment?
  ) throws -> OfferDraft {
    let currency = RealMarket.currencies[number]
    let net = kind == .free || kind == .gift ? 0 : 2 + UInt64(place % 3)
    let price = try Price(
      net: Amount(minor: net, currency: currency), tax: .zero(currency))
    let methods: [PaymentMethod] = [.ecash, .transfer, .card, .coinsAndCard]
    let banks = RealMarket.bankNames.indices.filter {
      $0 == number || RealMarket.doClear($0, number)
    }
    let stock: String? =
      switch kind {
      case .stocked: "stock"
      case .gift: "gift"
      case .catalogue, .single, .free, .invoice: nil
      }
    var draft = OfferDraft(
      title: "Good \(place)", fileName: "good-\(place)", container: container, stock: stock,
      price: price,
      payee: Payee(
        bank: RealMarket.bankNames[number],
        account: RealMarket.account(RealMarket.shopNames[number])),
      accepts: banks.flatMap { bank in
        methods.map {
          AcceptedPayment(bank: RealMarket.bankNames[bank], method: $0, largestFee: 3)
        }
      },
      coordinators: [try RealMarket.signer(Setting.coordinatorName).issuer.key],
      expiresAt: Stage.start.adding(seconds: 86_400),
      retainedUntil: Stage.start.adding(seconds: 864_000))
    if kind == .catalogue || kind == .free {
      draft.mode = .catalogue
      draft.maximumQuantity = 2
    }
    draft.holdLimitSeconds = 120
    return draft
  }

  /// Seals bytes by way of a scratch folder: a container is a file.
  private static func sealed(
    _ content: Bytes, to identity: borrowing Age.Identity, from entropy: inout SeededEntropy
  ) throws -> ContainerCommitment {
    let folder = FileManager.default.temporaryDirectory.appending(path: "foil-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let good = folder.appending(path: "good")
    try Data(content).write(to: good)
    return try Container.seal(
      FileSource(path: good.path), to: identity.recipient, container: "\(good.path).age",
      chunkList: "\(good.path).chunks", from: &entropy)
  }
}
