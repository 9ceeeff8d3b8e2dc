// Runs a world: first with faults, then without, until everything has come to its end. One seed decides
// everything.

import Coordinator
import PaymentCrypto
public import PaymentModel

/// What a run violated.
public struct Violation: Hashable, Sendable {
  public let seed: UInt64
  public let property: Property
  public let process: ProcessID?
  /// The number of the choice after which it was seen.
  public let step: Int
  public let message: String
}

/// What came of a run.
public struct RunReport: Hashable, Sendable {
  public let seed: UInt64
  public internal(set) var purchases = 0
  public internal(set) var committed = 0
  public internal(set) var aborted = 0
  public internal(set) var steps = 0
  public internal(set) var messages = 0
  public internal(set) var crashes = 0
  public internal(set) var virtualSeconds = 0
  /// Purchases of honest customers, of honest merchants, through honest banks and the coordinator.
  public internal(set) var honest = 0
  /// How many of those were committed.
  public internal(set) var honestCommitted = 0
  /// What happened, by kind.
  public internal(set) var tally = Tally()
  /// The first one.
  public internal(set) var violation: Violation?
  /// SHA-256 over all choices and what came of them.
  public internal(set) var fingerprint = Digest.zero

  init(seed: UInt64) { self.seed = seed }

  /// Keeps the first thing that is wrong.
  mutating func note(_ finding: Books.Finding?) {
    guard let finding, violation == nil else { return }
    violation = Violation(
      seed: seed, property: finding.property, process: finding.process, step: steps,
      message: finding.message)
  }
}

extension Digest {
  static var zero: Digest {
    guard let zero = Digest(Bytes(repeating: 0, count: 32)) else { fatalError("32 bytes") }
    return zero
  }
}

/// One run in the model world.
public struct Simulation {
  private var world: World
  private var chooser: Chooser
  private let books: Books
  private var report: RunReport
  private var trace = Trace()
  private let say: ((String) -> Void)?

  /// - Parameter say: hears each choice and what comes of it.
  public static func run(
    seed: UInt64, size: PopulationSize = PopulationSize(), flaw: Flaw? = nil,
    say: ((String) -> Void)? = nil
  ) -> RunReport {
    run(seed: seed, size: size, flaw: flaw, say: say) { _, _ in }
  }

  /// - Parameters:
  ///   - stopsAtViolation: whether the first thing that is wrong ends it.
  ///   - look: sees each choice, and the world to which it is applied.
  package static func run(
    seed: UInt64, size: PopulationSize = PopulationSize(), flaw: Flaw? = nil,
    stopsAtViolation: Bool = true, say: ((String) -> Void)? = nil, look: (World, Choice) -> Void
  ) -> RunReport {
    var simulation = Simulation(seed: seed, size: size, flaw: flaw, say: say)
    simulation.run(stopsAtViolation: stopsAtViolation, look)
    return simulation.report
  }

  private init(seed: UInt64, size: PopulationSize, flaw: Flaw?, say: ((String) -> Void)?) {
    var entropy = SimulationEntropy(seed: seed &* 0x2545_F491_4F6C_DD1D)
    var population = Population(size, flaw: flaw, entropy: &entropy)
    world = population.world()
    chooser = Chooser(faults: Faults(from: &entropy), entropy: entropy)
    books = Books(of: world)
    report = RunReport(seed: seed)
    self.say = say
  }

  // MARK: - Running

  private mutating func run(stopsAtViolation: Bool, _ look: (World, Choice) -> Void) {
    while report.violation == nil || !stopsAtViolation,
      let choice = chooser.next(in: world, isOver: { books.isOver(world) })
    {
      report.steps += 1
      if case .crash = choice { report.crashes += 1 }
      say?("\(report.steps)\t\(world.stage.now)\t\(world.describe(choice))")
      trace.note(choice, at: world.stage.now)
      look(world, choice)
      if case .advance = choice { report.note(books.idleWait(in: world)) }
      let touched = party(of: choice)
      world.apply(choice)
      report.note(books.falseAnswer(in: world))
      switch touched {
      case .shop(let shop): report.note(books.checkDeposits(at: shop, in: world))
      case .bank: report.note(books.checkHolds(in: world))
      case .customer(let customer): report.note(books.checkPurse(of: customer, in: world))
      default: break
      }
    }
    if report.violation == nil { report.note(books.check(world)) }
    if report.violation == nil, let calm = chooser.calmSince {
      report.note(books.checkDuration(of: world, since: calm.time))
    }
    finish()
  }

  /// Whose books a choice may change.
  private func party(of choice: Choice) -> Party? {
    switch choice {
    case .deliver(let number): world.stage.network.message(number)?.to
    case .crash(let party, _): party
    case .act(let number): .customer(number)
    default: nil
    }
  }

  private mutating func finish() {
    report.tally = world.tally
    for _ in 0..<chooser.lateCount { report.tally.note(.late) }
    for customer in world.customers {
      for purchase in customer.desk.books.purchases {
        report.purchases += 1
        let isHonest =
          customer.cheat == nil && customer.feeCheat == nil && world.isHonest(purchase)
        if isHonest { report.honest += 1 }
        switch purchase.state {
        case .committed:
          report.committed += 1
          if isHonest { report.honestCommitted += 1 }
          report.tally.note(purchase.occurrences(in: world))
        case .aborted: report.aborted += 1
        case .undecided: break
        }
      }
    }
    report.messages = world.stage.network.sent
    report.virtualSeconds = Int(world.stage.now.milliseconds(since: Stage.start) / 1000)
    trace.note(end: world)
    report.fingerprint = trace.fingerprint
  }
}

extension World {
  /// Whether nobody whom a purchase needs cheats.
  fileprivate func isHonest(_ purchase: CustomerBooks.Purchase) -> Bool {
    !purchase.isForRogue
      && purchase.lines.allSatisfy { line in
        !shops.contains { $0.name == line.good.offer.issuer.party && $0.cheat != nil }
      }
      && purchase.payments.allSatisfy { payment in
        !banks.contains { $0.name == payment.content.bank && $0.cheat != nil }
      }
  }
}

extension CustomerBooks.Purchase {
  /// In which ways it was paid.
  fileprivate func occurrences(in world: World) -> [Occurrence] {
    var found: [Occurrence] = []
    let methods = payments.map(\.content.method)
    if methods.contains(.ecash) { found.append(.paidByCoins) }
    if methods.contains(.transfer) { found.append(.paidByTransfer) }
    if methods.contains(.card) { found.append(.paidByCard) }
    if methods.contains(where: { $0 != methods.first }) { found.append(.paidByMixture) }
    let currencies = payments.map(\.content.total.currency)
    if currencies.contains(where: { $0 != currencies.first }) { found.append(.paidInCurrencies) }
    if payments.isEmpty { found.append(.paidNothing) }
    if lines.contains(where: { $0.good.offer.claim.container == nil }) {
      found.append(.paidInvoice)
    }
    let hasFee = world.banks.contains { bank in
      bank.desk.books.holds.contains { hold in
        hold.process == process && hold.state == .posted && hold.fees.contains { $0 > 0 }
      }
    }
    if hasFee { found.append(.paidWithFee) }
    if submission.terms != nil { found.append(.paidCoordinator) }
    return found
  }
}
