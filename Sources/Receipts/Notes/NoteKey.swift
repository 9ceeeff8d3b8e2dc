// Keys that verify signatures below notes (C2SP signed-note).

public import PaymentCrypto
public import PaymentModel

/// A key that verifies one type of signature under one name.
///
/// Name and key ID together say which key a signature line is meant for; only this key, configured by
/// whoever verifies, says whether it is any good.
public struct NoteKey: Hashable, Sendable {
  /// What the key signs: the byte that tells signature types apart.
  public enum Purpose: UInt8, Sendable {
    /// The note's text itself.
    case note = 0x01
    /// A checkpoint and the time at which a witness saw it (C2SP tlog-cosignature).
    case cosignature = 0x04
  }

  public let name: String
  public let purpose: Purpose
  public let publicKey: Ed25519.PublicKey
  /// The first four bytes of SHA-256(name ‖ "\n" ‖ purpose ‖ public key).
  public let keyID: UInt32

  /// The key of a party, which is also its name below notes.
  public init(party: PartyName, purpose: Purpose, publicKey: Ed25519.PublicKey) {
    self.init(checked: party.text, purpose, publicKey)
  }

  /// Reads a verifier key: `<name>+<key ID, 8 hexadecimal digits>+<base64(purpose ‖ public key)>`.
  ///
  /// - Throws: `noteKey`.
  public init(verifierKey text: String) throws(ReceiptsError) {
    let fields = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3, NoteSignature.isName(fields[0]),
      let material = Base64.padded.decode(Bytes(fields[2].utf8)),
      let purpose = material.first.flatMap(Purpose.init(rawValue:)),
      let publicKey = try? Ed25519.PublicKey(Bytes(material.dropFirst()))
    else { throw ReceiptsError(.noteKey, "not a verifier key") }
    self.init(checked: String(fields[0]), purpose, publicKey)
    guard Bytes(hex: fields[1]) == Bytes(bigEndian: UInt64(keyID)).suffix(4) else {
      throw ReceiptsError(.noteKey, "the verifier key's ID is not that of its key")
    }
  }

  private init(checked name: String, _ purpose: Purpose, _ publicKey: Ed25519.PublicKey) {
    self.name = name
    self.purpose = purpose
    self.publicKey = publicKey
    let digest = SHA256.digest(Bytes(name.utf8), [0x0A, purpose.rawValue], publicKey.bytes)
    keyID = digest.bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The text that `init(verifierKey:)` reads.
  public var verifierKey: String {
    let material = Base64.padded.string([purpose.rawValue] + publicKey.bytes)
    return "\(name)+\(Bytes(bigEndian: UInt64(keyID)).suffix(4).hex)+\(material)"
  }

  /// Whether a signature line is meant for this key.
  public func isMeant(by signature: NoteSignature) -> Bool {
    signature.keyID == keyID && signature.name.utf8.elementsEqual(name.utf8)
  }

  /// Whether this is the key's signature of a note's text.
  public func isValid(_ signature: NoteSignature, for text: Bytes) -> Bool {
    purpose == .note && isMeant(by: signature)
      && publicKey.isValid(signature: signature.value, for: text)
  }

  /// When the key's owner saw a checkpoint, if this is its cosignature of that checkpoint's text.
  public func time(of signature: NoteSignature, on text: Bytes) -> Timestamp? {
    guard purpose == .cosignature, isMeant(by: signature),
      let cosignature = Cosignature(signature.value),
      publicKey.isValid(
        signature: cosignature.signature,
        for: Cosignature.message(on: text, atSeconds: cosignature.seconds))
    else { return nil }
    return Timestamp(seconds: Int64(cosignature.seconds))
  }
}
