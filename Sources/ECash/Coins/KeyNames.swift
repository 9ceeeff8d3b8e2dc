// Public keys as identifiers: a coin is a key, and so is what an account is opened for.

import PaymentCrypto
import PaymentModel

extension Ed25519.PublicKey {
  /// The coin that this key is.
  var coinID: CoinID { value.renamed() }

  /// The key as it stands in claims and rows.
  var value: SigningKeyValue {
    guard let value = SigningKeyValue(bytes) else { preconditionFailure("a key has 32 bytes") }
    return value
  }
}
