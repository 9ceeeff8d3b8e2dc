// How long the parts of a container are: all follows from the plaintext's length.

import PaymentCrypto

/// The lengths of a container whose plaintext has p bytes: n = max(1, ⌈p / 65536⌉) chunks of 65,536
/// bytes, the last one shorter, each 16 bytes longer when sealed; in front of them the header and a
/// nonce of 16 bytes. So the file has header + 16 + p + 16 n bytes.
public struct ContainerLayout: Hashable, Sendable {
  /// The largest good, in bytes: 2^48.
  public static let largestPlaintext: UInt64 = 1 << 48

  public let plaintextLength: UInt64

  /// - Throws: `containerTooLarge` above `largestPlaintext`.
  public init(plaintextLength: UInt64) throws(GoodsError) {
    guard plaintextLength <= Self.largestPlaintext else {
      throw GoodsError(.containerTooLarge, "a good has at most 2^48 bytes")
    }
    self.plaintextLength = plaintextLength
  }

  /// n: at least one.
  public var chunkCount: UInt64 { Age.chunkCount(plaintextByteCount: plaintextLength) }

  /// How many bytes the file has, behind a header of so many.
  public func ciphertextLength(headerLength: Int) -> UInt64 {
    UInt64(headerLength) + UInt64(Age.nonceByteCount) + plaintextLength
      + chunkCount * UInt64(Age.chunkOverheadByteCount)
  }

  /// How many bytes a sealed chunk has.
  func sealedByteCount(ofChunk index: UInt64) -> Int {
    let full = UInt64(Age.chunkByteCount)
    let plaintext = isLast(index) ? plaintextLength - (chunkCount - 1) * full : full
    return Int(plaintext) + Age.chunkOverheadByteCount
  }

  /// Whether a chunk carries the last flag.
  func isLast(_ index: UInt64) -> Bool { index == chunkCount - 1 }
}
