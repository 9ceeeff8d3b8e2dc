// Ed25519 (RFC 8032) in its strictest reading: what is accepted here, every verifier accepts.

/// Ed25519 signatures.
///
/// libsodium does the arithmetic. It is twice as fast as libcrypto, and its verification refuses what
/// verifiers disagree on.
public enum Ed25519 {
  /// How many bytes a public key has.
  public static let publicKeyByteCount = 32
  /// How many bytes a seed, the private key, has.
  public static let seedByteCount = 32
  /// How many bytes a signature has.
  public static let signatureByteCount = 64
}
