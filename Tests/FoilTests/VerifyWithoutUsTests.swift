// The demo's receipt, verified by the programs of Docs/VerifyWithoutUs.md, which share nothing with us.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Programs
import Testing

@Suite("Docs/VerifyWithoutUs.md")
struct VerifyWithoutUsTests {
  static func page() throws -> PageOfPrograms {
    try PageOfPrograms(
      at: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Docs/VerifyWithoutUs.md"))
  }

  static let hasGo =
    Command.has("go")
    && FileManager.default.fileExists(atPath: "/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")

  @Test("the page holds three programs, and how each is run")
  func programs() throws {
    let page = try Self.page()
    #expect(page.programs.map(\.name) == ["one.sh", "verify.py", "verify.go"])
    #expect(page.programs.map(\.commands.count) == [2, 1, 1])
    #expect(page.programs.allSatisfy { $0.text.count > 1000 })
  }

  @Test(
    "openssl verifies single statements, and no statement of which a byte was changed",
    .enabled(
      if: Command.has("openssl") && Command.has("basenc"), "openssl or basenc is not installed"))
  func openssl() async throws {
    let program = try Self.page().program("one.sh")
    let folder = try await ReceiptFolder()
    let runs = try await folder.run(program)
    #expect(runs.map(\.status) == [0, 0], "\(runs.map(\.errors))")
    #expect(runs.allSatisfy { $0.output.contains("Signature Verified Successfully") })
    #expect(runs[0].output.contains(#""decision":"commit""#))
    #expect(runs[1].output.contains("transfer of bank.example"))
    for kind in ["verdict", "transfer"] {
      let statement = try folder.statement(of: kind)
      for member in [statement.payload, statement.signatures[0].signature] {
        let changed = try await folder.changing(member)
        #expect(try await changed.run(program).contains { $0.status != 0 }, "\(kind)")
      }
    }
  }

  @Test(
    "Python verifies statements, log and witness, and nothing of which a byte was changed",
    .enabled("Python's joserfc or cryptography is not installed") {
      await Program.pythonHas("joserfc", "cryptography")
    })
  func python() async throws {
    let program = try Self.page().program("verify.py")
    let folder = try await ReceiptFolder()
    let run = try await folder.run(program)[0]
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.lines.contains(
        "statements: 2 acceptance, 1 delivery-request, 2 deposit, 2 offer, 1 order, 1 reservation, "
          + "2 settlement, 1 submission, 2 transfer, 1 verdict"))
    #expect(run.lines.last?.hasPrefix("verdict: commit no later than ") == true)
    let aborted = try await folder.copy(of: "silent.receipt").run(program)[0]
    #expect(aborted.lines.last?.hasPrefix("verdict: abort no later than ") == true)

    let receipt = try folder.receipt()
    let deposit = try folder.statement(of: "deposit")
    let checkpoint = receipt.checkpoint.components(separatedBy: "\n")
    let proof = try #require(receipt.verdictProof).components(separatedBy: "\n")
    // A part of the order may have the same index as a statement: one that is there once.
    let text = String(decoding: try folder.file("purchase.receipt"), as: UTF8.self)
    let index = try #require(
      receipt.statements.map { "\"index\":\($0.index)," }
        .first { text.components(separatedBy: $0).count == 2 })
    let changes: [(byte: String, error: String)] = [
      (deposit.payload, "BadSignatureError"),
      (deposit.signatures[0].signature, "BadSignatureError"),
      (receipt.statements[3].path[0], "not in the log"),
      (index, "AssertionError"),
      // Root, log and witness of the checkpoint; the hash and the root of the verdict's own proof.
      (checkpoint[2], "InvalidSignature"),
      (String(checkpoint[4].suffix(40)), "InvalidSignature"),
      (String(checkpoint[5].suffix(40)), "InvalidSignature"),
      (proof[2], "verdict not in the log"), (proof[6], "InvalidSignature"),
      (receipt.process, "the order is not the process"),
    ]
    for (byte, error) in changes {
      let run = try await folder.changing(byte).run(program)[0]
      #expect(run.status != 0 && run.errors.contains(error), "\(byte): \(run.errors)")
    }
    // Lists of others: the log's key has ended before, and nobody is believed about the time.
    let same = try await folder.trusting { _ in }.run(program)[0]
    #expect(same.status == 0, "\(same.errors)")
    let ended = try await folder.trusting { list in
      list.keys = list.keys.map { key in
        guard key.role == .log else { return key }
        return TrustedKey(
          party: key.party, role: key.role, key: key.key, validFrom: key.validFrom,
          validUntil: key.validFrom.adding(milliseconds: 1))
      }
    }.run(program)[0]
    #expect(ended.status != 0 && ended.errors.contains("time of the log's key"), "\(ended.errors)")
    let alone = try await folder.trusting { list in
      list.keys.removeAll { $0.role == .witness }
      list.witnessQuorum = 0
    }.run(program)[0]
    #expect(
      alone.status != 0 && alone.errors.contains("no trusted witness says when"),
      "\(alone.errors)")
    let trust = try await folder.changing(trust: try folder.trustList().payload).run(program)[0]
    #expect(trust.errors.contains("Error"))
    // What the demo changes for whoever wants to see it.
    let tampered = try await DemoHome.copied()
    _ = try await tampered.foil("demo", "--tamper", "receipt")
    #expect(try await ReceiptFolder(tampered).run(program)[0].errors.contains("BadSignatureError"))
  }

  @Test(
    "Go's note and tlog find every statement below the checkpoint, and none after a byte was changed",
    .enabled(if: hasGo, "golang-go or golang-golang-x-mod-dev is not installed"))
  func go() async throws {
    let program = try Self.page().program("verify.go")
    let folder = try await ReceiptFolder()
    let run = try await folder.run(program)[0]
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.lines[0].hasPrefix("log key log.example+"))
    #expect(run.lines[1].hasPrefix("15 statements are among "))
    #expect(run.lines[2].hasPrefix("the verdict was among "))

    let receipt = try folder.receipt()
    let checkpoint = receipt.checkpoint.components(separatedBy: "\n")
    let proof = try #require(receipt.verdictProof).components(separatedBy: "\n")
    for byte in [
      try folder.statement(of: "deposit").payload, receipt.statements[3].path[0],
      checkpoint[2], String(checkpoint[4].suffix(40)), proof[2], proof[6],
    ] {
      let run = try await folder.changing(byte).run(program)[0]
      #expect(run.status != 0 && !run.errors.isEmpty, "\(byte)")
    }
  }
}

/// A page with programs that are to be saved and lines that are to be run.
struct PageOfPrograms {
  struct Program {
    let name: String
    let text: String
    var commands: [String] = []
  }

  let programs: [Program]

  /// Takes the fenced blocks of a page: after "Save this as `name`:" stands a program, and in blocks of
  /// `sh` without that, line by line, how the last one is run.
  init(at page: URL) throws {
    let markdown = try String(contentsOf: page, encoding: .utf8)
    var programs: [Program] = []
    let block = /(?:Save this as `([^`]+)`:\n\n)?```(\w+)\n(.*?\n)```/.dotMatchesNewlines()
    for match in markdown.matches(of: block) {
      if let name = match.1 {
        programs.append(Program(name: String(name), text: String(match.3)))
      } else if match.2 == "sh", !programs.isEmpty {
        let lines = match.3.split(separator: "\n").map(String.init)
        programs[programs.count - 1].commands += lines
      }
    }
    self.programs = programs
  }

  func program(_ name: String) throws -> Program {
    try #require(programs.first { $0.name == name })
  }
}

/// A folder with `foil-demo` in it, as the page has it: nothing but a receipt and a trust list.
struct ReceiptFolder: Sendable {
  private let folder: ScratchFolder
  private let home: DemoHome

  /// The receipt of the demo, or that of another home.
  init(_ home: DemoHome? = nil) async throws {
    let home = if let home { home } else { try await DemoHome.founded() }
    try self.init(
      home: home, receipt: try Data(contentsOf: URL(filePath: home.receipt)),
      trust: try Data(contentsOf: URL(filePath: home.trust)))
  }

  private init(home: DemoHome, receipt: Data, trust: Data) throws {
    self.home = home
    folder = try ScratchFolder()
    let demo = folder.url.appending(path: "foil-demo")
    try FileManager.default.createDirectory(at: demo, withIntermediateDirectories: false)
    try receipt.write(to: demo.appending(path: "purchase.receipt"))
    try trust.write(to: demo.appending(path: "trust.json"))
  }

  /// Saves a program here and runs it, as the page says.
  func run(_ program: PageOfPrograms.Program) async throws -> [Run] {
    try Data(program.text.utf8).write(to: folder.url.appending(path: program.name))
    var runs: [Run] = []
    for command in program.commands {
      runs.append(
        try #require(try await Command.program("sh", ["-c", command], in: folder.url)))
    }
    return runs
  }

  func file(_ name: String) throws -> Data {
    try Data(contentsOf: folder.url.appending(path: "foil-demo/\(name)"))
  }

  // MARK: - Other receipts

  /// Another receipt of the same home.
  func copy(of name: String) async throws -> ReceiptFolder {
    try ReceiptFolder(
      home: home, receipt: try Data(contentsOf: URL(filePath: home.path(name))),
      trust: try file("trust.json"))
  }

  /// The same receipt with one byte changed: the tenth of a text that stands in it, or the last digit of a
  /// shorter one.
  func changing(_ text: String) async throws -> ReceiptFolder {
    try ReceiptFolder(
      home: home, receipt: try Self.change(text, in: try file("purchase.receipt")),
      trust: try file("trust.json"))
  }

  /// The same trust list with one byte changed.
  func changing(trust text: String) async throws -> ReceiptFolder {
    try ReceiptFolder(
      home: home, receipt: try file("purchase.receipt"),
      trust: try Self.change(text, in: try file("trust.json")))
  }

  /// The same receipt with another trust list, which another root has signed.
  func trusting(
    _ change: (inout (keys: [TrustedKey], witnessQuorum: Int)) -> Void
  ) async throws -> ReceiptFolder {
    let list: TrustList = try UnverifiedStatement(Bytes(try file("trust.json"))).unverifiedClaim()
    let root = StatementSigner(
      party: try #require(PartyName("other-root.example")),
      key: try Ed25519.PrivateKey(seed: SecretBytes(copying: SHA256.digest([1]).bytes)))
    var others = (
      keys: list.keys.filter { $0.role != .trustRoot }, witnessQuorum: list.witnessQuorum
    )
    change(&others)
    others.keys.append(
      TrustedKey(
        party: root.issuer.party, role: .trustRoot,
        key: try #require(SigningKeyValue(root.publicKey.bytes)), validFrom: list.madeAt,
        validUntil: list.madeAt.adding(seconds: 9)))
    var entropy = SeededEntropy(seed: 1)
    let signed = try TrustStore.sign(
      TrustList(madeAt: list.madeAt, keys: others.keys, witnessQuorum: others.witnessQuorum),
      with: root,
      entropy: &entropy)
    return try ReceiptFolder(
      home: home, receipt: try file("purchase.receipt"), trust: Data(signed.bytes))
  }

  private static func change(_ text: String, in content: Data) throws -> Data {
    var content = content
    let range = try #require(content.range(of: Data(text.utf8)), "\(text) is not there")
    let place = text.utf8.count > 12 ? range.lowerBound + 9 : range.upperBound - 2
    content[place] = content[place] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
    return content
  }

  // MARK: - What stands in it

  struct Statement: Decodable {
    struct Signature: Decodable { let signature: String }
    let payload: String
    let signatures: [Signature]
  }

  struct Receipt: Decodable {
    struct Entry: Decodable {
      let statement: Statement
      let index: Int
      let path: [String]
    }
    let checkpoint: String
    let process: String
    let verdictProof: String?
    let statements: [Entry]
  }

  func receipt() throws -> Receipt {
    try JSONDecoder().decode(Receipt.self, from: try file("purchase.receipt"))
  }

  func trustList() throws -> Statement {
    try JSONDecoder().decode(Statement.self, from: try file("trust.json"))
  }

  /// The first statement of a kind.
  func statement(of kind: String) throws -> Statement {
    struct Claim: Decodable { let kind: String }
    let found = try receipt().statements.map(\.statement).first { statement in
      let payload = Data(base64URL: statement.payload) ?? Data()
      return try JSONDecoder().decode(Claim.self, from: payload).kind == kind
    }
    return try #require(found, "the receipt has no \(kind)")
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
