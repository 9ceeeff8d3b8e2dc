// Escrow: keys are examined before anything is paid, and bundled after the commit.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Programs
import Testing

@testable import Goods

@Suite struct EscrowTests {
  let world: ShopWorld
  let good: SealedFixture
  let process: ProcessID = SHA256.digest([1]).renamed()

  init() throws {
    world = try ShopWorld()
    good = try SealedFixture(byteCount: 100)
  }

  private func deposit(_ keyDigest: Digest) throws -> Deposit {
    Deposit(
      process: process, offer: SHA256.digest([2]).renamed(), quantity: 1,
      amount: try world.amount(1), payee: world.payee, decideBy: ShopWorld.start,
      heldUntil: ShopWorld.start, keyDigest: keyDigest)
  }

  private func seal(_ identity: borrowing Age.Identity) -> Sealed<SealedContent.GoodsKey> {
    var entropy = SystemEntropy()
    return GoodsKey.seal(identity, to: world.escrow.recipient, from: &entropy)
  }

  private func offer(_ container: ContainerCommitment?) throws -> Offer {
    var draft = try world.draft(good)
    draft.container = container
    return Offer(
      title: draft.title, description: "", fileName: "", mediaType: "", container: container,
      mode: .individual, stock: nil, price: draft.price, maximumQuantity: 1, payee: draft.payee,
      accepts: draft.accepts, coordinators: draft.coordinators, holdLimitSeconds: 1,
      deliveryLimitSeconds: 1, expiresAt: draft.expiresAt, retainedUntil: draft.retainedUntil)
  }

  // MARK: - Examination

  @Test func `The key digest is over process and identity`() throws {
    let secret = good.identity.withSpan { span in span.indices.map { span[$0] } }
    #expect(
      GoodsKey.digest(of: good.identity, process: process)
        == SHA256.digest(Bytes("foil/deposit/v1".utf8) + process.bytes + secret))
  }

  @Test func `The right key opens`() throws {
    let finding = world.escrow.examine(
      seal(good.identity),
      deposit: try deposit(GoodsKey.digest(of: good.identity, process: process)),
      offer: try offer(good.commitment))
    #expect(finding == .opens)
  }

  @Test func `Where there is no container the key is empty`() throws {
    let none = try offer(nil)
    let bound = try deposit(GoodsKey.digestOfNone(process: process))
    #expect(
      GoodsKey.digestOfNone(process: process)
        == SHA256.digest(Bytes("foil/deposit/v1".utf8) + process.bytes))
    #expect(world.escrow.examine(GoodsKey.none, deposit: bound, offer: none) == .opens)
    // Any other key, or another digest, is no answer; and an empty one opens no container.
    #expect(world.escrow.examine(seal(good.identity), deposit: bound, offer: none) == .unreadable)
    let other = try deposit(GoodsKey.digest(of: good.identity, process: process))
    #expect(world.escrow.examine(GoodsKey.none, deposit: other, offer: none) == .unreadable)
    #expect(
      world.escrow.examine(GoodsKey.none, deposit: bound, offer: try offer(good.commitment))
        == .unreadable)
  }

  @Test func `Empty keys are not in the bundle`() throws {
    var entropy = SystemEntropy()
    let customer = Age.Identity.generate(from: &entropy)
    let sealed = try #require(
      world.escrow.bundle([GoodsKey.none, seal(good.identity)], for: customer.recipient.value))
    let bundle = try KeyBundle(sealed, with: customer)
    #expect(bundle.recipients == [good.commitment.recipient])
    let empty = try #require(
      world.escrow.bundle([GoodsKey.none], for: customer.recipient.value))
    #expect(try KeyBundle(empty, with: customer).recipients == [])
    #expect(empty.bytes.count == sealed.bytes.count)
  }

  @Test func `A key that the merchant bound itself to and that opens nothing is revealed`() throws {
    let wrong = try SealedFixture(byteCount: 1, seed: 2)
    let secret = wrong.identity.withSpan { span in span.indices.map { span[$0] } }
    let finding = world.escrow.examine(
      seal(wrong.identity),
      deposit: try deposit(GoodsKey.digest(of: wrong.identity, process: process)),
      offer: try offer(good.commitment))
    #expect(finding == .doesNotOpen(revealed: secret))
  }

  @Test func `The right recipient with a header of another file key does not open`() throws {
    let other = try SealedFixture(byteCount: 1, seed: 2)
    let secret = good.identity.withSpan { span in span.indices.map { span[$0] } }
    let header = String(decoding: good.commitment.header, as: UTF8.self).split(separator: "\n")
    let otherHeader = String(decoding: other.commitment.header, as: UTF8.self)
      .split(separator: "\n")
    let otherMAC = (header.dropLast() + [otherHeader[3]]).joined(separator: "\n") + "\n"
    for header in [other.commitment.header, Bytes(otherMAC.utf8), [1, 2, 3]] {
      let finding = world.escrow.examine(
        seal(good.identity),
        deposit: try deposit(GoodsKey.digest(of: good.identity, process: process)),
        offer: try offer(good.commitment.with(header: header)))
      #expect(finding == .doesNotOpen(revealed: secret))
    }
  }

  @Test func `What does not match the deposit proves nothing`() throws {
    var entropy = SystemEntropy()
    let escrow = world.escrow.recipient
    let digest = GoodsKey.digest(of: good.identity, process: process)
    let right = seal(good.identity)
    func sealed(_ content: Bytes) -> Sealed<SealedContent.GoodsKey> {
      let bytes = Age.seal(content.span, to: escrow, from: &entropy)
      return Sealed(bytes, digest: SHA256.digest(bytes))
    }
    func unsealed(_ bytes: Bytes) -> Sealed<SealedContent.GoodsKey> {
      Sealed(bytes, digest: SHA256.digest(bytes))
    }
    let stranger = try SealedFixture(byteCount: 1, seed: 2)
    let cases = [
      unsealed([]), unsealed(Bytes("garbage".utf8)),
      unsealed(right.bytes.flipping(right.bytes.count - 1)),
      unsealed(Bytes(repeating: 0x41, count: 100_000)),
      Sealed(right.bytes, digest: SHA256.digest([])),
      sealed([]), sealed(Bytes(repeating: 1, count: 31)), sealed(Bytes(repeating: 1, count: 33)),
      sealed(Bytes(repeating: 1, count: 32)), seal(stranger.identity),
    ]
    for key in cases {
      #expect(
        world.escrow.examine(
          key, deposit: try deposit(digest), offer: try offer(good.commitment)) == .unreadable)
    }
    let otherProcess = GoodsKey.digest(
      of: good.identity, process: SHA256.digest([9]).renamed())
    #expect(
      world.escrow.examine(
        right, deposit: try deposit(otherProcess), offer: try offer(good.commitment))
        == .unreadable)
  }

  @Test
  func `An identity that is spelled otherwise and has the same recipient serves as well`() throws {
    let secret = good.identity.withSpan { span in span.indices.map { span[$0] } }
    let twinBytes = secret.flipping(0, bit: 1)
    let twin = try Age.Identity(copying: SecretBytes(copying: twinBytes))
    #expect(twin.recipient == good.identity.recipient)
    let finding = world.escrow.examine(
      seal(twin), deposit: try deposit(GoodsKey.digest(of: twin, process: process)),
      offer: try offer(good.commitment))
    #expect(finding == .opens)
  }

  // MARK: - Bundles

  @Test(arguments: [0, 1, 2, 54, 55, 120])
  func `A bundle gives each good its key`(count: Int) throws {
    var entropy = SeededEntropy(seed: 3)
    let oneTime = Age.Identity.generate(from: &entropy)
    let goods = try (0..<count).map { try SealedFixture(byteCount: 1, seed: UInt64($0 + 10)) }
    let keys = goods.map { seal($0.identity) }
    let sealed = try #require(world.escrow.bundle(keys, for: oneTime.recipient.value))
    let content = try Age.open(sealed.bytes, with: oneTime, largestByteCount: 1 << 20)
    #expect(content.count == (count <= 54 ? 4096 : count <= 108 ? 8192 : 12_288))

    let bundle = try KeyBundle(sealed, with: oneTime)
    #expect(bundle.recipients == goods.map { $0.identity.recipient.value })
    for good in goods {
      let identity = try bundle.identity(opening: good.commitment)
      #expect(identity.recipient == good.identity.recipient)
    }
  }

  @Test func `One or fifty goods: nobody can tell from the bundle`() throws {
    var entropy = SeededEntropy(seed: 3)
    let recipient = Age.Identity.generate(from: &entropy).recipient.value
    let key = seal(good.identity)
    let sizes = [1, 2, 50, 54].map {
      world.escrow.bundle(Array(repeating: key, count: $0), for: recipient)?.bytes.count
    }
    #expect(Set(sizes).count == 1)
    #expect(
      world.escrow.bundle([key, Sealed([1], digest: SHA256.digest([1]))], for: recipient) == nil)
    let none = try #require(RecipientValue(Bytes(repeating: 0, count: 32)))
    #expect(world.escrow.bundle([key], for: none) == nil)
  }

  @Test func `What is no bundle is refused`() throws {
    var entropy = SeededEntropy(seed: 3)
    let oneTime = Age.Identity.generate(from: &entropy)
    let other = Age.Identity.generate(from: &entropy)
    let sealed = try #require(
      world.escrow.bundle([seal(good.identity)], for: oneTime.recipient.value))
    #expect(try goodsCode { _ = try KeyBundle(sealed, with: other) } == .bundleSealed)
    #expect(
      try goodsCode {
        _ = try KeyBundle(Sealed(sealed.bytes, digest: process.renamed()), with: oneTime)
      }
        == .bundleSealed)

    let content = try Age.open(sealed.bytes, with: oneTime, largestByteCount: 4096)
    let right = content.withSpan { span in span.indices.map { span[$0] } }
    let junk: [Bytes] = [
      [], Bytes(repeating: 0x0A, count: 4096), Bytes(right.dropLast()), right + [0x0A],
      right + Bytes(repeating: 0x0A, count: 4096), right.flipping(0), right.flipping(30),
      right.flipping(21 + 74), right.flipping(200), right.flipping(4095),
    ]
    for content in junk {
      let bytes = Age.seal(content.span, to: oneTime.recipient, from: &entropy)
      #expect(
        try goodsCode {
          _ = try KeyBundle(Sealed(bytes, digest: SHA256.digest(bytes)), with: oneTime)
        } == .bundleContent)
    }
  }

  @Test func `A bundle without the key, or with one that does not open, says so`() throws {
    var entropy = SeededEntropy(seed: 3)
    let oneTime = Age.Identity.generate(from: &entropy)
    let other = try SealedFixture(byteCount: 1, seed: 2)
    let sealed = try #require(
      world.escrow.bundle([seal(good.identity)], for: oneTime.recipient.value))
    let bundle = try KeyBundle(sealed, with: oneTime)
    #expect(throws: GoodsError(.bundleKeyMissing, "")) {
      _ = try bundle.identity(opening: other.commitment).recipient
    }
    let wrong = good.commitment.with(header: other.commitment.header)
    #expect(throws: GoodsError(.bundleKeyWrong, "")) {
      _ = try bundle.identity(opening: wrong).recipient
    }
  }

  @Test(.enabled(if: Program.age.isPresent, "age is not installed"))
  func `Stock age opens the bundle, and with it the goods`() async throws {
    var entropy = SeededEntropy(seed: 3)
    let oneTime = Age.Identity.generate(from: &entropy)
    let second = try SealedFixture(byteCount: 77, seed: 2)
    let sealed = try #require(
      world.escrow.bundle(
        [seal(good.identity), seal(second.identity)], for: oneTime.recipient.value))
    let folder = second.folder
    let key = oneTime.encoded().withSpan { span in span.indices.map { span[$0] } }
    try folder.write(key, to: "one-time")
    try folder.write(sealed.bytes, to: "bundle.age")
    #expect(
      try await Program.age.run(
        "-d", "-i", folder.path("one-time"), "-o", folder.path("keys"), folder.path("bundle.age")
      ).status
        == 0)
    #expect(
      try await Program.age.run(
        "-d", "-i", folder.path("keys"), "-o", folder.path("out"), folder.path("good.age")
      ).status
        == 0)
    #expect(try folder.read("out") == second.plaintext)
  }
}
