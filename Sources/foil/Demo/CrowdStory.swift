// Many purchases at once in one program that may be killed at any moment, and started again until all of
// them have ended.

import Coordinator
import ECash
import Evidence
import Foundation
import PaymentCrypto
import PaymentModel
import PaymentParties

/// A child of the crash tests.
struct CrowdStory {
  let stage: DemoStage

  /// How all purchases stand.
  struct Report: Codable {
    var purchases = 0
    var committed = 0
    var aborted = 0
    /// Processes that the journal holds and that have not ended.
    var open = 0
    let balances: [String: UInt64]
  }

  /// Seals two goods for each purchase, and withdraws coins for all of them.
  func prepare(_ count: Int) async throws {
    let market = try await stage.openMarket()
    let price = try stage.prices()
    var entropy = SystemEntropy()
    try await market.bank.credit(
      Amount(minor: UInt64(count) * price, currency: DemoCast.currency), to: DemoCast.alice,
      reference: SHA256.digest(entropy.bytes(32)))
    let round = entropy.bytes(4).hex
    for number in 0..<count {
      _ = try await stage.seal(in: market, prefix: "crowd-\(round)-\(number)-")
      _ = try await market.withdraw(
        Amount(minor: price, currency: DemoCast.currency), from: DemoCast.alice)
    }
    try await market.close()
  }

  /// Goes on with what an earlier run left, orders what was not ordered yet, and returns when all processes
  /// have ended.
  func run() async throws -> Report {
    let market = try await stage.openMarket()
    _ = await market.recover()
    let groups = Dictionary(
      grouping: LockedGood.all(in: stage.home.locked).filter { $0.name.hasPrefix("crowd-") }
    ) { good in good.name.split(separator: "-").prefix(3).joined(separator: "-") }
    var ordered: Set<StatementID> = []
    let known = await market.customer.wallet.purchases(atMost: 100_000)
    for row in known {
      for offer in try await market.customer.submission(of: row.process).offers {
        ordered.insert(try UnverifiedStatement(offer.bytes).id)
      }
    }
    var processes = known.filter { $0.state == .undecided }.map(\.process)
    for (_, goods) in groups.sorted(by: { $0.key < $1.key })
    where !goods.contains(where: { ordered.contains($0.id) }) {
      let selections = try goods.map { Selection(try market.inspect($0)) }
      processes.append(try await market.customer.place(try await market.plan(selections)))
    }
    Terminal.note("\(processes.count) under way")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for process in processes { group.addTask { _ = try await market.conclude(process) } }
      try await group.waitForAll()
    }
    for row in known where row.state != .undecided {
      _ = try await market.coordinator.engine.outcome(of: row.process)
    }
    var report = Report(balances: try await stage.balances(in: market))
    for row in await market.customer.wallet.purchases(atMost: 100_000) {
      report.purchases += 1
      if row.state == .committed { report.committed += 1 }
      if row.state == .aborted { report.aborted += 1 }
    }
    report.open = try await market.coordinator.engine.processes(
      atMost: 100_000, onlyOpen: true
    ).count
    try await market.close()
    return report
  }
}
