// Repeatable "random" bytes, for tests and simulations only.

package import PaymentModel

/// The same seed gives the same bytes: SHA-256 of seed and block number, block after block.
///
/// It is a value: a copy goes on from where it was copied. Never for keys that guard anything.
package struct SeededEntropy: Entropy, Sendable {
  private let seed: Bytes
  private var block: UInt64 = 0
  private var unread: ArraySlice<UInt8> = []

  package init(seed: Bytes) {
    self.seed = seed
  }

  package init(seed: UInt64) {
    self.init(seed: Bytes(bigEndian: seed))
  }

  package mutating func bytes(_ count: Int) -> Bytes {
    var drawn = Bytes()
    drawn.reserveCapacity(count)
    while drawn.count < count {
      if unread.isEmpty {
        unread =
          SHA256.digest(Bytes("foil/seeded-entropy/v1".utf8), Bytes(bigEndian: block), seed).bytes[
            ...]
        block += 1
      }
      let part = unread.prefix(count - drawn.count)
      drawn += part
      unread = unread.dropFirst(part.count)
    }
    return drawn
  }
}
