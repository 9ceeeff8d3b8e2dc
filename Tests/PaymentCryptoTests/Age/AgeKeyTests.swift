// Identities and recipients: their text, and the ones that are refused.

import PaymentCrypto
import PaymentModel
import Testing

@Suite struct AgeKeyTests {
  private struct Keys: Decodable {
    struct Pair: Decodable { var a: String, b: String, recipient: String }
    var lowOrderRecipients: [String]
    var pair: Pair

    enum CodingKeys: String, CodingKey {
      case lowOrderRecipients = "low_order_recipients"
      case pair = "scalar_pair_same_recipient"
    }
  }

  @Test func textRoundTrips() throws {
    for seed in UInt64(1)...20 {
      var entropy = SeededEntropy(seed: seed)
      let identity = Age.Identity.generate(from: &entropy)
      let text = identity.encoded()
      #expect(text.revealed.count == 74)
      #expect(text.revealed.starts(with: Bytes("AGE-SECRET-KEY-1".utf8)))
      let again = try Age.Identity(encoded: text)
      #expect(again.withSpan { $0.revealed } == identity.withSpan { $0.revealed })
      #expect(again.recipient == identity.recipient)
      #expect(try Age.Recipient(encoded: identity.recipient.encoded) == identity.recipient)
      #expect(try Age.Recipient(identity.recipient.bytes) == identity.recipient)
    }
  }

  @Test func changedTextIsRefused() throws {
    var entropy = SeededEntropy(seed: 1)
    let identity = Age.Identity.generate(from: &entropy)
    let text = identity.encoded().revealed
    for index in text.indices {
      var changed = text
      changed[index] = changed[index] == UInt8(ascii: "Q") ? UInt8(ascii: "P") : UInt8(ascii: "Q")
      #expect(identityCode(changed) == .ageIdentity, "letter \(index)")
    }
    let string = String(decoding: text, as: UTF8.self)
    for wrong in ["", "AGE-SECRET-KEY-1", string.lowercased(), string + "\n", " " + string, "é"] {
      #expect(identityCode(Bytes(wrong.utf8)) == .ageIdentity)
    }
    let recipient = identity.recipient.encoded
    for wrong in ["", "age1", recipient.uppercased(), recipient + "q", "\(recipient.dropLast())"] {
      #expect(throws: CryptoError.self) { try Age.Recipient(encoded: wrong) }
    }
  }

  @Test func badRecipientsAreRefused() throws {
    func code(_ bytes: Bytes) -> CryptoError.Code? {
      do {
        _ = try Age.Recipient(bytes)
        return nil
      } catch { return error.code }
    }
    var entropy = SeededEntropy(seed: 1)
    let good = Age.Identity.generate(from: &entropy).recipient.bytes
    #expect(code(good) == nil)
    #expect(code(good + [0]) == .ageRecipient)
    #expect(code(Bytes(good.dropLast()) + [good[31] | 0x80]) == .ageRecipientNotCanonical)
    let prime: Bytes = [0xed] + Bytes(repeating: 0xff, count: 30) + [0x7f]
    #expect(code(prime) == .ageRecipientNotCanonical)
    #expect(code([0xee] + prime.dropFirst()) == .ageRecipientNotCanonical)
    #expect(code([0xec] + prime.dropFirst()) == .ageRecipientLowOrder)
    #expect(code(Bytes(repeating: 0, count: 32)) == .ageRecipientLowOrder)
    #expect(code([1] + Bytes(repeating: 0, count: 31)) == .ageRecipientLowOrder)
  }

  /// RFC 7748, section 5.2, second vector, and the base point, which is on the curve.
  @Test func curveAndTwist() throws {
    #expect(X25519.isOnCurve([9] + Bytes(repeating: 0, count: 31)))
    #expect(!X25519.isOnCurve([2] + Bytes(repeating: 0, count: 31)))
    for seed in UInt64(1)...20 {
      var entropy = SeededEntropy(seed: seed)
      #expect(X25519.isOnCurve(Age.Identity.generate(from: &entropy).recipient.bytes))
    }
    let shared = X25519.sharedSecret(
      scalar: SecretBytes(
        copying: try "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d".unhexed),
      point: try "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493".unhexed)
    let expected = "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
    #expect(shared?.revealed.hex == expected)
  }

  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func adversarialKeys() throws {
    let keys: Keys = try PeerVectors.json("age-adversarial/keys.json")
    for recipient in keys.lowOrderRecipients {
      let error = #expect(throws: CryptoError.self) { try Age.Recipient(encoded: recipient) }
      #expect(error?.code == .ageRecipientLowOrder)
    }
    let pair = keys.pair
    for scalar in [pair.a, pair.b] {
      let identity = try Age.Identity(copying: SecretBytes(copying: try scalar.unhexed))
      #expect(identity.recipient.encoded == pair.recipient)
    }
  }

  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func wycheproof() throws {
    struct Group: Decodable {
      struct Case: Decodable {
        var tcId: Int
        var `public`: String
        var `private`: String
        var shared: String
      }
      var tests: [Case]
    }
    let file: Wycheproof<Group> = try PeerVectors.json("wycheproof/x25519_test.json")
    var refused = 0
    for test in file.testGroups.flatMap(\.tests) {
      let shared = X25519.sharedSecret(
        scalar: SecretBytes(copying: try test.private.unhexed), point: try test.public.unhexed)?
        .revealed
      if test.shared.allSatisfy({ $0 == "0" }) {
        #expect(shared == nil, "case \(test.tcId)")
        #expect(X25519.isLowOrder(try test.public.unhexed))
        refused += 1
      } else {
        #expect(try shared == test.shared.unhexed, "case \(test.tcId)")
      }
    }
    #expect(refused > 0)
  }

  private func identityCode(_ text: Bytes) -> CryptoError.Code? {
    do {
      _ = try Age.Identity(encoded: SecretBytes(copying: text))
      return nil
    } catch { return error.code }
  }
}
