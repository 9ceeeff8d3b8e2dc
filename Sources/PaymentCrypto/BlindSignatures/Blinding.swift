// The customer's side of a blind signature: blind, then finalize.

public import PaymentModel

extension BlindRSA {
  /// A blinded message, and the secret that unblinds its signature.
  public struct Blinding: ~Copyable, Sendable {
    /// What the signer gets: as many bytes as the modulus has.
    public let blindedMessage: Bytes
    /// The inverse of the blinding factor.
    let inverse: SecretBytes
  }
}

extension BlindRSA.PublicKey {
  /// Blind (RFC 9474, section 4.2), all of whose randomness is given: the same input gives the same result.
  ///
  /// - Parameters:
  ///   - salt: 48 bytes for a PSS variant, none for a PSSZERO one.
  ///   - factor: r. Never used for two messages, nor under two keys.
  /// - Throws: `variantSize` for a salt of another size, `unexpectedInputSize` for a factor of another key's size,
  ///   `invalidInput` when the encoded message shares a factor with the modulus, `blindingError` when r does.
  public func blind(
    _ message: BlindRSA.PreparedMessage, salt: Bytes, factor: borrowing BlindRSA.BlindingFactor
  ) throws(CryptoError) -> BlindRSA.Blinding {
    guard salt.count == message.variant.saltByteCount else {
      throw CryptoError(.variantSize, "a salt has not the size that its variant asks for")
    }
    return try blind(
      representative: encoding(message.variant).encode(message.bytes, salt: salt), factor: factor)
  }

  /// Blind (RFC 9474, section 4.2) with fresh salt and blinding factor.
  ///
  /// - Throws: `invalidInput` or `blindingError`, which no honest key makes happen.
  public func blind(
    _ message: BlindRSA.PreparedMessage, from entropy: inout some Entropy
  ) throws(CryptoError) -> BlindRSA.Blinding {
    let salt = entropy.bytes(message.variant.saltByteCount)
    return try blind(message, salt: salt, factor: .random(for: self, from: &entropy))
  }

  /// Finalize (RFC 9474, section 4.4): the signature of the prepared message, verified.
  ///
  /// - Throws: `unexpectedInputSize`, `invalidSignature`.
  public func finalize(
    _ blindSignature: Bytes, for message: BlindRSA.PreparedMessage,
    blinding: borrowing BlindRSA.Blinding
  ) throws(CryptoError) -> Bytes {
    guard blindSignature.count == modulus.byteCount, blinding.inverse.count == modulus.byteCount
    else {
      throw CryptoError(.unexpectedInputSize, "a blind signature has the size of the modulus")
    }
    let blinded = BigNumber(bigEndian: blindSignature)
    let inverse = BigNumber(bigEndian: blinding.inverse)
    let context = BigNumberContext()
    guard blinded.isLess(than: modulus.number), inverse.isLess(than: modulus.number) else {
      throw Self.invalidSignature
    }
    let signature = modulus.product(blinded, inverse, context).bytes(count: modulus.byteCount)
    guard isValid(signature, for: message, context) else { throw Self.invalidSignature }
    return signature
  }

  /// Blinds an encoded message. Apart from `blind` for tests of representatives that no message has.
  package func blind(
    representative: Bytes, factor: borrowing BlindRSA.BlindingFactor
  ) throws(CryptoError) -> BlindRSA.Blinding {
    guard representative.count == modulus.byteCount, factor.bytes.count == modulus.byteCount else {
      throw CryptoError(.unexpectedInputSize, "a blinding factor has the size of the modulus")
    }
    let context = BigNumberContext()
    let encoded = BigNumber(bigEndian: representative)
    let r = BigNumber(bigEndian: factor.bytes)
    guard encoded.isLess(than: modulus.number), r.isLess(than: modulus.number) else {
      throw Self.notInvertible
    }
    guard let inverse = modulus.inverse(of: r, cofactor: encoded, context) else {
      guard modulus.isCoprimeUnmasked(encoded, context) else {
        throw CryptoError(.invalidInput, "an encoded message shares a factor with the modulus")
      }
      throw Self.notInvertible
    }
    let blinded = modulus.product(encoded, modulus.publicPower(of: r, context), context)
    return BlindRSA.Blinding(
      blindedMessage: blinded.bytes(count: modulus.byteCount),
      inverse: inverse.secretBytes(count: modulus.byteCount))
  }

  /// The factor whose inverse this is. Published vectors give the inverse.
  package func factor(
    withInverse inverse: borrowing SecretBytes
  ) throws(CryptoError) -> BlindRSA.BlindingFactor {
    let factor = modulus.inverse(
      of: BigNumber(bigEndian: inverse), cofactor: BigNumber(1), BigNumberContext())
    guard let r = factor else {
      throw Self.notInvertible
    }
    return try BlindRSA.BlindingFactor(
      copying: r.secretBytes(count: modulus.byteCount), for: self)
  }

  private static var invalidSignature: CryptoError {
    CryptoError(.invalidSignature, "a blind signature does not give a valid signature")
  }

  private static var notInvertible: CryptoError {
    CryptoError(.blindingError, "a blinding factor has no inverse")
  }
}
