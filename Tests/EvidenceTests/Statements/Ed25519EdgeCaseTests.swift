// The keys and signatures of C2SP's Ed25519 edge cases, sent in as statements.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Testing

@Suite("Ed25519 edge cases", .enabled(if: PeerVectors.isPresent, "FOIL_PEER_VECTORS is not set"))
struct Ed25519EdgeCaseTests {
  struct Vector: Decodable {
    let key, sig: String
    let flags: [String]?
  }

  @Test("no statement verifies under these keys with these signatures")
  func refused() throws {
    let vectors: [Vector] = try PeerVectors.json("ed25519/cctv-ed25519vectors.json")
    let trust = try Trust.store()
    var invalidKeys = 0
    for vector in vectors where vector.flags != nil {
      let key = try #require(Bytes(hex: vector.key))
      let jwk = #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64.url.string(key))"}"#
      let kid = Base64.url.string(SHA256.digest(Bytes(jwk.utf8)).bytes)
      let payload = Forgery.payload(
        #""process":"\#(Forgery.process)""#,
        issuer: #""issuer":{"key":"\#(kid)","party":"customer"}"#)
      let statement = Forgery.outer(
        payload.utf8,
        Forgery.entry(Forgery.header(kid: kid), try #require(Bytes(hex: vector.sig))))
      let code = failure { () throws(EvidenceError) in
        try trust.verify(Signed<Cancellation>(statement), byOneTimeKey: identifier(key))
      }
      #expect(code == .keyInvalid || code == .signatureInvalid)
      if code == .keyInvalid { invalidKeys += 1 }
      if vector.flags?.contains("low_order_A") == true { #expect(code == .keyInvalid) }
    }
    #expect(invalidKeys > 100)
  }
}
