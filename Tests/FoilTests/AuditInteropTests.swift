// The demo's receipt, checked by programs that share nothing with this one.

import Foundation
import Testing

@Suite("An auditor without this program")
struct AuditInteropTests {
  /// Verifies the trust list and every statement of a receipt with joserfc: the key must be the trust
  /// list's for that party, or the order's one-time key.
  static let statements = """
    import base64, collections, json, sys
    from joserfc import jws
    from joserfc.jwk import OKPKey
    unbase64url = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    claim = lambda statement: json.loads(unbase64url(statement["payload"]))
    def public(digits):
        x = base64.urlsafe_b64encode(bytes.fromhex(digits)).decode().rstrip("=")
        return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x})
    receipt, trust = (json.load(open(path, "rb")) for path in sys.argv[1:])
    keys = {}
    def know(party, digits):
        key = public(digits)
        keys[party, key.thumbprint()] = key
    for entry in claim(trust)["keys"]:
        know(entry["party"], entry["key"])
    def verify(statement):
        issuer = claim(statement)["issuer"]
        find = lambda part: keys[issuer["party"], part.headers()["kid"]]
        verified = jws.deserialize_json(statement, find, algorithms=["Ed25519"])
        assert json.loads(verified.payload) == claim(statement)
        for part in statement["signatures"]:
            header = json.loads(unbase64url(part["protected"]))
            assert sorted(header) == ["alg", "kid", "typ"]
            assert header["typ"] == "foil-" + claim(statement)["kind"] + "+jws"
        return claim(statement)["kind"]
    verify(trust)
    statements = [entry["statement"] for entry in receipt["statements"]]
    order, = (claim(s) for s in statements if claim(s)["kind"] == "order")
    know("customer", order["oneTimeKey"])
    counts = collections.Counter(map(verify, statements))
    print(json.dumps(counts))
    """

  /// Verifies that all statements of a receipt stand below the root of its checkpoint, and that the
  /// verdict does in the proof of its own. Prints the verdict.
  static let inclusion = """
    import base64, hashlib, json, sys
    sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
    unbase64url = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    def root(node, index, size, path):
        last = size - 1
        assert 0 <= index < size
        for sibling in path:
            assert last > 0, "path too long"
            if index % 2 or index == last:
                node = sha(b"\\1", sibling, node)
                while index % 2 == 0 and index:
                    index, last = index // 2, last // 2
            else:
                node = sha(b"\\1", node, sibling)
            index, last = index // 2, last // 2
        assert last == 0, "path too short"
        return node
    def head(checkpoint):
        origin, size, node = checkpoint.split("\\n")[:3]
        return int(size), base64.b64decode(node)
    receipt = json.load(open(sys.argv[1], "rb"))
    for entry in receipt["statements"]:
        payload = unbase64url(entry["statement"]["payload"])
        claim, slot = json.loads(payload), bytes(32)
        if claim["kind"] == "verdict":
            verdict = claim
            slot = sha(b"foil/verdict-slot/v1", bytes.fromhex(claim["process"]))
        leaf = sha(b"\\0", slot, sha(payload))
        size, node = head(receipt["checkpoint"])
        path = map(bytes.fromhex, entry["path"])
        assert root(leaf, entry["index"], size, path) == node, claim["kind"]
        if claim["kind"] == "verdict":
            proof, checkpoint = receipt["verdictProof"].split("\\n\\n", 1)
            version, index, *path = proof.split("\\n")
            size, node = head(checkpoint)
            assert version == "c2sp.org/tlog-proof@v1"
            assert root(leaf, int(index.split()[1]), size, map(base64.b64decode, path)) == node
    print(verdict["decision"], len(receipt["statements"]))
    """

  @Test(
    "joserfc verifies every statement with the keys of the trust list",
    .enabled("Python's joserfc is not installed") { await Command.pythonHas("joserfc") })
  func joserfc() async throws {
    let home = try await DemoHome.founded()
    let run = try await python(Self.statements, home.receipt, home.trust)
    #expect(run.status == 0, "\(run.errors)")
    let counts = try run.json(as: [String: Int].self)
    #expect(
      counts == [
        "order": 1, "offer": 2, "submission": 1, "reservation": 1, "deposit": 2, "acceptance": 2,
        "delivery-request": 1, "verdict": 1, "transfer": 2, "settlement": 2,
      ])
    let aborted = try await python(Self.statements, home.path("silent.receipt"), home.trust)
    #expect(try aborted.json(as: [String: Int].self)["void"] == 1)

    let changed = try await DemoHome.copied()
    _ = try await changed.foil("demo", "--tamper", "receipt")
    let refused = try await python(Self.statements, changed.receipt, changed.trust)
    #expect(refused.status != 0)
    #expect(refused.errors.contains("BadSignatureError"))
  }

  @Test(
    "thirty lines over hashlib find every statement and the verdict below their checkpoints",
    .enabled(if: Command.has("python3"), "python3 is not installed"))
  func hashlib() async throws {
    let home = try await DemoHome.founded()
    let run = try await python(Self.inclusion, home.receipt)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output == "commit 15\n")
    #expect(try await python(Self.inclusion, home.path("silent.receipt")).output == "abort 11\n")

    // Another root, another place.
    let text = try String(contentsOfFile: home.receipt, encoding: .utf8)
    let folder = try ScratchFolder()
    for (number, (old, new)) in [
      ("\"index\":1,", "\"index\":0,"), ("\\nindex 1\\n", "\\nindex 0\\n"),
    ].enumerated() {
      let changed = text.replacing(old, with: new)
      #expect(changed != text, "\(old)")
      let path = folder.path("\(number)")
      try Data(changed.utf8).write(to: URL(filePath: path))
      #expect(try await python(Self.inclusion, path).errors.contains("AssertionError"))
    }
  }

  @Test(
    "openssl verifies a statement of the receipt under exactly one key of its party",
    .enabled(if: Command.has("openssl"), "openssl is not installed"))
  func openssl() async throws {
    struct Statement: Decodable {
      struct Signature: Decodable {
        let protected: String
        let signature: String
      }
      let payload: String
      let signatures: [Signature]
    }
    struct Entry: Decodable { let statement: Statement }
    struct Receipt: Decodable { let statements: [Entry] }
    struct Claim: Decodable {
      struct Issuer: Decodable { let party: String }
      let kind: String
      let issuer: Issuer
    }
    struct TrustList: Decodable {
      struct Key: Decodable {
        let party: String
        let key: String
      }
      let keys: [Key]
    }
    let home = try await DemoHome.founded()
    let decoder = JSONDecoder()
    func read<Value: Decodable>(_ path: String, as type: Value.Type) throws -> Value {
      try decoder.decode(type, from: try Data(contentsOf: URL(filePath: path)))
    }
    func claim<Value: Decodable>(of statement: Statement, as type: Value.Type) throws -> Value {
      try decoder.decode(type, from: try #require(Data(base64URL: statement.payload)))
    }
    let trust = try claim(
      of: try read(home.trust, as: Statement.self), as: TrustList.self)
    let transfer = try #require(
      try read(home.receipt, as: Receipt.self).statements.map(\.statement)
        .first { try claim(of: $0, as: Claim.self).kind == "transfer" })
    #expect(try claim(of: transfer, as: Claim.self).issuer.party == "bank.example")
    let signature = try #require(transfer.signatures.first)

    let folder = try ScratchFolder()
    func write(_ data: Data, _ name: String) throws -> String {
      try data.write(to: folder.url.appending(path: name))
      return folder.path(name)
    }
    let input = try write(Data("\(signature.protected).\(transfer.payload)".utf8), "input")
    let value = try write(try #require(Data(base64URL: signature.signature)), "signature")
    var verified = 0
    for key in trust.keys where key.party == "bank.example" {
      // SubjectPublicKeyInfo of Ed25519 (RFC 8410): a fixed beginning, then the key.
      let beginning = Data([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0])
      let der = try write(beginning + (try #require(Data(hex: key.key))), "key")
      let run = try await Command.program(
        "openssl",
        [
          "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", der, "-rawin", "-in", input,
          "-sigfile", value,
        ])
      if run?.status == 0 { verified += 1 }
    }
    #expect(verified == 1)
  }

  private func python(_ script: String, _ arguments: String...) async throws -> Run {
    try #require(try await Command.program("python3", ["-c", script] + arguments))
  }
}

extension Data {
  init?(base64URL text: String) {
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    self.init(
      base64Encoded: text.replacing("-", with: "+").replacing("_", with: "/") + padding)
  }

  init?(hex text: String) {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    self.init()
    for place in stride(from: 0, to: digits.count, by: 2) {
      let pair = String(decoding: digits[place..<place + 2], as: UTF8.self)
      guard let byte = UInt8(pair, radix: 16) else { return nil }
      append(byte)
    }
  }
}
