// Where goods' identities wait for their sale, sealed at rest.

import PaymentCrypto
import PaymentModel

/// Seals identities for the shop's rows and opens them again.
final class Vault: Sendable {
  private static let column = SealedColumn(table: "vault", column: "identity")

  private let key: AtRestKey

  init(key: consuming AtRestKey) {
    self.key = key
  }

  func seal(_ identity: borrowing Age.Identity) -> Bytes {
    let recipient = identity.recipient.bytes
    return identity.withSpan { Self.column.seal($0, row: recipient, under: key) }
  }

  /// - Throws: `vaultSealed`.
  func open(_ sealed: Bytes, of recipient: RecipientValue) throws(GoodsError) -> Age.Identity {
    do {
      let secret = try Self.column.open(sealed, row: recipient.bytes, under: key)
      return try Age.Identity(copying: secret)
    } catch {
      throw GoodsError(.vaultSealed, "an identity in the vault does not open")
    }
  }
}
