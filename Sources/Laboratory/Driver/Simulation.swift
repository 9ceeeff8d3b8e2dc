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
  /// After the faults have stopped a world has so much time, and so many steps.
  static let calmSeconds: Int64 = 4 * 3600
  static let calmSteps = 15_000
  static let patienceSeconds: Int64 = 1800

  private var entropy: SimulationEntropy
  private var world: World
  private var faults: Faults
  private let books: Books
  private var report: RunReport
  private var trace = Trace()
  private let say: ((String) -> Void)?
  private var calmSince: (time: Timestamp, step: Int)?
  /// Messages that do not arrive before a time.
  private var late: [(number: Int, until: Timestamp)] = []
  private var newestSeen = 0

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
    entropy = SimulationEntropy(seed: seed &* 0x2545_F491_4F6C_DD1D)
    var population = Population(size, flaw: flaw, entropy: &entropy)
    world = population.world()
    faults = Faults(from: &entropy)
    books = Books(of: world)
    report = RunReport(seed: seed)
    self.say = say
  }

  // MARK: - Running

  private mutating func run(_ look: (World, Choice) -> Void) {
    while report.violation == nil, let choice = next() {
      report.steps += 1
      if case .crash = choice { report.crashes += 1 }
      say?("\(report.steps)\t\(world.stage.now)\t\(world.describe(choice))")
      trace.note(choice, in: world)
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

  // MARK: - Choosing

  /// The next choice; `nil` when the world has come to its end, or its time is up.
  private mutating func next() -> Choice? {
    if calmSince == nil, report.steps >= faults.steps {
      faults = .none
      calmSince = (world.stage.now, report.steps)
    }
    if let calmSince {
      guard report.steps - calmSince.step < Self.calmSteps,
        world.stage.now.milliseconds(since: calmSince.time) < Self.calmSeconds * 1000
      else { return nil }
    }
    return fault() ?? progress()
  }

  private mutating func fault() -> Choice? {
    guard calmSince == nil else { return nil }
    let messages = world.stage.network.messages
    if entropy.happens(perMille: faults.crash) {
      let party = entropy.pick(world.parties)
      // The coordinator is what this is about.
      var target = entropy.happens(perMille: 400) ? Party.coordinator : party
      let dirty = world.parties.filter { world.isDirty($0) }
      if !dirty.isEmpty, entropy.happens(perMille: 400) { target = entropy.pick(dirty) }
      if world.isUp(target) {
        return .crash(target, keepsWrites: entropy.happens(perMille: 500))
      }
    }
    if !messages.isEmpty, entropy.happens(perMille: faults.drop) {
      return .drop(entropy.pick(messages).number)
    }
    if !messages.isEmpty, messages.count < 200, entropy.happens(perMille: faults.duplicate) {
      return .duplicate(entropy.pick(messages).number)
    }
    if entropy.happens(perMille: faults.clock) {
      return .setClock(
        entropy.pick(world.parties), milliseconds: entropy.number(in: -2000...2000))
    }
    if entropy.happens(perMille: faults.delay) {
      return .advance(milliseconds: entropy.number(in: 1...3000))
    }
    return nil
  }

  /// Something that brings the world on, each with the same chance; time passes when there is nothing else.
  private mutating func progress() -> Choice? {
    if world.stage.node.hasEffects, calmSince != nil || entropy.happens(perMille: 800) {
      return .carryOut
    }
    var choices: [Choice] = []
    holdBack()
    for message in world.stage.network.messages
    where world.canTake(message) && !isLate(message.number) {
      choices.append(.deliver(message.number))
    }
    for party in world.parties {
      if !world.isUp(party) {
        if world.canRestart(party), entropy.happens(perMille: faults.restart) {
          choices.append(.restart(party))
        }
      } else if world.isDirty(party) {
        choices.append(.sync(party))
      }
    }
    if world.stage.node.hasEffects { choices.append(.carryOut) }
    if world.stage.node.isReady, world.stage.node.isRecovering { choices.append(.resume) }
    if world.stage.node.isTickDue(at: world.stage.clock(of: .coordinator)) {
      choices.append(.tick)
    }
    for number in world.customers.indices where world.isDue(number) {
      choices.append(.act(number))
    }
    if let rogue = world.rogue, rogue.movesLeft > 0, entropy.happens(perMille: 150) {
      let moves = world.rogueMoves
      if !moves.isEmpty { choices.append(.rogue(entropy.pick(moves))) }
    }
    if !choices.isEmpty { return entropy.pick(choices) }
    if isOver { return nil }
    let times = [world.nextTimer, late.map(\.until).min()].compactMap { $0 }
    guard let timer = times.min(), timer > world.stage.now else {
      return isAnyoneDown ? .advance(milliseconds: 1000) : nil
    }
    return .advance(milliseconds: timer.milliseconds(since: world.stage.now))
  }

  /// Whether everything has come to its end. What may go on for ever gets a while.
  private var isOver: Bool {
    guard let calmSince, books.isOver(world) else { return false }
    return world.stage.node.openCount == 0
      || world.stage.now.milliseconds(since: calmSince.time) > Self.patienceSeconds * 1000
  }

  /// Chooses which of the new messages are late.
  private mutating func holdBack() {
    let now = world.stage.now
    late.removeAll { $0.until <= now || calmSince != nil }
    guard calmSince == nil, faults.late > 0 else { return }
    for message in world.stage.network.messages where message.number > newestSeen {
      newestSeen = message.number
      if entropy.happens(perMille: faults.late) {
        let longest = entropy.pick([10_000, 60_000, 300_000] as [Int64])
        late.append((message.number, now.adding(milliseconds: entropy.number(in: 1000...longest))))
      }
    }
  }

  private func isLate(_ number: Int) -> Bool {
    !late.isEmpty && late.contains { $0.number == number }
  }

  private var isAnyoneDown: Bool { world.parties.contains { !world.isUp($0) } }
}
