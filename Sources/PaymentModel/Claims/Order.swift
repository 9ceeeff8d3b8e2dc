// What a customer orders: one signed root over parts that each party sees only its own of.

/// The customer's signed order over several offers. Its identifier is the process.
///
/// The parts (`OrderPart`) hang below `root`: an RFC 6962 tree over at least 64 entries in random
/// order, of which most are random digests, so that nobody counts the parts.
public struct Order: Claim {
  public static let kind = StatementKind.order

  /// The key with which this order and all later statements of the customer about it are signed.
  public let oneTimeKey: SigningKeyValue
  /// Where the goods' keys are sealed to.
  public let recipient: RecipientValue
  public let root: Digest
  /// How many entries the tree has: a power of two, at least 64.
  public let entryCount: Int
  /// The only coordinator that may decide.
  public let coordinator: Thumbprint
  /// The template from which the process is generated.
  public let template: Digest
  /// From then on the coordinator must decide, and may only decide abort.
  public let decideBy: Timestamp
  /// A commitment to the customer's identity, or random.
  public let mask: Digest

  public init(
    oneTimeKey: SigningKeyValue, recipient: RecipientValue, root: Digest, entryCount: Int,
    coordinator: Thumbprint, template: Digest, decideBy: Timestamp, mask: Digest
  ) {
    self.oneTimeKey = oneTimeKey
    self.recipient = recipient
    self.root = root
    self.entryCount = entryCount
    self.coordinator = coordinator
    self.template = template
    self.decideBy = decideBy
    self.mask = mask
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    oneTimeKey = try reader.identifier("oneTimeKey")
    recipient = try reader.identifier("recipient")
    root = try reader.identifier("root")
    entryCount = try reader.number("entryCount", in: 64...4096)
    guard entryCount & (entryCount - 1) == 0 else { throw ClaimError("entryCount", .badValue) }
    coordinator = try reader.identifier("coordinator")
    template = try reader.identifier("template")
    decideBy = try reader.timestamp("decideBy")
    mask = try reader.identifier("mask")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("oneTimeKey", oneTimeKey)
    writer.identifier("recipient", recipient)
    writer.identifier("root", root)
    writer.number("entryCount", UInt64(entryCount))
    writer.identifier("coordinator", coordinator)
    writer.identifier("template", template)
    writer.timestamp("decideBy", decideBy)
    writer.identifier("mask", mask)
  }
}

/// A part of an order: what one merchant sells, what one bank pays, or what the coordinator is paid.
public enum OrderPart: Hashable, Sendable {
  case item(ItemPart)
  case payment(PaymentPart)
  /// At most one, where the coordinator charges.
  case fee(FeePart)

  /// Reads `{"kind":"item",…}`, `{"kind":"payment",…}` or `{"kind":"fee",…}`.
  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    switch try reader.text("kind", atMost: 16) {
    case "item": self = .item(try ItemPart(from: &reader))
    case "payment": self = .payment(try PaymentPart(from: &reader))
    case "fee": self = .fee(try FeePart(from: &reader))
    default: throw ClaimError("kind", .badValue)
    }
  }

  public func write(to writer: inout some ClaimWriter) {
    switch self {
    case .item(let part):
      writer.text("kind", "item")
      part.write(to: &writer)
    case .payment(let part):
      writer.text("kind", "payment")
      part.write(to: &writer)
    case .fee(let part):
      writer.text("kind", "fee")
      part.write(to: &writer)
    }
  }
}

/// So many of one offer.
public struct ItemPart: Hashable, Sendable {
  public let offer: StatementID
  public let quantity: Int

  public init(offer: StatementID, quantity: Int) {
    self.offer = offer
    self.quantity = quantity
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    offer = try reader.identifier("offer")
    quantity = try reader.number("quantity", in: 1...1_000_000)
  }

  func write(to writer: inout some ClaimWriter) {
    writer.identifier("offer", offer)
    writer.number("quantity", UInt64(quantity))
  }
}

/// What one bank pays out, and to whom. It holds no coin and no card number: those travel sealed to
/// the bank.
public struct PaymentPart: Hashable, Sendable {
  public let bank: PartyName
  public let method: PaymentMethod
  public let total: Amount
  /// One for each payee, ordered by payee; they add up to `total`.
  public let payouts: [Payout]
  /// What the bank keeps of each payout, in minor units; all of a payout that is smaller. The bank that reserves
  /// this part has agreed to keep no more, because its reservation names the part.
  public let transferFee: UInt64

  /// - Parameter transferFee: nothing unless said otherwise.
  public init(
    bank: PartyName, method: PaymentMethod, total: Amount, payouts: [Payout],
    transferFee: UInt64 = 0
  ) {
    self.bank = bank
    self.method = method
    self.total = total
    self.payouts = payouts
    self.transferFee = transferFee
  }

  /// What the bank keeps of a payout; `nil` for nothing. It stands so in the transfer.
  public func fee(of payout: Payout) -> Amount? {
    let kept = min(transferFee, payout.amount.minor)
    return kept == 0 ? nil : try? Amount(minor: kept, currency: payout.amount.currency)
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    bank = try reader.party("bank")
    method = try reader.choice("method")
    total = try reader.amount("total")
    payouts = try reader.objects("payouts", atMost: 256) { reader throws(ClaimError) in
      Payout(payee: try reader.payee("payee"), amount: try reader.amount("amount"))
    }
    transferFee = try reader.fee("transferFee")
    guard let sum = try? Amount.sum(payouts.map(\.amount), in: total.currency), sum == total,
      zip(payouts, payouts.dropFirst()).allSatisfy({ $0.payee < $1.payee })
    else { throw ClaimError("payouts", .badValue) }
  }

  func write(to writer: inout some ClaimWriter) {
    writer.text("bank", bank.text)
    writer.choice("method", method)
    writer.amount("total", total)
    writer.objects("payouts", payouts) { writer, payout in
      writer.payee("payee", payout.payee)
      writer.amount("amount", payout.amount)
    }
    writer.fee("transferFee", transferFee)
  }
}

/// Money for one payee.
public struct Payout: Hashable, Sendable {
  public let payee: Payee
  public let amount: Amount

  public init(payee: Payee, amount: Amount) {
    self.payee = payee
    self.amount = amount
  }
}

/// A part with what ties it to an order's root.
public struct CommittedPart: Hashable, Sendable {
  /// The part in canonical JSON.
  public let part: Bytes
  public let salt: Salt
  /// Which entry of the tree it is, from 0.
  public let index: Int
  /// The RFC 6962 audit path from the entry to the root.
  public let path: [Digest]

  public init(part: Bytes, salt: Salt, index: Int, path: [Digest]) {
    self.part = part
    self.salt = salt
    self.index = index
    self.path = path
  }
}

/// The customer asks for the keys of a prepared purchase. It proves a request, not a receipt.
public struct DeliveryRequest: Claim {
  public static let kind = StatementKind.deliveryRequest

  public let process: ProcessID
  /// The coordinator's acceptances of all keys, by identifier, sorted.
  public let acceptances: [StatementID]

  public init(process: ProcessID, acceptances: [StatementID]) {
    self.process = process
    self.acceptances = acceptances
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    acceptances = try reader.identifiers("acceptances", atMost: 4096)
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifiers("acceptances", acceptances)
  }

  public var prev: [StatementID] { acceptances }
}

/// The customer withdraws the order. It has no effect after a verdict.
public struct Cancellation: Claim {
  public static let kind = StatementKind.cancellation

  public let process: ProcessID

  public init(process: ProcessID) {
    self.process = process
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
  }

  public var prev: [StatementID] { [process.renamed()] }
}
