// What a wallet's seed gives, derived once more from its written rule, so that files can be searched for it.

import ECash
import PaymentCrypto
import PaymentModel
import Testing

/// secret = HKDF-SHA-256(seed, "foil/wallet/v1" ‖ purpose ‖ bank ‖ denomination ‖ device ‖ counter), with
/// purpose and bank behind their lengths in one byte.
struct WalletSecrets: ~Copyable {
  let seed: SecretBytes

  private func info(
    _ purpose: String, bank: PartyName?, _ denomination: DenominationID?, _ counter: UInt64
  ) -> Bytes {
    let bank = Bytes((bank?.text ?? "").utf8)
    let purpose = Bytes(purpose.utf8)
    return Bytes("foil/wallet/v1".utf8) + [UInt8(purpose.count)] + purpose + [UInt8(bank.count)]
      + bank + (denomination?.bytes ?? Bytes(repeating: 0, count: 32)) + Bytes(bigEndian: 0)
      + Bytes(bigEndian: counter)
  }

  /// The private seed of a coin.
  func coinSeed(_ coin: WalletCoinRow) -> Bytes {
    HKDF.deriveBytes(
      secret: seed,
      info: info("coin", bank: coin.bank, coin.key.denomination, coin.key.counter), count: 32)
  }

  /// The coin itself: the public key.
  func coin(_ coin: WalletCoinRow) throws -> Bytes {
    try Ed25519.PrivateKey(seed: SecretBytes(copying: coinSeed(coin))).publicKey.bytes
  }

  /// The first candidates for a coin's blinding factor. More than half of all candidates are one.
  func blindingFactors(_ coin: WalletCoinRow) -> [Bytes] {
    (0..<8).map { attempt in
      HKDF.deriveBytes(
        secret: seed,
        info: info("blinding-factor", bank: coin.bank, coin.key.denomination, coin.key.counter)
          + Bytes(bigEndian: attempt), count: 256)
    }
  }

  func salt(_ coin: WalletCoinRow) -> Bytes {
    HKDF.deriveBytes(
      secret: seed,
      info: info("salt", bank: coin.bank, coin.key.denomination, coin.key.counter), count: 48)
  }

  /// The seed of an order's one-time key.
  func orderKey(_ number: UInt64) -> Bytes {
    HKDF.deriveBytes(
      secret: seed, info: info("order-key", bank: nil, nil, number), count: 32)
  }

  /// The order's one-time identity.
  func orderIdentity(_ number: UInt64) -> Bytes {
    HKDF.deriveBytes(
      secret: seed, info: info("order-identity", bank: nil, nil, number), count: 32)
  }

  func accountKey(at bank: PartyName) -> Bytes {
    HKDF.deriveBytes(secret: seed, info: info("account", bank: bank, nil, 0), count: 32)
  }
}

extension SecretBytes {
  /// The bytes, for tests that look for them elsewhere.
  borrowing func revealed() -> Bytes { withSpan { span in span.indices.map { span[$0] } } }
}
