// Signed notes, checkpoints and log proofs as texts: byte for byte, and what is refused.

import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("Notes, checkpoints and proofs as texts")
struct SignedNoteTests {
  static let line = "\u{2014} log.example AAAAAQECAw==\n"

  @Test("a note is what it is printed as")
  func roundTrip() throws {
    for text in ["text\n", "a\n\nb\n", "\n", "ä\u{2028}\n"] {
      for count in [1, 2, 16] {
        let bytes = Bytes((text + "\n" + String(repeating: Self.line, count: count)).utf8)
        let note = try SignedNote(bytes)
        #expect(note.text == Bytes(text.utf8))
        #expect(note.signatures.count == count)
        #expect(note.signatures[0].name == "log.example")
        #expect(note.signatures[0].keyID == 1)
        #expect(note.signatures[0].value == [1, 2, 3])
        #expect(note.bytes == bytes)
      }
    }
  }

  static let carriageReturns = String(line.dropLast()) + "\r\n"
  static let unended = String(line.dropLast())
  static let seventeen = String(repeating: line, count: 17)

  /// What is no note, and why.
  static let malformed: [(String, ReceiptsError.Code)] = [
    ("", .noteFormat),
    ("text\n", .noteFormat),
    ("text\n\n", .noteFormat),
    ("text\n" + line, .noteFormat),
    ("text\n\n" + unended, .noteFormat),
    ("text\r\n\r\n" + line, .noteCharacters),
    ("text\n\n" + carriageReturns, .noteCharacters),
    ("te\u{0}xt\n\n" + line, .noteCharacters),
    ("te\txt\n\n" + line, .noteCharacters),
    ("text\n\n" + seventeen, .noteSignatureCount),
    ("text\n\n- log.example AAAAAQECAw==\n", .noteSignatureLine),
    ("text\n\n\u{2014}log.example AAAAAQECAw==\n", .noteSignatureLine),
    ("text\n\n\u{2014}  AAAAAQECAw==\n", .noteSignatureLine),
    ("text\n\n\u{2014} log.example\n", .noteSignatureLine),
    ("text\n\n\u{2014} log.example AAAAAQ==\n", .noteSignatureLine),
    ("text\n\n\u{2014} log.example AAAAAQECAx==\n", .noteSignatureLine),
    ("text\n\n\u{2014} log.example AAAAAQECAw=\n", .noteSignatureLine),
    ("text\n\n\u{2014} log.example AAAAAQECAw== \n", .noteSignatureLine),
    ("text\n\n\u{2014} log+example AAAAAQECAw==\n", .noteSignatureLine),
    ("text\n\n\u{2014} log\u{A0}example AAAAAQECAw==\n", .noteSignatureLine),
    ("text\n\n" + line + "junk\n", .noteSignatureLine),
  ]

  @Test("what is no note is refused, and says why", arguments: malformed)
  func refused(_ text: String, _ code: ReceiptsError.Code) {
    #expect(throws: ReceiptsError(code, "")) { try SignedNote(Bytes(text.utf8)) }
  }

  @Test("bytes that are not UTF-8, and too many bytes, are refused")
  func bytes() {
    #expect(throws: ReceiptsError(.noteCharacters, "")) {
      try SignedNote(Bytes("text".utf8) + [0xFF, 0x0A, 0x0A] + Bytes(Self.line.utf8))
    }
    #expect(throws: ReceiptsError(.noteSize, "")) {
      try SignedNote(Bytes(repeating: 0x41, count: SignedNote.largestByteCount + 1))
    }
  }

  @Test("a checkpoint is three lines; others are kept and signed with them")
  func checkpoint() throws {
    let root = Base64.padded.string(MerkleTree.emptyRoot.bytes)
    let text = Bytes("log.example\n20852163\n\(root)\n".utf8)
    let checkpoint = try Checkpoint(text: text)
    #expect(checkpoint.origin == "log.example")
    #expect(checkpoint.size == 20_852_163)
    #expect(checkpoint.root == MerkleTree.emptyRoot)
    #expect(checkpoint.text == text)
    let extended = Bytes("log.example\n0\n\(root)\nmore\nlines\n".utf8)
    #expect(try Checkpoint(text: extended).extensionLines == ["more", "lines"])
    #expect(try Checkpoint(text: extended).text == extended)
    for wrong in [
      "", "\n", "log.example\n1\n\(root)", "\n1\n\(root)\n", "log.example\n01\n\(root)\n",
      "log.example\n-1\n\(root)\n", "log.example\n+1\n\(root)\n", "log.example\n\n\(root)\n",
      "log.example\n18446744073709551616\n\(root)\n", "log.example\n1\n\(root)A\n",
      "log.example\n1\n\(root)\n\nmore\n", "log.example\n1\n",
    ] {
      #expect(throws: ReceiptsError(.checkpointFormat, "")) {
        try Checkpoint(text: Bytes(wrong.utf8))
      }
    }
  }

  @Test("a log proof is what it is printed as, and refused in any other form")
  func proof() throws {
    let hash = Base64.padded.string(MerkleTree.emptyRoot.bytes)
    let note = "log.example\n9\n\(hash)\n\n" + Self.line
    let first = "c2sp.org/tlog-proof@v1\n"
    for count in [0, 1, 4, 63] {
      let hashes = String(repeating: hash + "\n", count: count)
      let bytes = Bytes((first + "index 8\n" + hashes + "\n" + note).utf8)
      let proof = try LogProof(bytes)
      #expect(proof.index == 8)
      #expect(proof.path.count == count)
      #expect(proof.checkpoint.bytes == Bytes(note.utf8))
      #expect(proof.bytes == bytes)
    }
    for wrong in [
      "", first, first + "index 8\n", first + "\n" + note,
      first + "index 08\n\n" + note, first + "index\n\n" + note, "index 8\n\n" + note,
      first + "extra AAAA\nindex 8\n\n" + note, first + "index 8\n\(hash)=\n\n" + note,
      first + "index 8\nAAAA\n\n" + note,
      first + "index 8\n" + String(repeating: hash + "\n", count: 64) + "\n" + note,
      first.replacingOccurrences(of: "v1", with: "v2") + "index 8\n\n" + note,
    ] {
      #expect(throws: ReceiptsError(.proofFormat, ""), "\(wrong)") {
        try LogProof(Bytes(wrong.utf8))
      }
    }
    #expect(throws: ReceiptsError(.noteCharacters, "")) {
      try LogProof(Bytes((first + "index 8\n\n" + note + "\r\n").utf8))
    }
  }

  @Test("a key's name, ID and purpose belong together")
  func keys() throws {
    let log = try World.noteSigner("log.example", .note).key
    let cosigner = try World.noteSigner("log.example", .cosignature).key
    #expect(log.publicKey == cosigner.publicKey)
    #expect(log.keyID != cosigner.keyID)
    #expect(try NoteKey(verifierKey: log.verifierKey) == log)
    #expect(try NoteKey(verifierKey: cosigner.verifierKey) == cosigner)
    for wrong in [
      "", "log.example", "log.example+00000000", String(log.verifierKey.dropLast()),
      log.verifierKey.replacingOccurrences(of: "log.example", with: "lag.example"),
      log.verifierKey.replacingOccurrences(of: "log.example", with: ""),
    ] {
      #expect(throws: ReceiptsError(.noteKey, "")) { try NoteKey(verifierKey: wrong) }
    }
  }
}

@Suite("Notes: vector of the specification", .enabled(if: PeerVectors.areThere, PeerVectors.hint))
struct NoteVectorTests {
  struct Vector: Decodable {
    let vkey: String
    let note: String
  }

  @Test("the example's key verifies the example, and nothing else")
  func example() throws {
    let vector = try JSONDecoder().decode(Vector.self, from: PeerVectors.data("signed-note.json"))
    let key = try NoteKey(verifierKey: vector.vkey)
    #expect(key.verifierKey == vector.vkey)
    let note = try SignedNote(Bytes(vector.note.utf8))
    #expect(note.bytes == Bytes(vector.note.utf8))
    #expect(key.isValid(note.signatures[0], for: note.text))
    #expect(!key.isValid(note.signatures[0], for: note.text + [0x0A]))
  }
}
