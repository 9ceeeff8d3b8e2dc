// What somebody may do so that a monitor overlooks something, or names somebody who is innocent.

import Evidence
import PaymentModel
import Receipts
import Testing

extension LogMonitorTests {
  @Test("a log proof that is no good hides no second verdict", arguments: ["junk", "of another"])
  func badProof(_ kind: String) async throws {
    let (served, shown) = (try verdict(nonce: 1), try verdict(commit: true, nonce: 2))
    var log = ServedLog(world, ["a"])
    log.entries.append(entry(shown.id))
    var source = log.source()
    source.verdicts[Self.process] = LoggedVerdict(
      verdict: Signed(served.bytes),
      proof: kind == "junk" ? Bytes("junk".utf8) : try log.proof(of: 1).bytes)
    let follower = follower(source)
    _ = try await follower.step(at: World.start)
    let statement = try #require(
      try await follower.servedVerdict(of: Self.process, receivedAt: World.start))
    let report = try await follower.examine(
      [WatchedStatement(shown.bytes, receivedAt: World.start), statement], with: monitor,
      at: World.start)
    #expect(report.alarms.map(\.code) == [.twoVerdicts])
    #expect(report.alarms.first?.atFault == world.coordinator.issuer.party)
    #expect(report.unread.map(\.index) == [1])
    #expect(report.unread.map(\.code) == [kind == "junk" ? "proof-format" : "not-included"])
  }

  @Test("a mirror that is older than the merge delay is an alarm, and the report says how old")
  func silence() async throws {
    let nothing = try await examine([])
    #expect(nothing.alarms.map(\.code) == [.stale])
    #expect(nothing.size == 0 && nothing.witnessedAt == nil)
    try await mirror([([ServedLog.entry("a"), ServedLog.entry("b")], World.start)])
    let fresh = try await examine([], at: World.start.adding(seconds: Self.day))
    #expect(fresh.alarms.isEmpty)
    #expect(fresh.size == 2 && fresh.witnessedAt == World.start)
    let stale = try await examine([], at: World.start.adding(seconds: Self.day + 1))
    #expect(stale.alarms.map(\.code) == [.stale])
    #expect(stale.alarms.map(\.atFault) == [nil])
    #expect(try stale.alarms.first?.evidence.map { try SignedNote($0).text.count > 0 } == [true])
  }

  @Test("a split view that came after the log's key had ended is an alarm without a name")
  func endedLogKey() async throws {
    try await mirror([([ServedLog.entry("a"), ServedLog.entry("b")], World.start)])
    let fork = ServedLog(world, ["a", "c"])
    let note = fork.note(witnessed: false)
    _ = try await follower(fork.source(note)).step(at: World.validUntil)
    let kept = try await examine([]).alarms
    #expect(kept.map(\.code) == [.splitView])
    #expect(kept.map(\.atFault) == [nil])
    // In somebody's log proof it means as much as the time at which that came.
    await store.transact { rows in rows = MemoryFollowerRows() }
    try await mirror([([ServedLog.entry("a"), ServedLog.entry("b")], World.start)])
    let proof = LogProof(index: 0, path: [], checkpoint: note)
    let verdict = try verdict()
    for (time, name) in [(World.validUntil, nil), (World.start, "log.example")] {
      let alarms = try await examine([verdict.bytes], receivedAt: time, proof: proof).alarms
      #expect(alarms.first?.code == .splitView)
      #expect(alarms.first?.atFault?.text == name)
    }
  }

  @Test("a verdict in its slot is found, however often it stands elsewhere before")
  func repeatedElsewhere() async throws {
    let (order, verdict) = try purchase(decidedAfter: 10)
    let limit = World.start.adding(seconds: 600 + 600)
    let strays = (0..<20).map { _ in entry(verdict.id, in: .none) }
    try await mirror([
      (strays + [try slot(of: verdict)], World.start),
      ([ServedLog.entry("b")], limit.adding(seconds: 1)),
    ])
    #expect(try await examine([order, verdict.bytes]).alarms.isEmpty)
    // That it stands elsewhere does not make it come in time.
    await store.transact { rows in rows = MemoryFollowerRows() }
    try await mirror([
      (strays, limit.adding(seconds: 1)), ([try slot(of: verdict)], limit.adding(seconds: 2)),
    ])
    let alarms = try await examine([order, verdict.bytes]).alarms
    #expect(alarms.map(\.code) == [.verdictLoggedLate])
    #expect(try Checkpoint(text: SignedNote(alarms[0].evidence[2]).text).size == 20)
  }
}
