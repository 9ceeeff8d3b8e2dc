// A follower mirrors what a log shows, and proves what no honest log shows.

import Conformance
import Foundation
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("Rows of a follower in memory")
struct MemoryFollowerRowsTests {
  @Test("conforms", arguments: FollowerConformance.cases)
  func conforms(_ conformance: FollowerConformance.Case) async throws {
    try await conformance.check(MemoryStore<any FollowerRows>(MemoryFollowerRows()))
  }
}

@Suite("A follower of a log")
struct LogFollowerTests {
  let world: World
  let policy: LogPolicy
  let store = MemoryStore<any FollowerRows>(MemoryFollowerRows())

  init() throws {
    world = try World()
    policy = LogPolicy(world.trust)
  }

  func follower(_ source: any LogSource, perStep: Int = 4096) -> LogFollower {
    LogFollower(
      origin: "log.example", policy: policy, source: source, store: store,
      entriesPerStep: perStep)
  }

  /// Steps until the source shows nothing that is new.
  func follow(_ log: ServedLog) async throws {
    while case .fetched = try await follower(log.source()).step(at: World.start) {}
  }

  func log(_ count: Int, _ branch: String = "") -> ServedLog {
    ServedLog(world, (0..<count).map { "\($0 < 5 ? "" : branch) \($0)" })
  }

  @Test("mirrors a real log that grows, and says when nothing is new")
  func mirrors() async throws {
    let real = world.log()
    var entries: [LogEntry] = []
    for (round, count) in [1, 2, 9, 30].enumerated() {
      entries += (0..<count).map { ServedLog.entry("\(round) \($0)") }
      _ = try await real.include(entries)
      let note = try await real.checkpoint()
      let source = MemoryLogSource(note: note.bytes, log: entries.map(\.bytes))
      let checkpoint = try Checkpoint(text: note.text)
      #expect(try await follower(source).step(at: World.start) == .verified(checkpoint))
      #expect(try await follower(source).step(at: World.start) == .upToDate(UInt64(entries.count)))
      #expect(try await follower(source).checkpoint() == checkpoint)
    }
    #expect(store.snapshot().root(ofSize: 42) == MerkleTree.root(of: entries.map(\.leafHash)))
  }

  @Test("an empty log is followed from the beginning")
  func empty() async throws {
    let log = ServedLog(world)
    #expect(try await follower(log.source()).step(at: World.start) == .verified(log.checkpoint()))
    #expect(try await follower(log.source()).step(at: World.start) == .upToDate(0))
    let wrong = log.note(root: identifier("not the root of nothing"))
    guard case .splitView = try await follower(log.source(wrong)).step(at: World.start) else {
      Issue.record("a second root of the empty log was taken")
      return
    }
  }

  @Test("a step fetches so many entries, and a follower that was killed goes on with the rest")
  func steps() async throws {
    var log = log(10)
    for have in [4, 8] as [UInt64] {
      // A follower of its own for each step: all it knows is in its rows.
      #expect(
        try await follower(log.source(), perStep: 4).step(at: World.start) == .fetched(have, of: 10)
      )
      #expect(try await follower(log.source()).checkpoint() == nil)
    }
    // The log has grown meanwhile: first what was begun is brought to its end.
    let target = log.checkpoint()
    log.append(["more"])
    #expect(try await follower(log.source(), perStep: 4).step(at: World.start) == .verified(target))
    #expect(
      try await follower(log.source(), perStep: 4).step(at: World.start)
        == .verified(log.checkpoint()))
  }

  @Test("checkpoints that the policy does not allow are not followed")
  func policies() async throws {
    let log = log(3)
    var stranger = log.note()
    stranger = SignedNote(
      text: stranger.text, signatures: [world.witnessSigner.sign(stranger.text, at: World.start)])
    for (note, code) in [
      (log.note(witnessed: false).bytes, ReceiptsError.Code.witnessQuorum),
      (stranger.bytes, .checkpointUnsigned), (Bytes("junk".utf8), .noteFormat),
      (Bytes(repeating: 0x41, count: SignedNote.largestByteCount + 1), .noteSize),
    ] {
      let source = MemoryLogSource(note: note, log: log.entries.map(\.bytes))
      await #expect(throws: ReceiptsError(code, "")) {
        try await follower(source).step(at: World.start)
      }
      #expect(store.snapshot().size == 0)
    }
    let other = LogFollower(
      origin: "other.example", policy: policy, source: log.source(), store: store)
    await #expect(throws: ReceiptsError(.otherLog, "")) { try await other.step(at: World.start) }
    await #expect(throws: ReceiptsError(.sourceUnavailable, "")) {
      try await follower(MemoryLogSource()).step(at: World.start)
    }
  }

  @Test("a source that lies about its entries is refused, and nothing that was verified is lost")
  func lies() async throws {
    let twists: [(ReceiptsError.Code, @Sendable ([Bytes]) -> [Bytes])] = [
      (.sourceCount, { $0.dropLast() }), (.sourceCount, { $0 + $0 }), (.sourceCount, { _ in [] }),
      (.sourceForm, { $0.map { $0 + [0] } }), (.sourceForm, { $0.map { $0.dropLast() } }),
      (.sourceForm, { $0.map { _ in [] } }), (.sourceMismatch, { $0.reversed() }),
      (.sourceMismatch, { $0.map { [$0[0] ^ 1] + $0.dropFirst() } }),
    ]
    try await follow(log(4))
    let before = store.snapshot().lastCheckpoint
    let log = log(11)
    for (code, twist) in twists {
      let liar = follower(Twisted(log: log.source(), twist: twist))
      await #expect(throws: ReceiptsError(code, "")) { try await liar.step(at: World.start) }
      #expect(store.snapshot().lastCheckpoint == before)
      #expect(try await liar.splitViews().isEmpty)
    }
    let short = MemoryLogSource(
      note: log.note().bytes, log: log.entries.dropLast().map(\.bytes))
    await #expect(throws: ReceiptsError(.sourceUnavailable, "")) {
      try await follower(short).step(at: World.start)
    }
    #expect(store.snapshot().size == 4)
    #expect(try await follower(log.source()).step(at: World.start) == .verified(log.checkpoint()))
    #expect(store.snapshot().doubts.isEmpty)
  }

  @Test("whatever sources do, the mirror stays a state of the true history and accuses nobody")
  func disorder() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    var truth = ServedLog(world)
    var verified: UInt64 = 0
    for round in 0..<150 {
      let random = entropy.bytes(3).map(Int.init)
      truth.append((0..<random[0] % 3).map { "\(round) \($0)" })
      let honest = truth.source()
      let old = truth.source(truth.note(truth.entries.count / 2))
      let source: any LogSource =
        switch random[1] % 8 {
        case 0: Twisted(log: honest) { $0.dropLast() }
        case 1: Twisted(log: honest) { $0.map { [$0[0] ^ 1] + $0.dropFirst() } }
        case 2: Twisted(log: honest, twist: { $0.reversed() }, hidesNodes: true)
        case 3: MemoryLogSource(note: honest.note)
        case 4: old
        default: honest
        }
      // Each step by a follower that knows nothing but its rows; errors are the sources' own.
      _ = try? await follower(source, perStep: 1 + random[2] % 7).step(at: World.start)
      let rows = store.snapshot()
      guard let note = rows.lastCheckpoint else { continue }
      let checkpoint = try Checkpoint(text: SignedNote(note).text)
      #expect(checkpoint == truth.checkpoint(Int(checkpoint.size)), "seed \(seed), \(round)")
      #expect(checkpoint.size >= verified && rows.splitViews.isEmpty, "seed \(seed), \(round)")
      #expect(rows.size >= checkpoint.size, "seed \(seed), \(round)")
      verified = checkpoint.size
    }
    // What a liar has left half fetched is found and forgotten; the next steps bring the rest.
    for _ in 0..<3 { _ = try? await follower(truth.source()).step(at: World.start) }
    #expect(try await follower(truth.source()).checkpoint() == truth.checkpoint(), "seed \(seed)")
  }

  // MARK: - Two histories

  @Test("one size with two roots is a split view that names the log, and that anybody can verify")
  func sameSize() async throws {
    try await follow(log(9))
    let other = log(9, "fork")
    // Nobody has to have witnessed the second one: the log has signed it.
    guard
      case .splitView(let proof) =
        try await follower(other.source(other.note(witnessed: false))).step(at: World.start)
    else {
      Issue.record("not found")
      return
    }
    #expect(try proof.verify(by: policy) == "log.example")
    #expect(try SplitView(proof.bytes) == proof)
    #expect(try await follower(other.source()).splitViews() == [proof])
    // The same again is no second proof, and the mirror stays where it was.
    _ = try await follower(other.source(other.note(witnessed: false))).step(at: World.start)
    #expect(try await follower(other.source()).splitViews() == [proof])
    #expect(try await follower(other.source()).checkpoint() == log(9).checkpoint())
  }

  @Test("an earlier state is no fault; an earlier state of another history is proven")
  func rollback() async throws {
    try await follow(log(13))
    let honest = log(7)
    #expect(try await follower(honest.source()).step(at: World.start) == .behind(7))
    #expect(
      try await follower(honest.source()).compare(honest.note(), at: World.start) == .consistent)
    for size in [6, 8, 12] {
      let other = log(size, "fork")
      guard case .splitView(let proof) = try await follower(other.source()).step(at: World.start)
      else {
        Issue.record("a rollback to \(size) was not found")
        return
      }
      #expect(try proof.verify(by: policy) == "log.example")
    }
    #expect(try await follower(honest.source()).checkpoint() == log(13).checkpoint())
  }

  @Test("a longer history that does not continue the mirror is proven out of its hash tiles")
  func fork() async throws {
    for size in [6, 8, 9] {
      await store.transact { rows in rows = MemoryFollowerRows() }
      try await follow(log(size))
      let other = log(20, "fork")
      let step = try await follower(other.source()).step(at: World.start)
      guard case .splitView(let proof) = step else {
        Issue.record("\(step)")
        return
      }
      #expect(try proof.verify(by: policy) == "log.example")
      #expect(store.snapshot().size == UInt64(size))
      #expect(try SplitView(proof.bytes).smaller == log(size).note())
    }
  }

  @Test("a fork whose hashes are withheld is kept, and proven when the mirror has come that far")
  func doubts() async throws {
    try await follow(log(6))
    let other = log(10, "fork")
    let liar = follower(Twisted(log: other.source(), hidesNodes: true))
    await #expect(throws: ReceiptsError(.sourceMismatch, "")) {
      try await liar.step(at: World.start)
    }
    #expect(try await liar.splitViews().isEmpty)
    // A checkpoint out of somebody's receipt, newer than the mirror and of the true history.
    #expect(try await liar.compare(log(12).note(), at: World.start) == .newer)
    try await follow(log(15))
    let proofs = try await liar.splitViews()
    #expect(proofs.count == 1)
    #expect(try proofs[0].verify(by: policy) == "log.example")
    #expect(proofs[0].smaller == other.note())
    #expect(store.snapshot().doubts.isEmpty)
  }

  @Test("what is kept is bounded")
  func bounds() async throws {
    try await follow(log(30))
    for number in 0..<20 {
      let other = log(10 + number % 20, "fork \(number)")
      _ = try await follower(other.source()).compare(other.note(witnessed: false), at: World.start)
      _ = try await follower(other.source()).compare(
        log(40 + number).note(witnessed: false), at: World.start)
    }
    #expect(store.snapshot().splitViews.count == 16)
    #expect(store.snapshot().doubts.count == 16)
  }

  @Test("an honest log, and one whose mirror lies, cannot be accused")
  func soundness() throws {
    let log = log(20)
    for (small, large) in [(5, 20), (8, 20), (16, 20), (20, 20), (0, 20)] {
      let path = try #require(
        log.leaves.consistencyProof(from: UInt64(small), to: UInt64(large)))
      let honest = SplitView(
        smaller: log.note(small), larger: log.note(large), prefixRoot: log.checkpoint(small).root,
        path: path)
      #expect(throws: ReceiptsError(.splitViewNone, "")) { try honest.verify(by: policy) }
      // Another root than the one that the tree has, or a path that leads elsewhere.
      let lie = SplitView(
        smaller: log.note(small), larger: log.note(large), prefixRoot: identifier("lie"),
        path: path)
      #expect(throws: ReceiptsError(.splitViewProof, "")) { try lie.verify(by: policy) }
      let other = SplitView(
        smaller: log.note(small), larger: log.note(large), prefixRoot: identifier("lie"),
        path: path + [identifier("lie")])
      #expect(throws: ReceiptsError(.splitViewProof, "")) { try other.verify(by: policy) }
    }
    // A stranger's note is nobody's checkpoint.
    let text = self.log(20, "fork").checkpoint().text
    let forged = SignedNote(
      text: text,
      signatures: [try World.noteSigner("stranger.example", .note).sign(text, at: World.start)])
    let accusation = SplitView(
      smaller: log.note(), larger: forged, prefixRoot: self.log(20, "fork").checkpoint().root,
      path: [])
    #expect(throws: ReceiptsError(.checkpointUnsigned, "")) { try accusation.verify(by: policy) }
  }

  @Test("a split view is read in one form only, and no byte of it can be changed")
  func coding() throws {
    // Lines of witnesses may be changed: they do not count.
    let other = log(14, "fork")
    let pair = try CheckpointPair(
      log(9).note(witnessed: false), other.note(witnessed: false), by: policy)
    guard case .splitView(let proof) = try pair.compare(with: other.leaves) else {
      Issue.record("not found")
      return
    }
    let bytes = proof.bytes
    let seed = UInt64.random(in: 0...UInt64.max)
    var entropy = SeededEntropy(seed: seed)
    for _ in 0..<200 {
      let random = entropy.bytes(4)
      let place = (Int(random[0]) << 16 | Int(random[1]) << 8 | Int(random[2])) % bytes.count
      var changed = bytes
      changed[place] ^= 1 << (random[3] % 8)
      #expect(throws: ReceiptsError.self, "seed \(seed), byte \(place)") {
        try SplitView(changed).verify(by: policy)
      }
    }
    #expect(throws: ReceiptsError(.splitViewFormat, "")) { try SplitView(bytes.dropLast()) }
    #expect(throws: ReceiptsError(.splitViewFormat, "")) {
      try SplitView(Bytes(repeating: 0x20, count: SplitView.largestByteCount + 1))
    }
  }
}
