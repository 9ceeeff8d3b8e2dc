// Long histories: a scheduler that keeps the rules, its serial order replayed, and how it breaks them.

import Conformance
import Coordinator
import PaymentModel
import Testing

/// Purchases over few stocks, as the coordinator runs them: stocks in one order, waiting for what
/// somebody undecided holds, refused only by what is sold.
private struct Market {
  enum Flaw { case none, refusesForHolds, releasesAfterCommit }

  private struct Purchase {
    let process: ProcessID
    /// What it wants, in the order of the stocks.
    let wants: [(stock: Int, quantity: Int)]
    var held = 0
    var release: Int?
  }

  private(set) var history = History()
  private(set) var sold: [Int]
  private(set) var demands: [ProcessID: [(stock: Int, quantity: Int)]] = [:]
  let stock: [Int]
  private let uses: [Resource]
  private let flaw: Flaw
  private var held: [Int]
  private var entropy: ModelEntropy
  private var running: [Purchase] = []

  init(seed: UInt64, purchases: Int, flaw: Flaw) throws {
    entropy = ModelEntropy(seed: seed)
    self.flaw = flaw
    uses = try (0..<6).map { try HistorySource.resource("stock-\($0)") }
    stock = (0..<6).map { _ in 20 + Int(seed % 7) * 10 }
    sold = Array(repeating: 0, count: 6)
    held = sold
    var left = purchases
    while left > 0 || !running.isEmpty {
      if left > 0, running.count < 40, entropy.below(3) == 0 {
        begin()
        left -= 1
      } else if !running.isEmpty {
        step(entropy.below(running.count))
      }
    }
  }

  func use(_ stock: Int, _ quantity: Int) -> ResourceUse {
    ResourceUse(uses[stock], .counted(quantity))
  }

  private func path(_ stock: Int) -> StepPath { HistorySource.path("deposit/\(stock)") }

  private mutating func begin() {
    guard let process = ProcessID(entropy.bytes(32)) else { return }
    var wants: [(stock: Int, quantity: Int)] = []
    for stock in 0..<6 where entropy.below(2) == 0 {
      wants.append((stock: stock, quantity: 1 + entropy.below(3)))
    }
    running.append(Purchase(process: process, wants: wants))
    demands[process] = wants
    history.began(process)
  }

  private mutating func step(_ number: Int) {
    let purchase = running[number]
    if let release = purchase.release {
      guard release < purchase.held else {
        history.ended(purchase.process)
        running.remove(at: number)
        return
      }
      let (stock, quantity) = purchase.wants[release]
      held[stock] -= quantity
      history.undid(purchase.process, path(stock))
      running[number].release = release + 1
      return
    }
    guard purchase.held < purchase.wants.count, entropy.below(30) > 0 else {
      decide(number, purchase.held == purchase.wants.count && entropy.below(8) > 0)
      return
    }
    let (stock, quantity) = purchase.wants[purchase.held]
    let left = self.stock[stock] - sold[stock] - held[stock]
    let isRefused = flaw == .refusesForHolds ? left < quantity : left + held[stock] < quantity
    if isRefused {
      history.refused(purchase.process, path(stock), use(stock, quantity), left: left)
      decide(number, false)
    } else if left >= quantity {
      held[stock] += quantity
      history.did(purchase.process, path(stock), use(stock, quantity))
      running[number].held += 1
    }
  }

  private mutating func decide(_ number: Int, _ commits: Bool) {
    let purchase = running[number]
    history.decided(purchase.process, commits ? .commit : .abort)
    guard commits else {
      running[number].release = 0
      return
    }
    if flaw == .releasesAfterCommit, let (stock, _) = purchase.wants.first,
      history.events.count > 2_000
    {
      history.undid(purchase.process, path(stock))
    }
    for (stock, quantity) in purchase.wants {
      held[stock] -= quantity
      sold[stock] += quantity
    }
    history.ended(purchase.process)
    running.remove(at: number)
  }
}

@Suite struct LongHistoryTests {
  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7])
  func aCleanMarketIsSerializable(seed: UInt64) throws {
    let market = try Market(seed: seed, purchases: 600, flaw: .none)
    #expect(market.history.events.count > 2_000)
    guard case .reducible(let order) = market.history.checkPrefixReducibility() else {
      Issue.record("\(market.history.checkPrefixReducibility())")
      return
    }
    // The serial order explains everything: one after another they get and are refused the same.
    var sold = market.stock.map { _ in 0 }
    var committed: Set<ProcessID> = []
    var refusals: [ProcessID: ResourceUse] = [:]
    for event in market.history.events {
      if event.kind == .decided(.commit) { committed.insert(event.process) }
      if case .refused(_, let use?, _) = event.kind { refusals[event.process] = use }
    }
    #expect(!refusals.isEmpty)
    #expect(Set(order).isSuperset(of: refusals.keys))
    for process in order {
      let wants = market.demands[process] ?? []
      if committed.contains(process) {
        for (stock, quantity) in wants {
          sold[stock] += quantity
          #expect(sold[stock] <= market.stock[stock])
        }
      } else if let refused = refusals[process] {
        let (stock, quantity) = try #require(
          wants.first { market.use($0.stock, $0.quantity) == refused })
        #expect(market.stock[stock] - sold[stock] < quantity)
      }
    }
    #expect(sold == market.sold)
  }

  @Test func flawsAreFound() throws {
    let hasty = try Market(seed: 3, purchases: 600, flaw: .refusesForHolds).history
    let violation = try #require(hasty.checkPrefixReducibility().violation)
    #expect(violation.rule == .reducible)
    guard case .refused = hasty.events[violation.prefix - 1].kind else {
      Issue.record("\(violation)")
      return
    }
    let before = History(Array(hasty.events.prefix(violation.prefix - 1)))
    #expect(before.checkPrefixReducibility().isReducible)

    let late = try Market(seed: 3, purchases: 1_500, flaw: .releasesAfterCommit).history
    #expect(late.checkPrefixReducibility().violation?.rule == .commitStands)
  }

  /// Arcs that come against the order so far: the order is mended, and the cycle is found in the end.
  @Test func arcsAgainstTheOrder() throws {
    let count = HistorySource.processes.count
    let uses = try (0..<count).map { ResourceUse(try HistorySource.resource("good-\($0)")) }
    var history = History()
    // Process n uses good n first. Then, from the last to the first, good n is used by n - 1.
    for (process, use) in zip(HistorySource.processes, uses) {
      history.did(process, HistorySource.path("first"), use, guarantee: .retriable)
    }
    for number in (1..<count).reversed() {
      history.did(
        HistorySource.processes[number - 1], HistorySource.path("second"), uses[number],
        guarantee: .retriable)
    }
    #expect(
      history.checkPrefixReducibility()
        == .reducible(serialOrder: HistorySource.processes.reversed()))
    history.did(
      HistorySource.processes[count - 1], HistorySource.path("third"), uses[0],
      guarantee: .retriable)
    let violation = try #require(history.checkPrefixReducibility().violation)
    #expect(violation.prefix == history.events.count)
    #expect(Set(violation.processes) == Set(HistorySource.processes))
  }
}
