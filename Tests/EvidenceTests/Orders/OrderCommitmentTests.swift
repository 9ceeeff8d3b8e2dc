// Parts of an order: each can be shown alone, none can be exchanged, nothing counts them.

import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite("Order commitments")
struct OrderCommitmentTests {
  static func items(_ count: Int) -> [OrderPart] {
    (0..<count).map { .item(ItemPart(offer: identifier("offer \($0)"), quantity: $0 + 1)) }
  }

  static let payment = OrderPart.payment(
    PaymentPart(
      bank: SampleClaims.payee.bank, method: .ecash, total: SampleClaims.amount(30),
      payouts: [
        Payout(payee: SampleClaims.payee, amount: SampleClaims.amount(30))
      ]))

  static func order(_ commitment: OrderCommitment) -> Order {
    let order = SampleClaims.order
    return Order(
      oneTimeKey: order.oneTimeKey, recipient: order.recipient, root: commitment.root,
      entryCount: commitment.entryCount, coordinator: order.coordinator, template: order.template,
      decideBy: order.decideBy, mask: order.mask)
  }

  @Test("every party verifies its own part", arguments: [1, 2, 63, 64, 65, 200])
  func parts(count: Int) throws {
    let seed = UInt64(count)
    var entropy = SeededEntropy(seed: seed)
    let parts = Self.items(count - 1) + [Self.payment]
    let commitment = try OrderCommitment(parts, entropy: &entropy)
    #expect(commitment.entryCount == (count <= 64 ? 64 : count == 65 ? 128 : 256))
    let order = Self.order(commitment)
    #expect(try commitment.parts.map { try $0.verify(against: order) } == parts, "seed \(seed)")
    #expect(Set(commitment.parts.map(\.index)).count == count)
    #expect(Set(commitment.parts.map(\.salt)).count == count)
  }

  /// Nothing is left out, and never written as zero.
  @Test("a fee is written in one way only")
  func fees() throws {
    func part(_ fee: UInt64) -> Bytes {
      CanonicalJSON.encode { writer in
        OrderPart.payment(
          PaymentPart(
            bank: SampleClaims.payee.bank, method: .ecash, total: SampleClaims.amount(30),
            payouts: [Payout(payee: SampleClaims.payee, amount: SampleClaims.amount(30))],
            transferFee: fee)
        ).write(to: &writer)
      }
    }
    func read(_ bytes: Bytes) throws -> OrderPart {
      try CanonicalJSON.decode(bytes, limit: 1000) { reader throws(ClaimError) in
        try OrderPart(from: &reader)
      }
    }
    let none = String(decoding: part(0), as: UTF8.self)
    #expect(!none.contains("transferFee"))
    guard case .payment(let content) = try read(part(31)) else {
      throw EvidenceError(.kindMismatch, "no payment")
    }
    #expect(content.transferFee == 31 && content.fee(of: content.payouts[0])?.minor == 30)
    let zero = String(decoding: part(7), as: UTF8.self).replacing(
      "\"transferFee\":7", with: "\"transferFee\":0")
    #expect(zero.contains("transferFee") && (try? read(Bytes(zero.utf8))) == nil)
  }

  @Test("the places are random, and so is everything that is not a part")
  func places() throws {
    var entropy = SystemEntropy()
    let commitments = try (0..<8).map { _ in
      try OrderCommitment(Self.items(2), entropy: &entropy)
    }
    #expect(Set(commitments.map(\.root)).count == 8)
    #expect(Set(commitments.map { $0.parts.map(\.index) }).count > 1)
    #expect(Set(commitments.flatMap { $0.parts.flatMap(\.path) }).count > 8 * 6)
  }

  @Test("every place comes up about as often as any other")
  func uniform() throws {
    let seed: UInt64 = 5
    var entropy = SeededEntropy(seed: seed)
    var counts = [Int](repeating: 0, count: 64)
    for _ in 0..<60 {
      for part in try OrderCommitment(Self.items(16), entropy: &entropy).parts {
        counts[part.index] += 1
      }
    }
    // 960 draws over 64 places: 15 expected, standard deviation below 4.
    #expect(counts.allSatisfy { (1...40).contains($0) }, "seed \(seed): \(counts)")
  }

  @Test("no parts, or more than fit, are refused")
  func counts() throws {
    var entropy = SeededEntropy(seed: 1)
    for count in [0, 4097] {
      #expect(
        failure { () throws(EvidenceError) in
          try OrderCommitment(Self.items(count), entropy: &entropy)
        } == .partCount)
    }
  }

  @Test("a part that was changed, moved, or belongs to another order is refused")
  func attacks() throws {
    var entropy = SeededEntropy(seed: 2)
    let commitment = try OrderCommitment(Self.items(2) + [Self.payment], entropy: &entropy)
    let order = Self.order(commitment)
    let (part, other) = (commitment.parts[0], commitment.parts[1])
    func code(
      part bytes: Bytes? = nil, salt: Salt? = nil, index: Int? = nil, path: [Digest]? = nil,
      in order: Order
    ) -> EvidenceError.Code? {
      let changed = CommittedPart(
        part: bytes ?? part.part, salt: salt ?? part.salt, index: index ?? part.index,
        path: path ?? part.path)
      return failure { () throws(EvidenceError) in try changed.verify(against: order) }
    }
    #expect(code(in: order) == nil)
    #expect(code(part: other.part, in: order) == .partPath)
    #expect(code(part: part.part + [0x20], in: order) == .partPath)
    #expect(code(salt: other.salt, in: order) == .partPath)
    #expect(code(index: other.index, in: order) == .partPath)
    #expect(code(index: 64, in: order) == .partIndex)
    #expect(code(index: -1, in: order) == .partIndex)
    #expect(code(path: other.path, in: order) == .partPath)
    #expect(code(path: [], in: order) == .partPath)
    #expect(code(path: part.path + [part.path[0]], in: order) == .partPath)
    let another = try OrderCommitment(Self.items(2), entropy: &entropy)
    #expect(code(in: Self.order(another)) == .partPath)
  }

  @Test("an interior node does not pass for a part")
  func interiorNode() throws {
    var entropy = SeededEntropy(seed: 3)
    let commitment = try OrderCommitment(Self.items(1), entropy: &entropy)
    let part = commitment.parts[0]
    let node = CommittedPart(
      part: part.part, salt: part.salt, index: part.index / 2, path: Array(part.path.dropFirst()))
    #expect(
      failure { () throws(EvidenceError) in try node.verify(against: Self.order(commitment)) }
        == .partPath)
  }

  @Test(
    "a part that is committed to but means nothing is refused",
    arguments: [
      ("{}", .memberMissing), (#"{"kind":"gift"}"#, .memberValue),
      (#"{"kind": "item"}"#, .jsonSyntax),
      (#"{"kind":"item","offer":"00","quantity":1}"#, .memberValue), ("", .jsonTruncated),
    ] as [(String, EvidenceError.Code)])
  func meaningless(text: String, code: EvidenceError.Code) {
    var entropy = SeededEntropy(seed: 4)
    let salt = Salt(from: &entropy)
    let entry = SHA256.digest(salt.bytes, Bytes(text.utf8)).bytes
    let leaves = [MerkleTree.leafHash(entry)] + (1..<64).map { identifier("\($0)") as Digest }
    let order = SampleClaims.order
    let committed = Order(
      oneTimeKey: order.oneTimeKey, recipient: order.recipient, root: MerkleTree.root(of: leaves),
      entryCount: 64, coordinator: order.coordinator, template: order.template,
      decideBy: order.decideBy, mask: order.mask)
    let part = CommittedPart(
      part: Bytes(text.utf8), salt: salt, index: 0,
      path: required(MerkleTree.auditPath(of: 0, in: leaves)))
    #expect(failure { () throws(EvidenceError) in try part.verify(against: committed) } == code)
  }
}
