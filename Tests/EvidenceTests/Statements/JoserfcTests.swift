// Another implementation of JOSE reads our statements.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Programs
import Testing

@Suite(
  "joserfc",
  .enabled("python3 with joserfc is missing") { await Program.pythonHas("joserfc") })
struct JoserfcTests {
  /// Verifies each statement under each of its keys, and prints what it has found.
  static let program = """
    import json, sys
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jwk import OKPKey

    for line in sys.stdin:
        case = json.loads(line)
        keys = [OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x}) for x in case["keys"]]
        known = {key.thumbprint(): key for key in keys}
        statement = json.loads(case["statement"])
        try:
            found = jws.deserialize_json(
                statement, lambda entry: known[entry.headers()["kid"]], algorithms=["Ed25519"])
            print(case["name"], json.loads(found.payload)["kind"])
        except JoseError:
            print(case["name"], "refused")
    """

  @Test("joserfc verifies each kind of statement, and refuses what is signed wrongly")
  func verify() async throws {
    let cases = StatementCases.all.filter { $0.code == nil || $0.code == .signatureInvalid }
    let lines = try cases.map { example in
      try JSONSerialization.data(withJSONObject: [
        "name": example.name, "statement": String(decoding: example.statement, as: UTF8.self),
        "keys": ([example.key] + example.cosigners).map { Base64.url.string($0) },
      ])
    }
    let input = lines.reduce(into: Bytes()) { $0 += Bytes($1) + [0x0A] }
    let run = try await Program.python.run("-c", Self.program, input: input)
    #expect(run.status == 0)
    let found = run.lines
    let expected = cases.map { "\($0.name) \($0.code == nil ? $0.kind.rawValue : "refused")" }
    #expect(found == expected)
  }
}
