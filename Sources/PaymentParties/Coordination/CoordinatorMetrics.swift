// What a coordinator does, as metrics of swift-metrics (Docs/Operations.md lists them).

public import Coordinator
public import CoreMetrics
import PaymentModel

/// Counts and times what an engine does, for whatever metrics system the program has bootstrapped.
///
/// Labels are names of the protocol: verbs, endings, reasons. No process, party or amount is one: who buys
/// what is not for a dashboard, and the number of series stays small.
public struct CoordinatorMetrics: EngineObserver {
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant

  private let begun: Counter
  private let resumed: Counter
  private let ended: Outcomes<Counter>
  private let untilVerdict: Outcomes<CoreMetrics.Timer>
  private let untilEnd: Outcomes<CoreMetrics.Timer>
  private let attempts: [Verb: [AttemptEnding: Counter]]
  private let attemptTimes: [Verb: CoreMetrics.Timer]
  private let operatorCalls: [Verb: Counter]
  private let givenUp: Counter
  private let writeTime: CoreMetrics.Timer
  private let batchRows: Recorder
  private let openProcesses: Gauge
  private let requests: Gauge
  private let waitingForBatch: Gauge

  /// - Parameter factory: where the metrics go; by default to what the program has bootstrapped before.
  public init(factory: any MetricsFactory = MetricsSystem.factory) {
    start = clock.now
    func counter(_ name: String, _ labels: [(String, String)] = []) -> Counter {
      Counter(label: Self.prefix + name, dimensions: labels, factory: factory)
    }
    func timer(_ name: String, _ labels: [(String, String)] = []) -> CoreMetrics.Timer {
      CoreMetrics.Timer(label: Self.prefix + name, dimensions: labels, factory: factory)
    }
    func gauge(_ name: String) -> Gauge {
      Gauge(label: Self.prefix + name, factory: factory)
    }
    begun = counter("processes_begun_total")
    resumed = counter("processes_resumed_total")
    ended = Outcomes { counter("processes_ended_total", $0) }
    untilVerdict = Outcomes { timer("verdict_seconds", $0) }
    untilEnd = Outcomes { timer("process_seconds", $0) }
    let asked = Verb.allCases.filter { $0 != .receivePayment && $0 != .prepare }
    func forEachVerb<Metric>(_ make: (String) -> Metric) -> [Verb: Metric] {
      Dictionary(uniqueKeysWithValues: asked.map { ($0, make($0.rawValue)) })
    }
    attempts = forEachVerb { verb in
      Dictionary(
        uniqueKeysWithValues: AttemptEnding.allCases.map { ending in
          (ending, counter("attempts_total", [("verb", verb), ("outcome", ending.rawValue)]))
        })
    }
    attemptTimes = forEachVerb { timer("attempt_seconds", [("verb", $0)]) }
    operatorCalls = forEachVerb { counter("operator_calls_total", [("verb", $0)]) }
    // Nothing else is given up after the verdict.
    givenUp = counter("given_up_total", [("verb", Verb.notify.rawValue)])
    writeTime = timer("journal_write_seconds")
    batchRows = Recorder(label: Self.prefix + "journal_batch_rows", factory: factory)
    openProcesses = gauge("open_processes")
    requests = gauge("requests_in_flight")
    waitingForBatch = gauge("processes_waiting_for_batch")
  }

  private static let prefix = "foil_coordinator_"

  public func nanoseconds() -> UInt64 {
    let (seconds, attoseconds) = start.duration(to: clock.now).components
    return UInt64(clamping: seconds) &* 1_000_000_000
      &+ UInt64(clamping: attoseconds / 1_000_000_000)
  }

  public func observe(_ observation: EngineObservation) {
    switch observation {
    case .begun: begun.increment()
    case .resumed: resumed.increment()
    case .ended(let reason, let verdictAfter, let endedAfter):
      ended[reason].increment()
      untilVerdict[reason].recordMilliseconds(max(0, verdictAfter))
      untilEnd[reason].recordMilliseconds(max(0, endedAfter))
    case .attempted(let verb, let ending, let nanoseconds):
      attempts[verb]?[ending]?.increment()
      attemptTimes[verb]?.recordNanoseconds(nanoseconds)
    case .wrote(let rows, let nanoseconds):
      writeTime.recordNanoseconds(nanoseconds)
      batchRows.record(rows)
    case .operatorCalled(let verb): operatorCalls[verb]?.increment()
    case .gaveUp: givenUp.increment()
    case .load(let load):
      openProcesses.record(load.openProcesses)
      requests.record(load.requests)
      waitingForBatch.record(load.waitingForBatch)
    }
  }

  /// One metric for a commit, and one for each reason of an abort.
  private struct Outcomes<Metric: Sendable>: Sendable {
    private let commit: Metric
    private let aborts: [(reason: AbortReason, metric: Metric)]

    init(_ make: ([(String, String)]) -> Metric) {
      commit = make([("verdict", "commit"), ("reason", "")])
      aborts = AbortReason.allCases.map {
        ($0, make([("verdict", "abort"), ("reason", $0.rawValue)]))
      }
    }

    subscript(reason: AbortReason?) -> Metric {
      aborts.first { $0.reason == reason }?.metric ?? commit
    }
  }
}
