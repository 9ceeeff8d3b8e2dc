// A coin is a key pair; its name is the public key.

import PaymentCrypto
import PaymentModel

extension Ed25519.PublicKey {
  /// The coin that this key is.
  var coinID: CoinID {
    guard let coin = CoinID(bytes) else { preconditionFailure("a public key has 32 bytes") }
    return coin
  }
}
