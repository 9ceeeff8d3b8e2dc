// A merchant of the market seals a file and offers it.

import ECash
public import Goods
import PaymentCrypto
public import PaymentModel

/// What a merchant asks for a good, and how long it waits.
public struct SaleTerms: Sendable {
  public var price: Price
  public var payee: Payee
  public var holdLimitSeconds: Int
  public var deliveryLimitSeconds: Int
  public var validSeconds: Int64
  /// The merchant's stock that the good is taken from; `nil` when it is for one sale only.
  public var stock: String?

  /// Five minutes to prepare, a minute to request delivery, offered for 30 days.
  public init(
    price: Price, payee: Payee, holdLimitSeconds: Int = 300, deliveryLimitSeconds: Int = 60,
    validSeconds: Int64 = 30 * 86_400, stock: String? = nil
  ) {
    self.price = price
    self.payee = payee
    self.holdLimitSeconds = holdLimitSeconds
    self.deliveryLimitSeconds = deliveryLimitSeconds
    self.validSeconds = validSeconds
    self.stock = stock
  }
}

extension Market {
  /// Seals a file into the home's `locked` folder and offers it.
  ///
  /// - Parameters:
  ///   - file: what is sold, of any size.
  ///   - name: what its container is called; made safe. A name that is taken is refused.
  /// - Throws: `goods` when it cannot be sealed or offered.
  public func sell(
    _ file: String, as name: String, title: String, mediaType: String, by shop: Shop,
    terms: SaleTerms
  ) async throws(PartyError) -> LockedGood {
    var entropy = SystemEntropy()
    let identity = Age.Identity.generate(from: &entropy)
    let stem = "\(home.locked)/\(SafeFileName(name).text)"
    do {
      let commitment = try Container.seal(
        FileSource(path: file), to: identity.recipient, container: "\(stem).age",
        chunkList: "\(stem).chunks", from: &entropy)
      let now = customer.clock.now()
      var draft = OfferDraft(
        title: title, fileName: name, container: commitment, price: terms.price,
        payee: terms.payee, accepts: [AcceptedPayment(bank: bank.name, method: .ecash)],
        coordinators: [coordinator.key], expiresAt: now.adding(seconds: terms.validSeconds),
        retainedUntil: now.adding(seconds: 2 * terms.validSeconds))
      draft.mediaType = mediaType
      draft.stock = terms.stock
      draft.holdLimitSeconds = terms.holdLimitSeconds
      draft.deliveryLimitSeconds = terms.deliveryLimitSeconds
      let offer = try await shop.publish(draft, identity: identity)
      try DurableFile.write(offer.bytes, to: "\(stem).offer")
      return try LockedGood(offer, stem: stem)
    } catch let error as PartyError {
      throw error
    } catch {
      throw PartyError(.goods, "\(error)")
    }
  }
}
