// `foil audit log`: two checkpoints, one history or two.

import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import Programs
import Testing

@Suite("foil audit log")
struct AuditLogCommandTests {
  let folder: ScratchFolder
  let log: NoteSigner
  let witness: NoteSigner

  init() throws {
    folder = try ScratchFolder()
    log = NoteSigner(party: try party("log.example"), purpose: .note, key: try key("log"))
    witness = NoteSigner(
      party: try party("witness.example"), purpose: .cosignature, key: try key("witness"))
    try write("trust", try trustList())
    for (name, history) in [("ours", 0..<20), ("theirs", 100..<120)] {
      for size in [0, 6, 8, 20] {
        try write("\(name)-\(size)", note(tree(history), size).bytes)
      }
    }
    try write("unseen-20", note(tree(0..<20), 20, witnessed: false).bytes)
  }

  // MARK: - A log, its checkpoints, and its files

  /// Histories agree in their first four entries.
  func entries(_ numbers: Range<Int>) -> [LogEntry] {
    numbers.enumerated().map { place, number in
      let name = place < 4 ? "entry \(place)" : "entry \(number)"
      return LogEntry(slot: .none, statement: SHA256.digest(Bytes(name.utf8)).renamed())
    }
  }

  func tree(_ numbers: Range<Int>) -> MerkleLevels {
    MerkleLevels(entries(numbers).map(\.leafHash))
  }

  func note(_ tree: MerkleLevels, _ size: Int, witnessed: Bool = true) -> SignedNote {
    let text = Checkpoint(
      origin: "log.example", size: UInt64(size), root: tree.root(ofSize: UInt64(size))
    ).text
    let time = Timestamp(seconds: 1_800_000_000)
    return SignedNote(
      text: text,
      signatures: [log.sign(text, at: time)] + (witnessed ? [witness.sign(text, at: time)] : []))
  }

  func trustList(logKeyEnds: Timestamp = Timestamp(seconds: 1_900_000_000)) throws -> Bytes {
    let root = StatementSigner(party: try party("root.example"), key: try key("root"))
    let (from, until) = (Timestamp(seconds: 1_700_000_000), Timestamp(seconds: 1_900_000_000))
    func listed(
      _ name: String, _ role: Role, _ key: Ed25519.PublicKey, until: Timestamp = until
    ) throws -> TrustedKey {
      TrustedKey(
        party: try party(name), role: role, key: try #require(SigningKeyValue(key.bytes)),
        validFrom: from, validUntil: until)
    }
    var entropy = SeededEntropy(seed: 1)
    return try TrustStore.sign(
      TrustList(
        madeAt: from,
        keys: [
          try listed("root.example", .trustRoot, root.publicKey),
          try listed("log.example", .log, log.key.publicKey, until: logKeyEnds),
          try listed("witness.example", .witness, witness.key.publicKey),
        ], witnessQuorum: 1), with: root, entropy: &entropy
    ).bytes
  }

  func write(_ name: String, _ bytes: Bytes) throws {
    let url = folder.url.appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func writeProof(_ name: String, _ hashes: [Digest]?) throws {
    let lines = try #require(hashes).map { Base64.padded.string($0.bytes) + "\n" }
    try write(name, Bytes(lines.joined().utf8))
  }

  func audit(_ arguments: String..., input: String = "") async throws -> Run {
    try await Command.foil(
      ["audit", "log", "--trust", "trust"] + arguments, input: input, in: folder.url)
  }

  // MARK: - Tests

  @Test("one history is consistent by proof or by tiles, in either order")
  func consistent() async throws {
    try writeProof("proof", tree(0..<20).consistencyProof(from: 6, to: 20))
    try write("tiles/tile/entries/000.p/20", entries(0..<20).flatMap { [0, 64] + $0.bytes })
    for proof in [["--proof", "proof"], ["--tiles", "tiles"]] {
      for files in [["ours-6", "ours-20"], ["ours-20", "ours-6"]] {
        let run = try await audit(files[0], files[1], proof[0], proof[1])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(run.lines.last?.hasPrefix("consistent: log.example with 20 entries") == true)
      }
    }
    #expect(try await audit("ours-8", "ours-8").status == 0)
    #expect(try await audit("ours-0", "ours-8").status == 0)
    let input = String(decoding: note(tree(0..<20), 20).bytes, as: UTF8.self)
    #expect(try await audit("-", "ours-20", input: input).status == 0)
    #expect(try await audit("ours-6", "-", "--tiles", "tiles", input: input).status == 0)
  }

  @Test("two histories are refuted, and the log is named")
  func refuted() async throws {
    struct Value: Decodable {
      struct Checkpoint: Decodable { let size: UInt64 }
      let answer: String
      let log: String
      let atFault: String
      let smaller: Checkpoint
      let larger: Checkpoint
      let splitView: String
    }
    try writeProof("proof", tree(100..<120).consistencyProof(from: 6, to: 20))
    try write("tiles/tile/entries/000.p/20", entries(100..<120).flatMap { [0, 64] + $0.bytes })
    let policy = LogPolicy(try TrustStore(Signed(try trustList())))
    for arguments in [
      ["ours-20", "theirs-20"], ["ours-6", "theirs-20", "--proof", "proof"],
      ["theirs-20", "ours-6", "--tiles", "tiles"], ["theirs-20", "ours-8", "--tiles", "tiles"],
    ] {
      let command = ["audit", "log", "--trust", "trust"] + arguments
      let run = try await Command.foil(command, in: folder.url)
      #expect(run.status == 1, "\(arguments): \(run.output)\(run.errors)")
      #expect(run.lines.last?.hasPrefix("refuted: log.example has shown two histories") == true)
      let json = try await Command.foil(command + ["--json"], in: folder.url)
      #expect(json.status == 1)
      let value = try json.json(as: Value.self)
      #expect(value.answer == "refuted")
      #expect(value.atFault == "log.example" && value.log == "log.example")
      #expect(value.larger.size == 20)
      let view = try SplitView(Bytes(value.splitView.utf8))
      #expect(try view.verify(by: policy) == "log.example")
    }
  }

  @Test("two histories that were signed with a key that had ended name nobody")
  func endedKey() async throws {
    struct Value: Decodable {
      let answer: String
      let atFault: String?
      let splitView: String
    }
    try write("trust", try trustList(logKeyEnds: Timestamp(seconds: 1_700_000_001)))
    let run = try await audit("ours-20", "theirs-20")
    #expect(run.status == 1 && run.output.contains("nobody is named"), "\(run.output)")
    let value = try await audit("ours-20", "theirs-20", "--json").json(as: Value.self)
    #expect(value.answer == "refuted" && value.atFault == nil && !value.splitView.isEmpty)
  }

  @Test("checkpoints between the rounds that wrote tiles are compared by wider tiles")
  func skippedWidths() async throws {
    try write("ours-13", note(tree(0..<20), 13).bytes)
    try write("theirs-13", note(tree(100..<120), 13).bytes)
    try write("tiles/tile/entries/000.p/20", entries(0..<20).flatMap { [0, 64] + $0.bytes })
    #expect(try await audit("ours-6", "ours-13", "--tiles", "tiles").status == 0)
    #expect(try await audit("theirs-6", "ours-13", "--tiles", "tiles").status == 1)
    #expect(try await audit("ours-6", "theirs-13", "--tiles", "tiles").status == 2)
  }

  @Test("what is missing is said, and proves nothing against the log")
  func cannotBeChecked() async throws {
    try writeProof("proof", tree(0..<20).consistencyProof(from: 6, to: 20))
    try writeProof("other", tree(100..<120).consistencyProof(from: 6, to: 20))
    try write("junk", Bytes("junk\n".utf8))
    try write("long", Bytes(repeating: 0x41, count: 100_000))
    try write("tiles/tile/entries/000.p/20", entries(100..<120).flatMap { [0, 64] + $0.bytes })
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "empty"), withIntermediateDirectories: false)
    struct Value: Decodable {
      let answer: String
      let code: String
      let atFault: String?
    }
    for (arguments, words, code) in [
      (["ours-6", "ours-20"], "a proof from 6 to 20 entries is missing", "source-unavailable"),
      (
        ["ours-6", "ours-20", "--proof", "other"], "does not lead to the checkpoint",
        "source-mismatch"
      ),
      (["ours-6", "ours-20", "--proof", "junk"], "one hash on each line", "source-form"),
      (["ours-6", "ours-20", "--proof", "long"], "one hash on each line", "source-form"),
      (["ours-6", "ours-20", "--proof", "none"], "cannot read none", "source-unavailable"),
      (["ours-6", "ours-20", "--tiles", "tiles"], "not that of the checkpoint", "source-mismatch"),
      (["ours-6", "ours-20", "--tiles", "empty"], "empty has no tile", "source-unavailable"),
      (
        ["ours-6", "unseen-20", "--proof", "proof"],
        "0 witnesses that have cosigned are not enough", "witness-quorum"
      ),
    ] {
      let command = ["audit", "log", "--trust", "trust"] + arguments
      let run = try await Command.foil(command, in: folder.url)
      #expect(run.status == 2, "\(arguments): \(run.output)")
      #expect(run.lines.last?.hasPrefix("cannot be checked: ") == true)
      #expect(run.output.contains(words), "\(run.output)")
      let json = try await Command.foil(command + ["--json"], in: folder.url)
      let value = try json.json(as: Value.self)
      #expect(value.answer == "cannot-be-checked" && value.code == code)
      #expect(value.atFault == nil)
    }
    // Two histories are two histories, whoever has seen them.
    #expect(try await audit("unseen-20", "theirs-20").status == 1)
  }

  @Test("files that are no checkpoints, strangers' notes and wrong usage end as they must")
  func usage() async throws {
    try write("junk", Bytes("junk\n".utf8))
    let junk = try await audit("junk", "ours-20")
    #expect(junk.status == 2 && junk.errors.contains("junk is no checkpoint"))
    #expect(try await audit("nowhere", "ours-20").status == 2)
    var forged = note(tree(0..<20), 20).bytes
    forged[12] ^= 1
    try write("forged", forged)
    let refused = try await audit("forged", "ours-20")
    #expect(refused.status == 2 && refused.output.contains("cannot be checked: "))
    #expect(try await audit("-", "-").status == 64)
    #expect(try await audit("ours-6").status == 64)
    #expect(try await audit("ours-6", "ours-20", "--tiles", "a", "--proof", "b").status == 64)
    let list = try await Command.foil(
      ["audit", "log", "ours-6", "ours-20", "--trust", "junk"], in: folder.url)
    #expect(list.status == 2 && list.errors.contains("junk is no trust list"))
  }

  @Test("the checkpoints of a demo's receipts are of one log, as far as sizes can tell")
  func demo() async throws {
    struct Receipt: Decodable { let checkpoint: String }
    let home = try await DemoHome.founded()
    var files: [String] = []
    for (name, path) in [("a", home.receipt), ("b", home.path("silent.receipt"))] {
      let receipt = try JSONDecoder().decode(
        Receipt.self, from: try Data(contentsOf: URL(filePath: path)))
      try write(name, Bytes(receipt.checkpoint.utf8))
      files.append(name)
    }
    let run = try await Command.foil(
      ["audit", "log"] + files + ["--trust", home.trust], in: folder.url)
    #expect(run.status == 2)
    #expect(run.output.contains("log log.example"))
    let same = try await Command.foil(
      ["audit", "log", "a", "a", "--trust", home.trust], in: folder.url)
    #expect(same.status == 0)
  }
}

private func party(_ name: String) throws -> PartyName { try #require(PartyName(name)) }

private func key(_ name: String) throws -> Ed25519.PrivateKey {
  try Ed25519.PrivateKey(seed: SecretBytes(copying: SHA256.digest(Bytes(name.utf8)).bytes))
}
