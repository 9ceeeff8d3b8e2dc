// Ed25519: what is accepted here, every verifier accepts; what every verifier accepts is accepted.

import PaymentCrypto
import PaymentModel
import Programs
import Testing

@Suite struct Ed25519Tests {
  private func key(_ seed: UInt64) -> Ed25519.PrivateKey {
    var entropy = SeededEntropy(seed: seed)
    return Ed25519.PrivateKey.generate(from: &entropy)
  }

  /// RFC 8032, section 7.1, tests 1 and 3.
  @Test func signsAsTheRFC() throws {
    let cases = [
      (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
      ),
      (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
      ),
    ]
    for (seed, publicKey, message, signature) in cases {
      let key = try Ed25519.PrivateKey(seed: SecretBytes(copying: try seed.unhexed))
      #expect(key.publicKey.description == publicKey)
      #expect(key.sign(try message.unhexed).hex == signature)
      #expect(key.publicKey.isValid(signature: try signature.unhexed, for: try message.unhexed))
      let lent = key.withSeed { $0.revealed.hex }
      #expect(lent == seed)
    }
  }

  @Test func refusesEveryChangedBit() {
    let key = key(1)
    let message = Bytes("pay all or nothing".utf8)
    let signature = key.sign(message)
    for bit in 0..<(8 * signature.count) {
      var changed = signature
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(!key.publicKey.isValid(signature: changed, for: message), "bit \(bit)")
    }
    #expect(!key.publicKey.isValid(signature: signature, for: message + [0]))
    #expect(!key.publicKey.isValid(signature: signature + [0], for: message))
    #expect(!key.publicKey.isValid(signature: [], for: message))
    #expect(!self.key(2).publicKey.isValid(signature: signature, for: message))
  }

  /// S + ℓ satisfies the same equation; only the check S < ℓ refuses it.
  @Test func refusesASecondSpellingOfTheSameSignature() {
    let key = key(3)
    let order: Bytes =
      [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14,
      ] + Bytes(repeating: 0, count: 15) + [0x10]
    var signature = key.sign([1])
    var carry: UInt16 = 0
    for index in 0..<32 {
      let sum = UInt16(signature[32 + index]) + UInt16(order[index]) + carry
      signature[32 + index] = UInt8(truncatingIfNeeded: sum)
      carry = sum >> 8
    }
    #expect(carry == 0)
    #expect(!key.publicKey.isValid(signature: signature, for: [1]))
  }

  @Test func refusesBadKeys() throws {
    let badPoints = [
      // The identity, and the points of order 2 and 4.
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000000",
      // The identity with a sign, and y = p + 1: not canonical.
      "0100000000000000000000000000000000000000000000000000000000000080",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      // Not on the curve.
      "0200000000000000000000000000000000000000000000000000000000000000",
    ]
    for point in badPoints {
      let error = #expect(throws: CryptoError.self) { try Ed25519.PublicKey(point.unhexed) }
      #expect(error?.code == .keyPoint, "\(point)")
    }
    for count in [0, 31, 33] {
      let error = #expect(throws: CryptoError.self) {
        try Ed25519.PublicKey(Bytes(repeating: 1, count: count))
      }
      #expect(error?.code == .keySize)
    }
  }

  /// −B − T for the point T of order two: (−x, −y) has the encoding of y negated with the sign flipped.
  /// Adding T = (0, −1) maps (x, y) to (−x, −y), so p − y with the other sign is a key with a component
  /// of order two.
  @Test func refusesAComponentOfOrderTwo() throws {
    let good = key(4).publicKey.bytes
    var mixed = Bytes(repeating: 0, count: 32)
    let prime: Bytes = [0xed] + Bytes(repeating: 0xff, count: 30) + [0x7f]
    var borrow: Int16 = 0
    for index in 0..<32 {
      let y = index == 31 ? good[index] & 0x7f : good[index]
      let difference = Int16(prime[index]) - Int16(y) - borrow
      mixed[index] = UInt8(truncatingIfNeeded: difference)
      borrow = difference < 0 ? 1 : 0
    }
    mixed[31] |= (good[31] & 0x80) ^ 0x80
    let error = #expect(throws: CryptoError.self) { try Ed25519.PublicKey(mixed) }
    #expect(error?.code == .keyPoint)
    #expect(try Ed25519.PublicKey(good).bytes == good)
  }

  /// RFC 8037, appendix A.3.
  @Test func thumbprintAsTheRFC() throws {
    let key = try Ed25519.PublicKey(
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a".unhexed)
    #expect(
      Base64.url.string(key.thumbprint.bytes) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
  }

  @Test(.enabled(if: Program.openssl.isPresent, "openssl is not installed"))
  func opensslVerifies() async throws {
    let key = key(5)
    let message = Bytes("an order".utf8)
    let folder = try ScratchFolder()
    let pem = try folder.file("key.pem", Bytes(key.publicKey.pemRepresentation.utf8))
    let input = try folder.file("message", message)
    for (signature, status) in [(key.sign(message), Int32(0)), (key.sign([0]), 1)] {
      let outcome = try await Program.openssl.run(
        "pkeyutl", "-verify", "-pubin", "-inkey", pem, "-rawin", "-in", input, "-sigfile",
        folder.file("signature", signature))
      #expect(outcome.status == status)
    }
  }

  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func cctvEdgeCases() throws {
    struct Case: Decodable {
      var number: Int, key: String, sig: String, msg: String
      var flags: [String]?
    }
    let cases: [Case] = try PeerVectors.json("ed25519/cctv-ed25519vectors.json")
    var accepted = 0
    for test in cases {
      let publicKey = try? Ed25519.PublicKey(test.key.unhexed)
      let isValid =
        try publicKey?.isValid(signature: test.sig.unhexed, for: Bytes(test.msg.utf8)) ?? false
      #expect(isValid == (test.flags ?? []).isEmpty, "case \(test.number): \(test.flags ?? [])")
      accepted += isValid ? 1 : 0
    }
    #expect(cases.count == 914)
    #expect(accepted > 0)
  }

  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func wycheproof() throws {
    struct Group: Decodable {
      struct Key: Decodable { var pk: String }
      struct Case: Decodable { var tcId: Int, msg: String, sig: String, result: String }
      var publicKey: Key
      var tests: [Case]
    }
    let file: Wycheproof<Group> = try PeerVectors.json("wycheproof/ed25519_test.json")
    for group in file.testGroups {
      let key = try Ed25519.PublicKey(group.publicKey.pk.unhexed)
      for test in group.tests {
        #expect(
          try key.isValid(signature: test.sig.unhexed, for: test.msg.unhexed)
            == (test.result == "valid"), "case \(test.tcId)")
      }
    }
  }
}
