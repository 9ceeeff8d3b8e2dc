// An engine over trivial parties, with its journal in SQLite, as a coordinator runs it.

import Coordinator
import Foundation
import Measurement
import PaymentModel
import PaymentParties
import StoreSQLite
import Synchronization

/// A journal in a folder of its own, and engines over it.
final class EngineOnDisk: Sendable {
  let folder: TemporaryFolder
  let catalogue: TrivialCatalogue
  let store: SQLiteStore<any JournalRows>
  let engine: Engine
  private let ordered = Mutex(0)
  private static let seeds = Mutex<UInt64>(0)

  init(sizes: StatementSizes = .trivial, habit: DepositHabit = .answers) throws {
    folder = try TemporaryFolder()
    catalogue = try TrivialCatalogue(sizes: sizes, at: SystemWallClock().now())
    store = try SQLiteStore.journal(in: StateFolder(at: folder.path("coordinator")))
    engine = try Self.engine(over: store, catalogue, habit)
  }

  /// Another engine over the same journal, as after a crash.
  func restarted(habit: DepositHabit = .answers) throws -> Engine {
    try Self.engine(over: store, catalogue, habit)
  }

  private static func engine(
    over store: SQLiteStore<any JournalRows>, _ catalogue: TrivialCatalogue, _ habit: DepositHabit
  ) throws -> Engine {
    let seed = seeds.withLock { seed in
      seed += 1
      return seed << 40
    }
    return Engine(
      coordinator: catalogue.coordinator,
      ports: CoordinatorPorts(
        notary: TrivialNotary(catalogue: catalogue),
        examiner: TrivialExaminer(sizes: catalogue.sizes), log: TrivialLog(sizes: catalogue.sizes),
        participants: TrivialParties(catalogue: catalogue, habit: habit), clock: SystemWallClock(),
        journal: store, makeEntropy: { CountedEntropy(seed: seed) }),
      // Whoever is silent is silent for longer than a benchmark takes.
      policy: RetryPolicy(answerWithinMilliseconds: 3_600_000),
      limits: CoordinatorLimits(mostUndecidedProcesses: 1_000_000))
  }

  /// An order that was not there.
  func nextOrder() -> PurchaseSubmission {
    catalogue.order(
      ordered.withLock { number in
        number += 1
        return number
      })
  }

  /// One purchase, from the order to the end of the process.
  func purchase() async throws {
    let accepted = try await engine.submit(nextOrder())
    let outcome = try await engine.outcome(of: accepted.process)
    guard outcome.decision.isCommit else { throw BrokenFixture() }
  }

  /// So many purchases, by so many customers, one after another for each.
  func purchase(_ total: Int, concurrent: Int) async throws {
    let left = CountDown(total)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<concurrent {
        group.addTask {
          while left.takeOne() { try await self.purchase() }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Hands in so many orders, and does not wait for their end.
  func submit(_ total: Int, to engine: Engine, concurrent: Int = 256) async throws {
    let left = CountDown(total)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<concurrent {
        group.addTask {
          while left.takeOne() { _ = try await engine.submit(self.nextOrder()) }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Waits until nothing is written any more.
  func rest(_ engine: Engine) async throws {
    var last = -1
    while true {
      let batches = await engine.activity().batches
      if batches == last { return }
      last = batches
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Microseconds of one synced write on the disk of the journal.
  func syncMicroseconds() throws -> Double {
    try DiskSync.medianMicroseconds(in: folder)
  }
}

/// So many turns, for whoever comes.
final class CountDown: Sendable {
  private let left: Mutex<Int>

  init(_ count: Int) { left = Mutex(count) }

  /// Takes one away, if any is left.
  func takeOne() -> Bool {
    left.withLock { left in
      left -= 1
      return left >= 0
    }
  }
}
