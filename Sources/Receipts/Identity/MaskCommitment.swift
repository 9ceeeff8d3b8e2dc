// The mask of an order: a commitment to an identity that shows nothing until it is opened.

import PaymentCrypto
public import PaymentModel

/// What an order carries as its `mask`.
///
/// A mask commits to an identity key, so that its holder, and nobody else, can later give it up. To everybody
/// else it is a random digest. A customer who never wants to give up anything takes a random one, and nobody
/// can tell the two apart.
public enum MaskCommitment {
  private static let purpose = Bytes("foil/mask/v1".utf8)

  /// SHA-256(`foil/mask/v1` ‖ salt ‖ SubjectPublicKeyInfo).
  ///
  /// - Parameters:
  ///   - salt: fresh for each order; two orders with one salt and one key have one mask.
  ///   - spki: the identity key as SubjectPublicKeyInfo in DER, as it stands in its certificate.
  public static func make(salt: Salt, spki: Bytes) -> Digest {
    SHA256.digest(purpose, salt.bytes, spki)
  }
}
