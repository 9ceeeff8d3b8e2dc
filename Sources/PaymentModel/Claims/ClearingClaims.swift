// What banks sign so that a transfer into an account elsewhere becomes money there.

/// A bank lets another one draw on it: it takes the other's transfers into its accounts for money, until all that
/// was ever drawn comes to the limit.
///
/// The limit counts from the first transfer on and goes up with each payment between the banks, so lines of one
/// pair are ordered by it, and none takes anything back. A line binds whoever has signed it for all transfers
/// within its limit, whenever they are made and presented: a verdict may come late. Its end is for promises.
public struct CreditLine: Claim {
  public static let kind = StatementKind.creditLine

  /// The bank that may draw.
  public let debtor: PartyName
  /// All that it may ever have drawn, under this line and those before it.
  public let limit: Amount
  public let validFrom: Timestamp
  /// Nothing is promised under it that may be decided later.
  public let validUntil: Timestamp

  public init(
    debtor: PartyName, limit: Amount, validFrom: Timestamp, validUntil: Timestamp
  ) {
    self.debtor = debtor
    self.limit = limit
    self.validFrom = validFrom
    self.validUntil = validUntil
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    debtor = try reader.party("debtor")
    limit = try reader.amount("limit")
    validFrom = try reader.timestamp("validFrom")
    validUntil = try reader.timestamp("validUntil")
    guard validFrom < validUntil else { throw ClaimError("validUntil", .badValue) }
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.text("debtor", debtor.text)
    writer.amount("limit", limit)
    writer.timestamp("validFrom", validFrom)
    writer.timestamp("validUntil", validUntil)
  }
}

/// What a transfer draws on the payee's bank: which part of a credit line is its own, and nobody else's.
public struct Draw: Hashable, Sendable {
  /// The credit line of the payee's bank.
  public let line: StatementID
  /// All that was ever drawn on that bank, with this transfer, in minor units. The transfer's own part are the last
  /// `net` of them.
  public let total: UInt64

  public init(line: StatementID, total: UInt64) {
    self.line = line
    self.total = total
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    line = try reader.identifier("line")
    total = try reader.number("total")
  }

  func write(to writer: inout some ClaimWriter) {
    writer.identifier("line", line)
    writer.number("total", total)
  }
}

extension Transfer {
  /// What it draws on the payee's bank, as the units after the first bound up to the second; `nil` when it draws
  /// nothing, or more than was ever drawn.
  public var drawn: (above: UInt64, upTo: UInt64)? {
    guard let draw, net.minor <= draw.total else { return nil }
    return (draw.total - net.minor, draw.total)
  }

  /// How many different transfers of one payment the payee's bank looks at. An honest bank signs one.
  public static let mostForOnePayment = 16

  /// Whether this and another transfer of the same bank are for one payment.
  public func isForPayment(of other: Transfer) -> Bool {
    process == other.process && payee == other.payee
  }

  /// Whether a bank may draw so much under that line: it is the payee's bank's, for this one, and gives as much.
  ///
  /// - Parameters:
  ///   - bank: whose transfer it is.
  ///   - creditor: who has signed the line.
  public func isCovered(
    from bank: PartyName, by line: CreditLine, of creditor: PartyName
  ) -> Bool {
    guard creditor == payee.bank, line.debtor == bank, line.limit.currency == amount.currency,
      let drawn
    else { return false }
    return drawn.upTo <= line.limit.minor
  }

  /// Whether this and another transfer of the same bank to the same bank claim one part of a credit line for two
  /// payments. No honest bank signs both.
  public func contradicts(_ other: Transfer) -> Bool {
    guard !isForPayment(of: other), payee.bank == other.payee.bank,
      amount.currency == other.amount.currency, let own = drawn, let their = other.drawn
    else { return false }
    return own.above < their.upTo && their.above < own.upTo
  }
}

/// The payee's bank has credited the account that another bank's transfer pays into.
public struct Credit: Claim {
  public static let kind = StatementKind.credit

  public let transfer: StatementID
  public let account: AccountName
  /// All that was credited for this payment, now or earlier.
  public let amount: Amount

  public init(transfer: StatementID, account: AccountName, amount: Amount) {
    self.transfer = transfer
    self.account = account
    self.amount = amount
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    transfer = try reader.identifier("transfer")
    account = try reader.account("account")
    amount = try reader.amount("amount")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("transfer", transfer)
    writer.text("account", account.text)
    writer.amount("amount", amount)
  }

  public var prev: [StatementID] { [transfer] }
}
