// Rounds: one transaction for all who wait, and a witness inside it.

import Evidence
import PaymentCrypto
import PaymentModel
import Receipts
import Synchronization
import Testing

@Suite("The rounds of a log")
struct LogRoundsTests {
  let world: World
  let store: CountingStore

  init() throws {
    world = try World()
    store = CountingStore(world.logStore)
  }

  /// A log whose witness lives in its own rows.
  func log(
    over other: (any Store<any LogRows>)? = nil, asking witnesses: [any Witness] = [],
    quorum: Int = 1
  ) -> TransparencyLog {
    TransparencyLog(
      signer: world.logSigner, store: other ?? store,
      embedded: EmbeddedWitness(signer: world.witnessSigner), witnesses: witnesses, quorum: quorum,
      trust: world.trust, clock: world.clock)
  }

  func entry(_ name: String, in slot: LogSlot = .none) -> LogEntry {
    LogEntry(slot: slot, statement: identifier(name))
  }

  /// Starts as many tasks as there are bodies while a round is under way, so that all wait for the next.
  func together<Value: Sendable>(
    on log: TransparencyLog, holding gate: GatedWitness,
    _ bodies: [@Sendable (TransparencyLog) async -> Value]
  ) async -> [Value] {
    async let first = try? log.append([entry("first")])
    await gate.isAsked()
    let called = Counter()
    let tasks = bodies.map { body in
      Task { [called] in
        called.add()
        return await body(log)
      }
    }
    while called.value < bodies.count { await Task.yield() }
    // Whoever waits by now shares the next round; those who only just called come later.
    for _ in 0..<100 { await Task.yield() }
    await gate.open()
    _ = await first
    var values: [Value] = []
    for task in tasks { values.append(await task.value) }
    return values
  }

  @Test("a publication is one transaction, and asking again writes nothing")
  func oneTransaction() async throws {
    let log = log()
    let policy = LogPolicy(world.trust)
    for number in 1...5 {
      let entry = entry("\(number)")
      let proof = try await log.include([entry])[0]
      #expect(store.transactions == number)
      #expect(try policy.verify(entry, by: proof).checkpoint.size == UInt64(number))
      let rows = world.logStore.snapshot()
      #expect(rows.signedCheckpoint == proof.checkpoint.bytes)
      #expect(rows.cosignedCheckpoint(of: "log.example") == proof.checkpoint.text)
    }
    let signed = world.logStore.snapshot().signedCheckpoint
    world.clock.set(World.start.adding(seconds: 60))
    let again = try await log.include([entry("2")])[0]
    #expect(again.checkpoint.bytes == signed, "one size is signed and cosigned once")
    #expect(
      try await self.log().include([entry("2")]) == [again], "by a log that was restarted, too")
  }

  @Test("who waits together shares a transaction, a checkpoint, and nothing else")
  func failsAlone() async throws {
    let gate = GatedWitness(try World.noteSigner("far.example", .cosignature))
    let log = log(asking: [gate], quorum: 1)
    let slot = LogSlot.verdict(of: identifier("process"))
    let requests =
      (0..<20).map { [entry("\($0)")] } + [
        [entry("winner", in: slot)], [entry("loser", in: slot)],
        [entry("innocent"), entry("late loser", in: slot)],
        [entry("twice", in: slot), entry("twice")],
      ] + (20..<40).map { [entry("\($0)")] }
    let bodies = requests.map { request in
      { @Sendable (log: TransparencyLog) async -> Result<[LogProof], ReceiptsError> in
        do throws(ReceiptsError) {
          return .success(try await log.include(request))
        } catch {
          return .failure(error)
        }
      }
    }
    let outcomes = await together(on: log, holding: gate, bodies)
    #expect(store.transactions < requests.count / 2, "not one for each")
    let policy = LogPolicy(world.trust)
    var failed = 0
    for (request, outcome) in zip(requests, outcomes) {
      switch outcome {
      case .success(let proofs):
        for (entry, proof) in zip(request, proofs) { _ = try policy.verify(entry, by: proof) }
      case .failure(let error):
        #expect(error.code == .slotTaken)
        failed += 1
      }
    }
    // Which of them was first is not said; one of them was, and none of the others left anything.
    let inSlot = requests.joined().filter { $0.slot == slot }
    var there = 0
    for entry in inSlot where try await log.proof(of: entry.statement) != nil { there += 1 }
    #expect(there == 1)
    #expect(failed == 3)
    let size = world.logStore.snapshot().size
    let innocent = try await log.proof(of: entry("innocent").statement)
    #expect(size == (innocent == nil ? 42 : 43))
  }

  @Test("a witness that answers garbage does not count, and does not keep others from counting")
  func garbage() async throws {
    let far = try World.noteSigner("far.example", .cosignature)
    for answer in GarbageWitness.Answer.allCases {
      let witness = GarbageWitness(signer: far, answer: answer)
      let fresh = MemoryStore<any LogRows>(MemoryLogRows())
      let alone = log(over: fresh, asking: [witness], quorum: 2)
      await #expect(throws: ReceiptsError(.unwitnessed, ""), "\(answer)") {
        try await alone.include([entry("a")])
      }
      let others = try ["north.example", "south.example"].map {
        world.witness(
          signing: try World.noteSigner($0, .cosignature), over: MemoryStore(MemoryLogRows()))
      }
      let proof = try await log(over: fresh, asking: [witness] + others, quorum: 3)
        .include([entry("a")])[0]
      _ = try LogPolicy(world.trust).verify(entry("a"), by: proof)
      #expect(proof.checkpoint.signatures.count == 4, "of the log and of three witnesses")
    }
  }

  @Test(
    "on old rows nothing is signed while a remote witness is silent, whatever the embedded says")
  func oldRowsSilentWitness() async throws {
    let far = try World.noteSigner("far.example", .cosignature)
    for quorum in 1...2 {
      let current = MemoryStore<any LogRows>(MemoryLogRows())
      let seen = MemoryStore<any LogRows>(MemoryLogRows())
      let witness = world.witness(signing: far, over: seen)
      let log = log(over: current, asking: [witness], quorum: quorum)
      _ = try await log.include([entry("a")])
      let backup = current.snapshot()
      _ = try await log.include([entry("b")])
      let old = MemoryStore<any LogRows>(backup)
      let silent = self.log(over: old, asking: [SilentWitness(key: far.key)], quorum: quorum)
      await #expect(throws: ReceiptsError(.unwitnessed, "")) {
        try await silent.include([entry("other")])
      }
      #expect(old.snapshot().size == 1)
      #expect(old.snapshot().signedCheckpoint == backup.signedCheckpoint)
      let told = self.log(over: old, asking: [witness], quorum: quorum)
      await #expect(throws: ReceiptsError(.logBehind, "")) {
        try await told.include([entry("other")])
      }
    }
  }

  @Test("a start asks so many witnesses that one of them has seen whatever was published")
  func startIntersects() async throws {
    let signers = try (0..<3).map { try World.noteSigner("far\($0).example", .cosignature) }
    let seen = signers.map { _ in MemoryStore<any LogRows>(MemoryLogRows()) }
    func witness(_ number: Int) -> any Witness {
      world.witness(signing: signers[number], over: seen[number])
    }
    func silent(_ number: Int) -> any Witness { SilentWitness(key: signers[number].key) }
    let current = MemoryStore<any LogRows>(MemoryLogRows())
    // One remote witness makes the quorum.
    _ = try await log(over: current, asking: (0..<3).map(witness), quorum: 2).include([entry("a")])
    let backup = current.snapshot()
    let old = MemoryStore<any LogRows>(backup)
    await #expect(throws: ReceiptsError(.unwitnessed, ""), "two of three are not enough") {
      try await log(over: old, asking: [silent(0), witness(1), witness(2)], quorum: 2)
        .include([entry("other")])
    }
    #expect(old.snapshot().size == 1)
    // Where two of three make the quorum, two of three have seen it.
    _ = try await log(over: old, asking: [silent(0), witness(1), witness(2)], quorum: 3)
      .include([entry("other")])
    #expect(old.snapshot().size == 2)
  }

  @Test("a quorum is an answer, though a witness never answers and does not care to be cancelled")
  func deafWitness() async throws {
    let deaf = DeafWitness(key: try World.noteSigner("deaf.example", .cosignature).key)
    let far = try ["north.example", "south.example"].map {
      world.witness(
        signing: try World.noteSigner($0, .cosignature), over: MemoryStore(MemoryLogRows()))
    }
    let log = log(asking: [deaf] + far, quorum: 3)
    for number in 0..<3 {
      let proof = try await log.include([entry("\(number)")])[0]
      #expect(proof.checkpoint.signatures.count == 4)
    }
  }

  @Test("without a quorum the log waits until the time is over, and answers again later")
  func timeout() async throws {
    let deaf = DeafWitness(key: try World.noteSigner("deaf.example", .cosignature).key)
    let log = log(asking: [deaf], quorum: 2)
    for _ in 0..<2 {
      let ended = Counter()
      let asked = deaf.asked.value
      let answer = Task {
        defer { ended.add() }
        return try await log.include([entry("a")])
      }
      while deaf.asked.value == asked { await Task.yield() }
      for _ in 0..<100 { await Task.yield() }
      #expect(ended.value == 0, "it waits")
      // The log may still be about to look at the clock.
      while ended.value == 0 {
        world.clock.set(world.clock.now().adding(seconds: 10))
        await Task.yield()
      }
      await #expect(throws: ReceiptsError(.unwitnessed, "")) { try await answer.value }
    }
    #expect(world.logStore.snapshot().size == 0)
  }

  @Test("whoever is cancelled disturbs nobody who shares the round")
  func cancelled() async throws {
    let gate = GatedWitness(try World.noteSigner("far.example", .cosignature))
    let log = log(asking: [gate], quorum: 2)
    async let first = log.append([entry("first")])
    await gate.isAsked()
    let tasks = ["cancelled", "patient"].map { name in
      let called = Counter()
      return (
        called,
        Task {
          called.add()
          return try await log.append([entry(name)])
        }
      )
    }
    for (called, _) in tasks {
      while called.value == 0 { await Task.yield() }
    }
    for _ in 0..<100 { await Task.yield() }
    tasks[0].1.cancel()
    await gate.open()
    #expect(try await first == [0])
    _ = try await tasks[1].1.value
    _ = try await tasks[0].1.value
    #expect(world.logStore.snapshot().size == 3)
  }

  @Test("a note can be read however many witnesses there are")
  func manyWitnesses() async throws {
    let signers = try (0..<20).map { try World.noteSigner("far\($0).example", .cosignature) }
    func witnesses() -> [any Witness] {
      signers.map { world.witness(signing: $0, over: MemoryStore<any LogRows>(MemoryLogRows())) }
    }
    for quorum in [1, 8, 15] {
      let log = log(
        over: MemoryStore<any LogRows>(MemoryLogRows()), asking: witnesses(), quorum: quorum)
      let proof = try await log.include([entry("a")])[0]
      #expect(try LogProof(proof.bytes) == proof)
      #expect(proof.checkpoint.signatures.count == max(quorum, 2) + 1)
    }
    let store = MemoryStore<any LogRows>(MemoryLogRows())
    await #expect(throws: ReceiptsError(.unwitnessed, "")) {
      try await log(over: store, asking: witnesses(), quorum: 16).include([entry("a")])
    }
    #expect(store.snapshot().size == 0)
  }

  @Test("a remote witness with the embedded one's key does not count again")
  func embeddedKeyTwice() async throws {
    let store = MemoryStore<any LogRows>(MemoryLogRows())
    await #expect(throws: ReceiptsError(.unwitnessed, "")) {
      try await log(over: store, asking: [world.witness()], quorum: 2).include([entry("a")])
    }
    let proof = try await log(over: store, asking: [world.witness()], quorum: 1)
      .include([entry("a")])[0]
    #expect(proof.checkpoint.bytes == store.snapshot().signedCheckpoint)
  }

  @Test("a witness that is listed twice counts once")
  func listedTwice() async throws {
    let log = world.log(witnesses: [world.witness(), world.witness()], quorum: 2)
    await #expect(throws: ReceiptsError(.unwitnessed, "")) { try await log.include([entry("a")]) }
  }

  @Test("once a witness has seen more, nothing more is added or signed")
  func stopsForGood() async throws {
    let log = world.log(over: store)
    _ = try await log.include([entry("a")])
    // The same log runs elsewhere on a copy, and gets ahead.
    let copy = MemoryStore<any LogRows>(world.logStore.snapshot())
    _ = try await world.log(over: copy).include([entry("b"), entry("c")])
    for _ in 0..<2 {
      await #expect(throws: ReceiptsError(.logBehind, "")) { try await log.include([entry("d")]) }
    }
    // The first of these has signed before it was told; nobody has seen that.
    #expect(world.logStore.snapshot().size == 2)
    await #expect(throws: ReceiptsError(.logBehind, "")) {
      try await log.proof(of: entry("a").statement)
    }
  }

  @Test("rows that were not signed as they are now are refused")
  func tampered() async throws {
    _ = try await log().include([entry("a"), entry("b")])
    // Fewer entries than were signed.
    var fewer: any LogRows = MemoryLogRows()
    fewer.append(entry("a"), at: 0, completing: [entry("a").leafHash])
    fewer.setSignedCheckpoint(try #require(world.logStore.snapshot().signedCheckpoint))
    // As many, one of them another; and a witness that has seen the others.
    var others: any LogRows = MemoryLogRows()
    let leaf = entry("c").leafHash
    others.append(entry("c"), at: 0, completing: [leaf])
    others.setCosignedCheckpoint(
      try #require(world.logStore.snapshot().cosignedCheckpoint(of: "log.example")),
      of: "log.example")
    for rows in [fewer, others] {
      let store = MemoryStore<any LogRows>(rows)
      await #expect(throws: ReceiptsError(.logBehind, "")) {
        try await log(over: store).include([entry("d")])
      }
      #expect(store.snapshot().size == rows.size)
    }
  }

  @Test("entries, proofs and checkpoints can be read by index, statement and slot")
  func reads() async throws {
    let log = log()
    let slot = LogSlot.keyset(of: try World.party("bank.example"), period: 1)
    let entries = (0..<9).map { entry("\($0)") } + [entry("keyset", in: slot)]
    try await log.append(entries)
    #expect(await log.entries(in: 0..<10) == entries)
    #expect(await log.entries(in: 8..<99) == Array(entries[8...]))
    #expect(await log.entries(in: 0..<UInt64.max) == entries)
    let policy = LogPolicy(world.trust)
    for (index, entry) in entries.enumerated() {
      _ = try policy.verify(entry, by: try #require(try await log.proof(of: UInt64(index))))
    }
    #expect(try await log.proof(of: 10) == nil)
    #expect(try await log.proof(in: slot)?.index == 9)
    #expect(try await log.proof(in: .verdict(of: identifier("none"))) == nil)
    #expect(try Checkpoint(text: try await log.checkpoint().text).size == 10)
  }
}

/// A number that many tasks add to.
final class Counter: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock { $0 } }
  func add() { count.withLock { $0 += 1 } }
}

/// Counts the transactions.
final class CountingStore: Store {
  private let store: MemoryStore<any LogRows>
  private let count = Counter()

  init(_ store: MemoryStore<any LogRows>) { self.store = store }

  var transactions: Int { count.value }

  func transact<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (inout any LogRows) throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    count.add()
    return try await store.transact(body)
  }

  func read<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable (any LogRows) throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    try await store.read(body)
  }
}

/// Answers nothing until it is opened, and then everything.
actor GatedWitness: Witness {
  nonisolated let key: NoteKey
  private let signer: NoteSigner
  private var isOpen = false
  private var asking: [CheckedContinuation<Void, Never>] = []
  private var expecting: [CheckedContinuation<Void, Never>] = []
  /// The first question is the one before the log signs anything.
  private var questions = 0

  init(_ signer: NoteSigner) {
    key = signer.key
    self.signer = signer
  }

  /// Returns when the log waits for a cosignature of what it has signed.
  func isAsked() async {
    guard questions < 2 else { return }
    await withCheckedContinuation { expecting.append($0) }
  }

  func open() {
    isOpen = true
    for question in asking { question.resume() }
    asking = []
  }

  func cosign(
    _ checkpoint: SignedNote, from oldSize: UInt64, proof: [Digest]
  ) async -> WitnessAnswer {
    questions += 1
    if questions == 2 {
      for expectation in expecting { expectation.resume() }
      expecting = []
    }
    if questions > 1, !isOpen { await withCheckedContinuation { asking.append($0) } }
    // As a connection would be closed.
    if Task.isCancelled { return .unknown("cancelled") }
    return .cosigned(signer.sign(checkpoint.text, at: World.start))
  }
}

/// Never answers, and does not end when it is cancelled.
final class DeafWitness: Witness {
  let key: NoteKey
  let asked = Counter()
  private let questions = Mutex<[CheckedContinuation<Void, Never>]>([])

  init(key: NoteKey) { self.key = key }

  func cosign(
    _ checkpoint: SignedNote, from oldSize: UInt64, proof: [Digest]
  ) async -> WitnessAnswer {
    await withCheckedContinuation { question in
      questions.withLock { $0.append(question) }
      asked.add()
    }
    return .unknown("deaf")
  }

  deinit {
    for question in questions.withLock({ $0 }) { question.resume() }
  }
}

/// Answers, but nothing that could be used.
struct GarbageWitness: Witness {
  enum Answer: CaseIterable {
    case otherText, otherKey, noSignature, refusal, loop
  }

  let signer: NoteSigner
  let answer: Answer
  var key: NoteKey { signer.key }

  func cosign(
    _ checkpoint: SignedNote, from oldSize: UInt64, proof: [Digest]
  ) async -> WitnessAnswer {
    let signature = signer.sign(checkpoint.text, at: World.start)
    switch answer {
    case .otherText: return .cosigned(signer.sign(checkpoint.text + [0x0A], at: World.start))
    case .otherKey:
      return .cosigned(NoteSignature(name: "else", keyID: signature.keyID, value: signature.value))
    case .noSignature:
      return .cosigned(NoteSignature(name: key.name, keyID: key.keyID, value: [1, 2, 3]))
    case .refusal: return .refused(ReceiptsError(.unknownLog, "never heard of it"))
    case .loop: return .otherSize(0)
    }
  }
}
