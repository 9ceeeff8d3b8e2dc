// The exhibits of a receipt in its file: objects that `kind` tells apart.

import Evidence
import PaymentModel

extension Receipt.Exhibit {
  private enum Kind: String {
    case revealedKey = "revealed-key"
    case keyBundle = "key-bundle"
    case oneTimeIdentity = "one-time-identity"
    case blindSignatures = "blind-signatures"
    case address
    case chunk
    case unlogged
  }

  init(from reader: inout CanonicalReader) throws(ClaimError) {
    switch try reader.choice("kind", of: Kind.self) {
    case .revealedKey:
      self = .revealedKey(
        deposit: try reader.identifier("deposit"),
        identity: try reader.bytes("identity", atMost: 32))
    case .keyBundle:
      self = .keyBundle(try reader.bytes("bundle", atMost: Receipt.largestExhibit))
    case .oneTimeIdentity:
      self = .oneTimeIdentity(try reader.bytes("identity", atMost: 32))
    case .blindSignatures:
      self = .blindSignatures(
        issue: try reader.identifier("issue"),
        try reader.bytes("signatures", atMost: Receipt.largestExhibit))
    case .address:
      self = .address(
        claim: try reader.identifier("claim"), try reader.bytes("address", atMost: 65_536))
    case .chunk:
      self = .chunk(
        offer: try reader.identifier("offer"), index: try reader.number("index"),
        listed: try reader.identifier("listed"),
        path: try reader.identifiers("path", atMost: LogProof.largestPathCount),
        fileKey: try reader.bytes("fileKey", atMost: 16))
    case .unlogged:
      self = .unlogged(
        try reader.canonicalObject("statement", atMost: UnverifiedStatement.largestByteCount))
    }
  }

  func write(to writer: inout CanonicalWriter) {
    switch self {
    case .revealedKey(let deposit, let identity):
      writer.choice("kind", Kind.revealedKey)
      writer.identifier("deposit", deposit)
      writer.bytes("identity", identity)
    case .keyBundle(let bundle):
      writer.choice("kind", Kind.keyBundle)
      writer.bytes("bundle", bundle)
    case .oneTimeIdentity(let identity):
      writer.choice("kind", Kind.oneTimeIdentity)
      writer.bytes("identity", identity)
    case .blindSignatures(let issue, let signatures):
      writer.choice("kind", Kind.blindSignatures)
      writer.identifier("issue", issue)
      writer.bytes("signatures", signatures)
    case .address(let claim, let address):
      writer.choice("kind", Kind.address)
      writer.identifier("claim", claim)
      writer.bytes("address", address)
    case .chunk(let offer, let index, let listed, let path, let fileKey):
      writer.choice("kind", Kind.chunk)
      writer.identifier("offer", offer)
      writer.number("index", index)
      writer.identifier("listed", listed)
      writer.identifiers("path", path)
      writer.bytes("fileKey", fileKey)
    case .unlogged(let statement):
      writer.choice("kind", Kind.unlogged)
      writer.canonicalObject("statement", statement)
    }
  }
}
