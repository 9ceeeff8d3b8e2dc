// What the coordinator of a real world charges, if it does, and who leaves it out.

import Evidence
import PaymentCrypto
import PaymentModel
import PaymentParties

/// The coordinator's terms in one world.
struct RealCharging {
  /// The coordinator's account at each bank.
  static let account = RealMarket.account(Setting.coordinatorName)

  let terms: Verified<Terms>
  /// Customers who order without the fee, by number.
  let omits: [Bool]

  /// Draws what is charged, in each currency the same; `nil` for nothing. What is drawn for it moves nothing else.
  init?(trust: TrustStore, beside source: SimulationEntropy) throws {
    var source = source
    var entropy = SimulationEntropy(seed: source.next() ^ Charging.seed)
    guard entropy.happens(perMille: 300) else { return nil }
    let minor = UInt64(1 + entropy.below(2))
    let charges = try ["CHF", "EUR"].map { code in
      let banks = zip(RealMarket.bankNames, RealMarket.currencies)
        .filter { $1.code == code }.map(\.0)
      return Charge(
        amount: try Amount(minor: minor, currency: .named(code)),
        payees: banks.map { Payee(bank: $0, account: Self.account) },
        accepts: banks.flatMap { bank in
          ([.ecash, .transfer, .card, .coinsAndCard] as [PaymentMethod]).map {
            AcceptedPayment(bank: bank, method: $0, largestFee: 3)
          }
        })
    }
    let signed = try RealMarket.signer(Setting.coordinatorName).sign(
      Terms(
        charges: charges, validFrom: Stage.start.adding(seconds: -86_400),
        validUntil: Stage.start.adding(seconds: 864_000)), nonce: Nonce(from: &entropy))
    terms = try trust.verify(signed, at: Stage.start)
    omits = (0..<RealMarket.customerCount).map { _ in entropy.happens(perMille: 150) }
  }

  /// What it charges in that currency.
  func minor(in currency: Currency) -> UInt64 {
    terms.claim.charge(in: [currency])?.amount.minor ?? 0
  }
}

extension RealBooks {
  /// A committed order that pays anybody pays the coordinator its fee, once; nobody pays it anything else.
  func fee(of purchase: RealPurchase) -> Books.Finding? {
    let fees = purchase.payments.flatMap(\.part.payouts)
      .filter { $0.payee.account == RealCharging.account }.map(\.amount)
    let charged = purchase.payments.isEmpty ? nil : world.charging
    guard let charged else {
      return fees.isEmpty
        ? nil : finding(.money, purchase.process, "the coordinator is paid, and charges nothing")
    }
    guard fees.count == 1, fees[0].minor == charged.minor(in: fees[0].currency) else {
      return finding(
        .money, purchase.process, "committed, and the coordinator's fee is \(fees.map(\.minor))")
    }
    return nil
  }
}
