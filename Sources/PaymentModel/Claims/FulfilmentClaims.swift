// What customer and merchant sign after a commit: goods that opened, parcels, money that goes back.

/// The customer has opened these goods, and they are what was offered.
public struct Acknowledgement: Claim {
  public static let kind = StatementKind.acknowledgement

  public let process: ProcessID
  /// The commit verdict that delivered the keys.
  public let verdict: StatementID
  /// The offers whose goods she has opened, sorted.
  public let offers: [StatementID]

  public init(process: ProcessID, verdict: StatementID, offers: [StatementID]) {
    self.process = process
    self.verdict = verdict
    self.offers = offers
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    verdict = try reader.identifier("verdict")
    offers = try reader.identifiers("offers", atMost: 4096)
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("verdict", verdict)
    writer.identifiers("offers", offers)
  }

  public var prev: [StatementID] { [verdict] + offers }
}

/// The customer tells the merchant where a physical good goes. The address travels sealed to the merchant;
/// the statement holds its digest.
public struct AddressClaim: Claim {
  public static let kind = StatementKind.addressClaim

  public let process: ProcessID
  public let offer: StatementID
  /// The commit verdict that entitles her.
  public let verdict: StatementID
  /// SHA-256 of the address, sealed to the merchant.
  public let address: Digest

  public init(process: ProcessID, offer: StatementID, verdict: StatementID, address: Digest) {
    self.process = process
    self.offer = offer
    self.verdict = verdict
    self.address = address
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    offer = try reader.identifier("offer")
    verdict = try reader.identifier("verdict")
    address = try reader.identifier("address")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("offer", offer)
    writer.identifier("verdict", verdict)
    writer.identifier("address", address)
  }

  public var prev: [StatementID] { [offer, verdict] }
}

/// The merchant has handed a physical good to a carrier, for the address of one claim.
public struct Dispatch: Claim {
  public static let kind = StatementKind.dispatch

  public let process: ProcessID
  public let offer: StatementID
  public let addressClaim: StatementID
  /// What the carrier calls the parcel.
  public let reference: String

  public init(
    process: ProcessID, offer: StatementID, addressClaim: StatementID, reference: String
  ) {
    self.process = process
    self.offer = offer
    self.addressClaim = addressClaim
    self.reference = reference
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    offer = try reader.identifier("offer")
    addressClaim = try reader.identifier("addressClaim")
    reference = try reader.text("reference", atMost: 200)
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("offer", offer)
    writer.identifier("addressClaim", addressClaim)
    writer.text("reference", reference)
  }

  public var prev: [StatementID] { [offer, addressClaim] }
}

/// The merchant gives back money of a committed purchase: at most what it has received.
public struct Refund: Claim {
  public static let kind = StatementKind.refund

  public let process: ProcessID
  public let verdict: StatementID
  /// The merchant's account that the money leaves.
  public let source: Payee
  public let amount: Amount

  public init(process: ProcessID, verdict: StatementID, source: Payee, amount: Amount) {
    self.process = process
    self.verdict = verdict
    self.source = source
    self.amount = amount
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    verdict = try reader.identifier("verdict")
    source = try reader.payee("source")
    amount = try reader.amount("amount")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("verdict", verdict)
    writer.payee("source", source)
    writer.amount("amount", amount)
  }

  public var prev: [StatementID] { [verdict] }
}
