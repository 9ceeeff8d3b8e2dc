// The key and the signature of RFC 8037, appendix A.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Testing

@Suite("RFC 8037", .enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
struct RFC8037Tests {
  struct Example: Decodable {
    let d, x, protected, payload, signature, thumbprint: String

    enum CodingKeys: String, CodingKey {
      case d, x, protected, payload, signature
      case thumbprint = "thumbprint_sha256"
    }
  }

  @Test("our signer's kid and signatures are those of the example's key")
  func example() throws {
    let example: Example = try PeerVectors.json("rfc8037-a.json")
    func bytes(_ text: String) throws -> Bytes { try #require(Base64.url.decode(Bytes(text.utf8))) }
    let key = try Ed25519.PrivateKey(seed: SecretBytes(copying: bytes(example.d)))
    #expect(key.publicKey.bytes == (try bytes(example.x)))
    #expect(key.publicKey.thumbprint.bytes == (try bytes(example.thumbprint)))
    let input = Bytes("\(example.protected).\(example.payload)".utf8)
    #expect(key.sign(input) == (try bytes(example.signature)))

    // Its header says EdDSA, which leaves the curve open: not one of ours.
    let statement = Bytes(
      #"{"payload":"\#(Base64.url.string(Forgery().payload.utf8))","signatures":[{"protected":"\#(example.protected)","signature":"\#(example.signature)"}]}"#
        .utf8)
    #expect(
      failure { () throws(EvidenceError) in try UnverifiedStatement(statement) } == .memberMissing)
  }
}
