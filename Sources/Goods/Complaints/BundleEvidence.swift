// What a delivered key bundle holds, shown by revealing the order's one-time identity.

import PaymentCrypto
public import PaymentModel

/// A key bundle opened in public.
public enum BundleEvidence {
  /// What a bundle shows about the keys of some goods.
  public enum Finding: Hashable, Sendable {
    /// It opens, and lacks the keys of these offers; of none, when it is as it should be.
    case lacks([StatementID])
    /// This shows nothing: the bytes are not the named bundle, or the identity is not the order's.
    case unproven
  }

  /// Examines a bundle with the identity that the customer reveals.
  ///
  /// - Parameters:
  ///   - digest: what the verdict names.
  ///   - recipient: the order's one-time recipient.
  ///   - identity: 32 bytes.
  ///   - offers: the goods that the order buys.
  public static func examine(
    _ bundle: Bytes, digest: Digest, recipient: RecipientValue, identity: Bytes,
    offers: [Stated<Offer>]
  ) -> Finding {
    guard SHA256.digest(bundle) == digest,
      let secret = try? Age.Identity(copying: SecretBytes(copying: identity)),
      secret.recipient.bytes == recipient.bytes
    else { return .unproven }
    // Without a container there is no key to deliver.
    let offers = offers.filter { $0.claim.container != nil }
    let all = offers.map(\.id)
    do {
      let opened = try KeyBundle(Sealed(bundle, digest: digest), with: secret)
      var missing: [StatementID] = []
      for offer in offers {
        guard let container = offer.claim.container else { continue }
        do { _ = try opened.identity(opening: container) } catch {
          missing.append(offer.id)
        }
      }
      return .lacks(missing)
    } catch {
      // What does not open with the right identity, or has no form, delivers nothing.
      return .lacks(all)
    }
  }
}
