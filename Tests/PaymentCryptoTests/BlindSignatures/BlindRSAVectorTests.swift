// RFC 9474, appendix A: every intermediate value of every vector.

import Foundation
import PaymentCrypto
import PaymentModel
import Testing

@Suite struct BlindRSAVectorTests {
  private struct Case: Decodable {
    var variant: String
    var n: String, e: String
    var message: String, prefix: String, inputMessage: String, salt: String
    var inverse: String, blindedMessage: String, blindSignature: String, signature: String

    enum CodingKeys: String, CodingKey {
      case variant = "variant"
      case n = "n"
      case e = "e"
      case message = "msg"
      case prefix = "msg_prefix"
      case inputMessage = "input_msg"
      case salt = "salt"
      case inverse = "inv"
      case blindedMessage = "blinded_msg"
      case blindSignature = "blind_sig"
      case signature = "sig"
    }
  }

  /// Gives the prefix of the vector where a random one is asked for.
  private struct Prefix: Entropy {
    var prefix: Bytes
    mutating func bytes(_ count: Int) -> Bytes { prefix.count == count ? prefix : [] }
  }

  @Test(arguments: [
    "pss-randomized", "psszero-randomized", "pss-deterministic", "psszero-deterministic",
    "psszero-deterministic-alternate",
  ]) func vector(name: String) throws {
    let folder = Vectors.folder.appending(path: "rsabssa")
    let test = try JSONDecoder().decode(
      Case.self, from: Data(contentsOf: folder.appending(path: "\(name).json")))
    let pem = Bytes(try Data(contentsOf: folder.appending(path: "key.pem")))
    let bank = try BlindRSA.PrivateKey(pkcs8PEM: SecretBytes(copying: pem))
    let key = try BlindRSA.PublicKey(modulus: test.n.unhexed, exponent: test.e.unhexed)
    #expect(bank.publicKey == key)
    let variant = try #require(BlindRSATests.variants.first { $0.name == test.variant })

    var prefix = Prefix(prefix: try test.prefix.unhexed)
    let message = BlindRSA.prepare(try test.message.unhexed, variant: variant, from: &prefix)
    #expect(message.bytes.hex == test.inputMessage)

    let factor = try key.factor(withInverse: SecretBytes(copying: try test.inverse.unhexed))
    let blinding = try key.blind(message, salt: try test.salt.unhexed, factor: factor)
    #expect(blinding.blindedMessage.hex == test.blindedMessage)
    let blindSignature = try bank.blindSign([blinding.blindedMessage])[0]
    #expect(blindSignature.hex == test.blindSignature)
    let signature = try key.finalize(blindSignature, for: message, blinding: blinding)
    #expect(signature.hex == test.signature)
    #expect(key.isValid(signature: signature, for: message))
  }

  /// The vectors here say what those of the RFC say.
  @Test(.enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
  func vectorsAreThoseOfTheRFC() throws {
    let theirs: [[String: String]] = try PeerVectors.json("rsabssa/rfc9474.json")
    let folder = Vectors.folder.appending(path: "rsabssa")
    let names = [
      "pss-randomized", "psszero-randomized", "pss-deterministic", "psszero-deterministic",
      "psszero-deterministic-alternate",
    ]
    #expect(theirs.count == names.count)
    for (index, name) in names.enumerated() {
      let ours = try JSONDecoder().decode(
        [String: String].self, from: Data(contentsOf: folder.appending(path: "\(name).json")))
      for (member, value) in ours where member != "variant" {
        #expect(value == theirs[index][member], "\(name) \(member)")
      }
    }
  }
}
