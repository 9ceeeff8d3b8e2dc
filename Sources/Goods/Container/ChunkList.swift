// The chunk list that goes with a container: h_i for each chunk.
//
//   foil/chunks/v1␊   15 bytes
//   h_0 h_1 … h_n−1   32 bytes each

import PaymentCrypto
import PaymentModel

enum ChunkList {
  static let magic = Bytes("foil/chunks/v1\n".utf8)

  /// Reads the list in step with its container.
  struct Reader: ~Copyable {
    private let source: FileSource
    private var buffer = Bytes(repeating: 0, count: Digest.byteCount)

    /// - Throws: `chunkListMagic`.
    init(_ source: consuming FileSource) throws(GoodsError) {
      var start = Bytes(repeating: 0, count: magic.count)
      let count = try source.read(into: &start)
      guard count == magic.count, start == magic else {
        throw GoodsError(.chunkListMagic, "not a chunk list")
      }
      self.source = source
    }

    /// The next h_i.
    ///
    /// - Throws: `chunkListTruncated` when there is none.
    mutating func next() throws(GoodsError) -> Digest {
      guard try source.read(into: &buffer) == buffer.count, let digest = Digest(buffer) else {
        throw GoodsError(.chunkListTruncated, "the chunk list ends too early")
      }
      return digest
    }

    /// - Throws: `chunkListTrailing` when something is left.
    func requireEnd() throws(GoodsError) {
      guard try source.isAtEnd() else {
        throw GoodsError(.chunkListTrailing, "bytes follow the chunk list")
      }
    }
  }
}
