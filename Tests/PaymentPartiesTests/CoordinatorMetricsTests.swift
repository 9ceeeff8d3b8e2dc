// A coordinator's metrics: what they are called, what is counted, and that nobody is named.

import Conformance
import Coordinator
import CoreMetrics
import MetricsTestKit
import PaymentModel
import PaymentParties
import Testing

@Suite(.timeLimit(.minutes(5))) struct CoordinatorMetricsTests {
  private let metrics = TestMetrics()

  /// Runs one purchase of models, and returns when it has ended.
  private func purchase(_ world: ModelWorld, _ order: PurchaseSubmission) async throws {
    let engine = Engine(
      coordinator: ModelWorld.coordinatorName,
      ports: CoordinatorPorts(
        notary: world.notary, examiner: ModelExaminer(), log: world.log, participants: world,
        clock: world.clock, journal: MemoryStore<any JournalRows>(MemoryJournalRows()),
        makeEntropy: { ModelEntropy(seed: 1) }, observer: CoordinatorMetrics(factory: metrics)))
    let process = try await engine.submit(order).process
    _ = try await engine.outcome(of: process)
    await engine.quiesce()
  }

  private func count(_ name: String, _ labels: [(String, String)] = []) throws -> Int64 {
    try metrics.expectCounter("foil_coordinator_" + name, labels).totalValue
  }

  @Test func aCommitIsCounted() async throws {
    let world = ModelWorld()
    try await purchase(world, world.order(goods: [0, 1], banks: [0]))
    #expect(try count("processes_begun_total") == 1)
    #expect(try count("processes_resumed_total") == 0)
    #expect(try count("processes_ended_total", [("verdict", "commit"), ("reason", "")]) == 1)
    for reason in AbortReason.allCases {
      #expect(
        try count(
          "processes_ended_total", [("verdict", "abort"), ("reason", reason.rawValue)]) == 0)
    }
    for (verb, times) in [("reserve", 1), ("deposit", 2), ("post", 1), ("confirm", 2)] {
      #expect(
        try count("attempts_total", [("verb", verb), ("outcome", "done")]) == Int64(times),
        "\(verb)")
      let timer = try metrics.expectTimer("foil_coordinator_attempt_seconds", [("verb", verb)])
      #expect(timer.values.count == times && timer.values.allSatisfy { $0 > 0 })
    }
    let writes = try metrics.expectTimer("foil_coordinator_journal_write_seconds")
    let rows = try metrics.expectRecorder("foil_coordinator_journal_batch_rows")
    #expect(writes.values.count == 4 && writes.values.allSatisfy { $0 > 0 })
    #expect(rows.values == [1, 1, 1, 1])
    #expect(try metrics.expectGauge("foil_coordinator_open_processes").lastValue == 0)
    #expect(try metrics.expectGauge("foil_coordinator_requests_in_flight").lastValue == 0)
    #expect(
      try metrics.expectTimer(
        "foil_coordinator_process_seconds", [("verdict", "commit"), ("reason", "")]
      ).values == [0])
  }

  @Test func anAbortIsCountedByItsReason() async throws {
    let world = ModelWorld()
    world.merchants[0].setStock("none left", to: 0)
    try await purchase(world, world.order(goods: [0], stock: "none left"))
    #expect(
      try count("processes_ended_total", [("verdict", "abort"), ("reason", "refused")]) == 1)
    #expect(try count("attempts_total", [("verb", "deposit"), ("outcome", "refused")]) == 1)
  }

  @Test func durationsAreThoseThatWereObserved() throws {
    let observer = CoordinatorMetrics(factory: metrics)
    observer.observe(
      .ended(reason: .timeout, verdictAfterMilliseconds: 1500, endedAfterMilliseconds: 2500))
    observer.observe(.attempted(.post, .unknown, nanoseconds: 7))
    observer.observe(.operatorCalled(.post))
    observer.observe(.gaveUp(.notify))
    observer.observe(.resumed)
    let labels = [("verdict", "abort"), ("reason", "timeout")]
    #expect(
      try metrics.expectTimer("foil_coordinator_verdict_seconds", labels).values
        == [1_500_000_000])
    #expect(
      try metrics.expectTimer("foil_coordinator_process_seconds", labels).values
        == [2_500_000_000])
    #expect(
      try metrics.expectTimer("foil_coordinator_attempt_seconds", [("verb", "post")]).values == [7])
    #expect(try count("operator_calls_total", [("verb", "post")]) == 1)
    #expect(try count("given_up_total", [("verb", "notify")]) == 1)
    #expect(try count("processes_resumed_total") == 1)
    #expect(observer.nanoseconds() <= observer.nanoseconds())
  }

  /// Labels are words of the protocol: never a process, a party, an offer, or an amount.
  @Test func nobodyIsNamed() async throws {
    let world = ModelWorld()
    try await purchase(world, world.order(goods: [0, 1], banks: [0, 1]))
    let words = Set(
      Verb.allCases.map(\.rawValue) + AttemptEnding.allCases.map(\.rawValue)
        + AbortReason.allCases.map(\.rawValue) + ["commit", "abort", ""])
    let all =
      metrics.counters.map { ($0.label, $0.dimensions) }
      + metrics.timers.map { ($0.label, $0.dimensions) }
      + metrics.recorders.map { ($0.label, $0.dimensions) }
    #expect(all.count > 60 && all.count < 120)
    for (label, dimensions) in all {
      #expect(label.hasPrefix("foil_coordinator_"))
      for (name, value) in dimensions {
        #expect(["verb", "outcome", "verdict", "reason"].contains(name))
        #expect(words.contains(value), "\(label) \(value)")
      }
    }
  }
}
