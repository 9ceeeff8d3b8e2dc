// The escrow agent: the only one on the coordinator's side that sees a good's key before the commit.

public import PaymentCrypto
public import PaymentModel

/// Examines deposited keys and, after the commit, seals them to the customer.
///
/// It owns the identity that merchants seal their keys to, and gives no key away but in a bundle, or
/// when a merchant has bound itself to a wrong one, which is then evidence.
public final class EscrowAgent: KeyExaminer {
  private let identity: Age.Identity
  private let makeEntropy: @Sendable () -> any Entropy & Sendable

  /// - Parameter identity: of the coordinator's host, used for nothing else.
  public convenience init(identity: consuming Age.Identity) {
    self.init(identity: identity, makeEntropy: { SystemEntropy() })
  }

  /// An agent that draws its randomness elsewhere.
  package init(
    identity: consuming Age.Identity,
    makeEntropy: @escaping @Sendable () -> any Entropy & Sendable
  ) {
    self.identity = identity
    self.makeEntropy = makeEntropy
  }

  /// Where merchants seal their keys to.
  public var recipient: Age.Recipient { identity.recipient }

  /// Whether the key behind a deposit opens the offer's container: it matches the deposit's digest, its
  /// recipient is the offer's to the byte, and it unwraps a file key under which the offer's header is
  /// authentic. Where the offer has no container, the key must be empty.
  public func examine(
    _ key: Sealed<SealedContent.GoodsKey>, deposit: Deposit, offer: Offer
  ) -> KeyFinding {
    guard let container = offer.container else {
      return key == GoodsKey.none
        && deposit.keyDigest == GoodsKey.digestOfNone(process: deposit.process)
        ? .opens : .unreadable
    }
    guard let goodsIdentity = GoodsKey.open(key, with: identity),
      GoodsKey.digest(of: goodsIdentity, process: deposit.process) == deposit.keyDigest
    else { return .unreadable }
    guard goodsIdentity.opens(container) else {
      let revealed = goodsIdentity.withSpan { scalar in scalar.indices.map { scalar[$0] } }
      return .doesNotOpen(revealed: revealed)
    }
    return .opens
  }

  /// Seals all keys of a purchase to its one-time recipient, in the order of `keys`; see `KeyBundle`. `nil`
  /// when one of them cannot be read, or the recipient is none. The empty keys of offers without a container
  /// are left out.
  public func bundle(
    _ keys: [Sealed<SealedContent.GoodsKey>], for recipient: RecipientValue
  ) -> Sealed<SealedContent.KeyBundle>? {
    guard let recipient = try? Age.Recipient(recipient.bytes) else { return nil }
    let keys = keys.filter { $0 != GoodsKey.none }
    var entropy = makeEntropy()
    return KeyBundle.seal(count: keys.count, to: recipient, from: &entropy) { index in
      GoodsKey.open(keys[index], with: identity)
    }
  }
}

extension Age.Identity {
  /// Whether this identity opens a container with that commitment, as far as its header tells.
  borrowing func opens(_ container: ContainerCommitment) -> Bool {
    guard recipient.value == container.recipient else { return false }
    do {
      _ = try Age.Header(container.header).unwrap(with: self)
      return true
    } catch {
      return false
    }
  }
}
