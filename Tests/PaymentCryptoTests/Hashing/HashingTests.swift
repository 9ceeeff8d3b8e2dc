// SHA-256, HMAC, HKDF and ChaCha20-Poly1305 against published values.

import PaymentCrypto
import PaymentModel
import Testing

@Suite struct HashingTests {
  /// FIPS 180-2, appendix B.1 and B.2.
  @Test func sha256OfPartsIsThatOfTheWhole() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(SHA256.digest(Bytes("abc".utf8)).hex == abc)
    #expect(SHA256.digest(Bytes("a".utf8), [], Bytes("bc".utf8)).hex == abc)
    #expect(
      SHA256.digest().hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func hasherIsAValue() {
    var hasher = SHA256.Hasher()
    hasher.update(Bytes("a".utf8))
    var other = hasher
    hasher.update(Bytes("bc".utf8))
    other.update(Bytes("xy".utf8).span)
    #expect(hasher.finalize() == SHA256.digest(Bytes("abc".utf8)))
    #expect(other.finalize() == SHA256.digest(Bytes("axy".utf8)))
    hasher.update(Bytes("d".utf8))
    #expect(hasher.finalize() == SHA256.digest(Bytes("abcd".utf8)))
  }

  /// RFC 5869, appendix A.1 and A.3.
  @Test func hkdf() throws {
    let secret = SecretBytes(copying: Bytes(repeating: 0x0b, count: 22))
    #expect(
      HKDF.deriveBytes(
        secret: secret, salt: Bytes(0...0x0c), info: Bytes(0xf0...0xf9), count: 42
      ).hex
        == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
    #expect(
      HKDF.deriveBytes(secret: secret, info: [], count: 42).hex
        == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
  }

  @Test func hkdfOfAnEmptySecret() {
    let output = HKDF.deriveBytes(secret: SecretBytes(copying: []), info: [1], count: 32)
    #expect(output.count == 32)
  }

  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func wycheproofHMAC() throws {
    struct Group: Decodable {
      struct Case: Decodable {
        var tcId: Int, key: String, msg: String, tag: String, result: String
      }
      var tagSize: Int
      var tests: [Case]
    }
    let file: Wycheproof<Group> = try PeerVectors.json("wycheproof/hmac_sha256_test.json")
    var checked = 0
    for group in file.testGroups where group.tagSize == 256 {
      for test in group.tests {
        let isValid = HMACSHA256.isValid(
          try test.tag.unhexed, for: try test.msg.unhexed,
          key: SecretBytes(copying: try test.key.unhexed))
        #expect(isValid == (test.result == "valid"), "case \(test.tcId)")
        checked += 1
      }
    }
    #expect(checked > 20)
  }

  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func wycheproofHKDF() throws {
    struct Group: Decodable {
      struct Case: Decodable {
        var tcId: Int, ikm: String, salt: String, info: String, size: Int, okm: String
        var result: String
      }
      var tests: [Case]
    }
    let file: Wycheproof<Group> = try PeerVectors.json("wycheproof/hkdf_sha256_test.json")
    var checked = 0
    for test in file.testGroups.flatMap(\.tests) {
      guard test.size <= HKDF.largestCount else {
        #expect(test.result == "invalid")
        continue
      }
      let output = HKDF.deriveBytes(
        secret: SecretBytes(copying: try test.ikm.unhexed), salt: try test.salt.unhexed,
        info: try test.info.unhexed, count: test.size)
      #expect(try output == test.okm.unhexed, "case \(test.tcId)")
      checked += 1
    }
    #expect(checked > 20)
  }

  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func wycheproofChaCha20Poly1305() throws {
    struct Group: Decodable {
      struct Case: Decodable {
        var tcId: Int, key: String, iv: String, aad: String, msg: String, ct: String, tag: String
        var result: String
      }
      var ivSize: Int
      var tests: [Case]
    }
    let file: Wycheproof<Group> = try PeerVectors.json("wycheproof/chacha20_poly1305_test.json")
    var checked = 0
    for group in file.testGroups where group.ivSize == 96 {
      for test in group.tests {
        var cipher = ChaCha20Poly1305(key: SecretBytes(copying: try test.key.unhexed))
        let (nonce, data) = (try test.iv.unhexed, try test.aad.unhexed)
        let sealed = try test.ct.unhexed + test.tag.unhexed
        let message = try test.msg.unhexed
        let opened = cipher.open(sealed.span, nonce: nonce, associatedData: data)?.revealed
        if test.result == "valid" {
          #expect(opened == message, "case \(test.tcId)")
          #expect(
            cipher.seal(message.span, nonce: nonce, associatedData: data) == sealed,
            "case \(test.tcId)")
        } else {
          #expect(opened == nil, "case \(test.tcId)")
        }
        checked += 1
      }
    }
    #expect(checked > 100)
  }
}
