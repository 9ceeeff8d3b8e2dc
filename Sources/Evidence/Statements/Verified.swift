// A statement whose signatures have been verified.

public import PaymentCrypto
public import PaymentModel

/// A statement that has been verified. Only verification makes one.
public struct Verified<Content: Claim>: Equatable, Sendable {
  /// What is claimed, by whom.
  public let stated: Stated<Content>
  /// The statement as it was sent, for whoever has to verify it again.
  public let signed: Signed<Content>
  /// The key that the issuer's signature was verified with.
  public let key: Ed25519.PublicKey

  init(stated: Stated<Content>, signed: Signed<Content>, key: Ed25519.PublicKey) {
    self.stated = stated
    self.signed = signed
    self.key = key
  }

  public var id: StatementID { stated.id }
  public var issuer: Issuer { stated.issuer }
  public var claim: Content { stated.claim }
}
