// Keys that come and go after a trust list was made, by statements of the parties themselves.
//
// A registration and a revocation look forward: they count for statements that stand behind them in the
// log. So whoever verifies applies them in the order of the log, and verifies each statement with the store
// as it was at that statement's place.

import PaymentCrypto
public import PaymentModel

extension TrustStore {
  /// The store with one more key of the party, for the role of the key that registered it and for no longer than
  /// that one. A key that the party has for that role already stays as it is.
  ///
  /// - Throws: in this order `keyUnknown`; `keyRole` when the registration is for another role than that of
  ///   the key that signed it; `trustKeyTwice` for a key that is known for another use.
  public func registering(
    _ registration: Verified<KeyRegistration>
  ) throws(EvidenceError) -> TrustStore {
    guard let registrar = key(registration.issuer.key) else {
      throw EvidenceError(.keyUnknown, "the key that registers is not known")
    }
    let claim = registration.claim
    guard claim.role == registrar.role else {
      throw EvidenceError(
        .keyRole, "a key for \(registrar.role.rawValue) registers one for \(claim.role.rawValue)")
    }
    let registered = Key(
      party: registrar.party, role: claim.role,
      publicKey: try Ed25519.PublicKey(evidence: claim.key), from: claim.validFrom,
      until: min(claim.validUntil, registrar.validUntil))
    if let known = key(registered.thumbprint), known.party == registered.party,
      known.role == registered.role
    {
      return self
    }
    return try adding(registered)
  }

  /// The store in which a key ends at the revocation's time. Revoking a denomination changes no key here, and is
  /// for its bank.
  ///
  /// Keys are revoked by any key of the same party and role, that key included, and by the root.
  ///
  /// - Parameter time: the key does not end before that, whatever the revocation says.
  /// - Throws: in this order `keyUnknown`; `revocationNotEntitled`.
  public func revoking(
    _ revocation: Verified<Revocation>, notBefore time: Timestamp? = nil
  ) throws(EvidenceError) -> TrustStore {
    guard let revoker = self.key(revocation.issuer.key) else {
      throw EvidenceError(.keyUnknown, "the key that revokes is not known")
    }
    guard case .key(let thumbprint) = revocation.claim.subject else {
      guard revoker.role == .bank else {
        throw EvidenceError(.revocationNotEntitled, "\(revoker.party) revokes a denomination")
      }
      return self
    }
    guard let key = key(thumbprint) else {
      throw EvidenceError(.keyUnknown, "the key that is revoked is not known")
    }
    let isOwn = key.party == revoker.party && key.role == revoker.role
    guard isOwn || revoker.role == .trustRoot else {
      throw EvidenceError(
        .revocationNotEntitled, "\(revoker.party) revokes a key of \(key.party)")
    }
    let from = max(revocation.claim.from, time ?? key.validFrom, key.validFrom)
    return ending(key, at: min(key.validUntil, from))
  }
}
