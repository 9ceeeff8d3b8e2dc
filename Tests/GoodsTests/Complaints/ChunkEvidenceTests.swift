// One chunk of a good as evidence: what it proves, and what it does not.

import PaymentCrypto
import PaymentModel
import Testing

@testable import Goods

@Suite struct ChunkEvidenceTests {
  let sealed: SealedFixture

  init() throws {
    sealed = try SealedFixture(byteCount: 3 * 65_536 + 100)
  }

  /// The evidence about one chunk, out of the container and a chunk list.
  private func evidence(
    _ chunk: UInt64, chunkList: Bytes? = nil, against commitment: ContainerCommitment? = nil
  ) throws -> ChunkEvidence {
    let list = try chunkList.map { try sealed.folder.write($0, to: "evidence.chunks") }
    return try ChunkEvidence(
      chunk: chunk, of: FileSource(path: sealed.folder.path("good.age")),
      chunkList: FileSource(path: list ?? sealed.folder.path("good.chunks")),
      against: commitment ?? sealed.commitment, with: sealed.identity)
  }

  @Test func everyChunkOfAnHonestGoodIsRight() throws {
    for chunk in 0..<UInt64(4) {
      let evidence = try evidence(chunk)
      #expect(evidence.examine(against: sealed.commitment) == .right)
      #expect(evidence.path.count == 2 && evidence.fileKey.count == 16)
      #expect(evidence.ciphertext.count == (chunk < 3 ? 65_552 : 116))
    }
    #expect(try goodsCode { _ = try evidence(4) } == .chunkNotInGood)
  }

  @Test func theChunkThatTheMerchantLiedAboutIsWrongAndNoOther() throws {
    for lie in [0, 2, 3] {
      var listed = try sealed.chunkList
      listed[15 + 32 * lie] ^= 1
      let commitment = try sealed.commitment.with(goodsRoot: root(listed))
      for chunk in 0..<4 {
        let finding = try evidence(UInt64(chunk), chunkList: listed, against: commitment)
          .examine(against: commitment)
        #expect(finding == (chunk == lie ? .wrong : .right))
      }
    }
  }

  @Test func whatIsNotOfTheGoodProvesNothing() throws {
    let honest = try evidence(1)
    func finding(
      index: UInt64? = nil, listed: Digest? = nil, path: [Digest]? = nil, key: Bytes? = nil,
      ciphertext: Bytes? = nil
    ) -> ChunkEvidence.Finding {
      ChunkEvidence(
        index: index ?? honest.index, listed: listed ?? honest.listed, path: path ?? honest.path,
        fileKey: key ?? honest.fileKey, ciphertext: ciphertext ?? honest.ciphertext
      ).examine(against: sealed.commitment)
    }
    let outside = ChunkEvidence.Finding.unproven(.chunkNotInGood)
    #expect(finding(index: 2) == outside)
    #expect(finding(index: 4) == outside)
    #expect(finding(index: .max) == outside)
    #expect(finding(listed: SHA256.digest([1])) == outside)
    #expect(finding(path: []) == outside)
    #expect(finding(path: honest.path.reversed()) == outside)
    #expect(finding(ciphertext: honest.ciphertext.flipping(7)) == outside)
    #expect(finding(ciphertext: []) == outside)
    // Another key opens nothing, and is not the one that the merchant's header commits to.
    #expect(finding(key: honest.fileKey.flipping(0)) == .unproven(.containerHeaderMAC))
    #expect(finding(key: []) == .unproven(.containerHeader))
  }

  private func root(_ list: Bytes) throws -> Digest {
    let container = try sealed.container
    var tree = GoodsTree()
    for index in 0..<4 {
      let start = sealed.payloadStart + index * 65_552
      let chunk = Bytes(container[start..<min(start + 65_552, container.count)])
      tree.append(chunk.span, try #require(Digest(list[(15 + 32 * index)..<(47 + 32 * index)])))
    }
    return tree.root
  }
}
