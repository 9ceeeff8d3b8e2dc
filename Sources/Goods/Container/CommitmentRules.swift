// What makes a container commitment one that can be relied on.

import PaymentCrypto
import PaymentModel

/// The rules about the container of an offer. One code for each.
enum CommitmentRules {
  /// Checks that a container with this recipient, header and these lengths can exist, and that every
  /// identity of the recipient opens it alike.
  ///
  /// - Throws: the first of `offerRecipient`, `offerHeader`, `containerTooLarge`, `offerChunkCount`, `offerCiphertextLength` that
  ///   applies.
  static func check(
    _ container: ContainerCommitment
  ) throws(GoodsError) -> ContainerLayout {
    do { _ = try Age.Recipient(container.recipient.bytes) } catch {
      throw GoodsError(.offerRecipient, error.message)
    }
    do { try Age.Header(container.header).requireSoleX25519Stanza() } catch {
      throw GoodsError(.offerHeader, error.message)
    }
    let layout = try ContainerLayout(plaintextLength: container.plaintextLength)
    guard container.chunkCount == layout.chunkCount else {
      throw GoodsError(.offerChunkCount, "the number of chunks does not fit the good's length")
    }
    guard
      container.ciphertextLength
        == layout.ciphertextLength(headerLength: container.header.count)
    else {
      throw GoodsError(.offerCiphertextLength, "the container's length does not fit the good's")
    }
    return layout
  }
}
