// One case for each thing that can be right or wrong with a statement. They are also the vectors in
// Vectors/statements.

@testable import Evidence
import PaymentCrypto
import PaymentModel

/// A statement, how it is to be verified, and how that ends.
struct StatementCase: Sendable {
  let name: String
  let comment: String
  /// `nil` for a statement that verifies.
  let code: EvidenceError.Code?
  var kind = StatementKind.cancellation
  var party = PartyName.customer
  var key = Parties.customer.publicKey.bytes
  var cosigners: [Bytes] = []
  let statement: Bytes

  /// Verifies the statement as asked for.
  func verify() -> EvidenceError.Code? {
    failure { () throws(EvidenceError) in
      let statement = try UnverifiedStatement(statement)
      let key = try Ed25519.PublicKey(evidence: identifier(key))
      var cosigners: [Ed25519.PublicKey] = []
      for cosigner in self.cosigners {
        cosigners.append(try Ed25519.PublicKey(evidence: identifier(cosigner)))
      }
      try statement.verify(as: kind.claim, key, party, cosigners)
    }
  }
}

extension UnverifiedStatement {
  fileprivate func verify<Content: Claim>(
    as claim: Content.Type, _ key: Ed25519.PublicKey, _ party: PartyName,
    _ cosigners: [Ed25519.PublicKey]
  ) throws(EvidenceError) {
    _ = try verified(as: claim, with: key, party: party, cosigners: cosigners)
  }
}

enum StatementCases {
  static let all =
    valid + outer + signatures + signers + headers + payloads + canonicalForm + substitution + keys

  private static func good(
    _ name: String, _ comment: String, _ statement: Bytes, kind: StatementKind, by key: TestKey,
    cosigners: [TestKey] = []
  ) -> StatementCase {
    StatementCase(
      name: name, comment: comment, code: nil, kind: kind, party: key.signer.issuer.party,
      key: key.publicKey.bytes, cosigners: cosigners.map(\.publicKey.bytes), statement: statement)
  }

  static func bad(
    _ name: String, _ code: EvidenceError.Code, _ comment: String, _ statement: Bytes
  ) -> StatementCase {
    StatementCase(name: name, comment: comment, code: code, statement: statement)
  }

  // MARK: - What verifies

  static func sign<Content: Claim>(_ claim: Content, by key: TestKey) -> Bytes {
    key.signer.sign(claim, nonce: SampleClaims.nonce).bytes
  }

  /// A statement with further signatures.
  private static func cosigned(_ statement: Bytes, by keys: [TestKey]) -> Bytes {
    keys.reduce(statement) { bytes, key in
      (try? key.signer.cosign(Signed<KeyRegistration>(bytes)))?.bytes ?? []
    }
  }

  static let valid: [StatementCase] =
    StatementKind.allCases.map { kind in
      let key = Parties.signer(of: kind)
      // A key that is registered signs, too.
      let cosigners = kind == .keyRegistration ? [Parties.registered] : []
      return good(
        "valid-\(kind.rawValue)", "one statement of each kind",
        cosigned(sign(SampleClaims.claim(kind), by: key), by: cosigners), kind: kind, by: key,
        cosigners: cosigners)
    } + [
      good(
        "valid-unicode", "text is not normalized: e with a combining accent stays as it is",
        sign(SampleClaims.offer(title: "Cafe\u{301} \u{1F600}"), by: Parties.merchant),
        kind: .offer,
        by: Parties.merchant),
      good(
        "valid-escapes", "every kind of escape that the canonical form has",
        sign(
          SampleClaims.offer(description: "\"\\/\u{8}\t\n\u{C}\r\u{0}\u{1F}\u{7F}"),
          by: Parties.merchant), kind: .offer, by: Parties.merchant),
      good(
        "valid-cosigned", "the issuer first, then two co-signers in the order of their thumbprints",
        cosigned, kind: .cancellation, by: Parties.customer,
        cosigners: [Parties.bank, Parties.merchant]),
    ]

  // MARK: - Around the payload

  static let plain = Forgery()
  static var payloadText: String { Base64.url.string(plain.payload.utf8) }

  static let outer: [StatementCase] = [
    bad(
      "outer-array", .jsonNotAnObject, "an array on top",
      Bytes("[".utf8) + plain.bytes + Bytes("]".utf8)),
    bad("outer-line-feed", .jsonTrailing, "a line feed at the end", plain.bytes + [0x0A]),
    bad(
      "outer-space", .jsonSyntax, "white space between members",
      plain.bytes.replacing(",\"signatures\"", with: ", \"signatures\"")),
    bad("outer-cut", .jsonTruncated, "the last byte is missing", plain.bytes.dropLast()),
    bad(
      "outer-reversed", .jsonNameOrder, "signatures before payload",
      Bytes(#"{"signatures":[\#(plain.entry)],"payload":"\#(payloadText)"}"#.utf8)),
    bad(
      "outer-payload-twice", .jsonNameTwice, "which payload is signed?",
      Bytes(
        #"{"payload":"\#(payloadText)","payload":"\#(payloadText)","signatures":[\#(plain.entry)]}"#
          .utf8)),
    bad(
      "outer-extra-member", .memberUnknown, "a member beside payload and signatures",
      Bytes(#"{"header":{},"payload":"\#(payloadText)","signatures":[\#(plain.entry)]}"#.utf8)),
    bad(
      "outer-flattened", .memberMissing, "JWS in flattened serialization",
      Bytes(#"{"payload":"\#(payloadText)",\#(plain.entry.dropFirst())"#.utf8)),
    bad(
      "outer-compact", .jsonNotAnObject, "JWS in compact serialization",
      Bytes(
        "\(Base64.url.string(plain.header.utf8)).\(payloadText).\(Base64.url.string(plain.signature))"
          .utf8)),
    bad(
      "payload-base64-padding", .memberValue, "padding after the payload",
      plain.bytes.replacing("\(payloadText)\"", with: "\(payloadText)=\"")),
    bad(
      "payload-base64-bits", .memberValue, "bits in the last letter that carry nothing",
      Self.withBits(in: Base64.url.string(unaligned.payload.utf8), of: unaligned.bytes)),
    bad(
      "payload-base64-standard-alphabet", .memberValue, "+ and / instead of - and _",
      Bytes(
        #"{"payload":"\#(Base64.unpadded.string(questioning.payload.utf8))","signatures":[\#(questioning.entry)]}"#
          .utf8)),
    bad(
      "header-base64-padding", .memberValue, "padding after the header",
      plain.bytes.replacing(
        "\(Base64.url.string(plain.header.utf8))\"",
        with: "\(Base64.url.string(plain.header.utf8))=\"")),
    StatementCase(
      name: "header-base64-bits", comment: "bits in the last letter that carry nothing",
      code: .memberValue, kind: .void, party: Parties.bank.signer.issuer.party,
      key: Parties.bank.publicKey.bytes, statement: headerWithBits),
    bad(
      "payload-base64-line-feed", .memberValue, "a line feed within base64",
      plain.bytes.replacing(
        payloadText, with: "\(payloadText.prefix(8))\\n\(payloadText.dropFirst(8))")),
  ]

  /// A statement whose payload's length is not a multiple of three.
  private static var unaligned: Forgery {
    var forgery = Forgery()
    forgery.payload = Forgery.payload(#"\#(process),"x":12"#)
    return forgery
  }

  private static var headerWithBits: Bytes {
    let statement = sign(SampleClaims.claim(.void), by: Parties.bank)
    let texts = String(decoding: statement, as: UTF8.self).split(separator: "\"")
    let header = required(texts.firstIndex(of: "protected")) + 2
    return withBits(in: String(texts[header]), of: statement)
  }

  /// A statement whose payload's base64 has letters in which the alphabets differ.
  private static var questioning: Forgery {
    var forgery = Forgery()
    forgery.payload = Forgery.payload(#"\#(process),"x":"???>>>???>>>""#)
    guard Base64.unpadded.string(forgery.payload.utf8).contains("/") else {
      fatalError("the alphabets do not differ")
    }
    return forgery
  }

  /// A statement with the last letter of `text` replaced by one that lax readers decode alike.
  private static func withBits(in text: String, of statement: Bytes = plain.bytes) -> Bytes {
    guard text.utf8.count % 4 != 0 else { fatalError("no bits are left over") }
    let letters = Bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    let last = required(letters.firstIndex(of: required(text.utf8.last)))
    let other = UnicodeScalar(letters[last ^ 1])
    return statement.replacing(text, with: "\(text.dropLast())\(other)")
  }

  // MARK: - Signatures

  static let signatures: [StatementCase] = [
    bad(
      "signatures-none", .signatureCount, "nobody has signed", Forgery.outer(plain.payload.utf8)),
    bad(
      "signatures-seventeen", .signatureCount, "more than sixteen signatures",
      Bytes(
        #"{"payload":"\#(payloadText)","signatures":[\#(Array(repeating: plain.entry, count: 17).joined(separator: ","))]}"#
          .utf8)),
    bad(
      "signature-unprotected-header", .memberUnknown, "a header that nobody signs",
      Forgery.outer(plain.payload.utf8, #"{"header":{},\#(plain.entry.dropFirst())"#)),
    bad(
      "signature-short", .signatureSize, "63 bytes",
      Forgery.outer(plain.payload.utf8, Forgery.entry(plain.header, plain.signature.dropLast()))),
    bad(
      "signature-long", .memberLength, "65 bytes",
      Forgery.outer(plain.payload.utf8, Forgery.entry(plain.header, plain.signature + [0]))),
    bad(
      "signature-empty", .signatureSize, "no bytes",
      Forgery.outer(plain.payload.utf8, Forgery.entry(plain.header, []))),
    bad(
      "signature-base64-bits", .memberValue, "bits in the last letter that carry nothing",
      Self.withBits(in: Base64.url.string(plain.signature))),
    bad(
      "signature-plus-order", .signatureInvalid, "S + ℓ, which lax verifiers take",
      Forgery.outer(plain.payload.utf8, Forgery.entry(plain.header, plusOrder(plain.signature)))),
    bad(
      "signature-flipped-bit", .signatureInvalid, "one bit of the signature changed",
      Forgery.outer(
        plain.payload.utf8,
        Forgery.entry(plain.header, plain.signature.dropLast() + [plain.signature[63] ^ 1]))),
    bad(
      "signature-by-another-key", .signatureInvalid, "another key signed under the issuer's name",
      Forgery.outer(
        plain.payload.utf8,
        Forgery.entry(
          plain.header, Forgery.sign(plain.header, plain.payload.utf8, by: Parties.merchant)))),
    bad(
      "signature-over-payload-only", .signatureInvalid, "the header is not part of what is signed",
      Forgery.outer(
        plain.payload.utf8,
        Forgery.entry(plain.header, Parties.customer.key.sign(Bytes(plain.payload.utf8))))),
    bad(
      "signature-zero", .signatureInvalid, "64 zero bytes",
      Forgery.outer(
        plain.payload.utf8, Forgery.entry(plain.header, Bytes(repeating: 0, count: 64)))),
  ]

  /// Adds the group's order to the second half.
  private static func plusOrder(_ signature: Bytes) -> Bytes {
    let order = required(
      Bytes(hex: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
    var carry: UInt16 = 0
    let sum = zip(signature.suffix(32), order).map { left, right in
      carry += UInt16(left) + UInt16(right)
      defer { carry >>= 8 }
      return UInt8(truncatingIfNeeded: carry)
    }
    return signature.prefix(32) + sum
  }

  // MARK: - Several signers

  private static func entry(by key: TestKey) -> (signer: Thumbprint, text: String) {
    let header = Forgery.header(kid: Base64.url.string(key.signer.issuer.key.bytes))
    return (
      key.signer.issuer.key,
      Forgery.entry(header, Forgery.sign(header, plain.payload.utf8, by: key))
    )
  }

  private static let cosigners = [entry(by: Parties.bank), entry(by: Parties.merchant)]
    .sorted { $0.signer < $1.signer }.map(\.text)

  static let cosigned = Forgery.outer(plain.payload.utf8, plain.entry, cosigners[0], cosigners[1])

  static let signers: [StatementCase] = [
    bad(
      "signers-one-too-many", .signersMismatch, "a signature that nobody asked for",
      Forgery.outer(plain.payload.utf8, plain.entry, cosigners[0])),
    StatementCase(
      name: "signers-stripped", comment: "a co-signer's signature was taken away",
      code: .signersMismatch,
      cosigners: [Parties.bank, Parties.merchant].map(\.publicKey.bytes),
      statement: Forgery.outer(plain.payload.utf8, plain.entry, cosigners[0])),
    bad(
      "signers-reordered", .signerOrder, "co-signers not in the order of their thumbprints",
      Forgery.outer(plain.payload.utf8, plain.entry, cosigners[1], cosigners[0])),
    bad(
      "signers-twice", .signerTwice, "the issuer signs twice",
      Forgery.outer(plain.payload.utf8, plain.entry, plain.entry)),
    bad(
      "signers-cosigner-twice", .signerTwice, "a co-signer signs twice",
      Forgery.outer(plain.payload.utf8, plain.entry, cosigners[0], cosigners[0])),
    bad(
      "signers-issuer-second", .issuerNotFirst, "a co-signer before the issuer",
      Forgery.outer(plain.payload.utf8, cosigners[0], plain.entry)),
    bad(
      "signers-issuer-missing", .issuerNotFirst, "only a co-signer is left",
      Forgery.outer(plain.payload.utf8, cosigners[0])),
    StatementCase(
      name: "signers-cosigner-invalid", comment: "the co-signer's signature is the issuer's",
      code: .signatureInvalid, cosigners: [Parties.merchant.publicKey.bytes],
      statement: Forgery.outer(
        plain.payload.utf8, plain.entry,
        Forgery.entry(
          Forgery.header(kid: Forgery.otherKid), plain.signature))),
  ]
}
