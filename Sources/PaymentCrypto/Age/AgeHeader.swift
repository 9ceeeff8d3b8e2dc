// Headers of age files: who can open it, authenticated by the file key.

public import PaymentModel

extension Age {
  /// A header: stanzas, and an authentication code over them. Its bytes are the only ones that spell it.
  public struct Header: Hashable, Sendable {
    /// The largest header that is read, in bytes.
    public static let largestByteCount = 65_536
    /// The most stanzas that are read.
    public static let largestStanzaCount = 256

    public let stanzas: [Stanza]
    /// HMAC-SHA-256 over the header up to and with `---`.
    public let code: Bytes
    /// The header as it stands in the file, with its last line feed.
    public let bytes: Bytes

    init(stanzas: [Stanza], code: Bytes, bytes: Bytes) {
      self.stanzas = stanzas
      self.code = code
      self.bytes = bytes
    }

    /// Reads exactly one header.
    ///
    /// - Throws: what `read(from:)` throws, `ageHeaderTruncated`, and `ageHeaderTrailing` when bytes follow.
    public init(_ bytes: Bytes) throws(CryptoError) {
      guard let header = try Self.read(from: bytes) else { throw Self.truncated }
      guard header.bytes.count == bytes.count else {
        throw CryptoError(.ageHeaderTrailing, "bytes follow an age header")
      }
      self = header
    }

    /// Makes a header with one stanza that wraps the file key for the recipient.
    public init(
      sealing fileKey: borrowing FileKey, to recipient: Recipient, from entropy: inout some Entropy
    ) {
      let stanza = Stanza(wrapping: fileKey, for: recipient, from: &entropy)
      let authenticated = HeaderGrammar.versionLine + stanza.bytes + HeaderGrammar.end
      stanzas = [stanza]
      code = HMACSHA256.code(for: authenticated, key: fileKey.headerKey())
      bytes =
        authenticated + [UInt8(ascii: " ")] + Base64.unpadded.encode(code) + [UInt8(ascii: "\n")]
    }

    /// The file key, when a stanza opens with the identity and the code is right.
    ///
    /// - Throws: `ageScryptNotAlone`, `ageStanza`, `ageShareLowOrder`, `ageNoMatch`, `ageHeaderMAC`.
    public func unwrap(with identity: borrowing Identity) throws(CryptoError) -> FileKey {
      guard stanzas.count == 1 || !stanzas.contains(where: { $0.type == Stanza.scrypt }) else {
        throw CryptoError(.ageScryptNotAlone, "a passphrase stanza is not alone in its header")
      }
      for stanza in stanzas {
        guard let fileKey = try stanza.unwrap(with: identity) else { continue }
        guard isAuthentic(under: fileKey) else {
          throw CryptoError(.ageHeaderMAC, "an age header is not authentic")
        }
        return fileKey
      }
      throw CryptoError(.ageNoMatch, "no stanza opens with this identity")
    }

    /// Whether the code is that of this file key. Whoever holds the file key can check it without an
    /// identity.
    public func isAuthentic(under fileKey: borrowing FileKey) -> Bool {
      let authenticated = Bytes(bytes.dropLast(HeaderGrammar.codeLetterCount + 2))
      return HMACSHA256.isValid(code, for: authenticated, key: fileKey.headerKey())
    }

    /// Checks that the header is one that every identity of its recipient opens alike: exactly one stanza,
    /// of X25519, whose ephemeral share is canonical, not of low order, and on the curve.
    ///
    /// A share on the twist gives other secrets to two scalars that have the same recipient.
    ///
    /// - Throws: `ageNotSoleStanza`, `ageStanza`, `ageShareNotCanonical`, `ageShareLowOrder`, `ageShareNotOnCurve`.
    public func requireSoleX25519Stanza() throws(CryptoError) {
      guard stanzas.count == 1, let stanza = stanzas.first, stanza.type == Stanza.x25519 else {
        throw CryptoError(.ageNotSoleStanza, "a header has other stanzas than one of X25519")
      }
      let share = try stanza.x25519Share()
      guard X25519.isCanonical(share) else {
        throw CryptoError(.ageShareNotCanonical, "the ephemeral share is not canonical")
      }
      guard !X25519.isLowOrder(share) else { throw Stanza.lowOrder }
      guard X25519.isOnCurve(share) else {
        throw CryptoError(.ageShareNotOnCurve, "the ephemeral share is not on the curve")
      }
    }

    static var truncated: CryptoError {
      CryptoError(.ageHeaderTruncated, "an age file ends within its header")
    }
  }
}
