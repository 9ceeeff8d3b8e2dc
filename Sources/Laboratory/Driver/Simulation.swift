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
  /// The first one.
  public internal(set) var violation: Violation?
  /// SHA-256 over all choices and what came of them.
  public internal(set) var fingerprint = Digest.zero

  init(seed: UInt64) { self.seed = seed }
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

  /// - Parameter look: sees each choice, and the world to which it is applied.
  package static func run(
    seed: UInt64, size: PopulationSize = PopulationSize(), flaw: Flaw? = nil,
    say: ((String) -> Void)? = nil, look: (World, Choice) -> Void
  ) -> RunReport {
    var simulation = Simulation(seed: seed, size: size, flaw: flaw, say: say)
    simulation.run(look)
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

  private mutating func run(_ look: (World, Choice) -> Void) {
    while report.violation == nil,
      let choice = chooser.next(in: world, isOver: { books.isOver(world) })
    {
      report.steps += 1
      if case .crash = choice { report.crashes += 1 }
      say?("\(report.steps)\t\(world.stage.now)\t\(world.describe(choice))")
      trace.note(choice, at: world.stage.now)
      look(world, choice)
      let message = isToShop(choice)
      world.apply(choice)
      if let shop = message { note(books.checkDeposits(at: shop, in: world)) }
    }
    if report.violation == nil { note(books.check(world)) }
    finish()
  }

  private func isToShop(_ choice: Choice) -> Int? {
    guard case .deliver(let number) = choice,
      case .shop(let shop)? = world.stage.network.message(number)?.to
    else { return nil }
    return shop
  }

  private mutating func note(_ finding: Books.Finding?) {
    guard let finding, report.violation == nil else { return }
    report.violation = Violation(
      seed: report.seed, property: finding.property, process: finding.process,
      step: report.steps, message: finding.message)
  }

  private mutating func finish() {
    for customer in world.customers {
      for purchase in customer.desk.books.purchases {
        report.purchases += 1
        switch purchase.state {
        case .committed: report.committed += 1
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
