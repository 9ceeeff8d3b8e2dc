// All secrets of a wallet come from one seed, so that the seed brings them back.
//
//   secret = HKDF-SHA-256(seed, info = "foil/wallet/v1" ‖ purpose ‖ bank ‖ denomination ‖ device ‖ counter)
//
// with the purpose and the bank each behind its length in one byte, the denomination in 32 bytes (zeros
// where there is none), device and counter in eight bytes each.

import Evidence
import PaymentCrypto
import PaymentModel

/// The seed and what is derived from it.
struct WalletSeed: ~Copyable, Sendable {
  static let byteCount = 32

  private let seed: SecretBytes
  /// Tells apart the devices that share a seed.
  private let device: UInt64

  /// What a derived secret is for.
  private enum Purpose: String {
    case coin
    case blindingFactor = "blinding-factor"
    case salt
    case orderKey = "order-key"
    case orderIdentity = "order-identity"
    case account
  }

  /// The seed and the device's number, sealed for the store.
  static func sealed(
    _ seed: borrowing SecretBytes, device: UInt64, column: SealedColumn, row: Bytes,
    under key: borrowing AtRestKey
  ) -> Bytes {
    let content = SecretBytes(count: byteCount + 8) { output in
      seed.withSpan { seed in
        for index in seed.indices { output[index] = seed[index] }
      }
      for (index, byte) in Bytes(bigEndian: device).enumerated() {
        output[byteCount + index] = byte
      }
    }
    return column.seal(content, row: row, under: key)
  }

  /// Opens what `sealed` made.
  ///
  /// - Throws: `walletSealed`.
  init(
    opening sealed: Bytes, column: SealedColumn, row: Bytes, under key: borrowing AtRestKey
  ) throws(ECashError) {
    let content: SecretBytes
    do {
      content = try column.open(sealed, row: row, under: key)
    } catch {
      throw ECashError(.walletSealed, "the wallet's seed does not open with this key")
    }
    guard content.count == Self.byteCount + 8 else {
      throw ECashError(.walletSealed, "the wallet's seed has an impossible size")
    }
    seed = content.withSpan { SecretBytes(copying: $0.extracting(first: Self.byteCount)) }
    device = content.withSpan { span in
      (Self.byteCount..<span.count).reduce(UInt64(0)) { $0 << 8 | UInt64(span[$1]) }
    }
  }

  // MARK: - Coins

  /// The key pair that is a coin.
  func coin(_ key: CoinKey, at bank: PartyName) throws(ECashError) -> Ed25519.PrivateKey {
    try signingKey(info(.coin, bank: bank, denomination: key.denomination, key.counter))
  }

  /// The coin, blinded: the same again each time.
  func blind(
    _ key: CoinKey, at bank: PartyName, with denomination: AcceptedDenomination
  ) throws(ECashError) -> BlindRSA.Blinding {
    let coin = try coin(key, at: bank).publicKey.coinID
    let message = AcceptedDenomination.message(coin)
    let saltInfo = info(.salt, bank: bank, denomination: key.denomination, key.counter)
    let factorInfo = info(.blindingFactor, bank: bank, denomination: key.denomination, key.counter)
    do {
      let factor = try BlindRSA.BlindingFactor.derive(
        secret: seed, info: factorInfo, for: denomination.key)
      return try denomination.key.blind(
        message,
        salt: HKDF.deriveBytes(secret: seed, info: saltInfo, count: message.variant.saltByteCount),
        factor: factor)
    } catch {
      throw ECashError(.keysetContent, "a denomination's key is not usable: \(error.message)")
    }
  }

  // MARK: - Orders and accounts

  /// The one-time key that signs the order of that number and all statements about it.
  func orderSigner(_ number: UInt64) throws(ECashError) -> StatementSigner {
    StatementSigner(party: .customer, key: try signingKey(info(.orderKey, number)))
  }

  /// Opens what is sealed to the customer of the order of that number.
  func orderIdentity(_ number: UInt64) throws(ECashError) -> Age.Identity {
    let scalar = HKDF.derive(
      secret: seed, info: info(.orderIdentity, number), count: Age.Identity.byteCount)
    do {
      return try Age.Identity(copying: scalar)
    } catch {
      throw ECashError(.walletSeed, error.message)
    }
  }

  /// The key of the wallet's account at a bank.
  func accountSigner(at bank: PartyName) throws(ECashError) -> StatementSigner {
    StatementSigner(party: .customer, key: try accountKey(at: bank))
  }

  func accountKey(at bank: PartyName) throws(ECashError) -> Ed25519.PrivateKey {
    try signingKey(info(.account, bank: bank, 0))
  }

  // MARK: - Derivation

  private func signingKey(_ info: Bytes) throws(ECashError) -> Ed25519.PrivateKey {
    do {
      return try Ed25519.PrivateKey(
        seed: HKDF.derive(secret: seed, info: info, count: Ed25519.seedByteCount))
    } catch {
      throw ECashError(.walletSeed, error.message)
    }
  }

  private func info(
    _ purpose: Purpose, bank: PartyName? = nil, denomination: DenominationID? = nil,
    _ counter: UInt64
  ) -> Bytes {
    let bank = Bytes((bank?.text ?? "").utf8)
    let purpose = Bytes(purpose.rawValue.utf8)
    return Bytes("foil/wallet/v1".utf8) + [UInt8(purpose.count)] + purpose + [UInt8(bank.count)]
      + bank + (denomination?.bytes ?? Bytes(repeating: 0, count: DenominationID.byteCount))
      + Bytes(bigEndian: device) + Bytes(bigEndian: counter)
  }
}
