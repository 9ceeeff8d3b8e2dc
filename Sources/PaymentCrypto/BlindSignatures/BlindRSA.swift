// Blind RSA signatures, RSABSSA-SHA384 (RFC 9474): variants and messages.

public import PaymentModel

/// RSABSSA: the signer does not see what it signs, and the result is a signature of RSASSA-PSS.
///
///     customer                             bank
///     prepared = prepare(message)
///     blinding = key.blind(prepared)
///              ── blinding.blindedMessage ──▶
///                                          privateKey.blindSign([blindedMessage])
///              ◀───── blind signature ──────
///     key.finalize(blindSignature)
///
/// Anybody then verifies with `key.isValid(signature:for:)`.
public enum BlindRSA {
  /// One of the four variants of RFC 9474, section 5. There are no others.
  public struct Variant: Hashable, Sendable {
    /// How many bytes the PSS salt has.
    public let saltByteCount: Int
    /// Whether 32 random bytes are put in front of the message.
    public let isRandomized: Bool

    private init(saltByteCount: Int, isRandomized: Bool) {
      self.saltByteCount = saltByteCount
      self.isRandomized = isRandomized
    }

    /// RSABSSA-SHA384-PSS-Randomized
    public static let pssRandomized = Variant(saltByteCount: 48, isRandomized: true)
    /// RSABSSA-SHA384-PSSZERO-Randomized
    public static let psszeroRandomized = Variant(saltByteCount: 0, isRandomized: true)
    /// RSABSSA-SHA384-PSS-Deterministic
    public static let pssDeterministic = Variant(saltByteCount: 48, isRandomized: false)
    /// RSABSSA-SHA384-PSSZERO-Deterministic
    public static let psszeroDeterministic = Variant(saltByteCount: 0, isRandomized: false)

    /// The name in RFC 9474.
    public var name: String {
      let encoding = saltByteCount == 0 ? "PSSZERO" : "PSS"
      return "RSABSSA-SHA384-\(encoding)-\(isRandomized ? "Randomized" : "Deterministic")"
    }
  }

  /// How large a modulus is.
  public struct KeySize: Hashable, Sendable {
    public let bits: Int
    public var byteCount: Int { bits / 8 }

    private init(bits: Int) {
      self.bits = bits
    }

    public static let bits2048 = KeySize(bits: 2048)
    public static let bits3072 = KeySize(bits: 3072)
    public static let bits4096 = KeySize(bits: 4096)
    static let all = [bits2048, bits3072, bits4096]
  }

  /// A message as it is signed: `input_msg` of RFC 9474, with its variant.
  public struct PreparedMessage: Hashable, Sendable {
    public let bytes: Bytes
    public let variant: Variant

    /// A message that is prepared already: one read back, or any message under a Deterministic variant.
    public init(_ bytes: Bytes, variant: Variant) {
      self.bytes = bytes
      self.variant = variant
    }
  }

  /// How many random bytes a Randomized variant puts in front of the message.
  public static let prefixByteCount = 32

  /// Prepare (RFC 9474, section 4.1): under a Randomized variant 32 random bytes and the message, otherwise the
  /// message.
  public static func prepare(
    _ message: Bytes, variant: Variant, from entropy: inout some Entropy
  ) -> PreparedMessage {
    let prefix = variant.isRandomized ? entropy.bytes(prefixByteCount) : []
    return PreparedMessage(prefix + message, variant: variant)
  }
}
