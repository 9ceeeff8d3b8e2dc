// Whoever signs notes: a log its checkpoints, a witness what it has seen.

public import PaymentCrypto
public import PaymentModel

/// Signs notes, or cosigns checkpoints, in the name of a party.
public final class NoteSigner: Sendable {
  /// The key that verifies what this signer signs.
  public let key: NoteKey
  private let privateKey: Ed25519.PrivateKey

  /// - Parameter purpose: `note` for a log, `cosignature` for a witness.
  public init(party: PartyName, purpose: NoteKey.Purpose, key: consuming Ed25519.PrivateKey) {
    self.key = NoteKey(party: party, purpose: purpose, publicKey: key.publicKey)
    privateKey = key
  }

  /// Signs a text. With a witness's key it cosigns it as of that time, in whole seconds.
  package func sign(_ text: Bytes, at time: Timestamp) -> NoteSignature {
    switch key.purpose {
    case .note:
      return NoteSignature(name: key.name, keyID: key.keyID, value: privateKey.sign(text))
    case .cosignature:
      let seconds = UInt64(clamping: time.milliseconds / 1000)
      let signature = privateKey.sign(Cosignature.message(on: text, atSeconds: seconds))
      return NoteSignature(
        name: key.name, keyID: key.keyID,
        value: Cosignature(seconds: seconds, signature: signature).bytes)
    }
  }
}
