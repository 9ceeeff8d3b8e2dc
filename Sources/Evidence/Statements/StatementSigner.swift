// Makes statements: one party, one key.

public import PaymentCrypto
public import PaymentModel

/// Signs claims as one party with one key, which it keeps. The key is for statements and nothing else.
///
/// A customer's one-time key signs as the party `PartyName.customer`.
public final class StatementSigner: Sendable {
  /// As whom it signs.
  public let issuer: Issuer
  private let key: Ed25519.PrivateKey

  public init(party: PartyName, key: consuming Ed25519.PrivateKey) {
    issuer = Issuer(party: party, key: key.publicKey.thumbprint)
    self.key = key
  }

  public var publicKey: Ed25519.PublicKey { key.publicKey }

  /// Signs a claim. The same claim and nonce give the same bytes. What nobody reads, because a member is
  /// longer than its kind allows, is signed all the same: the claim is the caller's.
  ///
  /// - Parameter nonce: fresh for each statement. It makes the identifier unique and keeps it from being
  ///   guessed from the content.
  public func sign<Content: Claim>(_ claim: Content, nonce: Nonce) -> Signed<Content> {
    let payload = StatementPayload.encode(claim, issuer: issuer, nonce: nonce)
    return statement(payload, [signature(kind: Content.kind, payload: payload)])
  }

  /// Signs a claim with a nonce out of `entropy`.
  public func sign<Content: Claim>(
    _ claim: Content, entropy: inout some Entropy
  ) -> Signed<Content> {
    sign(claim, nonce: Nonce(from: &entropy))
  }

  /// Adds this signer's signature to a statement of somebody else. Who wants to know what is signed
  /// verifies the statement before.
  ///
  /// - Throws: the codes of a statement's form; `signerTwice` when this key has signed already;
  ///   `signatureCount` when there is no room.
  public func cosign<Content: Claim>(
    _ signed: Signed<Content>
  ) throws(EvidenceError) -> Signed<Content> {
    let unverified = try UnverifiedStatement(signed.bytes)
    let own = signature(kind: unverified.kind, payload: unverified.payload)
    let others = (unverified.signatures.dropFirst() + [own]).sorted { $0.signer < $1.signer }
    let cosigned: Signed<Content> = statement(
      unverified.payload, unverified.signatures.prefix(1) + others)
    _ = try UnverifiedStatement(cosigned.bytes)
    return cosigned
  }

  private func signature(kind: StatementKind, payload: Bytes) -> StatementSignature {
    let header = StatementSignature.protectedHeader(kind: kind, signer: issuer.key)
    let input = StatementSignature.signingInput(protectedHeader: header, payload: payload)
    return StatementSignature(
      signer: issuer.key, protectedHeader: header, signature: key.sign(input))
  }

  private func statement<Content: Claim>(
    _ payload: Bytes, _ signatures: [StatementSignature]
  ) -> Signed<Content> {
    Signed(
      CanonicalJSON.encode { writer in
        writer.bytes("payload", payload)
        writer.objects("signatures", signatures) { $1.write(to: &$0) }
      })
  }
}
