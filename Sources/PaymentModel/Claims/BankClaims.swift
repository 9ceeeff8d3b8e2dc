// What a bank signs, and what an account holder signs to it.

/// The denominations that a bank issues in one period, with their keys. Signed by the bank's offline
/// master key and logged, so that no customer is given keys of her own.
public struct Keyset: Claim {
  public static let kind = StatementKind.keyset

  public let currency: Currency
  /// How many decimals the currency has for people.
  public let decimals: Int
  /// Which period, counted from 1. A bank has one keyset for each.
  public let period: Int
  /// Ordered by value, each value once.
  public let denominations: [Denomination]
  public let fees: Fees

  public init(
    currency: Currency, decimals: Int, period: Int, denominations: [Denomination], fees: Fees
  ) {
    self.currency = currency
    self.decimals = decimals
    self.period = period
    self.denominations = denominations
    self.fees = fees
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    guard let currency = Currency(try reader.text("currency", atMost: 12)) else {
      throw ClaimError("currency", .badValue)
    }
    self.currency = currency
    decimals = try reader.number("decimals", in: 0...8)
    period = try reader.number("period", in: 1...1_000_000)
    denominations = try reader.objects("denominations", atMost: 64) { reader throws(ClaimError) in
      try Denomination(from: &reader)
    }
    guard zip(denominations, denominations.dropFirst()).allSatisfy({ $0.value < $1.value }) else {
      throw ClaimError("denominations", .badValue)
    }
    fees = try reader.object("fees") { reader throws(ClaimError) in try Fees(from: &reader) }
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.text("currency", currency.code)
    writer.number("decimals", UInt64(decimals))
    writer.number("period", UInt64(period))
    writer.objects("denominations", denominations) { $1.write(to: &$0) }
    writer.object("fees") { fees.write(to: &$0) }
  }
}

/// One value of coin and the RSA key that issues it.
public struct Denomination: Hashable, Sendable {
  /// In minor units; a power of two.
  public let value: UInt64
  /// The RSA public key: SubjectPublicKeyInfo in DER.
  public let publicKey: Bytes
  public let issuedFrom: Timestamp
  public let issuedUntil: Timestamp
  /// Coins are accepted in payments until then.
  public let spentUntil: Timestamp
  /// Coins can be turned back into account money until then.
  public let redeemedUntil: Timestamp

  public init(
    value: UInt64, publicKey: Bytes, issuedFrom: Timestamp, issuedUntil: Timestamp,
    spentUntil: Timestamp, redeemedUntil: Timestamp
  ) {
    self.value = value
    self.publicKey = publicKey
    self.issuedFrom = issuedFrom
    self.issuedUntil = issuedUntil
    self.spentUntil = spentUntil
    self.redeemedUntil = redeemedUntil
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    value = try reader.number("value")
    guard value > 0, value & (value - 1) == 0 else { throw ClaimError("value", .badValue) }
    publicKey = try reader.bytes("publicKey", atMost: 1024)
    issuedFrom = try reader.timestamp("issuedFrom")
    issuedUntil = try reader.timestamp("issuedUntil")
    spentUntil = try reader.timestamp("spentUntil")
    redeemedUntil = try reader.timestamp("redeemedUntil")
    guard issuedFrom < issuedUntil, issuedUntil <= spentUntil, spentUntil <= redeemedUntil else {
      throw ClaimError("issuedUntil", .badValue)
    }
  }

  func write(to writer: inout some ClaimWriter) {
    writer.number("value", value)
    writer.bytes("publicKey", publicKey)
    writer.timestamp("issuedFrom", issuedFrom)
    writer.timestamp("issuedUntil", issuedUntil)
    writer.timestamp("spentUntil", spentUntil)
    writer.timestamp("redeemedUntil", redeemedUntil)
  }
}

/// What a bank charges, in minor units of the keyset's currency. Zero by default.
public struct Fees: Hashable, Sendable {
  public let perCoin: UInt64
  public let perTransfer: UInt64

  public init(perCoin: UInt64 = 0, perTransfer: UInt64 = 0) {
    self.perCoin = perCoin
    self.perTransfer = perTransfer
  }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    perCoin = try reader.number("perCoin")
    perTransfer = try reader.number("perTransfer")
  }

  func write(to writer: inout some ClaimWriter) {
    writer.number("perCoin", perCoin)
    writer.number("perTransfer", perTransfer)
  }
}

/// An account holder asks for coins against her account, signed with the account's key.
public struct Withdrawal: Claim {
  public static let kind = StatementKind.withdrawal

  public let bank: PartyName
  public let account: AccountName
  public let total: Amount
  /// How many coins.
  public let coinCount: Int
  /// SHA-256 over denomination identifier ‖ blinded message of each coin, in the order of the request.
  public let blindedMessages: Digest

  public init(
    bank: PartyName, account: AccountName, total: Amount, coinCount: Int, blindedMessages: Digest
  ) {
    self.bank = bank
    self.account = account
    self.total = total
    self.coinCount = coinCount
    self.blindedMessages = blindedMessages
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    bank = try reader.party("bank")
    account = try reader.account("account")
    total = try reader.amount("total")
    coinCount = try reader.number("coinCount", in: 1...4096)
    blindedMessages = try reader.identifier("blindedMessages")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.text("bank", bank.text)
    writer.text("account", account.text)
    writer.amount("total", total)
    writer.number("coinCount", UInt64(coinCount))
    writer.identifier("blindedMessages", blindedMessages)
  }
}

/// The bank has debited an account and signed blinded coins.
public struct Issue: Claim {
  public static let kind = StatementKind.issue

  public let withdrawal: StatementID
  public let account: AccountName
  public let debit: Amount
  /// SHA-256 over the blind signatures, in the order of the request.
  public let blindSignatures: Digest

  public init(
    withdrawal: StatementID, account: AccountName, debit: Amount, blindSignatures: Digest
  ) {
    self.withdrawal = withdrawal
    self.account = account
    self.debit = debit
    self.blindSignatures = blindSignatures
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    withdrawal = try reader.identifier("withdrawal")
    account = try reader.account("account")
    debit = try reader.amount("debit")
    blindSignatures = try reader.identifier("blindSignatures")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("withdrawal", withdrawal)
    writer.text("account", account.text)
    writer.amount("debit", debit)
    writer.identifier("blindSignatures", blindSignatures)
  }

  public var prev: [StatementID] { [withdrawal] }
}

/// The bank holds the money of a payment part for one process, and keeps of it what the part says. Only a verdict
/// ends the hold.
public struct Reservation: Claim {
  public static let kind = StatementKind.reservation

  public let process: ProcessID
  /// SHA-256 of the payment part's canonical JSON, and so its payouts and its fee for each.
  public let part: Digest
  public let total: Amount
  public let decideBy: Timestamp

  public init(process: ProcessID, part: Digest, total: Amount, decideBy: Timestamp) {
    self.process = process
    self.part = part
    self.total = total
    self.decideBy = decideBy
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    part = try reader.identifier("part")
    total = try reader.amount("total")
    decideBy = try reader.timestamp("decideBy")
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("part", part)
    writer.amount("total", total)
    writer.timestamp("decideBy", decideBy)
  }

  public var prev: [StatementID] { [process.renamed()] }
}

/// The bank has released the money that it held for an aborted process.
public struct VoidedReservation: Claim {
  public static let kind = StatementKind.void

  public let process: ProcessID
  /// The abort verdict that ended the hold.
  public let verdict: StatementID
  /// What was held; nothing when the void came before the reservation, which is refused from then on.
  public let released: Amount?

  public init(process: ProcessID, verdict: StatementID, released: Amount?) {
    self.process = process
    self.verdict = verdict
    self.released = released
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    verdict = try reader.identifier("verdict")
    released = try reader.ifPresent("released") { reader throws(ClaimError) in
      try reader.amount("released")
    }
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("verdict", verdict)
    if let released { writer.amount("released", released) }
  }

  public var prev: [StatementID] { [verdict] }
}

/// The bank has posted one payee's money of a committed process. One statement for each payee, because
/// no payee may see the others.
public struct Transfer: Claim {
  public static let kind = StatementKind.transfer

  public let process: ProcessID
  /// The commit verdict on which the money was posted.
  public let verdict: StatementID
  public let payee: Payee
  /// What the order pays to this payee.
  public let amount: Amount
  /// What the bank has kept of it, no more than the payment part says; `nil` for nothing.
  public let fee: Amount?
  /// What it draws on the payee's bank; `nil` when that is the bank itself.
  public let draw: Draw?

  public init(
    process: ProcessID, verdict: StatementID, payee: Payee, amount: Amount, fee: Amount? = nil,
    draw: Draw? = nil
  ) {
    self.process = process
    self.verdict = verdict
    self.payee = payee
    self.amount = amount
    self.fee = fee
    self.draw = draw
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    verdict = try reader.identifier("verdict")
    payee = try reader.payee("payee")
    amount = try reader.amount("amount")
    fee = try reader.ifPresent("fee") { reader throws(ClaimError) in try reader.amount("fee") }
    if let fee {
      guard fee.currency == amount.currency, !fee.isZero, fee.minor <= amount.minor else {
        throw ClaimError("fee", .badValue)
      }
    }
    draw = try reader.ifPresent("draw") { reader throws(ClaimError) in
      try reader.object("draw") { reader throws(ClaimError) in try Draw(from: &reader) }
    }
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.identifier("verdict", verdict)
    writer.payee("payee", payee)
    writer.amount("amount", amount)
    if let fee { writer.amount("fee", fee) }
    if let draw { writer.object("draw") { draw.write(to: &$0) } }
  }

  public var prev: [StatementID] { [verdict] }

  /// What has reached the payee: `amount` without `fee`.
  public var net: Amount { fee.flatMap { try? amount.subtracting($0) } ?? amount }
}

/// The same coin was used in two processes, and the first use is final.
///
/// A use whose process was aborted proves nothing, so the proof holds the logged commit verdict that
/// made the first use final.
public struct DoubleSpend: Claim {
  public static let kind = StatementKind.doubleSpend

  public let coin: CoinID
  public let denomination: DenominationID
  /// The use that became final.
  public let first: CoinUse
  /// The use that is refused.
  public let second: CoinUse
  /// The logged commit verdict of the first use's process.
  public let verdict: LoggedVerdict

  public init(
    coin: CoinID, denomination: DenominationID, first: CoinUse, second: CoinUse,
    verdict: LoggedVerdict
  ) {
    self.coin = coin
    self.denomination = denomination
    self.first = first
    self.second = second
    self.verdict = verdict
  }

  public init(from reader: inout some ClaimReader) throws(ClaimError) {
    coin = try reader.identifier("coin")
    denomination = try reader.identifier("denomination")
    first = try reader.object("first") { reader throws(ClaimError) in try CoinUse(from: &reader) }
    second = try reader.object("second") { reader throws(ClaimError) in try CoinUse(from: &reader) }
    verdict = LoggedVerdict(
      verdict: Signed(try reader.bytes("verdict", atMost: LoggedVerdict.largestVerdict)),
      proof: try reader.bytes("verdictProof", atMost: LoggedVerdict.largestProof))
    guard first.process != second.process else { throw ClaimError("second", .badValue) }
  }

  public func write(to writer: inout some ClaimWriter) {
    writer.identifier("coin", coin)
    writer.identifier("denomination", denomination)
    writer.object("first") { first.write(to: &$0) }
    writer.object("second") { second.write(to: &$0) }
    writer.bytes("verdict", verdict.verdict.bytes)
    writer.bytes("verdictProof", verdict.proof)
  }
}

/// A coin's signature under one process at one bank: over "foil/spend/v1\n" ‖ process ‖ bank.
public struct CoinUse: Hashable, Sendable {
  public let process: ProcessID
  public let bank: PartyName
  /// 64 bytes, Ed25519, by the coin's key.
  public let signature: Bytes

  public init(process: ProcessID, bank: PartyName, signature: Bytes) {
    self.process = process
    self.bank = bank
    self.signature = signature
  }

  /// What a coin signs to be used in one process at one bank: "foil/spend/v1\n" ‖ process ‖ bank. The
  /// bytes in front are there so that no signature serves twice; a coin's key signs nothing else.
  public static func message(in process: ProcessID, at bank: PartyName) -> Bytes {
    Bytes("foil/spend/v1\n".utf8) + process.bytes + Bytes(bank.text.utf8)
  }

  /// What `signature` is to be over.
  public var message: Bytes { Self.message(in: process, at: bank) }

  init(from reader: inout some ClaimReader) throws(ClaimError) {
    process = try reader.identifier("process")
    bank = try reader.party("bank")
    signature = try reader.bytes("signature", atMost: 64)
    guard signature.count == 64 else { throw ClaimError("signature", .badValue) }
  }

  func write(to writer: inout some ClaimWriter) {
    writer.identifier("process", process)
    writer.text("bank", bank.text)
    writer.bytes("signature", signature)
  }
}
