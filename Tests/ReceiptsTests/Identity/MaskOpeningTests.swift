// Masks: given up by whom they hide, and by nobody else.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("Opening of a mask")
struct MaskOpeningTests {
  let world: World
  let log: TransparencyLog
  let salt: Salt
  let purchase: Purchase
  let receipt: Receipt
  let opening: MaskOpening

  /// A purchase under the mask of Ada, whose key the registrar has certified, and its opening by her.
  init() async throws {
    world = try World()
    log = world.log()
    var entropy = SeededEntropy(seed: 11)
    salt = Salt(from: &entropy)
    let mask = try MaskCommitment.make(salt: salt, spki: Self.ada().publicKey.derRepresentation)
    purchase = try Purchase(in: world, .init(mask: mask))
    receipt = try await purchase.receipt(from: log)
    opening = MaskOpening(
      process: purchase.process, salt: salt,
      certificates: [try Self.vector("ed25519.der"), try Self.vector("registrar.der")],
      signature: try Self.ada().sign(MaskOpening.message(for: purchase.process)))
  }

  static func vector(_ name: String) throws -> Bytes {
    Bytes(try Data(contentsOf: folder("certificates").appending(path: name)))
  }

  static func folder(_ name: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Vectors/\(name)")
  }

  static func ada() throws -> Ed25519.PrivateKey {
    try Ed25519.PrivateKey(seed: SecretBytes(copying: vector("ed25519.seed")))
  }

  func verify(
    _ opening: MaskOpening, _ receipt: Receipt? = nil, registrar: String = "root"
  ) throws -> MaskIdentity {
    let anchor = try Self.vector("\(registrar).der")
    return try opening.verify(
      with: receipt ?? self.receipt, trust: world.trust, anchors: [anchor])
  }

  /// The code of the check that fails.
  func refusal(_ body: () throws -> MaskIdentity) -> String? {
    do {
      return "opened: \(try body().subject)"
    } catch {
      return (error as? ReceiptsError)?.code.rawValue ?? "\(error)"
    }
  }

  /// The opening with something else in it.
  func changed(
    process: ProcessID? = nil, salt: Salt? = nil, certificates: [Bytes]? = nil,
    signature: Bytes? = nil
  ) -> MaskOpening {
    MaskOpening(
      process: process ?? opening.process, salt: salt ?? opening.salt,
      certificates: certificates ?? opening.certificates,
      signature: signature ?? opening.signature)
  }

  // MARK: - Manual

  @Test("salt, certificates and signature together tell who stands behind the order")
  func opened() throws {
    // Customer: the opening as a file.
    let file = opening.bytes
    // Auditor: reads it, and verifies it with receipt, trust store and a registrar of his choice.
    let identity = try verify(MaskOpening(file))
    #expect(identity.subject == "CN=Grüße\\, Ada,C=XX")
    #expect(identity.registrar == "CN=Registrar Root,O=Registrar,C=XX")
    #expect(try identity.registrarCertificate == SHA256.digest(Self.vector("root.der")))
    #expect(try identity.subjectPublicKeyInfo == Self.ada().publicKey.derRepresentation)
    #expect(try MaskOpening(file) == opening)
    // The registrar itself can be the one that is trusted.
    let bare = try verify(opening, registrar: "registrar")
    #expect(bare.registrar == "CN=Registrar One,O=Registrar,C=XX")
  }

  @Test("the mask is SHA-256 over purpose, salt and key, and nothing of it shows")
  func commitment() throws {
    let spki = try Self.ada().publicKey.derRepresentation
    let expected = SHA256.digest(Bytes("foil/mask/v1".utf8) + salt.bytes + spki)
    #expect(MaskCommitment.make(salt: salt, spki: spki) == expected)
    var entropy = SeededEntropy(seed: 12)
    #expect(MaskCommitment.make(salt: Salt(from: &entropy), spki: spki) != expected)
  }

  // MARK: - Refused

  @Test(
    "without salt, certificate or signature an opening is refused, each by its own name",
    arguments: [
      ("salt", "opening-without-salt"), ("certificates", "opening-without-certificate"),
      ("signature", "opening-without-signature"), ("process", "opening-format"),
      ("format", "opening-format"),
    ])
  func incomplete(member: String, code: String) throws {
    var object = try #require(
      try JSONSerialization.jsonObject(with: Data(opening.bytes)) as? [String: Any])
    object[member] = nil
    let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
    let file = Bytes(try JSONSerialization.data(withJSONObject: object, options: options))
    #expect(refusal { try verify(MaskOpening(file)) } == code)
  }

  @Test("an opening for another purchase, or of another order, is refused")
  func otherPurchase() async throws {
    let other = try Purchase(in: world, seed: 8, .init(mask: purchase.order.claim.mask))
    let otherReceipt = try await other.receipt(from: log)
    #expect(refusal { try verify(opening, otherReceipt) } == "opening-process")
    // The same mask in another order: the signature is over the purchase.
    let moved = changed(process: other.process)
    #expect(refusal { try verify(moved, otherReceipt) } == "opening-signature")
    #expect(refusal { try verify(moved) } == "opening-process")
    let anchors = [try Self.vector("root.der")]
    #expect(
      refusal { try opening.verify(against: other.order, anchors: anchors, at: World.start) }
        == "opening-process")
  }

  @Test("a random mask cannot be opened, nor another's, by salt or by key")
  func randomMask() async throws {
    let random = try Purchase(in: world, seed: 9)
    let receipt = try await random.receipt(from: log)
    let signature = try Self.ada().sign(MaskOpening.message(for: random.process))
    let claimed = changed(process: random.process, signature: signature)
    #expect(refusal { try verify(claimed, receipt) } == "opening-mask")
    var entropy = SeededEntropy(seed: 13)
    #expect(refusal { try verify(changed(salt: Salt(from: &entropy))) } == "opening-mask")
    // Bea is certified, too, and it is not her mask.
    let bea = [try Self.vector("p256.der"), try Self.vector("registrar.der")]
    #expect(refusal { try verify(changed(certificates: bea)) } == "opening-mask")
  }

  @Test("a signature by another key, over another text, or changed is refused")
  func signature() throws {
    var entropy = SeededEntropy(seed: 14)
    let stranger = Ed25519.PrivateKey.generate(from: &entropy)
    let process = purchase.process
    let wrong = [
      stranger.sign(MaskOpening.message(for: process)), try Self.ada().sign(process.bytes),
      try Self.ada().sign(Bytes("foil/mask-opening/v1\n\(process.hex)".utf8)), [],
      opening.signature + [0],
    ]
    for signature in wrong {
      #expect(refusal { try verify(changed(signature: signature)) } == "opening-signature")
    }
    for bit in 0..<8 {
      var signature = opening.signature
      signature[bit * 8] ^= 1 << bit
      #expect(refusal { try verify(changed(signature: signature)) } == "opening-signature")
    }
  }

  @Test(
    "certificates must lead to the registrar that is trusted, and be valid when the order was seen")
  func certificates() throws {
    #expect(refusal { try verify(opening, registrar: "stranger") } == "opening-registrar")
    let alone = changed(certificates: [opening.certificates[0]])
    #expect(refusal { try verify(alone) } == "opening-registrar")
    #expect(refusal { try verify(opening, registrar: "ed25519") } == "opening-registrar")
    let reversed = changed(certificates: opening.certificates.reversed())
    #expect(refusal { try verify(reversed) } == "opening-certificate")
    let anchors = [try Self.vector("root.der")]
    for seconds in [1_700_000_000, 2_200_000_000] as [Int64] {
      #expect(
        refusal {
          try opening.verify(
            against: purchase.order, anchors: anchors, at: Timestamp(seconds: seconds))
        } == "opening-certificate-time")
    }
  }

  @Test("a receipt that does not prove the order proves nobody behind it")
  func unprovenOrder() async throws {
    let without = try await purchase.receipt(from: log, without: ["order"])
    #expect(refusal { try verify(opening, without) } == "opening-order")
    // A trust store that does not know the log: nobody tells when the order was there.
    var entropy = SeededEntropy(seed: 15)
    let root = StatementSigner(
      party: try World.party("stranger.example"), key: Ed25519.PrivateKey.generate(from: &entropy))
    let key = TrustedKey(
      party: root.issuer.party, role: .trustRoot, key: root.publicKey.value,
      validFrom: World.validFrom, validUntil: World.validUntil)
    let list = TrustList(madeAt: World.start, keys: [key], witnessQuorum: 0)
    let trust = try TrustStore(TrustStore.sign(list, with: root, entropy: &entropy))
    let anchors = [try Self.vector("root.der")]
    #expect(
      refusal { try opening.verify(with: receipt, trust: trust, anchors: anchors) }
        == "opening-order")
  }

  @Test("the file is canonical, bounded, and knows no other member")
  func file() throws {
    let text = String(decoding: opening.bytes, as: UTF8.self)
    func refusal(_ text: String) -> String? {
      self.refusal { try verify(MaskOpening(Bytes(text.utf8))) }
    }
    #expect(refusal("") == "opening-format")
    #expect(refusal(text + "\n") == "opening-format")
    #expect(
      refusal(text.replacing("{\"certificates\"", with: "{\"a\":1,\"certificates\""))
        == "opening-format")
    #expect(refusal(text.replacing("opening/v1", with: "opening/v2")) == "opening-format")
    #expect(refusal(String(repeating: " ", count: 262_145)) == "opening-size")
    let nine = changed(certificates: Array(repeating: opening.certificates[0], count: 9))
    #expect(self.refusal { try verify(MaskOpening(nine.bytes)) } == "opening-format")
    let large = changed(certificates: [Bytes(repeating: 0, count: 16_385)])
    #expect(self.refusal { try verify(MaskOpening(large.bytes)) } == "opening-format")
  }

  @Test("one random bit in the file, and it opens nothing")
  func randomBits() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    for round in 0..<100 {
      var file = opening.bytes
      let random = entropy.bytes(3)
      file[(Int(random[0]) << 8 | Int(random[1])) % file.count] ^= 1 << (random[2] & 7)
      let outcome = refusal { try verify(MaskOpening(file)) }
      #expect(
        outcome?.hasPrefix("opening-") == true, "seed \(seed), round \(round): \(outcome ?? "")")
    }
  }

  // MARK: - Vectors

  @Test("the purchase and its opening in Vectors/mask verify")
  func vectors() throws {
    let folder = Self.folder("mask")
    if ProcessInfo.processInfo.environment["FOIL_WRITE_VECTORS"] == "1" {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for (name, bytes) in [
        ("purchase.receipt", receipt.bytes), ("trust.json", world.trust.bytes),
        ("ada.opening", opening.bytes),
      ] { try Data(bytes).write(to: folder.appending(path: name)) }
    }
    func bytes(_ name: String) throws -> Bytes {
      Bytes(try Data(contentsOf: folder.appending(path: name)))
    }
    let trust = try TrustStore(Signed(bytes("trust.json")))
    let identity = try MaskOpening(bytes("ada.opening")).verify(
      with: Receipt(bytes("purchase.receipt")), trust: trust,
      anchors: [Self.vector("root.der")])
    #expect(identity.subject == "CN=Grüße\\, Ada,C=XX")
  }
}
