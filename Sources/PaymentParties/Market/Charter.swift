// Who takes part in a market, and how its money is cut.

public import PaymentCrypto
public import PaymentModel

/// The names and the money of a market that is about to be founded.
public struct Charter: Sendable {
  public let bank: PartyName
  /// Banks beside the one at which the customer has her account. They clear with it and with each other.
  public let otherBanks: [PartyName]
  /// How much each of several banks may owe each other, in minor units.
  public let clearingLimit: UInt64
  public let merchants: [PartyName]
  public let coordinator: PartyName
  public let log: PartyName
  public let witness: PartyName
  /// Rules on complaints.
  public let auditor: PartyName
  public let root: PartyName
  public let currency: Currency
  /// How many decimals the currency has for people.
  public let decimals: Int
  /// The values of the coins, in minor units: powers of two.
  public let coinValues: [UInt64]
  /// What the banks charge.
  public let fees: Fees
  public let keySize: BlindRSA.KeySize

  public init(
    bank: PartyName, merchants: [PartyName], coordinator: PartyName, log: PartyName,
    witness: PartyName, auditor: PartyName, root: PartyName, currency: Currency, decimals: Int,
    coinValues: [UInt64], fees: Fees = Fees(),
    keySize: BlindRSA.KeySize = .bits2048, otherBanks: [PartyName] = [], clearingLimit: UInt64 = 0
  ) {
    self.bank = bank
    self.otherBanks = otherBanks
    self.clearingLimit = clearingLimit
    self.merchants = merchants
    self.coordinator = coordinator
    self.log = log
    self.witness = witness
    self.auditor = auditor
    self.root = root
    self.currency = currency
    self.decimals = decimals
    self.coinValues = coinValues
    self.fees = fees
    self.keySize = keySize
  }

  /// SHA-256 of everything that it says, by which an interrupted founding knows its charter again.
  var digest: Digest {
    func list(_ names: [PartyName]) -> String { names.map(\.text).joined(separator: " ") }
    let lines = [
      list([bank] + otherBanks), list(merchants),
      list([coordinator, log, witness, auditor, root]), currency.code,
      ([UInt64(decimals), UInt64(keySize.bits), clearingLimit, fees.perCoin, fees.perTransfer]
        + coinValues).map { String($0) }.joined(separator: " "),
    ]
    return SHA256.digest(Bytes(lines.joined(separator: "\n").utf8))
  }
}
