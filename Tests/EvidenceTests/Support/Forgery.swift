// Statements put together by hand, so that every part of them can be wrong.

import Evidence
import PaymentCrypto
import PaymentModel

/// A statement whose texts are given as they are, signed over what they are.
struct Forgery {
  var kind = StatementKind.cancellation
  var key = Parties.customer
  /// Members of the payload, as text.
  var payload: String
  /// The protected header, as text.
  var header: String

  init() {
    payload = Self.payload(#""process":"\#(Self.process)""#)
    header = Self.header()
  }

  static let process = (identifier("process") as ProcessID).hex
  static let kid = Base64.url.string(Parties.customer.signer.issuer.key.bytes)
  static let otherKid = Base64.url.string(Parties.merchant.signer.issuer.key.bytes)
  static let issuer = #""issuer":{"key":"\#(kid)","party":"customer"}"#
  static let nonce = #""nonce":"000102030405060708090a0b0c0d0e0f""#

  static func payload(
    _ claim: String, issuer: String = issuer, kind: String = "cancellation", nonce: String = nonce
  ) -> String {
    #"{\#(issuer),"kind":"\#(kind)",\#(nonce),\#(claim)}"#
  }

  static func header(
    alg: String = #""Ed25519""#, kid: String = kid, typ: String = "foil-cancellation+jws"
  ) -> String {
    #"{"alg":\#(alg),"kid":"\#(kid)","typ":"\#(typ)"}"#
  }

  static func entry(_ header: String, _ signature: Bytes) -> String {
    let header = Base64.url.string(header.utf8)
    return #"{"protected":"\#(header)","signature":"\#(Base64.url.string(signature))"}"#
  }

  static func outer(_ payload: some Sequence<UInt8>, _ entries: String...) -> Bytes {
    let payload = Base64.url.string(payload)
    let text = #"{"payload":"\#(payload)","signatures":[\#(entries.joined(separator: ","))]}"#
    return Bytes(text.utf8)
  }

  static func sign(
    _ header: String, _ payload: some Sequence<UInt8>, by key: TestKey = Parties.customer
  ) -> Bytes {
    key.key.sign(
      Bytes((Base64.url.string(header.utf8) + "." + Base64.url.string(payload)).utf8))
  }

  var signature: Bytes { Self.sign(header, payload.utf8, by: key) }
  var entry: String { Self.entry(header, signature) }
  var bytes: Bytes { Self.outer(payload.utf8, entry) }

  static func bytes(payload: String) -> Bytes {
    var forgery = Forgery()
    forgery.payload = payload
    return forgery.bytes
  }

  static func bytes(payload: Bytes) -> Bytes {
    let header = header()
    return outer(payload, entry(header, sign(header, payload)))
  }

  static func bytes(header: String) -> Bytes {
    var forgery = Forgery()
    forgery.header = header
    return forgery.bytes
  }
}

extension Bytes {
  /// The text with one part of it replaced. Nothing is replaced by accident: the part must be there.
  func replacing(_ part: String, with other: String) -> Bytes {
    let text = String(decoding: self, as: UTF8.self)
    guard text.contains(part) else { fatalError("nothing to replace") }
    return Bytes(text.replacing(part, with: other).utf8)
  }
}
