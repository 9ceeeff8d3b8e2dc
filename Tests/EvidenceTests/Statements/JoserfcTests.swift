// Another implementation of JOSE reads our statements.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Testing

/// Python with the package `joserfc`.
enum Joserfc {
  static let isPresent = (try? run("import joserfc.jws", Bytes()))?.status == 0

  static func run(_ program: String, _ input: Bytes) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program]
    let (standardInput, standardOutput) = (Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = standardOutput
    process.standardError = FileHandle.nullDevice
    try process.run()
    try standardInput.fileHandleForWriting.write(contentsOf: Data(input))
    try standardInput.fileHandleForWriting.close()
    let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

@Suite("joserfc", .enabled(if: Joserfc.isPresent, "python3 with joserfc is missing"))
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
  func verify() throws {
    let cases = StatementCases.all.filter { $0.code == nil || $0.code == .signatureInvalid }
    let lines = try cases.map { example in
      try JSONSerialization.data(withJSONObject: [
        "name": example.name, "statement": String(decoding: example.statement, as: UTF8.self),
        "keys": ([example.key] + example.cosigners).map { Base64.url.string($0) },
      ])
    }
    let input = lines.reduce(into: Bytes()) { $0 += Bytes($1) + [0x0A] }
    let (status, output) = try Joserfc.run(Self.program, input)
    #expect(status == 0)
    let found = output.split(separator: "\n").map(String.init)
    let expected = cases.map { "\($0.name) \($0.code == nil ? $0.kind.rawValue : "refused")" }
    #expect(found == expected)
  }
}
