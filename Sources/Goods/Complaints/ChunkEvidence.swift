// One chunk of a good, with all that proves what the merchant sealed: about 66 KB, whatever the good's size.

public import PaymentCrypto
public import PaymentModel

/// A chunk of a container, tied to an offer's goods root, with the key that opens it.
///
/// The header's authentication code commits to the file key and the root to the ciphertext and to h_i. So
/// whoever has the offer can tell whether the merchant sealed what it signed, without the rest of the good.
/// Handing on the file key gives away the good; that is the price of a complaint about it.
public struct ChunkEvidence: Hashable, Sendable {
  /// The largest chunk with its tag, in bytes.
  public static let largestChunk = Age.chunkByteCount + Age.chunkOverheadByteCount

  /// Which chunk, from 0.
  public let index: UInt64
  /// h_i: what the chunk list says about the plaintext.
  public let listed: Digest
  /// From the leaf's sibling up to the goods root.
  public let path: [Digest]
  /// The 16 bytes of the file key.
  public let fileKey: Bytes
  /// The chunk as it stands in the container.
  public let ciphertext: Bytes

  public init(
    index: UInt64, listed: Digest, path: [Digest], fileKey: Bytes, ciphertext: Bytes
  ) {
    self.index = index
    self.listed = listed
    self.path = path
    self.fileKey = fileKey
    self.ciphertext = ciphertext
  }

  /// What a chunk shows about its merchant.
  public enum Finding: Hashable, Sendable {
    /// The chunk is what the merchant committed to.
    case right
    /// The merchant sealed something else than it committed to, or something that opens in two ways.
    case wrong
    /// This is no chunk of the offered good, or not with its key: it shows nothing. The code says why.
    case unproven(GoodsError.Code)
  }

  /// Examines the chunk against what an offer commits to.
  public func examine(against commitment: ContainerCommitment) -> Finding {
    do throws(GoodsError) {
      let layout = try CommitmentRules.check(commitment)
      try requireInclusion(in: commitment, layout)
      let key = try verifiedKey(of: commitment)
      return isAsListed(key, commitment, layout) ? .right : .wrong
    } catch {
      return .unproven(error.code)
    }
  }

  /// - Throws: `chunkNotInGood`.
  private func requireInclusion(
    in commitment: ContainerCommitment, _ layout: ContainerLayout
  ) throws(GoodsError) {
    guard index < layout.chunkCount, ciphertext.count == layout.sealedByteCount(ofChunk: index)
    else { throw GoodsError(.chunkNotInGood, "the offered good has no such chunk") }
    let entry = SHA256.digest(ciphertext).bytes + listed.bytes
    do throws(CryptoError) {
      try MerkleTree.verifyInclusion(
        of: MerkleTree.leafHash(entry), at: index, inTreeOf: layout.chunkCount, path: path,
        root: commitment.goodsRoot)
    } catch {
      throw GoodsError(
        .chunkNotInGood, "the chunk does not belong to the offered good: \(error.message)")
    }
  }

  /// - Throws: `containerHeader`, `containerHeaderMAC`.
  private func verifiedKey(
    of commitment: ContainerCommitment
  ) throws(GoodsError) -> Age.FileKey {
    let header: Age.Header
    let key: Age.FileKey
    do throws(CryptoError) {
      header = try Age.Header(commitment.header)
      key = try Age.FileKey(copying: SecretBytes(copying: fileKey))
    } catch {
      throw GoodsError(.containerHeader, error.message)
    }
    guard header.isAuthentic(under: key) else {
      throw GoodsError(.containerHeaderMAC, "the key is not the one that the header commits to")
    }
    return key
  }

  /// Whether the chunk opens, in one way only, to what has the digest h_i.
  private func isAsListed(
    _ key: borrowing Age.FileKey, _ commitment: ContainerCommitment, _ layout: ContainerLayout
  ) -> Bool {
    guard var cipher = try? Age.ChunkCipher(fileKey: key, nonce: commitment.payloadNonce) else {
      return false
    }
    let digester = ChunkDigester(fileKey: key, nonce: commitment.payloadNonce)
    return
      (try? digester.open(
        ciphertext.span, index: index, listed: listed, layout: layout, with: &cipher)) != nil
  }
}

extension ChunkEvidence {
  /// Takes a chunk out of a container, with its proof: what a customer files when opening names the chunk.
  ///
  /// - Parameter index: the chunk; see `GoodsError.chunk`.
  /// - Throws: what `Container.check` throws; `chunkNotInGood`; `containerNoMatch`, `containerHeaderMAC`.
  public init(
    chunk index: UInt64, of container: consuming FileSource, chunkList: consuming FileSource,
    against commitment: ContainerCommitment, with identity: borrowing Age.Identity
  ) throws(GoodsError) {
    var committed = try CommittedContainer(container, chunkList: chunkList, commitment: commitment)
    let fileKey = try Container.fileKey(of: commitment.header, with: identity)
    var leaves: [Digest] = []
    var found: (ciphertext: Bytes, listed: Digest)?
    try committed.readChunks { (number, ciphertext, listed) throws(GoodsError) in
      leaves.append(MerkleTree.leafHash(SHA256.digest(ciphertext).bytes + listed.bytes))
      guard number == index else { return }
      found = (Bytes(ciphertext.indices.map { ciphertext[$0] }), listed)
    }
    guard let found, let path = MerkleTree.auditPath(of: Int(index), in: leaves) else {
      throw GoodsError(.chunkNotInGood, "the good has no chunk \(index)")
    }
    self.init(
      index: index, listed: found.listed, path: path,
      fileKey: fileKey.withSpan { key in Bytes(key.indices.map { key[$0] }) },
      ciphertext: found.ciphertext)
  }
}
