// The tree that an offer commits to: one entry for each chunk, over its ciphertext and its plaintext.

import PaymentCrypto
import PaymentModel

/// h_i = SHA-256(salt ‖ i as eight bytes, most significant first ‖ plaintext chunk i), with salt =
/// HKDF(file key, salt = payload nonce, info = "foil/chunk-salt/v1"), 32 bytes.
///
/// The salt hides what a chunk contains until the file key is known; afterwards everybody can check.
struct ChunkDigester: ~Copyable {
  private let salt: SecretBytes

  init(fileKey: borrowing Age.FileKey, nonce: Bytes) {
    salt = fileKey.derive(salt: nonce, info: Bytes("foil/chunk-salt/v1".utf8), count: 32)
  }

  /// h_i.
  func digest(ofChunk index: UInt64, _ plaintext: Span<UInt8>) -> Digest {
    var hasher = SHA256.Hasher()
    salt.withSpan { hasher.update($0) }
    hasher.update(Bytes(bigEndian: index))
    hasher.update(plaintext)
    return hasher.finalize()
  }
}

/// What is wrong with a chunk that an offer commits to.
enum ChunkFault: Error {
  /// It does not open, or opens to something else than h_i says.
  case notAsCommitted
  /// It is the last one and opens as an inner one, too.
  case dualFlag
}

extension ChunkDigester {
  /// What a chunk opens to, when that is what the offer commits to and nothing else.
  borrowing func open(
    _ ciphertext: Span<UInt8>, index: UInt64, listed: Digest, layout: ContainerLayout,
    with cipher: inout Age.ChunkCipher
  ) throws(ChunkFault) -> SecretBytes {
    let isLast = layout.isLast(index)
    guard let plaintext = try? cipher.open(ciphertext, index: index, isLast: isLast),
      plaintext.withSpan({ digest(ofChunk: index, $0) }) == listed
    else { throw .notAsCommitted }
    if isLast, plaintext.count == Age.chunkByteCount,
      (try? cipher.open(ciphertext, index: index, isLast: false)) != nil
    {
      throw .dualFlag
    }
    return plaintext
  }
}

/// The RFC 6962 tree whose entry i is SHA-256(C_i) ‖ h_i, as it grows chunk by chunk.
struct GoodsTree {
  private var frontier = MerkleFrontier()

  /// Adds the next chunk: its ciphertext with the tag, and its h_i.
  mutating func append(_ ciphertext: Span<UInt8>, _ plaintextDigest: Digest) {
    let entry = SHA256.digest(ciphertext).bytes + plaintextDigest.bytes
    frontier.append(MerkleTree.leafHash(entry))
  }

  /// The goods root.
  var root: Digest { frontier.root }
}
