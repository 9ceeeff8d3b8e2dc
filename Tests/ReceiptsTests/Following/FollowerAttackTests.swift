// What somebody may do to a follower so that it does not find a fork, and whom a found one blames.

import PaymentCrypto
import PaymentModel
import Receipts
import Testing

extension LogFollowerTests {
  @Test("a fork stays in doubt, however many notes and later checkpoints are thrown after it")
  func floodedDoubts() async throws {
    try await follow(log(6))
    let other = log(12, "fork")
    let follower = follower(log(6).source())
    #expect(try await follower.compare(log(30).note(witnessed: false), at: World.start) == .newer)
    // One checkpoint in many dresses, and many that are larger.
    for number in 0..<20 {
      let dressed = try dressed(log(20).note(), number)
      #expect(try await follower.compare(dressed, at: World.start) == .newer)
    }
    #expect(store.snapshot().doubts.count == 2)
    for size in 31..<60 { _ = try await follower.compare(log(size).note(), at: World.start) }
    #expect(try await follower.compare(other.note(), at: World.start) == .newer)
    for size in 60..<90 { _ = try await follower.compare(log(size).note(), at: World.start) }
    #expect(store.snapshot().doubts.count == 16)
    try await follow(log(15))
    let proofs = try await follower.splitViews()
    #expect(proofs.map(\.smaller) == [other.note()])
    #expect(try proofs.first?.verify(by: policy) == "log.example")
  }

  @Test("what strangers write below a note is not kept, so that every proof can be read")
  func foreignLines() async throws {
    // The largest note that is read, of bytes that take two in a proof.
    let source = MemoryLogSource(
      note: try dressed(log(9).note()).bytes, log: log(9).entries.map(\.bytes))
    #expect(try await follower(source).step(at: World.start) == .verified(log(9).checkpoint()))
    #expect(store.snapshot().lastCheckpoint == log(9).note().bytes)
    let (fork, later) = (log(9, "fork"), log(12, "fork"))
    _ = try await follower(source).compare(try dressed(later.note()), at: World.start)
    #expect(store.snapshot().doubts == [later.note().bytes])
    let step = try await follower(fork.source(try dressed(fork.note()))).step(at: World.start)
    guard case .splitView(let proof) = step else {
      Issue.record("\(step)")
      return
    }
    #expect(proof.larger == fork.note())
    #expect(try await follower(source).splitViews() == [proof])
    let pair = try CheckpointPair(dressed(log(9).note()), dressed(fork.note()), by: policy)
    guard case .splitView(let compared) = pair.answerWithoutProof else {
      Issue.record("not found")
      return
    }
    #expect(try SplitView(compared.bytes) == compared)
    // A line that bears a known name and does not verify is a stranger's, too.
    var forged = fork.note().bytes
    let place = forged.count - 6
    forged[place] = forged[place] == 0x41 ? 0x42 : 0x41
    _ = try await follower(source).compare(SignedNote(forged), at: World.start)
    #expect(try await follower(source).splitViews().last?.larger.signatures.count == 1)
  }

  /// A note below which strangers have put as much as is read.
  func dressed(_ note: SignedNote, _ number: Int = 0) throws -> SignedNote {
    let name = "\(number)" + String(repeating: "\"", count: 130_000)
    let line = "\u{2014} \(name) AAAAAQECAw==\n"
    return try SignedNote(note.bytes + Bytes(line.utf8))
  }

  @Test("a checkpoint whose entries nobody serves is put aside, and compared later")
  func unservedTarget() async throws {
    try await follow(log(6))
    let fork = log(9, "fork")
    for _ in 0..<2 {
      let empty = MemoryLogSource(note: fork.note().bytes)
      await #expect(throws: ReceiptsError(.sourceUnavailable, "")) {
        try await follower(empty).step(at: World.start)
      }
    }
    #expect(store.snapshot().target == nil)
    #expect(store.snapshot().doubts == [fork.note().bytes])
    // The true log has fewer entries than the checkpoint that nobody serves.
    let honest = log(8)
    #expect(
      try await follower(honest.source()).step(at: World.start) == .verified(honest.checkpoint()))
    try await follow(log(11))
    #expect(try await follower(honest.source()).splitViews().map(\.smaller) == [fork.note()])
  }

  @Test("entries that were fetched for a checkpoint that was given up serve the next one")
  func keptEntries() async throws {
    let long = log(12)
    #expect(
      try await follower(long.source(), perStep: 8).step(at: World.start) == .fetched(8, of: 12))
    let cut = MemoryLogSource(note: long.note().bytes, log: long.entries[..<8].map(\.bytes))
    await #expect(throws: ReceiptsError(.sourceUnavailable, "")) {
      try await follower(cut).step(at: World.start)
    }
    #expect(store.snapshot().size == 8)
    let short = MemoryLogSource(note: log(7).note().bytes)
    #expect(try await follower(short).step(at: World.start) == .verified(log(7).checkpoint()))
    #expect(
      try await follower(long.source()).step(at: World.start) == .verified(long.checkpoint()))
  }

  @Test("a second history is found while a checkpoint is being fetched")
  func splitViewUnderWay() async throws {
    try await follow(log(6))
    let long = log(20)
    #expect(
      try await follower(long.source(), perStep: 4).step(at: World.start) == .fetched(10, of: 20))
    var source = long.source()
    source.note = log(6, "fork").note().bytes
    guard case .splitView = try await follower(source, perStep: 4).step(at: World.start) else {
      Issue.record("not found")
      return
    }
    // It is told once; what is under way goes on.
    let step = try await follower(source, perStep: 4).step(at: World.start)
    #expect(step == .fetched(14, of: 20))
  }

  @Test("a checkpoint that is too far ahead is not followed, and nothing is fetched for it")
  func reach() async throws {
    try await follow(log(3))
    func near(_ log: ServedLog) -> LogFollower {
      LogFollower(
        origin: "log.example", policy: policy, source: log.source(), store: store,
        entriesPerCheckpoint: 5)
    }
    for _ in 0..<2 {
      await #expect(throws: ReceiptsError(.sourceReach, "")) {
        try await near(log(9)).step(at: World.start)
      }
    }
    #expect(store.snapshot().size == 3 && store.snapshot().target == nil)
    #expect(try await near(log(8)).step(at: World.start) == .verified(log(8).checkpoint()))
    #expect(try await near(log(9)).step(at: World.start) == .verified(log(9).checkpoint()))
  }

  @Test("a log is blamed for two histories only if its key was valid when it signed both")
  func blame() throws {
    let late = World.validUntil
    func view(_ smaller: SignedNote, _ larger: SignedNote) throws -> SplitView {
      let pair = try CheckpointPair(smaller, larger, by: policy)
      guard case .splitView(let view) = pair.answerWithoutProof else {
        throw BadFixture("one history")
      }
      return view
    }
    let (seen, fork) = (log(9).note(), log(9, "fork"))
    let unseen = try view(seen, fork.note(witnessed: false))
    // Whoever finds an old key can sign anything, and date it back.
    #expect(try unseen.verify(by: policy) == "log.example")
    #expect(!unseen.blamesLog(by: policy, receivedAt: late))
    #expect(!unseen.blamesLog(by: policy, receivedAt: nil))
    #expect(unseen.blamesLog(by: policy, receivedAt: late.adding(seconds: -1)))
    #expect(!unseen.blamesLog(by: policy, receivedAt: World.validFrom.adding(seconds: -1)))
    // What a witness has seen in time is blamed whenever it comes to light.
    #expect(try view(seen, fork.note()).blamesLog(by: policy, receivedAt: late))
    #expect(try view(seen, fork.note()).blamesLog(by: policy, receivedAt: nil))
    #expect(try !view(seen, fork.note(at: late)).blamesLog(by: policy, receivedAt: nil))
    // A proof that does not verify blames nobody.
    let none = SplitView(
      smaller: seen, larger: seen, prefixRoot: log(9).checkpoint().root, path: [])
    #expect(!none.blamesLog(by: policy, receivedAt: World.start))
  }
}
