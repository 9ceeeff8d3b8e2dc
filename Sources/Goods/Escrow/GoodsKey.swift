// A good's identity on its way into escrow: what commits to it, and how it is sealed.

public import PaymentCrypto
public import PaymentModel

/// The key of a good as it is deposited: 32 identity bytes, sealed as an age file to the escrow agent.
public enum GoodsKey {
  /// The largest sealed key that is opened, in bytes.
  static let largestSealed = 1024

  /// What a deposit says about the key: SHA-256("foil/deposit/v1" ‖ process ‖ 32 identity bytes).
  public static func digest(
    of identity: borrowing Age.Identity, process: ProcessID
  ) -> Digest {
    var hasher = SHA256.Hasher()
    hasher.update(Deposit.keyDigestPrefix(of: process))
    identity.withSpan { hasher.update($0) }
    return hasher.finalize()
  }

  /// The key where an offer has no container: nothing, and not sealed.
  static let none = Sealed<SealedContent.GoodsKey>([], digest: SHA256.digest([]))

  /// What a deposit says about the key where the offer has no container.
  public static func digestOfNone(process: ProcessID) -> Digest {
    SHA256.digest(Deposit.keyDigestPrefix(of: process))
  }

  /// The identity, sealed to the escrow agent.
  static func seal(
    _ identity: borrowing Age.Identity, to escrow: Age.Recipient, from entropy: inout some Entropy
  ) -> Sealed<SealedContent.GoodsKey> {
    let bytes = identity.withSpan { Age.seal($0, to: escrow, from: &entropy) }
    return Sealed(bytes, digest: SHA256.digest(bytes))
  }

  /// The identity that was sealed, whatever it is good for; `nil` when there is none.
  static func open(
    _ sealed: Sealed<SealedContent.GoodsKey>, with escrow: borrowing Age.Identity
  ) -> Age.Identity? {
    guard sealed.bytes.count <= largestSealed, sealed.digest == SHA256.digest(sealed.bytes) else {
      return nil
    }
    do {
      let secret = try Age.open(
        sealed.bytes, with: escrow, largestByteCount: Age.Identity.byteCount)
      return try Age.Identity(copying: secret)
    } catch {
      return nil
    }
  }
}
