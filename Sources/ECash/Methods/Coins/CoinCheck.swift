// All that can be checked about coins without the bank's rows: signatures and sums.

import PaymentCrypto
import PaymentModel

/// A coin that a denomination signed, and that signed this use.
struct CheckedCoin: Hashable, Sendable {
  let coin: CoinID
  let denomination: DenominationID
  let use: CoinUse
}

struct CoinCheck: Sendable {
  let denominations: [DenominationID: AcceptedDenomination]

  /// All coins, different from one another and adding up to the total. The cheap checks come first.
  func check(
    _ coins: [UsedCoin], of payment: OfferedPayment, at time: Timestamp
  ) throws(PaymentRefusal) -> [CheckedCoin] {
    guard Set(coins.map(\.coin)).count == coins.count else { throw PaymentRefusal(.invalid) }
    var sum = Amount.zero(payment.total.currency)
    var signers: [AcceptedDenomination] = []
    for coin in coins {
      guard let denomination = denominations[coin.denomination], denomination.isAccepted(at: time)
      else { throw PaymentRefusal(.denominationRefused) }
      guard let value = try? Amount(minor: denomination.value, currency: sum.currency),
        let next = try? sum.adding(value)
      else { throw PaymentRefusal(.amountMismatch) }
      sum = next
      signers.append(denomination)
    }
    guard sum == payment.total else { throw PaymentRefusal(.amountMismatch) }
    let purpose = CoinUse.message(in: payment.process, at: payment.bank)
    return try zip(coins, signers).map { coin, signer throws(PaymentRefusal) in
      guard let key = try? Ed25519.PublicKey(coin.coin.bytes),
        key.isValid(signature: coin.use, for: purpose),
        signer.isValid(signature: coin.signature, of: coin.coin)
      else { throw PaymentRefusal(.invalid) }
      return CheckedCoin(
        coin: coin.coin, denomination: signer.id,
        use: CoinUse(process: payment.process, bank: payment.bank, signature: coin.use))
    }
  }
}
