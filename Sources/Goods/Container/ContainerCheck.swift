// The customer's check before she pays.

public import PaymentModel

extension Container {
  /// Checks that container and chunk list are what an offer commits to, to the byte: header, nonce,
  /// lengths, every chunk's ciphertext and h_i.
  ///
  /// It proves that the merchant is bound to these bytes, not what is in them: that shows when the key
  /// opens them.
  ///
  /// - Throws: what is wrong with the commitment itself (`offerRecipient`, `offerHeader`, `offerChunkCount`,
  ///   `offerCiphertextLength`); `containerOtherHeader`, `containerOtherNonce`, `containerTruncated`,
  ///   `containerTrailing`, `chunkListMagic`, `chunkListTruncated`, `chunkListTrailing`, `goodsRoot`.
  public static func check(
    _ container: consuming FileSource, chunkList: consuming FileSource,
    against commitment: ContainerCommitment
  ) throws(GoodsError) {
    var committed = try CommittedContainer(
      container, chunkList: chunkList, commitment: commitment)
    try committed.readChunks { (_, _, _) throws(GoodsError) in }
  }
}
