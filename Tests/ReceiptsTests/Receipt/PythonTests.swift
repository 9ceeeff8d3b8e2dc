// Receipts checked by others: Python's standard library, and `cryptography` for the signature.

import Foundation
import PaymentModel
import Receipts
import Programs
import Testing

@Suite("Receipts without this library")
struct PythonTests {
  /// Checks that all statements of a receipt stand below the root of its checkpoint, and with a second
  /// argument (the log's verifier key) the checkpoint's signature. 30 lines that share nothing with us.
  static let script = """
    import base64, hashlib, json, sys
    sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
    unbase64url = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    receipt = json.load(open(sys.argv[1], "rb"))
    text, _, signatures = receipt["checkpoint"].rpartition("\\n\\n")
    origin, size, root = text.split("\\n")[:3]
    size, root = int(size), base64.b64decode(root)
    for entry in receipt["statements"]:
        payload = unbase64url(entry["statement"]["payload"])
        claim = json.loads(payload)
        slot = bytes(32)
        if claim["kind"] == "verdict":
            slot = sha(b"foil/verdict-slot/v1", bytes.fromhex(claim["process"]))
        node, index, last = sha(b"\\0", slot, sha(payload)), entry["index"], size - 1
        assert index < size, "index"
        for sibling in map(bytes.fromhex, entry["path"]):
            assert last > 0, "path too long"
            if index % 2 or index == last:
                node = sha(b"\\1", sibling, node)
                while index % 2 == 0 and index:
                    index, last = index // 2, last // 2
            else:
                node = sha(b"\\1", node, sibling)
            index, last = index // 2, last // 2
        assert last == 0 and node == root, "not in the log: " + claim["kind"]
    if len(sys.argv) > 2:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        name, _, key = sys.argv[2].split("+", 2)
        line = next(l for l in signatures.split("\\n") if l.startswith("\\u2014 " + name + " "))
        value = base64.b64decode(line.split(" ")[2])
        public_key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
        public_key.verify(value[4:], (text + "\\n").encode())
    print("ok", len(receipt["statements"]), size)
    """

  @Test(
    "thirty lines of Python find every statement below the checkpoint's root",
    .enabled(if: Program.python.isPresent, "python3 is missing"))
  func inclusion() async throws {
    let (good, bad, _) = try await receipts()
    #expect(try await run(good) == "ok 15 39\n")
    #expect(try await run(bad) == nil)
  }

  @Test(
    "and the log's signature verifies with Python's cryptography",
    .enabled("Python's cryptography is missing") { await Program.pythonHas("cryptography") })
  func signature() async throws {
    let (good, _, key) = try await receipts()
    #expect(try await run(good, key) == "ok 15 39\n")
    let other = try World.noteSigner("log.example", .cosignature).key.verifierKey
    #expect(
      try await run(good, other) == "ok 15 39\n", "the script does not look at the key's purpose")
    let stranger = try World.noteSigner("stranger.example", .note).key.verifierKey
      .replacingOccurrences(of: "stranger.example", with: "log.example")
    #expect(try await run(good, stranger) == nil)
  }

  /// A receipt among other entries, the same one with another path, and the log's verifier key.
  private func receipts() async throws -> (good: Bytes, bad: Bytes, key: String) {
    let world = try World()
    let log = world.log()
    _ = try await log.append(
      (0..<24).map { LogEntry(slot: .none, statement: identifier("other \($0)")) })
    let receipt = try await Purchase(in: world).receipt(from: log)
    var entries = receipt.entries
    entries[3] = Receipt.Entry(
      statement: entries[3].statement, index: entries[3].index, path: entries[4].path)
    let bad = Receipt(
      process: receipt.process, entries: entries, checkpoint: receipt.checkpoint,
      verdictProof: nil, parts: receipt.parts, exhibits: [], keyBundle: nil)
    return (receipt.bytes, bad.bytes, log.key.verifierKey)
  }

  /// What the script prints; `nil` when it fails.
  private func run(_ receipt: Bytes, _ key: String? = nil) async throws -> String? {
    let folder = try ScratchFolder()
    let file = try folder.file("receipt", receipt)
    let run = try await Program.python.run(["-c", Self.script, file] + (key.map { [$0] } ?? []))
    return run.status == 0 ? run.output : nil
  }
}
