// Every kind of statement, signed in order by who may sign it, with one member too few, too many, or of
// another type.

import Evidence
import PaymentCrypto
import PaymentModel
import Testing

@Suite("Members of every kind")
struct ClaimMemberTests {
  /// Members that may be absent, with nothing else changed.
  static let optional: [StatementKind: Set<String>] = [
    .complaint: ["process"],
    .offer: ["container", "stock"], .refusal: ["details"], .transfer: ["draw"],
    .void: ["released"],
  ]

  /// The members of a payload of that kind, with names in between.
  private static func members(of kind: StatementKind) throws -> [String: JSONValue] {
    let key = Parties.signer(of: kind)
    let statement = StatementCases.sign(SampleClaims.claim(kind), by: key)
    let payload = try UnverifiedStatement(statement).payload
    guard case .object(let members) = try JSONValue(payload) else { return [:] }
    return members
  }

  /// How the verification of such a payload ends, when it is signed as it should be.
  private static func code(
    _ kind: StatementKind, _ members: [String: JSONValue]
  ) -> EvidenceError.Code? {
    let key = Parties.signer(of: kind)
    let payload = JSONValue.object(members).canonical
    let header = Forgery.header(
      kid: Base64.url.string(key.signer.issuer.key.bytes), typ: "foil-\(kind.rawValue)+jws")
    let statement = Forgery.outer(
      payload, Forgery.entry(header, Forgery.sign(header, payload, by: key)))
    return StatementCase(
      name: "", comment: "", code: nil, kind: kind, party: key.signer.issuer.party,
      key: key.publicKey.bytes, statement: statement
    ).verify()
  }

  @Test(
    "what is signed is read only if it is exactly what the kind has",
    arguments: StatementKind.allCases)
  func oneMemberWrong(kind: StatementKind) throws {
    let members = try Self.members(of: kind)
    #expect(members.count >= 4)
    #expect(Self.code(kind, members) == nil)
    for (name, value) in members {
      var changed = members
      changed[name] = nil
      let expected: EvidenceError.Code? =
        Self.optional[kind]?.contains(name) == true ? nil : .memberMissing
      #expect(Self.code(kind, changed) == expected, "\(kind) without \(name)")
      for other in [JSONValue.text("x"), .number(1), .flag(true), .array([]), .object([:])] {
        changed[name] = other
        guard !other.isOfTheType(of: value) else { continue }
        #expect(Self.code(kind, changed) == .memberType, "\(kind): \(name) as \(other)")
      }
      for near in [name + "2", name.uppercased(), "_" + name] where members[near] == nil {
        changed = members
        changed[near] = value
        #expect(Self.code(kind, changed) == .memberUnknown, "\(kind) with \(near)")
      }
    }
  }
}

extension JSONValue {
  fileprivate func isOfTheType(of other: JSONValue) -> Bool {
    switch (self, other) {
    case (.text, .text), (.number, .number), (.flag, .flag), (.array, .array), (.object, .object):
      true
    default: false
    }
  }
}
