// A statement whose form has been checked, and whose signatures have not.

public import PaymentCrypto
public import PaymentModel

/// A signed statement as somebody sent it: well formed, and nothing more. Whoever wants to rely on it
/// verifies it first, here or through a `TrustStore`.
///
/// The form is a JWS in General JSON Serialization (RFC 7515, section 7.2.1) and in canonical JSON:
///
///     {"payload":"…","signatures":[{"protected":"…","signature":"…"}]}
///
/// The payload is an object in canonical JSON too: the claim's own members, and `kind`, `issuer`
/// (`party`, `key`) and `nonce`. The first signature is the issuer's. Others may follow, in ascending
/// order of their keys' thumbprints.
public struct UnverifiedStatement: Sendable {
  /// How many bytes a statement has at most, signatures included.
  public static let largestByteCount = 98_304
  /// How many bytes a payload has at most.
  public static let largestPayload = StatementPayload.largestByteCount
  /// How many signatures a statement has at most.
  public static let mostSignatures = 16

  /// The statement as it was sent.
  public let bytes: Bytes
  /// The canonical JSON that is signed.
  public var payload: Bytes { content.bytes }
  /// SHA-256 of the payload.
  public let id: StatementID
  public var kind: StatementKind { content.kind }
  /// Who is said to have made the statement.
  public var issuer: Issuer { content.issuer }
  public var nonce: Nonce { content.nonce }
  /// The issuer's, then those of co-signers.
  public let signatures: [StatementSignature]

  private let content: StatementPayload

  /// Checks the form of a statement: everything but signatures and the claim's own members.
  public init(_ bytes: Bytes) throws(EvidenceError) {
    let (payload, sent) = try CanonicalJSON.decode(bytes, limit: Self.largestByteCount) {
      reader throws(ClaimError) in
      (
        try reader.bytes("payload", atMost: Self.largestPayload),
        try reader.objects("signatures", atMost: .max) { reader throws(ClaimError) in
          try StatementSignature.Sent(from: &reader)
        }
      )
    }
    self.bytes = bytes
    content = try StatementPayload(payload)
    id = SHA256.digest(payload).renamed()
    signatures = try Self.readSignatures(sent, kind: content.kind, issuer: content.issuer)
  }

  private static func readSignatures(
    _ sent: [StatementSignature.Sent], kind: StatementKind, issuer: Issuer
  ) throws(EvidenceError) -> [StatementSignature] {
    guard (1...mostSignatures).contains(sent.count) else {
      throw EvidenceError(.signatureCount, "a statement has 1 to \(mostSignatures) signatures")
    }
    var signatures: [StatementSignature] = []
    for entry in sent { signatures.append(try StatementSignature(entry, kind: kind)) }
    let signers = signatures.map(\.signer)
    guard signers[0] == issuer.key else {
      throw EvidenceError(.issuerNotFirst, "the first signature is not by the issuer's key")
    }
    guard Set(signers).count == signers.count else {
      throw EvidenceError(.signerTwice, "two signatures by one key")
    }
    let others = signers.dropFirst()
    guard zip(others, others.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw EvidenceError(.signerOrder, "the co-signers are not in the order of their keys")
    }
    return signatures
  }
}

extension UnverifiedStatement {
  /// Verifies the statement: its kind, its issuer, every signature on it, and the claim's members.
  ///
  /// - Parameters:
  ///   - key: the issuer's.
  ///   - party: the issuer.
  ///   - cosigners: the keys of all further signatures. One that is missing, or one too many, is refused:
  ///     a signature that nobody checks says nothing.
  /// - Throws: in this order `kindMismatch`, `partyMismatch`, `keyMismatch`, `signersMismatch`,
  ///   `signatureInvalid`, and the codes of the claim's members.
  public func verified<Content: Claim>(
    as content: Content.Type = Content.self, with key: Ed25519.PublicKey, party: PartyName,
    cosigners: [Ed25519.PublicKey] = []
  ) throws(EvidenceError) -> Verified<Content> {
    try require(kind: Content.kind)
    guard issuer.party == party else {
      throw EvidenceError(.partyMismatch, "the issuer is not \(party)")
    }
    guard issuer.key == key.thumbprint else {
      throw EvidenceError(.keyMismatch, "the issuer's key is another one")
    }
    let others = cosigners.map { (thumbprint: $0.thumbprint, key: $0) }
      .sorted { $0.thumbprint < $1.thumbprint }
    guard signatures.dropFirst().map(\.signer) == others.map(\.thumbprint) else {
      throw EvidenceError(.signersMismatch, "the signers are not those that are asked for")
    }
    for (signature, key) in zip(signatures, [key] + others.map(\.key)) {
      let signed = StatementSignature.signingInput(
        protectedHeader: signature.protectedHeader, payload: payload)
      guard key.isValid(signature: signature.signature, for: signed) else {
        throw EvidenceError(.signatureInvalid, "a signature on this \(kind.rawValue) is not valid")
      }
    }
    return Verified(
      stated: Stated(id: id, issuer: issuer, claim: try unverifiedClaim()),
      signed: Signed(bytes), key: key)
  }

  /// What the statement claims, whoever made it: to find out which key it has to be verified with.
  ///
  /// - Throws: `kindMismatch`, or a code that begins with `member-`.
  package func unverifiedClaim<Content: Claim>(
    as content: Content.Type = Content.self
  ) throws(EvidenceError) -> Content {
    try self.content.unverifiedClaim(as: Content.self)
  }

  /// - Throws: `kindMismatch`.
  func require(kind expected: StatementKind) throws(EvidenceError) {
    try content.require(kind: expected)
  }
}
