// Chains of certificates: which verify, and which rule each of the others breaks.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

/// The files of `Vectors/certificates`.
enum CertificateVectors {
  static func bytes(_ name: String) throws -> Bytes {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return Bytes(try Data(contentsOf: root.appending(path: "Vectors/certificates/\(name)")))
  }

  /// Certificates by the names of their files.
  static func der(_ names: String...) throws -> [Bytes] {
    try names.map { try bytes("\($0).der") }
  }

  /// 2027-01-15, when most of them are valid.
  static let time = Timestamp(seconds: 1_800_000_000)
}

@Suite("Certificate chains")
struct CertificateChainTests {
  func verify(
    _ chain: [Bytes], anchors: [Bytes]? = nil, at time: Timestamp = CertificateVectors.time
  ) throws -> CertifiedKey {
    let anchors = try anchors ?? CertificateVectors.der("root")
    return try CertificateChain(chain).verify(anchors: anchors, at: time)
  }

  func verify(_ leaf: String) throws -> CertifiedKey {
    try verify(try CertificateVectors.der(leaf, "registrar"))
  }

  /// Why it is refused.
  func refusal(_ body: () throws -> CertifiedKey) -> String? {
    do {
      return "accepted: \(try body().subject)"
    } catch {
      return (error as? CryptoError)?.code.rawValue ?? "\(error)"
    }
  }

  // MARK: - What verifies

  @Test("a chain gives subject, key and authority of its leaf")
  func valid() throws {
    let ada = try verify("ed25519")
    #expect(ada.subject == "CN=Grüße\\, Ada,C=XX")
    #expect(ada.anchorSubject == "CN=Registrar Root,O=Registrar,C=XX")
    #expect(try ada.anchor == CertificateVectors.bytes("root.der"))
    let seed = try CertificateVectors.bytes("ed25519.seed")
    let key = try Ed25519.PrivateKey(seed: SecretBytes(copying: seed))
    #expect(ada.subjectPublicKeyInfo == key.publicKey.derRepresentation)
    #expect(try verify("p256").subject == "CN=Bea")
    #expect(try verify("rsa").subject == "CN=Cid")
  }

  @Test("an authority in between can be the anchor, and an anchor can be presented, too")
  func anchors() throws {
    let registrar = try CertificateVectors.der("registrar")
    let key = try verify(CertificateVectors.der("p256"), anchors: registrar)
    #expect(key.anchorSubject == "CN=Registrar One,O=Registrar,C=XX")
    _ = try verify(CertificateVectors.der("p256", "registrar", "root"))
    _ = try verify(
      CertificateVectors.der("p256", "registrar"),
      anchors: CertificateVectors.der("stranger", "root"))
  }

  @Test("each kind of key verifies its own signature, in one form and over one message")
  func signatures() throws {
    let message = try CertificateVectors.bytes("message")
    for (name, file) in [("ed25519", "ed25519"), ("p256", "p256"), ("rsa", "rsa-pss")] {
      let key = try verify(name)
      let signature = try CertificateVectors.bytes("\(file).sig")
      #expect(key.isValid(signature: signature, for: message), "\(name)")
      #expect(!key.isValid(signature: signature, for: message + [0]), "\(name)")
      #expect(!key.isValid(signature: signature + [0], for: message), "\(name)")
      #expect(!key.isValid(signature: Bytes(signature.dropLast()), for: message), "\(name)")
      #expect(!key.isValid(signature: [], for: message), "\(name)")
      for place in [0, 10, signature.count / 2, signature.count - 1] {
        var changed = signature
        changed[place] ^= 1
        #expect(!key.isValid(signature: changed, for: message), "\(name), byte \(place)")
      }
      for other in ["ed25519", "p256", "rsa"] where other != name {
        #expect(!(try verify(other).isValid(signature: signature, for: message)))
      }
    }
    // The same keys, other schemes.
    let rsa = try verify("rsa")
    for file in ["rsa-pkcs1", "rsa-pss-salt-20"] {
      #expect(!rsa.isValid(signature: try CertificateVectors.bytes("\(file).sig"), for: message))
    }
    let sha384 = try CertificateVectors.bytes("p256-sha384.sig")
    #expect(!(try verify("p256").isValid(signature: sha384, for: message)))
  }

  // MARK: - What does not

  @Test(
    "a leaf that breaks a rule is refused with the code of that rule",
    arguments: [
      ("rsa-1024", "certificate-key"), ("rsa-exponent-3", "certificate-key"),
      ("p384", "certificate-key"), ("explicit-curve", "certificate-key"),
      ("expired", "certificate-expired"), ("not-yet", "certificate-not-yet-valid"),
      ("sealer", "certificate-leaf"), ("under-lowest", "certificate-leaf"),
      ("unknown-critical", "certificate-path"), ("bidi", "certificate-subject"),
      ("sha1", "certificate-path"), ("by-stranger", "certificate-untrusted"),
    ])
  func refusedLeaf(name: String, code: String) {
    #expect(refusal { try verify(name) } == code)
  }

  @Test("a path over a person, below the lowest authority, or to nobody is refused")
  func refusedPaths() throws {
    let anchors = try CertificateVectors.der("root")
    func refusal(_ names: [String], _ anchors: [Bytes]) -> String? {
      self.refusal {
        try verify(names.map { try CertificateVectors.bytes("\($0).der") }, anchors: anchors)
      }
    }
    #expect(refusal(["issued-by-person", "p256", "registrar"], anchors) == "certificate-path")
    #expect(refusal(["too-deep", "under-lowest", "registrar"], anchors) == "certificate-path")
    #expect(refusal(["p256"], anchors) == "certificate-untrusted")
    #expect(
      refusal(["p256", "registrar"], try CertificateVectors.der("stranger"))
        == "certificate-untrusted")
    #expect(refusal(["p256", "impostor"], anchors) == "certificate-untrusted")
    #expect(refusal(["p256"], try CertificateVectors.der("impostor")) == "certificate-untrusted")
    // A root that brings itself along is not trusted by that.
    #expect(refusal(["by-stranger", "stranger"], anchors) == "certificate-untrusted")
  }

  @Test("what is presented is the path, in its order, and nothing else")
  func order() throws {
    func refusal(_ names: String...) throws -> String? {
      let chain = try names.map { try CertificateVectors.bytes("\($0).der") }
      return self.refusal { try verify(chain) }
    }
    #expect(try refusal("p256", "root", "registrar") == "certificate-order")
    #expect(try refusal("p256", "registrar", "stranger") == "certificate-order")
    #expect(try refusal("p256", "p384", "registrar") == "certificate-order")
    #expect(try refusal("p256", "registrar", "registrar") == "certificate-order")
  }

  @Test("an anchor is an authority, and no leaf vouches for itself")
  func anchorsAreAuthorities() throws {
    let leaf = try CertificateVectors.der("p256")
    #expect(refusal { try verify(leaf, anchors: leaf) } == "certificate-anchor")
    #expect(refusal { try verify(leaf, anchors: []) } == "certificate-count")
    let many = Array(repeating: try CertificateVectors.bytes("root.der"), count: 65)
    #expect(refusal { try verify(leaf, anchors: many) } == "certificate-count")
  }

  @Test("the time that is handed in decides, to the second")
  func time() throws {
    let chain = try CertificateVectors.der("expired", "registrar")
    // 2026-01-01 and 2026-02-01, 00:00:00 UTC.
    let (start, end) = (Timestamp(seconds: 1_767_225_600), Timestamp(seconds: 1_769_904_000))
    _ = try verify(chain, at: start)
    _ = try verify(chain, at: end.adding(milliseconds: -1))
    #expect(
      refusal { try verify(chain, at: start.adding(milliseconds: -1)) }
        == "certificate-not-yet-valid")
    #expect(refusal { try verify(chain, at: end.adding(seconds: 1)) } == "certificate-expired")
    for extreme in [Int64.min, -1, Int64.max] {
      #expect(
        refusal { try verify(chain, at: Timestamp(milliseconds: extreme)) }?.hasPrefix(
          "certificate-") == true)
    }
  }

  @Test("a changed certificate does not verify, whichever bit it is")
  func changed() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    let chain = try CertificateVectors.der("p256", "registrar")
    for round in 0..<300 {
      var changed = chain
      let random = entropy.bytes(4)
      let which = Int(random[0] & 1)
      let place = (Int(random[1]) << 8 | Int(random[2])) % changed[which].count
      changed[which][place] ^= 1 << (random[3] & 7)
      let outcome = refusal { try verify(changed) }
      #expect(
        outcome?.hasPrefix("certificate-") == true, "seed \(seed), round \(round): \(outcome ?? "")"
      )
    }
    var signature = chain[0]
    signature[signature.count - 1] ^= 1
    #expect(refusal { try verify([signature, chain[1]]) } == "certificate-signature")
  }

  @Test("what is no certificate, is too large, or too many is refused before it is read")
  func bounds() throws {
    let leaf = try CertificateVectors.bytes("p256.der")
    let registrar = try CertificateVectors.bytes("registrar.der")
    #expect(refusal { try verify([]) } == "certificate-count")
    #expect(refusal { try verify(Array(repeating: leaf, count: 9)) } == "certificate-count")
    #expect(
      refusal { try verify([leaf + Bytes(repeating: 0, count: 16_384)]) } == "certificate-size")
    let malformed: [Bytes] = [
      [], [0x30], [0x30, 0x80, 0, 0], Bytes(leaf.dropLast()), leaf + [0], registrar + leaf,
      Bytes("-----BEGIN CERTIFICATE-----\n".utf8),
    ]
    for bytes in malformed {
      #expect(refusal { try verify([bytes, registrar]) } == "certificate-encoding")
      #expect(refusal { try verify([leaf, bytes]) } == "certificate-encoding")
      #expect(refusal { try verify([leaf], anchors: [bytes]) } == "certificate-encoding")
    }
  }

  // MARK: - Files

  @Test("PEM with text around it and DER give the same certificates")
  func files() throws {
    let pem = try CertificateVectors.bytes("chain.pem")
    let both = try CertificateVectors.der("registrar", "root")
    #expect(try CertificateFile.read(pem) == both)
    let text = String(decoding: pem, as: UTF8.self)
    let carriage = Bytes("subject=CN\r\n\(text.replacing("\n", with: "\r\n"))trailer".utf8)
    #expect(try CertificateFile.read(carriage) == both)
    #expect(try CertificateFile.read(both[0]) == [both[0]])
  }

  @Test(
    "a file without certificates, or with half of one, is refused",
    arguments: [
      ("", "certificate-count"), ("hello", "certificate-count"),
      ("-----BEGIN CERTIFICATE-----\nAAAA\n", "certificate-encoding"),
      ("-----END CERTIFICATE-----\n", "certificate-encoding"),
      ("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n", "certificate-encoding"),
      (
        "-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "certificate-encoding"
      ),
    ])
  func badFiles(text: String, code: String) {
    do {
      _ = try CertificateFile.read(Bytes(text.utf8))
      Issue.record("accepted")
    } catch {
      #expect(error.code.rawValue == code)
    }
  }
}
