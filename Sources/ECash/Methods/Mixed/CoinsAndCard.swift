// A payer's half of a mixed payment: so much in coins of her wallet, the rest with a card.

public import PaymentModel

/// Coins and a card of one bank.
public final class CoinsAndCard: PaymentMeans {
  private let amount: Amount
  private let card: CardDetails

  /// - Parameter coins: how much coins pay: more than nothing, and less than the total.
  public init(coins: Amount, card: CardDetails) {
    amount = coins
    self.card = card
  }

  public var method: PaymentMethod { .coinsAndCard }
  public var coins: Amount? { amount }

  public func write(for binding: InstrumentBinding, to writer: inout some ClaimWriter) {
    writer.amount("inCoins", amount)
    card.write(for: binding, to: &writer)
  }
}
