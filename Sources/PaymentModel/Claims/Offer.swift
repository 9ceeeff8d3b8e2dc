// What a merchant offers: a sealed good, its price, and the terms of the deal.

/// A merchant's signed invitation to buy one sealed good, or only to pay.
///
/// It commits to the container to the byte, so that a customer can check what she was handed before she
/// pays, and can prove afterwards that it was something else.
public struct Offer: Claim {
  public static let kind = StatementKind.offer

  public let title: String
  public let description: String
  public let fileName: String
  public let mediaType: String
  /// `nil` for a payment without a good, such as an invoice or a donation: no key is handed over.
  public let container: ContainerCommitment?
  /// How the key is sold: once for all buyers, or a fresh container for each sale.
  public let mode: SaleMode
  /// The merchant's name for a stock that can run out; `nil` when the good never does.
  public let stock: String?
  public let price: Price
  /// How many one order may take.
  public let maximumQuantity: Int
  public let payee: Payee
  public let accepts: [AcceptedPayment]
  /// Keys of the coordinators that the merchant lets decide.
  public let coordinators: [Thumbprint]
  /// How long the merchant holds a deposited key before everybody must be prepared.
  public let holdLimitSeconds: Int
  /// How long the customer may take to request delivery after that.
  public let deliveryLimitSeconds: Int
  public let expiresAt: Timestamp
  /// Until when the sealed keys of a committed purchase stay available.
  public let retainedUntil: Timestamp

  public init(
    title: String, description: String, fileName: String, mediaType: String,
    container: ContainerCommitment?, mode: SaleMode, stock: String?, price: Price,
    maximumQuantity: Int, payee: Payee, accepts: [AcceptedPayment], coordinators: [Thumbprint],
    holdLimitSeconds: Int, deliveryLimitSeconds: Int, expiresAt: Timestamp,
    retainedUntil: Timestamp
  ) {
    self.title = title
    self.description = description
    self.fileName = fileName
    self.mediaType = mediaType
    self.container = container
    self.mode = mode
    self.stock = stock
    self.price = price
    self.maximumQuantity = maximumQuantity
    self.payee = payee
    self.accepts = accepts
    self.coordinators = coordinators
    self.holdLimitSeconds = holdLimitSeconds
    self.deliveryLimitSeconds = deliveryLimitSeconds
    self.expiresAt = expiresAt
    self.retainedUntil = retainedUntil
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    title = try reader.text("title", atMost: 200)
    description = try reader.text("description", atMost: 4000)
    fileName = try reader.text("fileName", atMost: 255)
    mediaType = try reader.text("mediaType", atMost: 100)
    container = try reader.ifPresent("container") { reader throws(ClaimError) in
      try reader.object("container") { reader throws(ClaimError) in
        try ContainerCommitment(from: &reader)
      }
    }
    mode = try reader.choice("mode")
    stock = try reader.ifPresent("stock") { reader throws(ClaimError) in
      try reader.text("stock", atMost: 100)
    }
    price = try reader.object("price") { reader throws(ClaimError) in try Price(from: &reader) }
    maximumQuantity = try reader.number("maximumQuantity", in: 1...1_000_000)
    payee = try reader.payee("payee")
    accepts = try reader.objects("accepts", atMost: AcceptedPayment.largestCount) {
      reader throws(ClaimError) in
      try AcceptedPayment(from: &reader)
    }
    coordinators = try reader.identifiers("coordinators", atMost: 16)
    holdLimitSeconds = try reader.number("holdLimitSeconds", in: 1...86_400)
    deliveryLimitSeconds = try reader.number("deliveryLimitSeconds", in: 1...86_400)
    expiresAt = try reader.timestamp("expiresAt")
    retainedUntil = try reader.timestamp("retainedUntil")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.text("title", title)
    writer.text("description", description)
    writer.text("fileName", fileName)
    writer.text("mediaType", mediaType)
    if let container { writer.object("container") { container.write(to: &$0) } }
    writer.choice("mode", mode)
    if let stock { writer.text("stock", stock) }
    writer.object("price") { price.write(to: &$0) }
    writer.number("maximumQuantity", UInt64(maximumQuantity))
    writer.payee("payee", payee)
    writer.objects("accepts", accepts) { $1.write(to: &$0) }
    writer.identifiers("coordinators", coordinators)
    writer.number("holdLimitSeconds", UInt64(holdLimitSeconds))
    writer.number("deliveryLimitSeconds", UInt64(deliveryLimitSeconds))
    writer.timestamp("expiresAt", expiresAt)
    writer.timestamp("retainedUntil", retainedUntil)
  }
}

/// How a sealed good's key is sold.
public enum SaleMode: String, Sendable {
  /// One container and one key for all buyers.
  case catalogue
  /// A fresh container for each sale.
  case individual
}

extension Offer {
  /// Whether the merchant takes this payment: of that bank, by that method, with no more kept of each transfer
  /// than it allows.
  public func accepts(_ payment: PaymentPart) -> Bool { accepts.take(payment) }

  /// Whether the merchant takes the sum of what is kept of its payee's money: a price that is paid in several
  /// parts costs no more than one payment may.
  public func bearsFees(of payments: [PaymentPart]) -> Bool {
    accepts.bearFees(of: payments, to: payee)
  }
}

extension [AcceptedPayment] {
  func take(_ payment: PaymentPart) -> Bool {
    contains {
      $0.bank == payment.bank && $0.method == payment.method
        && payment.transferFee <= $0.largestFee
    }
  }

  /// What all payments together keep of a payee's money is within the smallest limit of those that pay it.
  func bearFees(of payments: [PaymentPart], to payee: Payee) -> Bool {
    var kept: UInt64 = 0
    var limit = UInt64.max
    for payment in payments {
      for payout in payment.payouts where payout.payee == payee {
        let (sum, overflows) = kept.addingReportingOverflow(payment.fee(of: payout)?.minor ?? 0)
        guard !overflows else { return false }
        kept = sum
        for accepted in self
        where accepted.bank == payment.bank && accepted.method == payment.method {
          limit = Swift.min(limit, accepted.largestFee)
        }
      }
    }
    return kept <= limit
  }
}

/// A bank and a method of paying through it.
public struct AcceptedPayment: Hashable, Sendable {
  /// At most so many in an offer or a charge: as many banks as a process may have, by four methods each.
  public static let largestCount = 64

  public let bank: PartyName
  public let method: PaymentMethod
  /// The most that the bank may keep of a transfer, in minor units of the price's currency.
  public let largestFee: UInt64

  /// - Parameter largestFee: nothing unless said otherwise.
  public init(bank: PartyName, method: PaymentMethod, largestFee: UInt64 = 0) {
    self.bank = bank
    self.method = method
    self.largestFee = largestFee
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    bank = try reader.party("bank")
    method = try reader.choice("method")
    largestFee = try reader.fee("largestFee")
  }

  func write(to writer: inout some ClaimWriter) {
    writer.text("bank", bank.text)
    writer.choice("method", method)
    writer.fee("largestFee", largestFee)
  }
}

/// A method of payment, by name: 1 to 32 characters of a–z, 0–9 and `-`.
///
/// New methods are values, not cases: the coordinator treats all alike.
public struct PaymentMethod: RawRepresentable, Hashable, Sendable {
  public let rawValue: String

  public init?(rawValue: String) {
    let letters = rawValue.utf8
    guard (1...32).contains(letters.count),
      letters.allSatisfy({
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
      })
    else { return nil }
    self.rawValue = rawValue
  }

  private init(checked name: String) { rawValue = name }

  /// Blindly signed coins.
  public static let ecash = PaymentMethod(checked: "ecash")
  /// A card of the bank: authorised, and then captured or voided.
  public static let card = PaymentMethod(checked: "card")
  /// Coins for a part of the total and a card of the bank for the rest.
  public static let coinsAndCard = PaymentMethod(checked: "ecash-card")
  /// Money of an account at the bank, on the word of the account's key.
  public static let transfer = PaymentMethod(checked: "transfer")
}

/// What one piece costs: `gross` = `net` + `tax`, in one currency.
public struct Price: Hashable, Sendable {
  public let net: Amount
  public let tax: Amount
  public let gross: Amount

  /// - Throws: when the currencies differ or the sum overflows.
  public init(net: Amount, tax: Amount) throws(AmountError) {
    self.net = net
    self.tax = tax
    gross = try net.adding(tax)
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    let net = try reader.amount("net")
    let tax = try reader.amount("tax")
    let gross = try reader.amount("gross")
    guard let price = try? Price(net: net, tax: tax), price.gross == gross else {
      throw ClaimError("gross", .badValue)
    }
    self = price
  }

  func write(to writer: inout some ClaimWriter) {
    writer.amount("net", net)
    writer.amount("tax", tax)
    writer.amount("gross", gross)
  }
}

/// What an offer says about its container: an age v1 file with one X25519 recipient.
public struct ContainerCommitment: Hashable, Sendable {
  /// The recipient that the good is encrypted to. Its identity is what is held in escrow.
  public let recipient: RecipientValue
  /// The age header, to the byte, with its MAC line and the line feed that ends it.
  public let header: Bytes
  /// The 16 bytes that follow the header.
  public let payloadNonce: Bytes
  /// How many bytes the whole age file has.
  public let ciphertextLength: UInt64
  /// How many chunks of up to 65,536 bytes the plaintext has; at least one.
  public let chunkCount: UInt64
  /// The RFC 6962 root over the chunks' entries.
  public let goodsRoot: Digest
  public let plaintextLength: UInt64

  public init(
    recipient: RecipientValue, header: Bytes, payloadNonce: Bytes, ciphertextLength: UInt64,
    chunkCount: UInt64, goodsRoot: Digest, plaintextLength: UInt64
  ) {
    self.recipient = recipient
    self.header = header
    self.payloadNonce = payloadNonce
    self.ciphertextLength = ciphertextLength
    self.chunkCount = chunkCount
    self.goodsRoot = goodsRoot
    self.plaintextLength = plaintextLength
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    recipient = try reader.identifier("recipient")
    header = try reader.bytes("header", atMost: 1024)
    payloadNonce = try reader.bytes("payloadNonce", atMost: 16)
    guard payloadNonce.count == 16 else { throw ClaimError("payloadNonce", .badValue) }
    ciphertextLength = try reader.number("ciphertextLength")
    chunkCount = try reader.number("chunkCount")
    goodsRoot = try reader.identifier("goodsRoot")
    plaintextLength = try reader.number("plaintextLength")
  }

  func write(to writer: inout some ClaimWriter) {
    writer.identifier("recipient", recipient)
    writer.bytes("header", header)
    writer.bytes("payloadNonce", payloadNonce)
    writer.number("ciphertextLength", ciphertextLength)
    writer.number("chunkCount", chunkCount)
    writer.identifier("goodsRoot", goodsRoot)
    writer.number("plaintextLength", plaintextLength)
  }
}
