// What a merchant decides about an offer, before it is signed.

public import Evidence
public import PaymentModel

/// An offer in the making: a sealed container, or none, and the terms under which it is sold.
public struct OfferDraft: Sendable {
  /// Below this many bytes a container is made for each sale, unless the draft says otherwise.
  public static let individualBelow: UInt64 = 64 << 20

  public var title: String
  public var description = ""
  /// The name that the customer's file gets; she makes it safe (`SafeFileName`).
  public var fileName: String
  public var mediaType = "application/octet-stream"
  /// `nil` for a payment without a good.
  public var container: ContainerCommitment?
  public var mode: SaleMode
  /// The merchant's name for a stock that can run out.
  public var stock: String?
  public var price: Price
  public var maximumQuantity = 1
  public var payee: Payee
  public var accepts: [AcceptedPayment]
  public var coordinators: [Thumbprint]
  public var holdLimitSeconds = 300
  public var deliveryLimitSeconds = 60
  public var expiresAt: Timestamp
  public var retainedUntil: Timestamp

  /// A draft with the usual limits: 5 minutes to prepare, 60 seconds to request delivery. The sale is
  /// individual for limited goods, below 64 MiB, and without a container, so that an invoice is paid
  /// once; it is from the catalogue otherwise.
  public init(
    title: String, fileName: String, container: ContainerCommitment?, stock: String? = nil,
    price: Price, payee: Payee, accepts: [AcceptedPayment], coordinators: [Thumbprint],
    expiresAt: Timestamp, retainedUntil: Timestamp
  ) {
    self.title = title
    self.fileName = fileName
    self.container = container
    self.stock = stock
    self.price = price
    self.payee = payee
    self.accepts = accepts
    self.coordinators = coordinators
    self.expiresAt = expiresAt
    self.retainedUntil = retainedUntil
    let isSmall = container.map { $0.plaintextLength < Self.individualBelow } ?? true
    mode = stock != nil || isSmall ? .individual : .catalogue
  }

  /// The signed offer.
  ///
  /// - Throws: what `OfferRules` says about it, and `offerLimit` for a text, list or limit that no reader of
  ///   the offer would accept.
  public func signed(
    by merchant: StatementSigner, at time: Timestamp, from entropy: inout some Entropy
  ) throws(GoodsError) -> Signed<Offer> {
    let offer = claim
    try checkLimits()
    try OfferRules.check(offer, at: time)
    return merchant.sign(offer, nonce: Nonce(from: &entropy))
  }

  private var claim: Offer {
    Offer(
      title: title, description: description, fileName: fileName, mediaType: mediaType,
      container: container, mode: mode, stock: stock, price: price,
      maximumQuantity: maximumQuantity, payee: payee, accepts: accepts,
      coordinators: coordinators, holdLimitSeconds: holdLimitSeconds,
      deliveryLimitSeconds: deliveryLimitSeconds, expiresAt: expiresAt,
      retainedUntil: retainedUntil)
  }

  /// The limits that `Offer` is read with.
  private func checkLimits() throws(GoodsError) {
    let isWithin =
      title.utf8.count <= 200 && description.utf8.count <= 4000 && fileName.utf8.count <= 255
      && mediaType.utf8.count <= 100 && (stock?.utf8.count ?? 0) <= 100
      && (container?.header.count ?? 0) <= 1024 && (1...1_000_000).contains(maximumQuantity)
      && accepts.count <= AcceptedPayment.largestCount
      && accepts.allSatisfy { $0.largestFee <= Amount.largestMinor }
      && coordinators.count <= 16
      && (1...86_400).contains(holdLimitSeconds) && (1...86_400).contains(deliveryLimitSeconds)
      && expiresAt.milliseconds >= 0 && retainedUntil.milliseconds >= 0
    guard isWithin else {
      throw GoodsError(.offerLimit, "a text, list or limit of the offer is too large")
    }
  }
}
