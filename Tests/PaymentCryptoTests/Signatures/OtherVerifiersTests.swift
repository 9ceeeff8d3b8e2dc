// Whatever is accepted here, other verifiers accept.

import PaymentCrypto
import PaymentModel
import Programs
import Testing

/// Python's `cryptography`, which asks libcrypto: another verification than the one that is used here.
@Suite(
  .enabled("python3 with cryptography is missing") { await Program.pythonHas("cryptography") })
struct OtherVerifiersTests {
  struct Case {
    let name: String
    let key: Bytes
    let signature: Bytes
    let message: Bytes

    /// Whether our verifier takes the key, and the signature.
    var isAccepted: Bool {
      (try? Ed25519.PublicKey(key))?.isValid(signature: signature, for: message) ?? false
    }
  }

  /// Prints the names of the cases that verify.
  private static let program = """
    import sys
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    for line in sys.stdin:
        name, key, signature, message = line.rstrip("\\n").split(" ")
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
                bytes.fromhex(signature), bytes.fromhex(message))
            print(name)
        except (InvalidSignature, ValueError):
            pass
    """

  private static func accepted(byPython cases: [Case]) async throws -> Set<String> {
    let lines = cases.map { "\($0.name) \($0.key.hex) \($0.signature.hex) \($0.message.hex)\n" }
    let outcome = try await Program.python.run("-c", program, input: Bytes(lines.joined().utf8))
    #expect(outcome.status == 0)
    return Set(outcome.lines)
  }

  private func expectSubset(_ cases: [Case], _ comment: Comment) async throws -> Int {
    let ours = Set(cases.filter(\.isAccepted).map(\.name))
    let theirs = try await Self.accepted(byPython: cases)
    #expect(ours.subtracting(theirs) == [], comment)
    return ours.count
  }

  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func cctvEdgeCases() async throws {
    struct Vector: Decodable {
      var number: Int, key: String, sig: String, msg: String
    }
    let vectors: [Vector] = try PeerVectors.json("ed25519/cctv-ed25519vectors.json")
    let cases = try vectors.map {
      Case(
        name: "\($0.number)", key: try $0.key.unhexed, signature: try $0.sig.unhexed,
        message: Bytes($0.msg.utf8))
    }
    #expect(try await expectSubset(cases, "CCTV") > 0)
  }

  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func wycheproof() async throws {
    struct Group: Decodable {
      struct Key: Decodable { var pk: String }
      struct Vector: Decodable { var tcId: Int, msg: String, sig: String }
      var publicKey: Key
      var tests: [Vector]
    }
    let file: Wycheproof<Group> = try PeerVectors.json("wycheproof/ed25519_test.json")
    let cases = try file.testGroups.flatMap { group in
      try group.tests.map {
        Case(
          name: "\($0.tcId)", key: try group.publicKey.pk.unhexed, signature: try $0.sig.unhexed,
          message: try $0.msg.unhexed)
      }
    }
    #expect(try await expectSubset(cases, "Wycheproof") > 50)
  }

  /// Our own signatures, as they are, with the sign of R or A turned, with one bit changed, and with the
  /// halves of another.
  @Test func changedSignatures() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    var cases: [Case] = []
    for round in 0..<40 {
      let key = Ed25519.PrivateKey.generate(from: &entropy)
      let message = entropy.bytes(round)
      let (good, other) = (key.sign(message), key.sign(message + [1]))
      var (turned, changed, turnedKey) = (good, good, key.publicKey.bytes)
      turned[31] ^= 0x80
      turnedKey[31] ^= 0x80
      changed[Int(entropy.bytes(1)[0]) % 64] ^= 1 << (entropy.bytes(1)[0] % 8)
      let signatures = [good, turned, changed, good.prefix(32) + other.suffix(32)]
      for (number, signature) in signatures.enumerated() {
        cases.append(
          Case(
            name: "\(round)-\(number)", key: key.publicKey.bytes, signature: signature,
            message: message))
      }
      cases.append(
        Case(name: "\(round)-key", key: turnedKey, signature: good, message: message))
    }
    #expect(try await expectSubset(cases, "seed \(seed)") == 40, "seed \(seed)")
  }
}
