// Sealed bytes without encryption: who they are for stands in front, and only that party looks inside.

import PaymentCrypto
package import PaymentModel

/// What a customer hands to a bank, bound to one process, part and total: coins, or the number of the account or
/// card that pays. Who knows a number may pay with it.
package struct SymbolicInstrument: Hashable, Sendable {
  let process: ProcessID
  let part: Digest
  let total: UInt64
  let method: PaymentMethod
  /// Of the coins, or the one of the account or card.
  let numbers: [CoinID]

  private static let methods: [PaymentMethod] = [.ecash, .transfer, .card]
  private static let headSize = 73

  package var sealed: Sealed<SealedContent.Instrument> {
    let tag = UInt8(Self.methods.firstIndex(of: method) ?? Self.methods.count)
    let bytes =
      process.bytes + part.bytes + Bytes(bigEndian: total) + [tag] + numbers.flatMap(\.bytes)
    return Sealed(bytes, digest: SHA256.digest(bytes))
  }

  package init(
    process: ProcessID, part: Digest, total: UInt64, method: PaymentMethod = .ecash,
    numbers: [CoinID]
  ) {
    self.process = process
    self.part = part
    self.total = total
    self.method = method
    self.numbers = numbers
  }

  init?(_ sealed: Sealed<SealedContent.Instrument>) {
    let bytes = sealed.bytes
    guard bytes.count >= Self.headSize, (bytes.count - Self.headSize).isMultiple(of: 32),
      let process = ProcessID(Bytes(bytes[0..<32])), let part = Digest(Bytes(bytes[32..<64])),
      Self.methods.indices.contains(Int(bytes[72]))
    else { return nil }
    self.process = process
    self.part = part
    total = bytes[64..<72].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    method = Self.methods[Int(bytes[72])]
    numbers = stride(from: Self.headSize, to: bytes.count, by: 32).compactMap {
      CoinID(Bytes(bytes[$0..<$0 + 32]))
    }
  }
}

/// A good's identity and its recipient, which is the digest of the identity.
package enum SymbolicKey {
  package static func recipient(of identity: Bytes) -> RecipientValue {
    SHA256.digest(Bytes("recipient".utf8), identity).renamed()
  }

  package static func digest(of identity: Bytes, process: ProcessID) -> Digest {
    SHA256.digest(Deposit.keyDigestPrefix(of: process), identity)
  }

  /// A payment without a good has none: its bytes are empty.
  package static func seal(_ identity: Bytes) -> Sealed<SealedContent.GoodsKey> {
    Sealed(identity, digest: SHA256.digest(identity))
  }

  /// The identities in a bundle, for whoever holds the recipient's identity.
  package static func open(
    _ bundle: Sealed<SealedContent.KeyBundle>, for recipient: RecipientValue
  ) -> [Bytes]? {
    guard bundle.bytes.count.isMultiple(of: 32), bundle.bytes.prefix(32) == recipient.bytes[...]
    else { return nil }
    return stride(from: 32, to: bundle.bytes.count, by: 32).map {
      Bytes(bundle.bytes[$0..<$0 + 32])
    }
  }
}

/// The escrow agent.
package struct SymbolicExaminer: KeyExaminer {
  package init() {}

  package func examine(
    _ key: Sealed<SealedContent.GoodsKey>, deposit: Deposit, offer: Offer
  ) -> KeyFinding {
    guard SymbolicKey.digest(of: key.bytes, process: deposit.process) == deposit.keyDigest else {
      return .unreadable
    }
    guard let container = offer.container else { return key.bytes.isEmpty ? .opens : .unreadable }
    return SymbolicKey.recipient(of: key.bytes) == container.recipient
      ? .opens : .doesNotOpen(revealed: key.bytes)
  }

  package func bundle(
    _ keys: [Sealed<SealedContent.GoodsKey>], for recipient: RecipientValue
  ) -> Sealed<SealedContent.KeyBundle>? {
    guard keys.allSatisfy({ $0.bytes.isEmpty || $0.bytes.count == 32 }) else { return nil }
    let bytes = recipient.bytes + keys.flatMap(\.bytes)
    return Sealed(bytes, digest: SHA256.digest(bytes))
  }
}
