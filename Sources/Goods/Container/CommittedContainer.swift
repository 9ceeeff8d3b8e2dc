// A container that is read beside its chunk list and an offer's commitment, chunk by chunk.

import PaymentCrypto
import PaymentModel

/// Reads a container and its chunk list in step, and in the end says whether they are what the offer
/// commits to.
struct CommittedContainer: ~Copyable {
  let layout: ContainerLayout

  private let commitment: ContainerCommitment
  private let file: FileSource
  private var list: ChunkList.Reader

  /// Compares everything in front of the chunks.
  ///
  /// - Throws: what `CommitmentRules` says; `containerOtherHeader`, `containerOtherNonce`,
  ///   `containerTruncated`, `chunkListMagic`.
  init(
    _ file: consuming FileSource, chunkList: consuming FileSource,
    commitment: ContainerCommitment
  ) throws(GoodsError) {
    let layout = try CommitmentRules.check(commitment)
    let list = try ChunkList.Reader(chunkList)
    var start = Bytes(repeating: 0, count: commitment.header.count)
    let count = try file.read(into: &start)
    guard start.prefix(count).elementsEqual(commitment.header.prefix(count)) else {
      throw GoodsError(.containerOtherHeader, "the container's header is not the offer's")
    }
    guard count == start.count else { throw Self.truncated }
    var nonce = Bytes(repeating: 0, count: Age.nonceByteCount)
    guard try file.read(into: &nonce) == nonce.count else { throw Self.truncated }
    guard nonce == commitment.payloadNonce else {
      throw GoodsError(.containerOtherNonce, "the container's nonce is not the offer's")
    }
    self.layout = layout
    self.commitment = commitment
    self.file = file
    self.list = list
  }

  /// Reads every chunk.
  ///
  /// - Parameter visit: sees number and ciphertext of a chunk and the h_i that the list gives for it.
  /// - Throws: `containerTruncated`, `chunkListTruncated`, `containerTrailing`, `chunkListTrailing`, `goodsRoot`, and what
  ///   `visit` throws.
  mutating func readChunks(
    _ visit: (
      _ index: UInt64, _ ciphertext: Span<UInt8>, _ listed: Digest
    ) throws(GoodsError) -> Void
  ) throws(GoodsError) {
    var tree = GoodsTree()
    var buffer = Bytes(repeating: 0, count: layout.sealedByteCount(ofChunk: 0))
    var index: UInt64 = 0
    while index < layout.chunkCount {
      let count = layout.sealedByteCount(ofChunk: index)
      if count < buffer.count { buffer.removeLast(buffer.count - count) }
      guard try file.read(into: &buffer) == count else { throw Self.truncated }
      let listed = try list.next()
      tree.append(buffer.span, listed)
      try visit(index, buffer.span, listed)
      index += 1
    }
    guard try file.isAtEnd() else {
      throw GoodsError(.containerTrailing, "bytes follow the container's end")
    }
    try list.requireEnd()
    guard tree.root == commitment.goodsRoot else {
      throw GoodsError(.goodsRoot, "container or chunk list is not what the offer commits to")
    }
  }

  private static var truncated: GoodsError {
    GoodsError(.containerTruncated, "the container ends too early")
  }
}
