// Runs the real world under drawn choices, as `Simulation` does the model world.

import ECash
import PaymentCrypto
import PaymentModel
import PaymentParties

/// One run with real parties.
public enum RealSimulation {
  /// - Parameters:
  ///   - flaw: of the coordinator; another one changes nothing here.
  ///   - say: hears each choice.
  /// - Throws: when the parties cannot be put together, which no seed should bring about.
  public static func run(
    seed: UInt64, flaw: Flaw? = nil, say: ((String) -> Void)? = nil
  ) async throws -> RunReport {
    var entropy = SimulationEntropy(seed: seed &* 0x9E6C_63D0_876A_9A7B)
    let world = try await RealWorld(
      market: try await RealMarket.founded(), flaw: flaw, entropy: &entropy)
    var chooser = Chooser(faults: Faults(from: &entropy), entropy: entropy)
    var report = RunReport(seed: seed)
    var trace = Trace()
    while report.violation == nil,
      let choice = chooser.next(in: world, isOver: { world.isOver })
    {
      report.steps += 1
      if case .crash = choice { report.crashes += 1 }
      say?("\(report.steps)\t\(world.stage.now)\t\(choice)")
      trace.note(choice, at: world.stage.now)
      let shop = shop(of: choice, in: world)
      await world.apply(choice)
      if let shop { report.note(RealBooks(of: world).checkHolds(at: shop)) }
    }
    let books = RealBooks(of: world)
    if report.violation == nil { report.note(await books.check()) }
    report.tally = world.tally
    for _ in 0..<chooser.lateCount { report.tally.note(.late) }
    for buyer in world.buyers {
      for purchase in buyer.purchases {
        report.purchases += 1
        let isHonest = buyer.wallets.count == 1 && !buyer.isGriefing
        if isHonest { report.honest += 1 }
        switch try? await purchase.wallet.purchase(purchase.process).state {
        case .committed:
          report.committed += 1
          if isHonest { report.honestCommitted += 1 }
          report.tally.note(.paidByCoins)
        case .aborted: report.aborted += 1
        case .undecided, nil: break
        }
      }
    }
    report.messages = world.stage.network.sent
    report.virtualSeconds = Int(world.stage.now.milliseconds(since: Stage.start) / 1000)
    trace.note(results: await books.results())
    report.fingerprint = trace.fingerprint
    return report
  }

  /// The merchant whom a choice reaches.
  private static func shop(of choice: Choice, in world: RealWorld) -> Int? {
    guard case .deliver(let number) = choice,
      case .shop(let shop)? = world.stage.network.message(number)?.to
    else { return nil }
    return shop
  }
}
