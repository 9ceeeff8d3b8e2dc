// The cases that are about what stands inside: headers, payloads, and what the signature covers.

import Evidence
import PaymentCrypto
import PaymentModel

extension StatementCases {
  // MARK: - Headers

  static let headers: [StatementCase] = [
    bad(
      "alg-none", .algorithm, "no signature at all",
      Forgery.bytes(header: Forgery.header(alg: #""none""#))),
    bad(
      "alg-hs256", .algorithm, "a key that both sides know",
      Forgery.bytes(header: Forgery.header(alg: #""HS256""#))),
    bad(
      "alg-eddsa", .algorithm, "the name that leaves the curve open",
      Forgery.bytes(header: Forgery.header(alg: #""EdDSA""#))),
    bad(
      "alg-lower-case", .algorithm, "names are compared as bytes",
      Forgery.bytes(header: Forgery.header(alg: #""ed25519""#))),
    bad("alg-number", .memberType, "not text", Forgery.bytes(header: Forgery.header(alg: "1"))),
    bad(
      "alg-escaped", .jsonEscape, "the same name, spelled with an escape",
      Forgery.bytes(header: Forgery.header(alg: #""\u0045d25519""#))),
    bad(
      "alg-missing", .memberMissing, "no algorithm",
      Forgery.bytes(header: #"{"kid":"\#(Forgery.kid)","typ":"foil-cancellation+jws"}"#)),
    bad(
      "alg-twice", .jsonNameTwice, "two algorithms",
      Forgery.bytes(header: Forgery.header(alg: #""none","alg":"Ed25519""#))),
    bad(
      "header-jwk", .memberUnknown, "a key that the statement brings itself",
      extraHeader("jwk", "{}")),
    bad(
      "header-jku", .memberUnknown, "a place to fetch keys from",
      extraHeader("jku", #""https://example""#)),
    bad(
      "header-x5u", .memberUnknown, "a place to fetch certificates from",
      extraHeader("x5u", #""https://example""#)),
    bad(
      "header-x5c", .memberUnknown, "a certificate that the statement brings itself",
      extraHeader("x5c", "[]")),
    bad(
      "header-crit", .memberUnknown, "extensions that must be understood",
      extraHeader("crit", #"["b64"]"#)),
    bad(
      "header-b64", .memberUnknown, "an unencoded payload (RFC 7797)", extraHeader("b64", "false")),
    bad("header-cty", .memberUnknown, "a content type", extraHeader("cty", #""JWT""#)),
    bad(
      "header-reversed", .jsonNameOrder, "members that are not sorted",
      Forgery.bytes(
        header: #"{"typ":"foil-cancellation+jws","kid":"\#(Forgery.kid)","alg":"Ed25519"}"#)),
    bad(
      "header-space", .jsonSyntax, "white space in the header",
      Forgery.bytes(header: Forgery.header(alg: #" "Ed25519""#))),
    bad("header-empty", .jsonTruncated, "no header", Forgery.bytes(header: "")),
    bad(
      "header-too-long", .memberLength, "a header that no statement needs",
      Forgery.bytes(header: Forgery.header(typ: String(repeating: "a", count: 200)))),
    bad(
      "typ-of-another-kind", .headerType, "the payload is a cancellation",
      Forgery.bytes(header: Forgery.header(typ: "foil-order+jws"))),
    bad(
      "typ-without-suffix", .headerType, "the type without its suffix",
      Forgery.bytes(header: Forgery.header(typ: "foil-cancellation"))),
    bad(
      "typ-upper-case", .headerType, "media types ignore case, we do not",
      Forgery.bytes(header: Forgery.header(typ: "foil-cancellation+JWS"))),
    bad(
      "kid-hexadecimal", .memberLength, "a thumbprint in hexadecimal digits",
      Forgery.bytes(header: Forgery.header(kid: Parties.customer.signer.issuer.key.hex))),
    bad(
      "kid-short", .memberValue, "31 bytes",
      Forgery.bytes(header: Forgery.header(kid: Base64.url.string(Bytes(repeating: 1, count: 31))))),
    bad(
      "kid-base64-bits", .memberValue, "the same 32 bytes, with bits that carry nothing",
      Forgery.bytes(header: Forgery.header(kid: otherSpelling(of: Forgery.kid)))),
    bad(
      "kid-of-another-key", .issuerNotFirst, "the header names another key than the payload",
      Forgery.bytes(header: Forgery.header(kid: Forgery.otherKid))),
  ]

  /// Base64url of the same 32 bytes as lax readers decode it: the last letter carries two bits too many.
  private static func otherSpelling(of text: String) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    let last = required(letters.firstIndex(of: required(text.last)))
    return "\(text.dropLast())\(letters[last ^ 1])"
  }

  private static func extraHeader(_ name: String, _ value: String) -> Bytes {
    let members = [
      ("alg", #""Ed25519""#), ("kid", "\"\(Forgery.kid)\""), ("typ", #""foil-cancellation+jws""#),
      (name, value),
    ]
    let sorted = members.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    return Forgery.bytes(
      header: "{\(sorted.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ","))}")
  }

  // MARK: - Payloads

  static let process = #""process":"\#(Forgery.process)""#

  private static func payload(
    _ name: String, _ code: EvidenceError.Code, _ comment: String, _ payload: String
  ) -> StatementCase {
    bad(name, code, comment, Forgery.bytes(payload: payload))
  }

  static let payloads: [StatementCase] = [
    payload(
      "kind-unknown", .kindUnknown, "a kind that is not in the registry",
      Forgery.payload(process, kind: "gift")),
    payload(
      "kind-missing", .memberMissing, "no kind", "{\(Forgery.issuer),\(Forgery.nonce),\(process)}"),
    payload(
      "kind-swapped", .headerType, "the payload says order, the header cancellation",
      Forgery.payload(process, kind: "order")),
    StatementCase(
      name: "kind-not-asked-for", comment: "a cancellation where an order is asked for",
      code: .kindMismatch, kind: .order, statement: plain.bytes),
    StatementCase(
      name: "party-not-asked-for", comment: "the customer's where a bank's is asked for",
      code: .partyMismatch, party: Parties.bank.signer.issuer.party, statement: plain.bytes),
    StatementCase(
      name: "key-not-asked-for", comment: "the right party with another key", code: .keyMismatch,
      key: Parties.merchant.publicKey.bytes, statement: plain.bytes),
    payload(
      "issuer-other-party", .partyMismatch, "somebody else's name under the customer's key",
      Forgery.payload(
        process, issuer: #""issuer":{"key":"\#(Forgery.kid)","party":"bank.example"}"#)),
    payload(
      "issuer-other-key", .issuerNotFirst, "the payload names another key than the header",
      Forgery.payload(
        process, issuer: #""issuer":{"key":"\#(Forgery.otherKid)","party":"customer"}"#)),
    payload(
      "issuer-key-base64-bits", .memberValue, "the same 32 bytes, with bits that carry nothing",
      Forgery.payload(
        process,
        issuer:
          #""issuer":{"key":"\#(otherSpelling(of: Forgery.kid))","party":"customer"}"#)),
    payload(
      "issuer-extra-member", .memberUnknown, "a member within issuer",
      Forgery.payload(
        process, issuer: #""issuer":{"key":"\#(Forgery.kid)","party":"customer","role":"bank"}"#)),
    payload(
      "issuer-bad-name", .memberValue, "a party's name with upper case",
      Forgery.payload(
        process, issuer: #""issuer":{"key":"\#(Forgery.kid)","party":"Customer"}"#)),
    payload(
      "nonce-upper-case", .memberValue, "hexadecimal digits have one spelling",
      Forgery.payload(process, nonce: #""nonce":"000102030405060708090A0B0C0D0E0F""#)),
    payload(
      "nonce-short", .memberValue, "15 bytes",
      Forgery.payload(process, nonce: #""nonce":"000102030405060708090a0b0c0d0e""#)),
    payload(
      "nonce-missing", .memberMissing, "no nonce",
      #"{\#(Forgery.issuer),"kind":"cancellation",\#(process)}"#),
    payload(
      "claim-extra-member", .memberUnknown, "a member that the claim does not have",
      Forgery.payload(#"\#(process),"refund":true"#)),
    payload(
      "claim-missing-member", .memberMissing, "no process",
      #"{\#(Forgery.issuer),"kind":"cancellation",\#(Forgery.nonce)}"#),
    payload(
      "claim-bad-identifier", .memberValue, "an identifier in upper case",
      Forgery.payload(#""process":"\#(Forgery.process.uppercased())""#)),
    payload(
      "claim-number-as-identifier", .memberType, "a number where text must be",
      Forgery.payload(#""process":1"#)),
    payload(
      "claim-identifier-in-base64", .memberValue, "identifiers are hexadecimal",
      Forgery.payload(#""process":"\#(Forgery.kid)""#)),
  ]

  // MARK: - The canonical form of payloads

  static let canonicalForm: [StatementCase] = [
    payload("payload-empty", .jsonTruncated, "no payload", ""),
    payload("payload-null", .jsonNotAnObject, "null on top", "null"),
    payload("payload-space", .jsonSyntax, "white space", Forgery.payload(" \(process)")),
    payload(
      "payload-unsorted", .jsonNameOrder, "process before nonce",
      #"{\#(Forgery.issuer),"kind":"cancellation",\#(process),\#(Forgery.nonce)}"#),
    payload(
      "payload-member-twice", .jsonNameTwice, "which process?",
      Forgery.payload("\(process),\(process)")),
    payload(
      "payload-member-twice-escaped", .jsonName, "the same name again, spelled with an escape",
      Forgery.payload(#"\#(process),"pr\u006fcess":"""#)),
    payload(
      "payload-escaped-letter", .jsonEscape, "a letter spelled with an escape",
      Forgery.payload(process, kind: #"\u0063ancellation"#)),
    payload(
      "payload-escaped-slash", .jsonEscape, "a slash spelled with an escape",
      Forgery.payload(#"\#(process),"x":"\/""#)),
    payload(
      "payload-lone-surrogate", .jsonEscape, "half of a character",
      Forgery.payload(#"\#(process),"x":"\ud800""#)),
    payload(
      "payload-fraction", .jsonNumberForm, "1.0 is 1", Forgery.payload(#"\#(process),"x":1.0"#)),
    payload(
      "payload-exponent", .jsonNumberForm, "1e3 is 1000", Forgery.payload(#"\#(process),"x":1e3"#)),
    payload(
      "payload-minus-zero", .jsonNumberForm, "−0 is 0", Forgery.payload(#"\#(process),"x":-0"#)),
    payload(
      "payload-two-to-the-53", .jsonNumberRange, "2^53, which some readers round",
      Forgery.payload(#"\#(process),"x":9007199254740992"#)),
    payload(
      "payload-member-null", .jsonNull, "null is not used",
      Forgery.payload(#"\#(process),"x":null"#)),
    payload(
      "payload-depth-bomb", .jsonDepth, "seventeen levels",
      Forgery.payload(
        #"\#(process),"x":\#(String(repeating: "[", count: 16))\#(String(repeating: "]", count: 16))"#
      )),
    bad(
      "payload-overlong-utf8", .jsonUTF8, "a slash in two bytes",
      Forgery.bytes(payload: withText([0xC0, 0xAF]))),
    bad(
      "payload-surrogates-utf8", .jsonUTF8, "a character as two surrogates (CESU-8)",
      Forgery.bytes(payload: withText([0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x82]))),
    bad(
      "payload-raw-control", .jsonControlCharacter, "a line feed as it is",
      Forgery.bytes(payload: withText([0x0A]))),
    bad(
      "payload-byte-order-mark", .jsonNotAnObject, "a byte order mark in front",
      Forgery.bytes(payload: [0xEF, 0xBB, 0xBF] + Bytes(plain.payload.utf8))),
  ]

  private static func withText(_ text: Bytes) -> Bytes {
    Bytes(Forgery.payload(#"\#(process),"x":""#).utf8.dropLast()) + text + Bytes(#""}"#.utf8)
  }

  // MARK: - Signatures on something else

  static let substitution: [StatementCase] = [
    bad(
      "swapped-payload", .signatureInvalid, "the signature is one on another process",
      Forgery.outer(
        Forgery.payload(#""process":"\#(String(repeating: "0", count: 64))""#).utf8, plain.entry)),
    bad(
      "swapped-nonce", .signatureInvalid, "the signature is one on another nonce",
      Forgery.outer(
        Forgery.payload(process, nonce: #""nonce":"ffffffffffffffffffffffffffffffff""#).utf8,
        plain.entry)),
    StatementCase(
      name: "swapped-unicode", comment: "canonically equivalent text is other text",
      code: .signatureInvalid, kind: .offer, party: Parties.merchant.signer.issuer.party,
      key: Parties.merchant.publicKey.bytes, statement: swappedUnicode),
    bad(
      "swapped-kind", .signatureInvalid, "a signature on an order under a cancellation's header",
      Forgery.outer(
        plain.payload.utf8,
        Forgery.entry(
          plain.header,
          Forgery.sign(
            Forgery.header(typ: "foil-order+jws"),
            Forgery.payload(process, kind: "order").utf8)))),
  ]

  private static var swappedUnicode: Bytes {
    let signed = sign(SampleClaims.offer(title: "Caf\u{E9}"), by: Parties.merchant)
    let other = sign(SampleClaims.offer(title: "Cafe\u{301}"), by: Parties.merchant)
    let payloads = [signed, other].map { statement in
      String(decoding: statement, as: UTF8.self).split(separator: "\"")[3]
    }
    return signed.replacing(String(payloads[0]), with: String(payloads[1]))
  }

  // MARK: - Keys under which anything verifies

  static let keys: [StatementCase] = [
    weakKey("key-identity", "the identity point", "01" + String(repeating: "0", count: 62)),
    weakKey(
      "key-order-two", "a point of order two",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    weakKey("key-order-four", "a point of order four", String(repeating: "0", count: 64)),
    weakKey(
      "key-order-eight", "a point of order eight",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    weakKey(
      "key-not-canonical", "the identity, encoded as p + 1",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    weakKey("key-not-on-curve", "no point at all", "02" + String(repeating: "0", count: 62)),
  ]

  /// A signature with R the identity and S zero, which lax verifiers take under keys of small order.
  private static func weakKey(_ name: String, _ comment: String, _ key: String) -> StatementCase {
    let key = required(Bytes(hex: key))
    let jwk = #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64.url.string(key))"}"#
    let kid = Base64.url.string(SHA256.digest(Bytes(jwk.utf8)).bytes)
    let payload = Forgery.payload(
      process, issuer: #""issuer":{"key":"\#(kid)","party":"customer"}"#)
    let signature = [1] + Bytes(repeating: 0, count: 63)
    return StatementCase(
      name: name, comment: comment, code: .keyInvalid, key: key,
      statement: Forgery.outer(
        payload.utf8, Forgery.entry(Forgery.header(kid: kid), signature)))
  }
}
