// What a coordinator charges for a process: the terms that it signs, and the part of an order that takes them.

/// What a coordinator charges for each process that it commits, and for how long it says so.
///
/// Without terms, or in a currency that they do not name, it charges nothing; for an abort it never does.
public struct Terms: Claim {
  public static let kind = StatementKind.terms
  /// How long after the end of its terms a coordinator still takes an order under them, in seconds: the customer has
  /// signed before.
  public static let graceSeconds: Int64 = 300

  /// Ordered by currency, each currency once.
  public let charges: [Charge]
  public let validFrom: Timestamp
  /// The first moment at which they hold no more.
  public let validUntil: Timestamp

  public init(charges: [Charge], validFrom: Timestamp, validUntil: Timestamp) {
    self.charges = charges.sorted { $0.amount.currency.code < $1.amount.currency.code }
    self.validFrom = validFrom
    self.validUntil = validUntil
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    charges = try reader.objects("charges", atMost: 16) { reader throws(ClaimError) in
      try Charge(from: &reader)
    }
    validFrom = try reader.timestamp("validFrom")
    validUntil = try reader.timestamp("validUntil")
    guard validFrom < validUntil else { throw ClaimError("validUntil", .badValue) }
    guard
      zip(charges, charges.dropFirst()).allSatisfy({
        $0.amount.currency.code < $1.amount.currency.code
      })
    else { throw ClaimError("charges", .badValue) }
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.objects("charges", charges) { $1.write(to: &$0) }
    writer.timestamp("validFrom", validFrom)
    writer.timestamp("validUntil", validUntil)
  }

  public func isValid(at time: Timestamp) -> Bool { validFrom <= time && time < validUntil }

  /// Whether an order that comes at that time may have been signed under these terms.
  public func coverOrder(at time: Timestamp) -> Bool {
    validFrom <= time && time < validUntil.adding(seconds: Self.graceSeconds)
  }

  /// What a process costs that moves money of these currencies: the charge in the first of them that the terms name;
  /// `nil` for nothing.
  public func charge(in currencies: [Currency]) -> Charge? {
    for currency in currencies {
      if let charge = charges.first(where: { $0.amount.currency == currency }) { return charge }
    }
    return nil
  }
}

/// What a process costs in one currency, and to whom and how it may be paid.
public struct Charge: Hashable, Sendable {
  /// More than nothing.
  public let amount: Amount
  /// The coordinator's accounts, of which one is paid: ordered, each once.
  public let payees: [Payee]
  /// Through which banks, by which methods, and what the banks may keep.
  public let accepts: [AcceptedPayment]

  public init(amount: Amount, payees: [Payee], accepts: [AcceptedPayment]) {
    self.amount = amount
    self.payees = payees.sorted()
    self.accepts = accepts
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    amount = try reader.amount("amount")
    payees = try reader.objects("payees", atMost: 16) { reader throws(ClaimError) in
      Payee(bank: try reader.party("bank"), account: try reader.account("account"))
    }
    accepts = try reader.objects("accepts", atMost: AcceptedPayment.largestCount) {
      reader throws(ClaimError) in
      try AcceptedPayment(from: &reader)
    }
    guard !amount.isZero else { throw ClaimError("amount", .badValue) }
    guard !payees.isEmpty, zip(payees, payees.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw ClaimError("payees", .badValue)
    }
    let ways = accepts.map { "\($0.bank) \($0.method.rawValue)" }
    guard !ways.isEmpty, Set(ways).count == ways.count else {
      throw ClaimError("accepts", .badValue)
    }
  }

  func write(to writer: inout some ClaimWriter) {
    writer.amount("amount", amount)
    writer.objects("payees", payees) { writer, payee in
      writer.text("account", payee.account.text)
      writer.text("bank", payee.bank.text)
    }
    writer.objects("accepts", accepts) { $1.write(to: &$0) }
  }

  /// Whether the coordinator takes this payment: of that bank, by that method, with no more kept of each transfer
  /// than it allows.
  public func accepts(_ payment: PaymentPart) -> Bool { accepts.take(payment) }

  /// Whether the coordinator takes the sum of what is kept of a fee that is paid in several parts.
  public func bearsFees(of payments: [PaymentPart], to payee: Payee) -> Bool {
    accepts.bearFees(of: payments, to: payee)
  }
}

/// The part of an order by which the customer takes the coordinator's terms: what she pays it, and to which account. The
/// money stands in payment parts, as that of the merchants does.
public struct FeePart: Hashable, Sendable {
  /// The coordinator's `Terms`.
  public let terms: StatementID
  public let amount: Amount
  public let payee: Payee

  public init(terms: StatementID, amount: Amount, payee: Payee) {
    self.terms = terms
    self.amount = amount
    self.payee = payee
  }

  /// The charge of these terms that it pays, in an order that moves money of these currencies; `nil` when they do not
  /// ask for it.
  public func charge(of terms: Terms, in currencies: [Currency]) -> Charge? {
    guard currencies.contains(amount.currency) else { return nil }
    return terms.charges.first { $0.amount == amount && $0.payees.contains(payee) }
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    terms = try reader.identifier("terms")
    amount = try reader.amount("amount")
    payee = try reader.payee("payee")
  }

  func write(to writer: inout some ClaimWriter) {
    writer.identifier("terms", terms)
    writer.amount("amount", amount)
    writer.payee("payee", payee)
  }
}

/// All terms that a coordinator has signed, the later over the earlier.
public struct PublishedTerms: Hashable, Sendable {
  /// Ordered by when they begin.
  public private(set) var all: [Stated<Terms>] = []

  public init(_ terms: [Stated<Terms>] = []) {
    all = terms.sorted { ($0.claim.validFrom, $0.id) < ($1.claim.validFrom, $1.id) }
  }

  public mutating func add(_ terms: Stated<Terms>) {
    guard !all.contains(where: { $0.id == terms.id }) else { return }
    self = PublishedTerms(all + [terms])
  }

  /// Those that a key has signed: a coordinator with a new key signs its terms anew.
  public func signed(by key: Thumbprint) -> PublishedTerms {
    PublishedTerms(all.filter { $0.issuer.key == key })
  }

  /// The terms in force at a time: the ones that have begun last, while they hold. When those have ended, none are: what
  /// they took the place of does not come back.
  public func inForce(at time: Timestamp) -> Stated<Terms>? {
    all.last { $0.claim.validFrom <= time }.flatMap { $0.claim.isValid(at: time) ? $0 : nil }
  }

  /// Whether an order without a fee that comes at that time may have been signed when its currencies cost nothing: at
  /// some moment that is not longer ago than `Terms.graceSeconds`.
  public func allowNoFee(in currencies: [Currency], at time: Timestamp) -> Bool {
    guard !all.isEmpty else { return true }
    let earliest = time.adding(seconds: -Terms.graceSeconds)
    // What is in force changes when terms begin or end, and at no other time.
    let changes = all.flatMap { [$0.claim.validFrom, $0.claim.validUntil] }
      .filter { earliest < $0 && $0 < time }
    return ([earliest, time] + changes).contains {
      inForce(at: $0)?.claim.charge(in: currencies) == nil
    }
  }
}
