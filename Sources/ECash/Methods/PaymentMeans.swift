// The customer's half of a method: what she seals to the bank.

public import PaymentCrypto
public import PaymentModel

/// What a customer pays with, other than the coins of her wallet.
public protocol PaymentMeans: Sendable {
  /// The method in payment parts.
  var method: PaymentMethod { get }

  /// How much of the total coins of the wallet pay; `nil` for nothing.
  var coins: Amount? { get }

  /// Writes what the bank needs to know beside what ties it to the order.
  func write(for binding: InstrumentBinding, to writer: inout some ClaimWriter)
}

extension PaymentMeans {
  public var coins: Amount? { nil }

  /// The payment, sealed to the bank.
  public func sealed(
    _ binding: InstrumentBinding, to bank: Age.Recipient, from entropy: inout some Entropy
  ) -> Sealed<SealedContent.Instrument> {
    binding.sealed(to: bank, from: &entropy) { write(for: binding, to: &$0) }
  }
}
