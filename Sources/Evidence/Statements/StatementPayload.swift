// The payload of a statement: what is signed, without its signatures.

public import PaymentModel

/// A payload that has been proven canonical, with the members that every payload has. Nobody has been
/// shown to have signed it.
///
/// It is an object in canonical JSON: the claim's own members, and `kind`, `issuer` (`party`, `key`) and
/// `nonce`.
public struct StatementPayload: Sendable {
  /// How many bytes a payload has at most.
  public static let largestByteCount = 65_536

  /// The canonical JSON.
  public let bytes: Bytes
  public let kind: StatementKind
  /// Who is said to say it.
  public let issuer: Issuer
  public let nonce: Nonce

  private let members: CanonicalReader

  /// Checks everything but the claim's own members.
  ///
  /// - Throws: the codes of canonical JSON, then those of `kind`, `issuer` and `nonce`; `kindUnknown`.
  public init(_ bytes: Bytes) throws(EvidenceError) {
    do throws(EvidenceError) {
      var reader = try CanonicalReader(bytes, limit: Self.largestByteCount)
      let kindName: String
      (kindName, issuer, nonce) = try Self.readHead(&reader)
      guard let kind = Self.kind(named: kindName) else {
        throw EvidenceError(.kindUnknown, "a kind that is not in the registry")
      }
      self.bytes = bytes
      self.kind = kind
      members = reader
    } catch {
      throw error.inside("payload")
    }
  }

  /// The members that every payload has.
  private static func readHead(
    _ reader: inout CanonicalReader
  ) throws(EvidenceError) -> (kindName: String, Issuer, Nonce) {
    do throws(ClaimError) {
      let kindName = try reader.text("kind", atMost: 64)
      let issuer = try reader.object("issuer") { reader throws(ClaimError) in
        Issuer(party: try reader.party("party"), key: try reader.thumbprint("key"))
      }
      let digits = try reader.text("nonce", atMost: 2 * Nonce.byteCount)
      guard let nonce = Bytes(hex: digits).flatMap(Nonce.init) else {
        throw ClaimError("nonce", .badValue)
      }
      return (kindName, issuer, nonce)
    } catch {
      throw EvidenceError(error)
    }
  }

  /// Names of kinds are ASCII; a text that Swift takes for equal is one of them only if it is the same to
  /// the byte.
  private static func kind(named name: String) -> StatementKind? {
    guard let kind = StatementKind(rawValue: name), kind.rawValue.utf8.elementsEqual(name.utf8)
    else {
      return nil
    }
    return kind
  }

  /// What the payload claims, whoever made it. Whoever wants to rely on it verifies the statement.
  ///
  /// - Throws: `kindMismatch`, or a code that begins with `member-`.
  public func unverifiedClaim<Content: Claim>(
    as content: Content.Type = Content.self
  ) throws(EvidenceError) -> Content {
    try require(kind: Content.kind)
    var reader = members
    do throws(ClaimError) {
      let claim = try Content(from: &reader)
      try reader.requireAllRead()
      return claim
    } catch {
      throw EvidenceError(error).inside(kind.rawValue)
    }
  }

  /// - Throws: `kindMismatch`.
  func require(kind expected: StatementKind) throws(EvidenceError) {
    guard kind == expected else {
      throw EvidenceError(
        .kindMismatch, "this is a \(kind.rawValue), not a \(expected.rawValue)")
    }
  }

  /// The payload that says this. The same claim, issuer and nonce give the same bytes.
  ///
  /// A claim that is longer than its kind allows is written all the same, and nobody will read it.
  public static func encode<Content: Claim>(
    _ claim: Content, issuer: Issuer, nonce: Nonce
  ) -> Bytes {
    CanonicalJSON.encode { writer in
      claim.write(to: &writer)
      writer.choice("kind", Content.kind)
      writer.object("issuer") { writer in
        writer.text("party", issuer.party.text)
        writer.thumbprint("key", issuer.key)
      }
      writer.text("nonce", nonce.bytes.hex)
    }
  }
}
