// What a bank keeps about other banks: what they owe each other, credit lines, and transfers that were collected.

public import PaymentModel

/// Another bank with which this one clears, in this one's currency.
public struct CorrespondentRow: Hashable, Sendable {
  /// The key.
  public let bank: PartyName
  /// How much the other bank may owe, in minor units.
  public var largestClaim: UInt64
  /// How much this bank is willing to owe it, whatever its credit line says.
  public var largestDebt: UInt64
  /// All that was ever drawn on it, in minor units.
  public var drawn: UInt64
  /// All that accounts here were ever credited with for its transfers.
  public var credited: UInt64
  /// What undecided processes will pay into its accounts, if they commit.
  public var promised: UInt64
  /// When the last of them must be decided; says nothing when nothing is promised.
  public var promisedUntil: Timestamp

  public init(
    bank: PartyName, largestClaim: UInt64, largestDebt: UInt64, drawn: UInt64 = 0,
    credited: UInt64 = 0, promised: UInt64 = 0,
    promisedUntil: Timestamp = Timestamp(milliseconds: 0)
  ) {
    self.bank = bank
    self.largestClaim = largestClaim
    self.largestDebt = largestDebt
    self.drawn = drawn
    self.credited = credited
    self.promised = promised
    self.promisedUntil = promisedUntil
  }
}

/// A credit line between this bank and another, whoever has signed it.
public struct CreditLineRow: Hashable, Sendable {
  /// The key.
  public let id: StatementID
  /// Who has signed it.
  public let creditor: PartyName
  public let debtor: PartyName
  /// In minor units, from the first transfer on.
  public let limit: UInt64
  public let validFrom: Timestamp
  public let validUntil: Timestamp
  public let statement: Signed<CreditLine>
  /// That it is logged, where that was shown: a `tlog-proof@v1`.
  public var proof: Bytes?

  public init(
    id: StatementID, creditor: PartyName, debtor: PartyName, limit: UInt64, validFrom: Timestamp,
    validUntil: Timestamp, statement: Signed<CreditLine>, proof: Bytes? = nil
  ) {
    self.id = id
    self.creditor = creditor
    self.debtor = debtor
    self.limit = limit
    self.validFrom = validFrom
    self.validUntil = validUntil
    self.statement = statement
    self.proof = proof
  }
}

/// A transfer of another bank that has become money here.
public struct CollectedRow: Hashable, Sendable {
  /// The key.
  public let transfer: StatementID
  /// The bank that has paid.
  public let bank: PartyName
  /// What names the payment: the transfers of one bank for one process and one payee have it in common.
  public let payment: Digest
  /// What it has drawn: so many units, the last of which is number `total`.
  public let net: UInt64
  public let total: UInt64
  public let statement: Signed<Transfer>
  /// That it is logged, where that was shown: a `tlog-proof@v1`.
  public var proof: Bytes?
  /// The answer that was given then, and is given again.
  public let credit: Signed<Credit>

  public init(
    transfer: StatementID, bank: PartyName, payment: Digest, net: UInt64, total: UInt64,
    statement: Signed<Transfer>, proof: Bytes?, credit: Signed<Credit>
  ) {
    self.transfer = transfer
    self.bank = bank
    self.payment = payment
    self.net = net
    self.total = total
    self.statement = statement
    self.proof = proof
    self.credit = credit
  }
}
