// Runs the real world under drawn choices, as `Simulation` does the model world.

import ECash
import PaymentCrypto
import PaymentModel
import PaymentParties

/// One run with real parties.
public enum RealSimulation {
  /// - Parameters:
  ///   - flaw: of those that real parties can have; another one changes nothing here.
  ///   - say: hears each choice.
  /// - Throws: when the parties cannot be put together, which no seed should bring about.
  public static func run(
    seed: UInt64, flaw: Flaw? = nil, say: ((String) -> Void)? = nil
  ) async throws -> RunReport {
    try await ended(seed: seed, flaw: flaw, say: say).report
  }

  /// The world of a seed before anything happens, and what its choices are drawn from.
  ///
  /// - Parameter market: another founding than that of all runs.
  static func beginning(
    seed: UInt64, flaw: Flaw? = nil, in market: RealMarket? = nil
  ) async throws -> (world: RealWorld, entropy: SimulationEntropy) {
    var entropy = SimulationEntropy(seed: seed &* 0x9E6C_63D0_876A_9A7B)
    let founded: RealMarket
    if let market { founded = market } else { founded = try await RealMarket.founded() }
    let world = try await RealWorld(market: founded, flaw: flaw, entropy: &entropy)
    return (world, entropy)
  }

  /// As `run`, with the world at its end.
  static func ended(
    seed: UInt64, flaw: Flaw? = nil, in market: RealMarket? = nil, say: ((String) -> Void)? = nil
  ) async throws -> (report: RunReport, world: RealWorld) {
    var beginning = try await beginning(seed: seed, flaw: flaw, in: market)
    let world = beginning.world
    var chooser = Chooser(faults: Faults(from: &beginning.entropy), entropy: beginning.entropy)
    var report = RunReport(seed: seed)
    var trace = Trace()
    while report.violation == nil,
      let choice = chooser.next(in: world, isOver: { world.isOver })
    {
      report.steps += 1
      if case .crash = choice { report.crashes += 1 }
      say?("\(report.steps)\t\(world.stage.now)\t\(world.describe(choice))")
      trace.note(choice, at: world.stage.now)
      let isAsked = asks(choice, in: world)
      await world.apply(choice)
      report.note(world.finding)
      if isAsked { report.note(RealBooks(of: world).checkHolds()) }
    }
    let books = RealBooks(of: world)
    if report.violation == nil { report.note(await books.check()) }
    report.tally = world.tally
    for _ in 0..<chooser.lateCount { report.tally.note(.late) }
    for purchase in books.purchases { await note(purchase, of: world, in: &report) }
    report.messages = world.stage.network.sent
    report.virtualSeconds = Int(world.stage.now.milliseconds(since: Stage.start) / 1000)
    trace.note(results: await books.results())
    report.fingerprint = trace.fingerprint
    return (report, world)
  }

  /// Whether a choice reaches a merchant or a bank.
  private static func asks(_ choice: Choice, in world: RealWorld) -> Bool {
    guard case .deliver(let number) = choice else { return false }
    switch world.stage.network.message(number)?.to {
    case .shop, .bank: return true
    default: return false
    }
  }

  private static func note(
    _ purchase: RealPurchase, of world: RealWorld, in report: inout RunReport
  ) async {
    report.purchases += 1
    let isHonest = world.isHonest(purchase)
    if isHonest { report.honest += 1 }
    switch try? await purchase.wallet.purchase(purchase.process).state {
    case .committed:
      report.committed += 1
      if isHonest { report.honestCommitted += 1 }
      report.tally.note(purchase.occurrences)
    case .aborted: report.aborted += 1
    case .undecided, nil: break
    }
  }
}

extension RealWorld {
  /// Whether nobody whom a purchase needs cheats.
  fileprivate func isHonest(_ purchase: RealPurchase) -> Bool {
    buyers[purchase.buyer].cheat == nil && charging?.omits[purchase.buyer] != true
      && purchase.payments.allSatisfy { bankConducts[$0.bank].cheat == nil }
      && purchase.lines.allSatisfy { line in
        zip(RealMarket.shopNames, shopConducts).allSatisfy { name, conduct in
          line.offer.claim.payee.account != RealMarket.account(name) || conduct.cheat == nil
        }
      }
  }
}

extension RealPurchase {
  /// In which ways it was paid.
  fileprivate var occurrences: [Occurrence] {
    var found: [Occurrence] = []
    let methods = payments.map(\.part.method)
    if methods.contains(.ecash) { found.append(.paidByCoins) }
    if methods.contains(.transfer) { found.append(.paidByTransfer) }
    if methods.contains(.card) { found.append(.paidByCard) }
    if methods.contains(.coinsAndCard) { found.append(.paidByCoinsAndCard) }
    if methods.contains(where: { $0 != methods.first }) { found.append(.paidByMixture) }
    let currencies = payments.map(\.part.total.currency)
    if currencies.contains(where: { $0 != currencies.first }) { found.append(.paidInCurrencies) }
    if payments.isEmpty { found.append(.paidNothing) }
    if lines.contains(where: { $0.offer.claim.container == nil }) { found.append(.paidInvoice) }
    if payments.contains(where: { $0.part.transferFee > 0 }) { found.append(.paidWithFee) }
    if submission.terms != nil { found.append(.paidCoordinator) }
    let isElsewhere = payments.contains { payment in
      payment.part.payouts.contains { $0.payee.bank != payment.part.bank }
    }
    if isElsewhere { found.append(.paidElsewhere) }
    return found
  }
}
