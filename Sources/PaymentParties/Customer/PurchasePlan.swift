// What a customer is about to order: everything that will be signed, before it is signed.

public import Evidence
public import PaymentModel

/// So many of one offer.
public struct Selection: Sendable {
  public let offer: Verified<Offer>
  public let quantity: Int

  public init(_ offer: Verified<Offer>, quantity: Int = 1) {
    self.offer = offer
    self.quantity = quantity
  }
}

/// An order in the making. Nothing has been signed, stored or sent.
///
/// What a customer is shown comes from the same bytes that are signed: the order's claim, and the parts
/// in canonical JSON, each checked against the root.
public struct PurchasePlan: Sendable {
  public let order: Order
  public let parts: [CommittedPart]
  public let selections: [Selection]
  /// The coordinator's terms whose fee the order pays; `nil` when it pays none.
  public let terms: Verified<Terms>?
  /// The number of the one-time keys.
  let orderNumber: UInt64
  let nonce: Nonce

  /// The parts, read back from the bytes that hang below the order's root.
  ///
  /// - Throws: `order` when a part does not belong to the order, which would be a defect.
  public func contents() throws(PartyError) -> [OrderPart] {
    var contents: [OrderPart] = []
    for part in parts {
      do {
        contents.append(try part.verify(against: order))
      } catch {
        throw PartyError(.order, error.message)
      }
    }
    return contents
  }

  /// The payment parts with what ties them to the order.
  func payments() throws(PartyError) -> [CommittedPart] {
    var payments: [CommittedPart] = []
    for (part, content) in zip(parts, try contents()) {
      if case .payment = content { payments.append(part) }
    }
    return payments
  }
}
