// Where random bytes come from: handed in, so that a machine draws none of its own.

/// A source of random bytes.
///
/// The system's generator lives in `PaymentCrypto`; a seeded one serves simulations.
public protocol Entropy {
  /// The next `count` bytes.
  mutating func bytes(_ count: Int) -> Bytes
}

/// 128 random bits, which make a statement unique and its identifier say nothing about its content.
public struct Nonce: Hashable, Sendable {
  public static let byteCount = 16

  public let bytes: Bytes

  /// Takes exactly 16 bytes.
  public init?(_ bytes: Bytes) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  public init(from entropy: inout some Entropy) {
    bytes = entropy.bytes(Self.byteCount)
  }
}

/// 256 random bits in front of what a digest commits to, so that the digest hides it.
public struct Salt: Hashable, Sendable {
  public static let byteCount = 32

  public let bytes: Bytes

  /// Takes exactly 32 bytes.
  public init?(_ bytes: Bytes) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  public init(from entropy: inout some Entropy) {
    bytes = entropy.bytes(Self.byteCount)
  }
}
