// Recipients as they stand in claims.

public import PaymentCrypto
public import PaymentModel

extension Age.Recipient {
  /// The recipient as it stands in a claim.
  public var value: RecipientValue {
    guard let value = RecipientValue(bytes) else {
      preconditionFailure("a recipient has 32 bytes")
    }
    return value
  }
}
