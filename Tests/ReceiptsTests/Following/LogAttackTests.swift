// What somebody may offer in place of an entry, a proof or a checkpoint.

import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("Attacks on proofs and checkpoints")
struct LogAttackTests {
  let world: World
  let policy: LogPolicy
  let log: ServedLog

  init() throws {
    world = try World()
    policy = LogPolicy(world.trust)
    log = ServedLog(world, (0..<8).map { "entry \($0)" })
  }

  func code(_ entry: LogEntry, _ proof: LogProof) -> ReceiptsError.Code? {
    do throws(ReceiptsError) {
      _ = try policy.verify(entry, by: proof)
      return nil
    } catch { return error.code }
  }

  @Test("two hashes of the tree, which together are as long as an entry, are no entry")
  func interiorNode() throws {
    let proof = try log.proof(of: 0)
    #expect(code(log.entries[0], proof) == nil)
    let (left, right) = (log.leaves.node(level: 0, index: 0), log.leaves.node(level: 0, index: 1))
    let children = LogEntry(
      slot: try #require(LogSlot(left.bytes)), statement: right.renamed())
    #expect(children.bytes.count == LogEntry.byteCount)
    // The path of the node above them, at every index that has a path of that length or of one more.
    for path in [proof.path, Array(proof.path.dropFirst())] {
      for index in 0..<8 as Range<UInt64> {
        let offered = LogProof(index: index, path: path, checkpoint: proof.checkpoint)
        #expect(code(children, offered) == .notIncluded)
      }
    }
  }

  @Test("an index at or beyond the size, no path, and a path of another entry prove nothing")
  func paths() throws {
    let proof = try log.proof(of: 7)
    for index in [8, 15, 1 << 63, .max] as [UInt64] {
      let offered = LogProof(index: index, path: proof.path, checkpoint: proof.checkpoint)
      #expect(code(log.entries[7], offered) == .notIncluded)
    }
    for path in [[], try log.proof(of: 0).path, proof.path + proof.path] {
      let offered = LogProof(index: 7, path: path, checkpoint: proof.checkpoint)
      #expect(code(log.entries[7], offered) == .notIncluded)
    }
    // The only entry of a log needs no path, and that is no reason to believe one without.
    let single = ServedLog(world, ["single"])
    #expect(code(single.entries[0], try single.proof(of: 0)) == nil)
    #expect(code(log.entries[0], try single.proof(of: 0)) == .notIncluded)
  }

  @Test("a checkpoint that anybody has touched is not followed, and unknown lines mean nothing")
  func notes() async throws {
    let text = String(decoding: log.note().bytes, as: UTF8.self)
    let line = "\u{2014} stranger.example AAAAAQECAw==\n"
    let cases: [(String, ReceiptsError.Code?)] = [
      (text + line, nil), (text.replacing("\n\n", with: "\n\n" + line), nil),
      (text + String(repeating: line, count: 14), nil),
      (text + String(repeating: line, count: 15), .noteSignatureCount),
      (text.replacing("\n", with: "\r\n"), .noteCharacters),
      (text.replacing("\n\n", with: "\r\n\n"), .noteCharacters),
      (text + "\n", .noteFormat), (String(text.dropLast()), .noteFormat),
      (text + "junk\n", .noteSignatureLine),
      (text + line.replacing("AAAA", with: "A AA"), .noteSignatureLine),
      (text.replacing("log.example\n8\n", with: "log.example\n08\n"), .checkpointFormat),
      (text.replacing("log.example\n8\n", with: "log.example\n9\n"), .noteSignature),
      (text.replacing("log.example\n8\n", with: "Log.example\n8\n"), .noteSignature),
    ]
    for (note, code) in cases {
      let store = MemoryStore<any FollowerRows>(MemoryFollowerRows())
      let source = MemoryLogSource(note: Bytes(note.utf8), log: log.entries.map(\.bytes))
      let follower = LogFollower(
        origin: "log.example", policy: policy, source: source, store: store)
      do throws(ReceiptsError) {
        let step = try await follower.step(at: World.start)
        #expect(code == nil && step == .verified(log.checkpoint()), "\(note)")
      } catch {
        #expect(error.code == code, "\(note)")
        #expect(store.snapshot().lastCheckpoint == nil)
      }
    }
  }
}
