// What a merchant signs while a purchase runs.

/// The merchant has handed the key of a good into escrow and is bound to the sale, subject to commit.
public struct Deposit: Claim {
  public static let kind = StatementKind.deposit

  public let process: ProcessID
  public let offer: StatementID
  public let quantity: Int
  /// What the merchant is to receive for it.
  public let amount: Amount
  public let payee: Payee
  public let decideBy: Timestamp
  /// Everybody must be prepared by then, or the merchant's time frame has passed.
  public let heldUntil: Timestamp
  /// SHA-256("foil/deposit/v1" ‖ process ‖ 32 identity bytes): what the sealed key must match. No
  /// identity bytes where the offer has no container, and the key is empty.
  public let keyDigest: Digest

  public init(
    process: ProcessID, offer: StatementID, quantity: Int, amount: Amount, payee: Payee,
    decideBy: Timestamp, heldUntil: Timestamp, keyDigest: Digest
  ) {
    self.process = process
    self.offer = offer
    self.quantity = quantity
    self.amount = amount
    self.payee = payee
    self.decideBy = decideBy
    self.heldUntil = heldUntil
    self.keyDigest = keyDigest
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    offer = try reader.identifier("offer")
    quantity = try reader.number("quantity", in: 1...1_000_000)
    amount = try reader.amount("amount")
    payee = try reader.payee("payee")
    decideBy = try reader.timestamp("decideBy")
    heldUntil = try reader.timestamp("heldUntil")
    keyDigest = try reader.identifier("keyDigest")
  }

  /// What stands before the identity bytes in `keyDigest`: "foil/deposit/v1" ‖ process.
  package static func keyDigestPrefix(of process: ProcessID) -> Bytes {
    Bytes("foil/deposit/v1".utf8) + process.bytes
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("offer", offer)
    writer.number("quantity", UInt64(quantity))
    writer.amount("amount", amount)
    writer.payee("payee", payee)
    writer.timestamp("decideBy", decideBy)
    writer.timestamp("heldUntil", heldUntil)
    writer.identifier("keyDigest", keyDigest)
  }

  public var prev: [StatementID] { [process.renamed(), offer] }
}

/// The merchant no longer holds the good: the process was aborted, the deposited key is destroyed.
public struct Release: Claim {
  public static let kind = StatementKind.release

  public let process: ProcessID
  public let offer: StatementID
  /// The abort verdict that ended the hold.
  public let verdict: StatementID

  public init(process: ProcessID, offer: StatementID, verdict: StatementID) {
    self.process = process
    self.offer = offer
    self.verdict = verdict
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    offer = try reader.identifier("offer")
    verdict = try reader.identifier("verdict")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("offer", offer)
    writer.identifier("verdict", verdict)
  }

  public var prev: [StatementID] { [offer, verdict] }
}

/// The merchant acknowledges the settlement of a committed purchase: the bank's transfer to it.
public struct Settlement: Claim {
  public static let kind = StatementKind.settlement

  public let process: ProcessID
  public let verdict: StatementID
  /// The transfers that it has seen, sorted.
  public let transfers: [StatementID]

  public init(process: ProcessID, verdict: StatementID, transfers: [StatementID]) {
    self.process = process
    self.verdict = verdict
    self.transfers = transfers
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    verdict = try reader.identifier("verdict")
    transfers = try reader.identifiers("transfers", atMost: 256)
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("verdict", verdict)
    writer.identifiers("transfers", transfers)
  }

  public var prev: [StatementID] { [verdict] + transfers }
}

/// A merchant or bank will not take part, for good: the same step of the same process is never done
/// afterwards.
public struct Refusal: Claim {
  public static let kind = StatementKind.refusal

  public let process: ProcessID
  public let step: StepPath
  public let reason: RefusalReason
  /// SHA-256(salt ‖ details) for details that are opened to the customer only.
  public let details: Digest?

  public init(process: ProcessID, step: StepPath, reason: RefusalReason, details: Digest? = nil) {
    self.process = process
    self.step = step
    self.reason = reason
    self.details = details
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    step = try reader.choice("step", atMost: StepPath.longest)
    reason = try reader.choice("reason")
    details = try reader.ifPresent("details") { reader throws(ClaimError) in
      try reader.identifier("details")
    }
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.choice("step", step)
    writer.choice("reason", reason)
    if let details { writer.identifier("details", details) }
  }

  public var prev: [StatementID] { [process.renamed()] }
}

/// Why somebody refused, as a stable code.
public struct RefusalReason: RawRepresentable, Hashable, Sendable {
  public let rawValue: String

  public init?(rawValue: String) {
    guard PaymentMethod(rawValue: rawValue) != nil else { return nil }
    self.rawValue = rawValue
  }

  private init(_ code: String) { rawValue = code }

  /// The coin was spent before, with proof.
  public static let doubleSpend = RefusalReason("double-spend")
  /// The process was voided before it was reserved.
  public static let voided = RefusalReason("voided")
  /// The same step was asked for with another content.
  public static let conflict = RefusalReason("conflict")
  /// What was sent does not verify or does not fit together.
  public static let invalid = RefusalReason("invalid")
  /// What is asked for is not on offer: unknown, expired, or under other terms.
  public static let notOffered = RefusalReason("not-offered")
  /// What the order lets the bank keep of a transfer is not what it charges.
  public static let feeMismatch = RefusalReason("fee-mismatch")
  /// A payee has no account at this bank.
  public static let payeeUnknown = RefusalReason("payee-unknown")
  /// The bank does not clear with a payee's bank.
  public static let noClearing = RefusalReason("no-clearing")
  /// The bank would owe a payee's bank more than that one lets it.
  public static let clearingLimit = RefusalReason("clearing-limit")
  /// The stock is gone.
  public static let soldOut = RefusalReason("sold-out")
  /// The coins do not add up to the total.
  public static let amountMismatch = RefusalReason("amount-mismatch")
  /// A denomination is unknown here or no longer accepted.
  public static let denominationRefused = RefusalReason("denomination-refused")
  /// The method of payment is not supported.
  public static let methodRefused = RefusalReason("method-refused")
  /// The bank does not pay with this card or out of this account. It does not tell the coordinator why.
  public static let declined = RefusalReason("declined")
  /// It is too late, or there is too little time left.
  public static let tooLate = RefusalReason("too-late")
  /// The coordinator is not one that the refusing party allows.
  public static let coordinatorRefused = RefusalReason("coordinator-refused")
}

/// The path of a step within its process, such as `reserve/bank.example`: 1 to 160 printable ASCII
/// characters without space. With the process it names a request for ever.
public struct StepPath: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The most characters of a path.
  public static let longest = 160

  public let rawValue: String

  public init?(rawValue: String) {
    guard (1...Self.longest).contains(rawValue.utf8.count),
      rawValue.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    self.rawValue = rawValue
  }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  public var description: String { rawValue }
}
