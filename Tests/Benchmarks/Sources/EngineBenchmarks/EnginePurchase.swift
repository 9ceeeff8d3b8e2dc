// engine.purchase: the processor time of a whole purchase of the real parties, compared with that of its
// cryptographic operations.

import Coordinator
import Foundation
import Measurement
import PaymentModel
import PaymentParties

extension Figure {
  /// From the plan to the end of the process and of the wallet's payment; all statements are in the log then.
  /// The goods cost 15 each, which are four coins. Every call of the cryptographic libraries is counted and
  /// timed where it is called, in purchases one after another, each alone on the machine.
  static let enginePurchase = Figure(name: "engine.purchase") {
    let timer = try CryptoTimer()
    let founded = try await FoundedMarket(price: 15, mode: .catalogue, credit: 1_000_000)
    let purchases = try PurchaseRun(founded)
    try await purchases.withdraw(for: 16)
    try await purchases.run(16, concurrent: 16)
    let (sync, create) = (
      try purchases.syncMicroseconds(), try await purchases.createMicroseconds()
    )
    var (whole, crypto, rates): ([Double], [Double], [Double]) = ([], [], [])
    var operations: [CryptoTimer.Operation] = []
    let (count, alone) = (64, 16)
    var distances: [Double] = []
    for _ in 0..<5 {
      distances.append(ProcessorDistance.medianNanoseconds())
      try await purchases.withdraw(for: count + alone)
      let seconds = try await measuredSeconds {
        whole.append(
          try await processorSeconds { try await purchases.run(count, concurrent: 16) }
            / Double(count))
      }
      rates.append(Double(count) / seconds)
      operations = try await timer.operations { try await purchases.run(alone, concurrent: 1) }
      crypto.append(operations.reduce(0) { $0 + $1.seconds } / Double(alone))
    }
    try await founded.market.close()
    var more = [
      "syncMicroseconds": sync, "createMicroseconds": create, "purchasesPerSecond": median(rates),
      "processorDistanceNanoseconds": median(distances),
    ]
    for operation in operations where operation.count > 0 {
      more[operation.name] = Double(operation.count) / Double(alone)
      more[operation.name + "Milliseconds"] = operation.seconds / Double(alone) * 1e3
    }
    return Result(
      value: median(whole) * 1e3, unit: "ms", baseline: median(crypto) * 1e3,
      goal: .ratioAtMost(2), more: more)
  }
}

/// Purchases in one market.
private struct PurchaseRun {
  private let founded: FoundedMarket
  private let folder: TemporaryFolder

  init(_ founded: FoundedMarket) throws {
    self.founded = founded
    folder = try TemporaryFolder()
  }

  /// Sixteen, eight, four and two for each.
  func withdraw(for count: Int) async throws {
    for _ in 0..<count { try await founded.withdraw(30) }
  }

  func run(_ count: Int, concurrent: Int) async throws {
    let left = CountDown(count)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<concurrent {
        group.addTask {
          while left.takeOne() { try await purchase() }
        }
      }
      try await group.waitForAll()
    }
    try await founded.market.logStatements()
  }

  private func purchase() async throws {
    let market = founded.market
    let process = try await founded.place()
    let engine = market.coordinator.engine
    _ = try await engine.submit(try await market.customer.submission(of: process))
    let outcome = try await engine.outcome(of: process)
    guard outcome.decision.isCommit else {
      let refusals = try await engine.file(of: process).refusals.map {
        "\($0.activity.path) \($0.reason)"
      }
      throw BrokenFixture("a purchase was aborted: \(outcome.decision) \(refusals)")
    }
    try await market.customer.conclude(process, with: outcome.verdict)
  }

  func syncMicroseconds() throws -> Double {
    try DiskSync.medianMicroseconds(in: folder)
  }

  /// Processor time that a new file takes; the log writes one for each purchase, and three with each checkpoint that
  /// it shows.
  func createMicroseconds() async throws -> Double {
    let count = 64
    let seconds = try await processorSeconds {
      for number in 0..<count {
        guard FileManager.default.createFile(atPath: folder.path("new-\(number)"), contents: nil)
        else { throw BrokenFixture() }
      }
    }
    return seconds / Double(count) * 1e6
  }
}
