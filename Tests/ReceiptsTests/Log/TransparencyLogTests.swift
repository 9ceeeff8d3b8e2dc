// A log, its witness, and those who rely on them.

import Conformance
import Evidence
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("Rows of a log in memory")
struct MemoryLogRowsTests {
  @Test("conforms", arguments: LogConformance.cases)
  func conforms(_ conformance: LogConformance.Case) async throws {
    try await conformance.check(MemoryStore<any LogRows>(MemoryLogRows()))
  }
}

@Suite("The transparency log")
struct TransparencyLogTests {
  let world: World

  init() throws {
    world = try World()
  }

  static func entries(_ numbers: Range<Int>) -> [LogEntry] {
    numbers.map { LogEntry(slot: .none, statement: identifier("statement \($0)")) }
  }

  func verdict(
    _ process: ProcessID, _ decision: Decision = .abort(.timeout),
    by signer: StatementSigner? = nil,
    nonce: UInt8 = 0
  ) throws -> Signed<Verdict> {
    let claim = Verdict(
      process: process, decision: decision, decidedAt: World.start, evidence: identifier("e"))
    let nonce = try #require(Nonce(Bytes(repeating: nonce, count: 16)))
    return (signer ?? world.coordinator).sign(claim, nonce: nonce)
  }

  func bundle(_ text: String) -> Sealed<SealedContent.KeyBundle> {
    Sealed(Bytes(text.utf8), digest: SHA256.digest(Bytes(text.utf8)))
  }

  @Test("entries are proven under one witnessed checkpoint, and once only")
  func includes() async throws {
    let log = world.log()
    let policy = LogPolicy(world.trust)
    var lastSize: UInt64 = 0
    for count in [1, 1, 2, 5, 9] {
      let entries = Self.entries(Int(lastSize)..<Int(lastSize) + count)
      let proofs = try await log.include(entries)
      for (entry, proof) in zip(entries, proofs) {
        let checkpoint = try policy.verify(entry, by: proof)
        #expect(checkpoint.checkpoint.size == lastSize + UInt64(count))
        #expect(checkpoint.witnessedAt == World.start)
        #expect(try LogProof(proof.bytes) == proof)
      }
      #expect(try await log.include(entries) == proofs)
      lastSize += UInt64(count)
    }
    #expect(try await log.proof(of: identifier("unheard of")) == nil)
    let entry = Self.entries(3..<4)[0]
    let proof = try #require(try await log.proof(of: entry.statement))
    #expect(throws: ReceiptsError(.notIncluded, "")) {
      try policy.verify(
        LogEntry(slot: .verdict(of: identifier("p")), statement: entry.statement), by: proof)
    }
    #expect(throws: ReceiptsError(.notIncluded, "")) {
      try policy.verify(
        entry, by: LogProof(index: 18, path: proof.path, checkpoint: proof.checkpoint))
    }
    #expect(throws: ReceiptsError(.notIncluded, "")) {
      try policy.verify(entry, by: LogProof(index: 3, path: [], checkpoint: proof.checkpoint))
    }
  }

  @Test("a slot takes one statement, and a statement one slot; the rest of the request is undone")
  func slots() async throws {
    let log = world.log()
    let slot = LogSlot.verdict(of: identifier("process"))
    let first = LogEntry(slot: slot, statement: identifier("first"))
    #expect(try await log.append([first]) == [0])
    #expect(try await log.append([first, first]) == [0, 0])
    let conflicts = [
      LogEntry(slot: slot, statement: identifier("second")),
      LogEntry(slot: .none, statement: identifier("first")),
    ]
    for conflict in conflicts {
      await #expect(throws: ReceiptsError(.slotTaken, "")) {
        try await log.append(Self.entries(0..<1) + [conflict])
      }
    }
    #expect(await log.entry(at: 1) == nil)
  }

  @Test("a verdict is published once, served with its keys, and verified by those who act on it")
  func publishes() async throws {
    let log = world.log()
    let process: ProcessID = identifier("process")
    let keys = bundle("sealed keys")
    let verdict = try verdict(process, .commit(keyBundle: keys.digest))
    guard case .done(let logged) = await log.publish(verdict, process: process, bundle: keys) else {
      Issue.record("not published")
      return
    }
    #expect(try await log.verdict(of: process) == logged)
    #expect(try await log.bundle(of: process) == keys)
    guard case .done(logged) = await log.publish(verdict, process: process, bundle: keys) else {
      Issue.record("not the same answer")
      return
    }
    let verifier = VerdictVerifier(world.trust)
    let coordinator = world.coordinator.issuer.key
    let read = try verifier.verify(logged, of: process, by: coordinator)
    #expect(read.stated.claim.decision == .commit(keyBundle: keys.digest))
    #expect(read.witnessedAt == World.start)
    func code(
      _ logged: LoggedVerdict, _ process: ProcessID, _ coordinator: Thumbprint
    ) -> String? {
      do throws(NotAdmitted) {
        _ = try verifier.read(logged, of: process, by: coordinator)
        return nil
      } catch { return error.code }
    }
    #expect(code(logged, process, coordinator) == nil)
    #expect(code(logged, identifier("other"), coordinator) == "not-included")
    #expect(code(logged, process, world.secondCoordinator.issuer.key) == "verdict-coordinator")
    // Another verdict under the first one's proof.
    let other = try self.verdict(process, nonce: 1)
    #expect(
      code(LoggedVerdict(verdict: other, proof: logged.proof), process, coordinator)
        == "not-included")
    let large = Bytes(repeating: 0x0A, count: LoggedVerdict.largestProof + 1)
    #expect(
      code(LoggedVerdict(verdict: verdict, proof: large), process, coordinator) == "verdict-size")
    let foreign = try World()
    #expect(foreign.trust.keys.count == world.trust.keys.count)
    for index in stride(from: 0, to: logged.proof.count, by: 37) {
      var proof = logged.proof
      proof[index] ^= 1
      #expect(
        code(LoggedVerdict(verdict: verdict, proof: proof), process, coordinator) != nil,
        "byte \(index)")
    }
  }

  @Test("an honest log refuses a second verdict, and verdicts that are none")
  func refuses() async throws {
    let log = world.log()
    let process: ProcessID = identifier("process")
    func refusal(
      _ verdict: Signed<Verdict>, _ bundle: Sealed<SealedContent.KeyBundle>? = nil
    ) async -> RefusalReason? {
      guard
        case .refused(let reason, nil) = await log.publish(
          verdict, process: process, bundle: bundle)
      else { return nil }
      return reason
    }
    let stranger = try World.signer("stranger.example")
    #expect(try await refusal(verdict(process, by: stranger)) == .invalid)
    #expect(try await refusal(verdict(process, by: world.bank)) == .invalid)
    #expect(try await refusal(verdict(identifier("other"))) == .invalid)
    let keys = bundle("keys")
    let commit = try verdict(process, .commit(keyBundle: keys.digest))
    #expect(await refusal(commit) == .invalid)
    #expect(await refusal(commit, bundle("other keys")) == .invalid)
    #expect(try await refusal(verdict(process), keys) == .invalid)
    #expect(try await log.verdict(of: process) == nil)
    #expect(try await refusal(verdict(process)) == nil)
    #expect(try await refusal(verdict(process, nonce: 1)) == .conflict)
    #expect(await refusal(commit, keys) == .conflict)
    #expect(try await log.bundle(of: process) == nil)
  }

  @Test("what stands there is answered after its key has ended, and nothing else is taken")
  func keyEnded() async throws {
    let log = world.log()
    let process: ProcessID = identifier("process")
    let verdict = try verdict(process)
    guard case .done(let logged) = await log.publish(verdict, process: process, bundle: nil) else {
      Issue.record("not published")
      return
    }
    world.clock.set(World.validUntil)
    #expect(await log.publish(verdict, process: process, bundle: nil) == .done(logged))
    for other in [process, identifier("other")] {
      #expect(
        await log.publish(try self.verdict(other, nonce: 1), process: other, bundle: nil)
          == .refused(.invalid, nil))
    }
  }

  @Test("a keyset has its bank's slot of its period")
  func keysets() async throws {
    let log = world.log()
    let currency = try #require(Currency("EUR"))
    var entropy = SeededEntropy(seed: 3)
    func keyset(_ period: Int) -> Signed<Keyset> {
      world.bank.sign(
        Keyset(currency: currency, decimals: 2, period: period, denominations: [], fees: Fees()),
        entropy: &entropy)
    }
    let first = keyset(1)
    let proof = try await log.publish(first)
    let verifier = VerdictVerifier(world.trust)
    let bank = world.bank.issuer.party
    let read = try verifier.verify(first, proof: proof.bytes, of: bank)
    #expect(read.stated.claim.period == 1)
    #expect(throws: NotAdmitted.self) {
      try verifier.verify(first, proof: proof.bytes, of: world.coordinator.issuer.party)
    }
    #expect(throws: NotAdmitted.self) {
      try verifier.verify(keyset(1), proof: proof.bytes, of: bank)
    }
    await #expect(throws: ReceiptsError(.slotTaken, "")) { try await log.publish(keyset(1)) }
    _ = try await log.publish(keyset(2))
    #expect(
      LogSlot.keyset(of: try World.party("bank1"), period: 1)
        != LogSlot.keyset(of: try World.party("bank"), period: 1))
  }

  @Test("many callers share checkpoints, and each gets a proof of its own entry")
  func shares() async throws {
    let witness = SlowWitness(world.witness())
    let log = world.log(witnesses: [witness])
    let policy = LogPolicy(world.trust)
    let entries = Self.entries(0..<64)
    let proofs = try await withThrowingTaskGroup(of: (Int, LogProof).self) { group in
      for (number, entry) in entries.enumerated() {
        group.addTask { (number, try await log.include([entry])[0]) }
      }
      return try await group.reduce(into: [Int: LogProof]()) { $0[$1.0] = $1.1 }
    }
    for (number, entry) in entries.enumerated() {
      _ = try policy.verify(entry, by: try #require(proofs[number]))
    }
    #expect(await witness.askedCount < 32)
    #expect(await log.entry(at: 63) != nil)
    #expect(await log.entry(at: 64) == nil)
  }

  @Test("a log that starts again goes on where it was, without signing a size twice")
  func restarts() async throws {
    let before = try await world.log().include(Self.entries(0..<3))
    let again = try await world.log().include(Self.entries(0..<3))
    #expect(again == before)
    let signed = try #require(world.logStore.snapshot().signedCheckpoint)
    _ = try await world.log().checkpoint()
    #expect(world.logStore.snapshot().signedCheckpoint == signed)
    let after = try await world.log().include(Self.entries(3..<4))
    #expect(try Checkpoint(text: after[0].checkpoint.text).size == 4)
  }

  @Test("killed between signing and publishing, it publishes what it has signed")
  func resumes() async throws {
    let silent = world.log(witnesses: [SilentWitness(key: world.witnessSigner.key)])
    // The log asks before it signs: nothing is there while the witness is silent.
    await #expect(throws: ReceiptsError(.unwitnessed, "")) {
      try await silent.include(Self.entries(0..<2))
    }
    #expect(world.logStore.snapshot().signedCheckpoint == nil)
    #expect(world.logStore.snapshot().size == 0)
    let forgetful = world.log(witnesses: [LossyWitness(world.witness(), losing: 2)])
    await #expect(throws: ReceiptsError(.unwitnessed, "")) {
      try await forgetful.include(Self.entries(0..<3))
    }
    let signed = try SignedNote(try #require(world.logStore.snapshot().signedCheckpoint))
    let proof = try await world.log().include(Self.entries(0..<1))[0]
    #expect(proof.checkpoint.text == signed.text)
    #expect(proof.checkpoint.signatures.contains(signed.signatures[0]))
  }

  @Test("on an old copy of its rows a log adds and signs nothing more")
  func oldCopy() async throws {
    let old = MemoryStore<any LogRows>(world.logStore.snapshot())
    _ = try await world.log().include(Self.entries(0..<3))
    let copy = MemoryStore<any LogRows>(world.logStore.snapshot())
    _ = try await world.log().include(Self.entries(3..<5))
    for store in [old, copy] {
      let behind = world.log(over: store)
      let before = store.snapshot()
      for _ in 0..<2 {
        await #expect(throws: ReceiptsError(.logBehind, "")) {
          try await behind.append(Self.entries(10..<20))
        }
        await #expect(throws: ReceiptsError(.logBehind, "")) { try await behind.checkpoint() }
      }
      #expect(store.snapshot().signedCheckpoint == before.signedCheckpoint)
      #expect(store.snapshot().size == before.size)
    }
  }

  @Test("nothing is read, and no key handed out, before a quorum has cosigned a checkpoint over it")
  func readsWhatIsPublished() async throws {
    _ = try await world.log().include(Self.entries(0..<2))
    let keys = bundle("sealed keys")
    let process: ProcessID = identifier("process")
    let commit = try verdict(process, .commit(keyBundle: keys.digest))
    // It answers about what was there before, and then no more.
    let log = world.log(witnesses: [LossyWitness(world.witness(), losing: 3)])
    guard case .unknown = await log.publish(commit, process: process, bundle: keys) else {
      Issue.record("published without a witness")
      return
    }
    #expect(world.logStore.snapshot().size == 3, "it is there")
    await #expect(throws: ReceiptsError(.unwitnessed, "")) { try await log.bundle(of: process) }
    await #expect(throws: ReceiptsError(.unwitnessed, "")) { try await log.verdict(of: process) }
    #expect(await log.entry(at: 2) == nil)
    #expect(await log.entries(in: 0..<3) == [])
    #expect(await log.consistencyProof(from: 2, to: 3) == nil)
    let heard = world.log()
    #expect(try await heard.bundle(of: process) == keys)
    #expect(await heard.entry(at: 2)?.slot == .verdict(of: process))
    #expect(await heard.entries(in: 1..<9).count == 2)
    #expect(await heard.consistencyProof(from: 2, to: 3) != nil)
  }

  @Test("checkpoints of one log are consistent")
  func consistency() async throws {
    let log = world.log()
    var checkpoints: [Checkpoint] = []
    for size in 1...9 {
      _ = try await log.include(Self.entries(0..<size))
      checkpoints.append(try Checkpoint(text: try await log.checkpoint().text))
    }
    for old in checkpoints {
      for new in checkpoints where new.size >= old.size {
        let proof = try #require(await log.consistencyProof(from: old.size, to: new.size))
        try MerkleTree.verifyConsistency(
          from: old.size, root: old.root, to: new.size, root: new.root, proof: proof)
      }
    }
    #expect(await log.consistencyProof(from: 1, to: 10) == nil)
  }
}

@Suite("A witness")
struct LocalWitnessTests {
  let world: World
  let witness: LocalWitness
  let tree = MerkleLevels((0..<20).map { MerkleTree.leafHash([UInt8($0)]) })

  init() throws {
    world = try World()
    witness = world.witness()
  }

  func note(_ size: UInt64, root: Digest? = nil, by signer: NoteSigner? = nil) -> SignedNote {
    let text = Checkpoint(
      origin: "log.example", size: size, root: root ?? tree.root(ofSize: size)
    ).text
    return SignedNote(
      text: text, signatures: [(signer ?? world.logSigner).sign(text, at: World.start)])
  }

  func ask(_ note: SignedNote, from old: UInt64, to size: UInt64) async -> WitnessAnswer {
    await witness.cosign(note, from: old, proof: tree.consistencyProof(from: old, to: size) ?? [])
  }

  func code(_ answer: WitnessAnswer) -> ReceiptsError.Code? {
    if case .refused(let error) = answer { error.code } else { nil }
  }

  @Test("cosigns a history that grows, and the same state again")
  func grows() async throws {
    for (old, size) in [(0, 3), (3, 3), (3, 4), (4, 17)] as [(UInt64, UInt64)] {
      let note = note(size)
      guard case .cosigned(let signature) = await ask(note, from: old, to: size) else {
        Issue.record("not cosigned: \(size)")
        return
      }
      #expect(witness.key.time(of: signature, on: note.text) == World.start)
    }
    #expect(await ask(note(18), from: 3, to: 18) == .otherSize(17))
    // Started again, it still knows.
    let again = world.witness()
    #expect(await again.cosign(note(18), from: 0, proof: []) == .otherSize(17))
  }

  @Test("refuses a rollback, another root of one size, a fork, and logs that it does not know")
  func refuses() async throws {
    _ = await ask(note(9), from: 0, to: 9)
    #expect(code(await ask(note(4), from: 9, to: 4)) == .inconsistent)
    #expect(code(await ask(note(9, root: identifier("other")), from: 9, to: 9)) == .inconsistent)
    #expect(code(await ask(note(12, root: identifier("fork")), from: 9, to: 12)) == .inconsistent)
    #expect(code(await witness.cosign(note(12), from: 9, proof: [])) == .inconsistent)
    let stranger = try World.noteSigner("stranger.example", .note)
    #expect(code(await ask(note(12, by: stranger), from: 9, to: 12)) == .unknownLog)
    let junk = SignedNote(text: [0x0A], signatures: [world.logSigner.sign([0x0A], at: World.start)])
    #expect(code(await witness.cosign(junk, from: 9, proof: [])) == .checkpointFormat)
    guard case .cosigned = await ask(note(12), from: 9, to: 12) else {
      Issue.record("the refusals changed what the witness knows")
      return
    }
  }

  @Test("two forks of a log cannot both be witnessed")
  func splitView() async throws {
    let left = world.log()
    let right = world.log(over: MemoryStore<any LogRows>(MemoryLogRows()))
    _ = try await left.checkpoint()
    _ = try await right.checkpoint()
    _ = try await left.include([LogEntry(slot: .none, statement: identifier("left"))])
    await #expect(throws: ReceiptsError(.logBehind, "")) {
      try await right.include([LogEntry(slot: .none, statement: identifier("right"))])
    }
  }
}

/// Never answers.
struct SilentWitness: Witness {
  let key: NoteKey

  func cosign(_ checkpoint: SignedNote, from oldSize: UInt64, proof: [Digest]) async
    -> WitnessAnswer
  {
    .unknown("silent")
  }
}

/// Takes its time, and counts.
actor SlowWitness: Witness {
  nonisolated let key: NoteKey
  private(set) var askedCount = 0
  private let witness: LocalWitness

  init(_ witness: LocalWitness) {
    key = witness.key
    self.witness = witness
  }

  func cosign(
    _ checkpoint: SignedNote, from oldSize: UInt64, proof: [Digest]
  ) async -> WitnessAnswer {
    askedCount += 1
    try? await Task.sleep(for: .milliseconds(20))
    return await witness.cosign(checkpoint, from: oldSize, proof: proof)
  }
}

/// Does what it is asked, and from the given answer on loses its answers.
actor LossyWitness: Witness {
  nonisolated let key: NoteKey
  private let witness: LocalWitness
  private var answersLeft: Int

  init(_ witness: LocalWitness, losing first: Int) {
    key = witness.key
    self.witness = witness
    answersLeft = first - 1
  }

  func cosign(_ checkpoint: SignedNote, from oldSize: UInt64, proof: [Digest]) async
    -> WitnessAnswer
  {
    let answer = await witness.cosign(checkpoint, from: oldSize, proof: proof)
    answersLeft -= 1
    return answersLeft >= 0 ? answer : .unknown("lost")
  }
}
