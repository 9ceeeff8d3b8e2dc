// Evidence without signatures: a statement carries its signatory, and who has no signer of a party cannot
// make one of that party. What a statement says is written and read as everywhere else.
//
//   statement = "s" ‖ key (32) ‖ nonce (16) ‖ kind's length (1) ‖ kind ‖ claim in canonical JSON
//   proof     = "p" ‖ SHA-256(verdict), made by the log alone

import Evidence
import PaymentCrypto
package import PaymentModel

/// Signs as one party, or as whoever holds a one-time key.
package struct SymbolicSigner: Hashable, Sendable {
  package let issuer: Issuer

  package init(_ party: PartyName) {
    issuer = Issuer(party: party, key: SymbolicEvidence.key(of: party))
  }

  package init(oneTimeKey: SigningKeyValue) {
    issuer = Issuer(party: .customer, key: oneTimeKey.renamed())
  }

  /// The same claim and nonce give the same bytes.
  package func sign<Content: Claim>(_ claim: Content, nonce: Nonce) -> Signed<Content> {
    let kind = Content.kind.rawValue.utf8
    var bytes: Bytes = [SymbolicEvidence.statementTag]
    bytes += issuer.key.bytes
    bytes += nonce.bytes
    bytes.append(UInt8(kind.count))
    bytes += kind
    bytes += CanonicalJSON.encode { claim.write(to: &$0) }
    return Signed(bytes)
  }
}

package enum SymbolicEvidence {
  static let statementTag = UInt8(ascii: "s")
  private static let headSize = 1 + 32 + Nonce.byteCount

  // MARK: - Keys

  /// A party's key is its name, so that it can be told from the key.
  package static func key(of party: PartyName) -> Thumbprint {
    let name = Bytes(party.text.utf8)
    guard name.count <= 32,
      let key = Thumbprint(name + Bytes(repeating: 0, count: 32 - name.count))
    else { fatalError("names in a laboratory have at most 32 characters") }
    return key
  }

  /// The party with that key; `nil` for a one-time key.
  package static func party(of key: Thumbprint) -> PartyName? {
    PartyName(String(decoding: key.bytes.prefix { $0 != 0 }, as: UTF8.self))
  }

  // MARK: - Statements

  package static func id<Content>(of signed: Signed<Content>) -> StatementID {
    SHA256.digest(signed.bytes).renamed()
  }

  /// The key that a statement is signed with.
  package static func issuerKey<Content>(of signed: Signed<Content>) -> Thumbprint? {
    guard signed.bytes.count > headSize, signed.bytes[0] == statementTag else { return nil }
    return Thumbprint(Bytes(signed.bytes[1..<33]))
  }

  package static func read<Content: Claim>(
    _ signed: Signed<Content>, by signatory: Signatory
  ) throws(NotAdmitted) -> Stated<Content> {
    let issuer =
      switch signatory {
      case .party(let name): Issuer(party: name, key: key(of: name))
      case .oneTime(let key): Issuer(party: .customer, key: key.renamed())
      }
    guard issuerKey(of: signed) == issuer.key else {
      throw NotAdmitted(code: "not-signed", message: "signed by somebody else")
    }
    let claim: Content = try checkedClaim(of: signed)
    return Stated(id: id(of: signed), issuer: issuer, claim: claim)
  }

  /// What an order says, signed with the one-time key that it names.
  package static func read(order signed: Signed<Order>) throws(NotAdmitted) -> Stated<Order> {
    let order: Order = try checkedClaim(of: signed)
    return try read(signed, by: .oneTime(order.oneTimeKey))
  }

  /// What a statement says, whoever signed it.
  static func claim<Content: Claim>(of signed: Signed<Content>) -> Content? {
    try? checkedClaim(of: signed)
  }

  private static func checkedClaim<Content: Claim>(
    of signed: Signed<Content>
  ) throws(NotAdmitted) -> Content {
    let bytes = signed.bytes
    let kind = Content.kind.rawValue.utf8
    let start = headSize + 1 + kind.count
    guard bytes.count > start, bytes[0] == statementTag, Int(bytes[headSize]) == kind.count,
      bytes[(headSize + 1)..<start].elementsEqual(kind)
    else { throw NotAdmitted(code: "kind", message: "no \(Content.kind.rawValue)") }
    do {
      return try CanonicalJSON.decode(Bytes(bytes[start...]), limit: 131_072) {
        reader throws(ClaimError) in
        try Content(from: &reader)
      }
    } catch {
      throw NotAdmitted(code: "content", message: error.message)
    }
  }

  // MARK: - The log's proofs

  /// That a verdict stands in the log. Made by the log, and by nobody else.
  package static func proof(of verdict: Signed<Verdict>) -> Bytes {
    [UInt8(ascii: "p")] + SHA256.digest(verdict.bytes).bytes
  }

  /// A verdict that a coordinator signed and that stands in the log.
  static func read(
    _ logged: LoggedVerdict, of process: ProcessID, flaw: Flaw?
  ) -> Stated<Verdict>? {
    guard flaw == .believesUnloggedVerdicts || logged.proof == proof(of: logged.verdict),
      let key = issuerKey(of: logged.verdict), let party = party(of: key),
      let stated = try? read(logged.verdict, by: .party(party)), stated.claim.process == process
    else { return nil }
    return stated
  }

  // MARK: - Orders

  /// The parts of an order below one root, which is the digest of all entries: each part carries them all.
  package static func commit(
    _ parts: [OrderPart], entropy: inout SimulationEntropy
  ) -> (root: Digest, parts: [CommittedPart]) {
    let salted = parts.map { part in
      (CanonicalPart.bytes(of: part), Salt(from: &entropy))
    }
    let entries = salted.map { SHA256.digest($1.bytes, $0) }
    return (
      SHA256.digest(entries.flatMap(\.bytes)),
      salted.enumerated().map {
        CommittedPart(part: $1.0, salt: $1.1, index: $0, path: entries)
      }
    )
  }

  static func read(_ part: CommittedPart, of order: Order) throws(NotAdmitted) -> OrderPart {
    guard part.path.indices.contains(part.index),
      part.path[part.index] == SHA256.digest(part.salt.bytes, part.part),
      SHA256.digest(part.path.flatMap(\.bytes)) == order.root
    else { throw NotAdmitted(code: "part", message: "a part of another order") }
    do {
      return try CanonicalJSON.decode(part.part) { reader throws(ClaimError) in
        try OrderPart(from: &reader)
      }
    } catch {
      throw NotAdmitted(code: "part", message: error.message)
    }
  }
}

/// A part of an order as its digest is made over it.
enum CanonicalPart {
  static func bytes(of part: OrderPart) -> Bytes {
    CanonicalJSON.encode { part.write(to: &$0) }
  }
}
