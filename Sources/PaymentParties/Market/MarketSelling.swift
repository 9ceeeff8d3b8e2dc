// A merchant of the market seals a file and offers it, or writes an invoice.

import ECash
public import Goods
import PaymentCrypto
public import PaymentModel

/// What a merchant asks for a good or an invoice, and how long it waits.
public struct SaleTerms: Sendable {
  public var price: Price
  public var payee: Payee
  public var holdLimitSeconds: Int
  public var deliveryLimitSeconds: Int
  public var validSeconds: Int64
  /// The merchant's stock that the good is taken from; `nil` when it is for one sale only.
  public var stock: String?
  /// Through which banks and by which methods it can be paid; `nil` for all that all banks of the market have, at
  /// `largestFee`.
  public var accepts: [AcceptedPayment]?
  /// The most that the bank may keep of a transfer, in minor units.
  public var largestFee: UInt64

  /// Five minutes to prepare, a minute to request delivery, offered for 30 days.
  public init(
    price: Price, payee: Payee, holdLimitSeconds: Int = 300, deliveryLimitSeconds: Int = 60,
    validSeconds: Int64 = 30 * 86_400, stock: String? = nil,
    accepts: [AcceptedPayment]? = nil, largestFee: UInt64 = 0
  ) {
    self.price = price
    self.payee = payee
    self.holdLimitSeconds = holdLimitSeconds
    self.deliveryLimitSeconds = deliveryLimitSeconds
    self.validSeconds = validSeconds
    self.stock = stock
    self.accepts = accepts
    self.largestFee = largestFee
  }
}

extension Market {
  /// Offers nothing but to be paid, once: an invoice, in the home's `locked` folder beside the sealed goods.
  ///
  /// - Parameter name: what the offer's file is called; made safe.
  /// - Throws: `goods` when it cannot be offered.
  public func invoice(
    as name: String, title: String, by shop: Shop, terms: SaleTerms
  ) async throws(PartyError) -> LockedGood {
    let stem = "\(home.locked)/\(SafeFileName(name).text)"
    do {
      let draft = draft(title: title, fileName: name, container: nil, terms: terms)
      let offer = try await shop.publish(draft)
      try DurableFile.write(offer.bytes, to: "\(stem).offer")
      return try LockedGood(offer, stem: stem)
    } catch let error as PartyError {
      throw error
    } catch {
      throw PartyError(.goods, "\(error)")
    }
  }

  private func draft(
    title: String, fileName: String, container: ContainerCommitment?, terms: SaleTerms
  ) -> OfferDraft {
    let now = customer.clock.now()
    var draft = OfferDraft(
      title: title, fileName: fileName, container: container, price: terms.price,
      payee: terms.payee,
      accepts: terms.accepts
        ?? banks.flatMap { bank in
          bank.methods.map {
            AcceptedPayment(bank: bank.name, method: $0.method, largestFee: terms.largestFee)
          }
        },
      coordinators: [coordinator.key], expiresAt: now.adding(seconds: terms.validSeconds),
      retainedUntil: now.adding(seconds: 2 * terms.validSeconds))
    draft.stock = terms.stock
    draft.holdLimitSeconds = terms.holdLimitSeconds
    draft.deliveryLimitSeconds = terms.deliveryLimitSeconds
    return draft
  }

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
      var draft = draft(title: title, fileName: name, container: commitment, terms: terms)
      draft.mediaType = mediaType
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
