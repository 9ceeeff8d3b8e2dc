// The methods of payment that the conformance suite tries.

package import ECash
import PaymentCrypto
import PaymentModel

/// A method, how a bank gets it, and how a payer gets money that it can be paid with.
package struct SchemeSubject: Sendable, CustomStringConvertible {
  package typealias Parts = (
    schemes: [any PaymentScheme],
    fund: @Sendable (SchemeWorld.Payer, UInt64) async throws -> (any PaymentMeans)?
  )

  package let description: String
  let method: PaymentMethod
  /// What the bank says when the money was used before.
  let spent: RefusalReason
  let make: @Sendable (any Store<any BankRows>, any WallClock) throws -> Parts

  package static let all = [coins, transfer, creditCard, accountCard, coinsAndCard, voucher]

  /// Three in coins, and the rest by card.
  static let coinsAndCard = SchemeSubject(
    description: "coins and a card", method: .coinsAndCard, spent: .declined
  ) { store, clock in
    let issuer = CardIssuer(
      bank: try SchemeWorld.bankName(), store: store, atRest: try SchemeWorld.atRest(),
      clock: clock)
    return (
      [CoinsAndCardScheme(issuer, store: store, rules: .testing)],
      { payer, minor in
        let coins = try payer.amount(3)
        try await payer.credit(coins.minor)
        _ = try await payer.wallet.withdraw(
          coins, from: payer.account, under: payer.keyset, at: payer.bank)
        return CoinsAndCard(
          coins: coins, card: try await issuer.issue(.credit(limit: minor - coins.minor)))
      }
    )
  }

  static let coins = SchemeSubject(
    description: "coins", method: .ecash, spent: .doubleSpend
  ) { _, _ in
    (
      [],
      { payer, minor in
        try await payer.credit(minor)
        _ = try await payer.wallet.withdraw(
          payer.amount(minor), from: payer.account, under: payer.keyset, at: payer.bank)
        return nil
      }
    )
  }

  static let transfer = SchemeSubject(
    description: "account transfer", method: .transfer, spent: .declined
  ) { store, _ in
    (
      [TransferScheme(store: store)],
      { payer, minor in
        try await payer.credit(minor)
        return try payer.wallet.accountMeans(payer.account, at: payer.bank.name)
      }
    )
  }

  static let creditCard = SchemeSubject(
    description: "card with credit", method: .card, spent: .declined
  ) { store, clock in
    let issuer = CardIssuer(
      bank: try SchemeWorld.bankName(), store: store, atRest: try SchemeWorld.atRest(),
      clock: clock)
    return ([issuer], { _, minor in try await issuer.issue(.credit(limit: minor)) })
  }

  static let accountCard = SchemeSubject(
    description: "card of an account", method: .card, spent: .declined
  ) { store, clock in
    let issuer = CardIssuer(
      bank: try SchemeWorld.bankName(), store: store, atRest: try SchemeWorld.atRest(),
      clock: clock)
    return (
      [issuer],
      { payer, minor in
        try await payer.credit(minor)
        let means = try payer.wallet.accountMeans(payer.account, at: payer.bank.name)
        var entropy = SystemEntropy()
        return try await issuer.issue(
          .account(
            means.cardRequest(
              at: payer.bank.name, validUntil: clock.now().adding(seconds: 60), from: &entropy)))
      }
    )
  }

  static let voucher = SchemeSubject(
    description: "prepaid voucher", method: VoucherScheme.method, spent: .declined
  ) { store, clock in
    (
      [VoucherScheme()],
      { payer, minor in
        try await payer.credit(minor)
        return try await Voucher.sell(minor, to: payer.account, in: store, at: clock.now())
      }
    )
  }
}
