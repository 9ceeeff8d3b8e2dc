// A monitor names whoever signed two things that exclude each other, and never anybody else.

import Evidence
import PaymentCrypto
import PaymentModel
import Receipts
import Testing

@Suite("A monitor of a log")
struct LogMonitorTests {
  let world: World
  let policy: LogPolicy
  let monitor: LogMonitor
  let store = MemoryStore<any FollowerRows>(MemoryFollowerRows())
  static let day: Int64 = 86_400
  static let process: ProcessID = identifier("process")
  static let later = World.start.adding(seconds: 2 * day)

  init() throws {
    world = try World()
    policy = LogPolicy(world.trust)
    monitor = LogMonitor(world.trust)
  }

  // MARK: - Statements and where they stand

  func signed<Content: Claim>(
    _ claim: Content, by signer: StatementSigner, nonce: UInt8 = 0
  ) throws -> (bytes: Bytes, id: StatementID) {
    let nonce = try #require(Nonce(Bytes(repeating: nonce, count: 16)))
    let signed = signer.sign(claim, nonce: nonce)
    return (signed.bytes, try UnverifiedStatement(signed.bytes).id)
  }

  func verdict(
    _ process: ProcessID = process, commit: Bool = false, at time: Timestamp = World.start,
    nonce: UInt8 = 0, by signer: StatementSigner? = nil
  ) throws -> (bytes: Bytes, id: StatementID) {
    try signed(
      Verdict(
        process: process,
        decision: commit ? .commit(keyBundle: identifier("keys")) : .abort(.timeout),
        decidedAt: time, evidence: identifier("evidence")),
      by: signer ?? world.coordinator, nonce: nonce)
  }

  func keyset(_ period: Int, nonce: UInt8) throws -> (bytes: Bytes, id: StatementID) {
    let currency = try #require(Currency("EUR"))
    return try signed(
      Keyset(currency: currency, decimals: 2, period: period, denominations: [], fees: Fees()),
      by: world.bank, nonce: nonce)
  }

  func entry(_ id: StatementID, in slot: LogSlot = .verdict(of: process)) -> LogEntry {
    LogEntry(slot: slot, statement: id)
  }

  /// A mirror that saw these entries come, so many at a time, each time at that hour.
  func mirror(_ batches: [(entries: [LogEntry], at: Timestamp)]) async throws {
    var log = ServedLog(world)
    for batch in batches {
      log.entries += batch.entries
      let source = log.source(log.note(at: batch.at))
      let follower = follower(source)
      guard case .verified = try await follower.step(at: World.start) else {
        throw BadFixture("not verified")
      }
    }
  }

  func follower(_ source: any LogSource) -> LogFollower {
    LogFollower(origin: "log.example", policy: policy, source: source, store: store)
  }

  func examine(
    _ statements: [Bytes], receivedAt: Timestamp = World.start, proof: LogProof? = nil,
    at now: Timestamp = World.start
  ) async throws -> MonitorReport {
    try await follower(MemoryLogSource()).examine(
      statements.map { WatchedStatement($0, receivedAt: receivedAt, proof: proof) },
      with: monitor, at: now)
  }

  // MARK: - Two of one

  @Test("two entries in one slot are the alarm, at once, and their proofs name the log")
  func twoEntries() async throws {
    let (one, two) = (try verdict(nonce: 1), try verdict(nonce: 2))
    try await mirror([([ServedLog.entry("other"), entry(one.id)], World.start)])
    #expect(try await examine([]).alarms.isEmpty)
    var log = ServedLog(world, ["other"])
    log.entries += [entry(one.id), entry(two.id)]
    _ = try await follower(log.source()).step(at: World.start)
    let alarms = try await examine([]).alarms
    #expect(alarms.map(\.code) == [.slotTwice])
    #expect(alarms[0].atFault?.text == "log.example")
    for (place, id) in [(0, one.id), (2, two.id)] {
      #expect(alarms[0].evidence[place] == entry(id).bytes)
      _ = try policy.verify(entry(id), by: LogProof(alarms[0].evidence[place + 1]))
    }
    // With the statements it is known who has signed both.
    let proven = try await examine([one.bytes, two.bytes]).alarms
    #expect(proven.map(\.code) == [.slotTwice, .twoVerdicts])
    #expect(proven[1].atFault == world.coordinator.issuer.party)
    #expect(proven[1].evidence == [one.bytes, two.bytes])
  }

  @Test("two verdicts of one process and two keysets of one period name who signed both")
  func equivocation() async throws {
    try await mirror([([ServedLog.entry("other")], World.start)])
    let verdicts = [try verdict(nonce: 1), try verdict(commit: true, nonce: 2)].map(\.bytes)
    let keysets = [try keyset(3, nonce: 1), try keyset(3, nonce: 2), try keyset(4, nonce: 3)]
    let report = try await examine(verdicts + keysets.map(\.bytes))
    #expect(report.unread.isEmpty)
    #expect(report.alarms.map(\.code) == [.twoVerdicts, .twoKeysets])
    #expect(
      report.alarms.map(\.atFault) == [
        world.coordinator.issuer.party, world.bank.issuer.party,
      ])
    // The evidence is enough for whoever examines it again, without a mirror.
    let empty = MemoryStore<any FollowerRows>(MemoryFollowerRows())
    for alarm in report.alarms {
      let statements = alarm.evidence.map { WatchedStatement($0, receivedAt: World.start) }
      let again = try monitor.examine(
        statements, of: "log.example", in: empty.snapshot(), at: World.start)
      #expect(again.alarms.filter { $0.code != .stale } == [alarm])
    }
  }

  @Test("a replayed statement, and one that was logged twice or by somebody else, name nobody")
  func innocent() async throws {
    let (verdict, keyset) = (try verdict(), try keyset(1, nonce: 1))
    let twice = try signed(
      Submission(
        process: Self.process, template: identifier("template"), definition: identifier("d")),
      by: world.coordinator)
    let keysetSlot = LogSlot.keyset(of: world.bank.issuer.party, period: 1)
    try await mirror([
      (
        [
          entry(verdict.id), entry(keyset.id, in: keysetSlot), entry(keyset.id, in: .none),
          entry(twice.id, in: .none), entry(twice.id, in: .none),
        ], World.start
      )
    ])
    let report = try await examine([
      verdict.bytes, verdict.bytes, keyset.bytes, keyset.bytes, twice.bytes, twice.bytes,
    ])
    #expect(report.alarms.isEmpty && report.unread.isEmpty)
    // Two coordinators about one process: neither has signed twice.
    let other = try self.verdict(by: world.secondCoordinator)
    let alarms = try await examine([verdict.bytes, other.bytes]).alarms
    #expect(!alarms.contains { $0.atFault != nil })
    #expect(!alarms.contains { $0.code == .twoVerdicts })
  }

  @Test("an entry that stands in the wrong slot is nobody's fault but an alarm")
  func wrongSlot() async throws {
    let (verdict, keyset) = (try verdict(), try keyset(1, nonce: 1))
    let foreign = LogSlot.verdict(of: identifier("another process"))
    try await mirror([
      ([entry(verdict.id, in: foreign), entry(keyset.id, in: .none)], World.start)
    ])
    let alarms = try await examine([verdict.bytes, keyset.bytes]).alarms
    #expect(alarms.map(\.code) == [.wrongSlot, .wrongSlot])
    #expect(alarms.allSatisfy { $0.atFault == nil })
    _ = try policy.verify(
      entry(verdict.id, in: foreign), by: LogProof(alarms[0].evidence[2]))
  }

  @Test("what does not verify accuses nobody")
  func forged() async throws {
    try await mirror([([ServedLog.entry("other")], World.start)])
    let stranger = StatementSigner(
      party: world.coordinator.issuer.party, key: try World.privateKey("stranger"))
    let forged = [
      try verdict(nonce: 1, by: stranger).bytes, try verdict(nonce: 2, by: world.bank).bytes,
      Bytes("junk".utf8),
    ]
    let report = try await examine(forged + [try verdict(nonce: 3).bytes])
    #expect(report.alarms.isEmpty)
    #expect(report.unread.map(\.index) == [0, 1, 2])
    #expect(report.unread.map(\.code).dropLast() == ["key-unknown", "key-role"])
    await #expect(throws: ReceiptsError(.monitorCount, "")) {
      try await examine(Array(repeating: [], count: LogMonitor.largestCount + 1))
    }
  }

  @Test("a key that had ended when the statement was first seen accuses nobody")
  func endedKeys() async throws {
    let (one, two) = (try verdict(nonce: 1), try verdict(nonce: 2))
    try await mirror([([entry(one.id)], World.start)])
    // The first stands in the log since its key was valid. The second came after the key had ended, with
    // the log proof of another statement.
    let proof = try await honestProof(of: one.id)
    let late = World.validUntil.adding(seconds: 1)
    let report = try await examine([one.bytes, two.bytes], receivedAt: late)
    #expect(!report.alarms.contains { $0.code == .twoVerdicts })
    #expect(report.unread.map(\.code) == ["key-expired"])
    let borrowed = try await examine([one.bytes, two.bytes], receivedAt: late, proof: proof)
    #expect(borrowed.unread.map(\.code) == ["not-included", "key-expired"])
    #expect(borrowed.unread.map(\.index) == [1, 1])
    #expect(!borrowed.alarms.contains { $0.atFault != nil })
  }

  func honestProof(of statement: StatementID) async throws -> LogProof {
    var log = ServedLog(world)
    log.entries = [entry(statement)]
    return try log.proof(of: 0)
  }

  // MARK: - Promised and not kept

  @Test("a statement that was shown and is not in the log after the merge delay is missed")
  func notIncluded() async throws {
    let verdict = try verdict()
    let delay = World.start.adding(seconds: Self.day)
    try await mirror([([ServedLog.entry("a")], delay)])
    #expect(try await examine([verdict.bytes]).alarms.isEmpty, "it had a day")
    try await mirror([([ServedLog.entry("a"), ServedLog.entry("b")], delay.adding(seconds: 1))])
    let alarms = try await examine([verdict.bytes]).alarms
    #expect(alarms.map(\.code) == [.notIncluded])
    #expect(alarms[0].atFault == nil)
    #expect(alarms[0].evidence[0] == verdict.bytes)
    #expect(try Checkpoint(text: SignedNote(alarms[0].evidence[1]).text).size == 2)
    #expect(try await examine([verdict.bytes], receivedAt: delay).alarms.isEmpty)
  }

  @Test("a log proof that the mirror contradicts names the log, and an honest one nobody")
  func brokenPromise() async throws {
    let verdict = try verdict()
    try await mirror([([ServedLog.entry("a"), ServedLog.entry("b")], World.start)])
    // The log has proven the verdict in a history that it does not show to the mirror.
    var fork = ServedLog(world, ["a"])
    fork.entries.append(entry(verdict.id))
    let report = try await examine([verdict.bytes], proof: fork.proof(of: 1))
    #expect(report.alarms.map(\.code) == [.splitView])
    #expect(report.alarms[0].atFault?.text == "log.example")
    #expect(
      try SplitView(report.alarms[0].evidence[0]).verify(by: policy) == "log.example")
    // A proof in the same history, newer than the mirror.
    var honest = ServedLog(world, ["a", "b"])
    honest.entries.append(entry(verdict.id))
    let newer = try await examine([verdict.bytes], proof: honest.proof(of: 2))
    #expect(newer.alarms.isEmpty && newer.unread.isEmpty)
  }

  @Test("a verdict that is served and another one that somebody was shown name their coordinator")
  func servedVerdict() async throws {
    let (served, shown) = (try verdict(nonce: 1), try verdict(commit: true, nonce: 2))
    var log = ServedLog(world, ["a"])
    log.entries.append(entry(served.id))
    var source = log.source()
    source.verdicts[Self.process] = LoggedVerdict(
      verdict: Signed(served.bytes), proof: try log.proof(of: 1).bytes)
    let follower = follower(source)
    _ = try await follower.step(at: World.start)
    let statement = try #require(
      try await follower.servedVerdict(of: Self.process, receivedAt: World.start))
    #expect(
      try await follower.examine([statement], with: monitor, at: World.start).alarms.isEmpty)
    let report = try await follower.examine(
      [WatchedStatement(shown.bytes, receivedAt: World.start), statement], with: monitor,
      at: World.start)
    #expect(report.alarms.map(\.code) == [.twoVerdicts])
    #expect(report.alarms[0].atFault == world.coordinator.issuer.party)
    #expect(
      try await follower.servedVerdict(of: identifier("other"), receivedAt: World.start) == nil)
  }

  @Test("a split view that the follower has kept is an alarm")
  func keptProofs() async throws {
    try await mirror([([ServedLog.entry("a"), ServedLog.entry("b")], World.start)])
    let fork = ServedLog(world, ["a", "c"])
    _ = try await follower(fork.source()).step(at: World.start)
    let alarms = try await examine([]).alarms
    #expect(alarms.map(\.code) == [.splitView])
    #expect(alarms[0].atFault?.text == "log.example")
  }

  // MARK: - In time

  /// An order that is to be decided within ten minutes, and what a coordinator says about it.
  func purchase(
    decidedAfter seconds: Int64, commit: Bool = true, by signer: StatementSigner? = nil
  ) throws -> (order: Bytes, verdict: (bytes: Bytes, id: StatementID)) {
    let customer = StatementSigner(party: .customer, key: try World.privateKey("customer"))
    let order = try signed(
      Order(
        oneTimeKey: customer.publicKey.value, recipient: identifier("recipient"),
        root: identifier("root"), entryCount: 64, coordinator: world.coordinator.issuer.key,
        template: identifier("template"), decideBy: World.start.adding(seconds: 600),
        mask: identifier("mask")), by: customer)
    let verdict = try verdict(
      order.id.renamed(), commit: commit, at: World.start.adding(seconds: seconds), by: signer)
    return (order.bytes, verdict)
  }

  func slot(of verdict: (bytes: Bytes, id: StatementID)) throws -> LogEntry {
    let claim: Verdict = try UnverifiedStatement(verdict.bytes).unverifiedClaim()
    return entry(verdict.id, in: .verdict(of: claim.process))
  }

  @Test("a commit that is dated after the order's limit names its coordinator")
  func lateVerdict() async throws {
    let (order, verdict) = try purchase(decidedAfter: 600)
    try await mirror([([try slot(of: verdict)], World.start.adding(seconds: 601))])
    let alarms = try await examine([verdict.bytes, order]).alarms
    #expect(alarms.map(\.code) == [.lateVerdict])
    #expect(alarms[0].atFault == world.coordinator.issuer.party)
    #expect(alarms[0].evidence == [order, verdict.bytes])
    // In time, as an abort, without the order, or by a coordinator that the order does not name.
    for (seconds, commit, signer) in [
      (599, true, nil), (9999, false, nil), (9999, true, world.secondCoordinator),
    ] as [(Int64, Bool, StatementSigner?)] {
      let (order, verdict) = try purchase(decidedAfter: seconds, commit: commit, by: signer)
      #expect(try await examine([order, verdict.bytes]).alarms.isEmpty, "\(seconds)")
    }
    #expect(try await examine([verdict.bytes]).alarms.isEmpty)
  }

  @Test("a commit that was not yet logged after limit and margin is an alarm without a name")
  func loggedLate() async throws {
    let (order, verdict) = try purchase(decidedAfter: 10)
    let limit = World.start.adding(seconds: 600 + 600)
    // That the mirror looked late says nothing: nobody knows how long the entry was there.
    try await mirror([
      ([ServedLog.entry("a")], World.start), ([try slot(of: verdict)], limit.adding(seconds: 99)),
    ])
    #expect(try await examine([order, verdict.bytes]).alarms.isEmpty)
    await store.transact { rows in rows = MemoryFollowerRows() }
    try await mirror([
      ([ServedLog.entry("a")], World.start), ([ServedLog.entry("b")], limit.adding(seconds: 1)),
      ([try slot(of: verdict)], limit.adding(seconds: 2)),
    ])
    let alarms = try await examine([order, verdict.bytes]).alarms
    #expect(alarms.map(\.code) == [.verdictLoggedLate])
    #expect(alarms[0].atFault == nil)
    #expect(try Checkpoint(text: SignedNote(alarms[0].evidence[2]).text).size == 2)
  }

  @Test("entries that were fetched and not yet verified raise no alarm")
  func unverified() async throws {
    var log = ServedLog(world, ["a"])
    log.entries += [entry(identifier("1")), entry(identifier("2"))]
    log.append((0..<5).map { "\($0)" })
    let slow = LogFollower(
      origin: "log.example", policy: policy, source: log.source(), store: store,
      entriesPerStep: 4)
    #expect(try await slow.step(at: World.start) == .fetched(4, of: 8))
    #expect(try await examine([]).alarms.map(\.code) == [.stale])
    #expect(try await slow.step(at: World.start) == .verified(log.checkpoint()))
    #expect(try await examine([]).alarms.map(\.code) == [.slotTwice])
  }
}
