// All that can be checked about a payment without the bank's rows: signatures, coins, sums.

import Evidence
import PaymentCrypto
import PaymentModel

/// A payment whose order, part and coins were all verified.
struct CheckedPayment: Sendable {
  let process: ProcessID
  let coordinator: Thumbprint
  let decideBy: Timestamp
  let recipient: Age.Recipient
  /// SHA-256 of the payment part's canonical JSON.
  let part: Digest
  let total: Amount
  let payouts: [Payout]
  let coins: [CheckedCoin]
}

/// A coin that a denomination signed, and that signed this use.
struct CheckedCoin: Hashable, Sendable {
  let coin: CoinID
  let denomination: DenominationID
  let use: CoinUse
}

struct PaymentCheck: Sendable {
  let bank: PartyName
  let currency: Currency
  /// How far away a decision may be, in seconds.
  let largestHoldSeconds: Int64
  let denominations: [DenominationID: AcceptedDenomination]

  /// Checks a payment that the bank was handed under a verified order.
  ///
  /// - Parameter payment: this bank's part, which hangs below the order.
  /// - Returns: the payment, or why the bank refuses it.
  func check(
    _ request: ReserveRequest, _ payment: PaymentPart, of order: Verified<Order>,
    identity: borrowing Age.Identity, at time: Timestamp
  ) -> Result<CheckedPayment, PaymentRefusal> {
    do throws(PaymentRefusal) {
      let claim = order.claim
      guard time < claim.decideBy else { throw PaymentRefusal(.tooLate) }
      guard claim.decideBy <= time.adding(seconds: largestHoldSeconds) else {
        throw PaymentRefusal(.notOffered)
      }
      guard let recipient = try? Age.Recipient(claim.recipient.bytes) else {
        throw PaymentRefusal(.invalid)
      }
      try requireOffered(payment)
      let digest = SHA256.digest(request.part.part)
      let instrument = try instrument(request, identity: identity)
      guard instrument.process == request.id.process, instrument.part == digest,
        instrument.total == payment.total
      else { throw PaymentRefusal(.invalid) }
      return .success(
        CheckedPayment(
          process: request.id.process, coordinator: claim.coordinator, decideBy: claim.decideBy,
          recipient: recipient, part: digest, total: payment.total, payouts: payment.payouts,
          coins: try coins(of: instrument, at: time)))
    } catch {
      return .failure(error)
    }
  }

  private func requireOffered(_ part: PaymentPart) throws(PaymentRefusal) {
    guard part.method == .ecash else { throw PaymentRefusal(.methodRefused) }
    guard part.total.currency == currency, !part.total.isZero,
      part.payouts.allSatisfy({ $0.payee.bank == bank })
    else { throw PaymentRefusal(.notOffered) }
  }

  private func instrument(
    _ request: ReserveRequest, identity: borrowing Age.Identity
  ) throws(PaymentRefusal) -> PaymentInstrument {
    guard SHA256.digest(request.instrument.bytes) == request.instrument.digest,
      let instrument = try? PaymentInstrument(opening: request.instrument, with: identity)
    else { throw PaymentRefusal(.invalid) }
    return instrument
  }

  /// All coins, different from one another and adding up to the total. The cheap checks come first.
  private func coins(
    of instrument: PaymentInstrument, at time: Timestamp
  ) throws(PaymentRefusal) -> [CheckedCoin] {
    guard Set(instrument.coins.map(\.coin)).count == instrument.coins.count else {
      throw PaymentRefusal(.invalid)
    }
    var sum = Amount.zero(instrument.total.currency)
    var signers: [AcceptedDenomination] = []
    for coin in instrument.coins {
      guard let denomination = denominations[coin.denomination], denomination.isAccepted(at: time)
      else { throw PaymentRefusal(.denominationRefused) }
      guard let value = try? Amount(minor: denomination.value, currency: sum.currency),
        let next = try? sum.adding(value)
      else { throw PaymentRefusal(.amountMismatch) }
      sum = next
      signers.append(denomination)
    }
    guard sum == instrument.total else { throw PaymentRefusal(.amountMismatch) }
    let purpose = CoinUse.message(in: instrument.process, at: bank)
    return try zip(instrument.coins, signers).map { coin, signer throws(PaymentRefusal) in
      guard let key = try? Ed25519.PublicKey(coin.coin.bytes),
        key.isValid(signature: coin.use, for: purpose),
        signer.isValid(signature: coin.signature, of: coin.coin)
      else { throw PaymentRefusal(.invalid) }
      return CheckedCoin(
        coin: coin.coin, denomination: signer.id,
        use: CoinUse(process: instrument.process, bank: bank, signature: coin.use))
    }
  }
}

/// Why a payment was refused.
struct PaymentRefusal: Error, Equatable, Sendable {
  let reason: RefusalReason

  init(_ reason: RefusalReason) {
    self.reason = reason
  }
}
