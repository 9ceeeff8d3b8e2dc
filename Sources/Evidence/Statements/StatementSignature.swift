// One signature of a statement: its protected header and what it signs.

import PaymentCrypto
public import PaymentModel

/// A signature over a statement's payload, as one entry of a JWS in General JSON Serialization (RFC 7515,
/// section 7.2.1).
///
/// The protected header has exactly three members: `alg` is `Ed25519` (RFC 9864), `kid` the RFC 7638
/// thumbprint of the signer's key, `typ` is `foil-<kind>+jws`.
public struct StatementSignature: Hashable, Sendable {
  /// The thumbprint of the key that is said to have signed.
  public let signer: Thumbprint
  /// The protected header, in canonical JSON.
  public let protectedHeader: Bytes
  /// 64 bytes.
  public let signature: Bytes

  /// The header under which that key signs statements of that kind.
  static func protectedHeader(kind: StatementKind, signer: Thumbprint) -> Bytes {
    CanonicalJSON.encode { writer in
      writer.text("alg", algorithm)
      writer.thumbprint("kid", signer)
      writer.text("typ", type(of: kind))
    }
  }

  /// What is signed: base64url(protected header) ‖ "." ‖ base64url(payload) (RFC 7515, section 5.1).
  public static func signingInput(protectedHeader: Bytes, payload: Bytes) -> Bytes {
    Base64.url.encode(protectedHeader) + [UInt8(ascii: ".")] + Base64.url.encode(payload)
  }

  init(signer: Thumbprint, protectedHeader: Bytes, signature: Bytes) {
    self.signer = signer
    self.protectedHeader = protectedHeader
    self.signature = signature
  }

  /// Checks the structure of a signature that was sent in.
  init(_ sent: Sent, kind: StatementKind) throws(EvidenceError) {
    let header: (algorithm: String, signer: Thumbprint, type: String)
    do {
      header = try CanonicalJSON.decode(sent.protectedHeader) { reader throws(ClaimError) in
        (
          try reader.text("alg", atMost: 32), try reader.thumbprint("kid"),
          try reader.text("typ", atMost: 64)
        )
      }
    } catch {
      throw error.inside("protected header")
    }
    guard header.algorithm.utf8.elementsEqual(Self.algorithm.utf8) else {
      throw EvidenceError(.algorithm, "the algorithm is not Ed25519")
    }
    guard header.type.utf8.elementsEqual(Self.type(of: kind).utf8) else {
      throw EvidenceError(.headerType, "the type is not that of the payload's kind")
    }
    guard sent.signature.count == Ed25519.signatureByteCount else {
      throw EvidenceError(.signatureSize, "a signature has 64 bytes")
    }
    self.init(
      signer: header.signer, protectedHeader: sent.protectedHeader, signature: sent.signature)
  }

  /// A signature as it stands in a statement, unread.
  struct Sent {
    let protectedHeader: Bytes
    let signature: Bytes

    init(from reader: inout CanonicalReader) throws(ClaimError) {
      protectedHeader = try reader.bytes("protected", atMost: 256)
      signature = try reader.bytes("signature", atMost: 64)
    }
  }

  func write(to writer: inout CanonicalWriter) {
    writer.bytes("protected", protectedHeader)
    writer.bytes("signature", signature)
  }

  private static let algorithm = "Ed25519"
  private static func type(of kind: StatementKind) -> String { "foil-\(kind.rawValue)+jws" }
}

// Thumbprints are written in base64url where JOSE has them: `kid` and `issuer.key`. As values of claims
// they are identifiers like all others, in hexadecimal digits.

extension ClaimWriter {
  mutating func thumbprint(_ name: String, _ value: Thumbprint) {
    bytes(name, value.bytes)
  }
}

extension ClaimReader {
  mutating func thumbprint(_ name: String) throws(ClaimError) -> Thumbprint {
    guard let value = Thumbprint(try bytes(name, atMost: Thumbprint.byteCount)) else {
      throw ClaimError(name, .badValue)
    }
    return value
  }
}
