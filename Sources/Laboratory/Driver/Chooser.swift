// Which choice is next: drawn from one source, with faults first and then without, until everything has come
// to its end.

import PaymentModel

/// A world as somebody sees it who chooses what happens, whoever stands behind its parties.
protocol Playground {
  var stage: Stage { get }
  var parties: [Party] { get }
  /// All orders' processes.
  var processes: [ProcessID] { get }
  /// How many there are who do things of their own accord.
  var actorCount: Int { get }
  func isUp(_ party: Party) -> Bool
  func canRestart(_ party: Party) -> Bool
  /// Whether something of the party waits for a sync.
  func isDirty(_ party: Party) -> Bool
  func canTake(_ message: Message) -> Bool
  /// Whether one of those has something to do now.
  func isDue(_ actor: Int) -> Bool
  /// When the next thing is due for which time must pass.
  var nextTimer: Timestamp? { get }
  var hasRogueMoves: Bool { get }
  var rogueMoves: [RogueMove] { get }
}

extension World: Playground {
  var actorCount: Int { customers.count }
  var hasRogueMoves: Bool { rogue.map { $0.movesLeft > 0 } ?? false }
}

/// Draws one choice after the other.
struct Chooser {
  /// After the faults have stopped a world has so much time, and so many steps.
  static let calmSeconds: Int64 = 4 * 3600
  static let calmSteps = 40_000
  static let patienceSeconds: Int64 = 1800
  /// In millionths: three minutes an hour.
  static let worstDrift: Int64 = 50_000
  /// Of a double in a thousand: it comes when the first has long been answered.
  static let lateDoubles = 500

  private var entropy: SimulationEntropy
  private var faults: Faults
  private var steps = 0
  private(set) var calmSince: (time: Timestamp, step: Int)?
  /// Messages that do not arrive before a time.
  private var late: [(number: Int, until: Timestamp)] = []
  /// How many messages were.
  private(set) var lateCount = 0
  private var newestSeen = 0
  /// Numbers of messages that are another one's double, until their way was chosen.
  private var doubles: Set<Int> = []

  init(faults: Faults, entropy: SimulationEntropy) {
    self.faults = faults
    self.entropy = entropy
  }

  /// The next choice; `nil` when the world has come to its end, or its time is up.
  ///
  /// - Parameter isOver: whether nothing is left to do but what may go on for ever.
  mutating func next(in world: some Playground, isOver: () -> Bool) -> Choice? {
    if calmSince == nil, steps >= faults.steps {
      faults = .none
      calmSince = (world.stage.now, steps)
    }
    if let calmSince {
      guard steps - calmSince.step < Self.calmSteps,
        world.stage.now.milliseconds(since: calmSince.time) < Self.calmSeconds * 1000
      else { return nil }
    }
    steps += 1
    return fault(in: world) ?? progress(in: world, isOver: isOver)
  }

  private mutating func fault(in world: some Playground) -> Choice? {
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
      doubles.insert(world.stage.network.sent + 1)
      return .duplicate(entropy.pick(messages).number)
    }
    if entropy.happens(perMille: faults.clock) {
      return .setClock(
        entropy.pick(world.parties), milliseconds: entropy.number(in: -2000...2000))
    }
    if entropy.happens(perMille: faults.drift) {
      return .setRate(
        entropy.pick(world.parties),
        perMillion: entropy.number(in: -Self.worstDrift...Self.worstDrift))
    }
    if world.stage.node.isReady, entropy.happens(perMille: faults.retry) {
      let pausing = world.processes.filter { world.stage.node.isPausing($0) }
      if !pausing.isEmpty { return .retry(entropy.pick(pausing)) }
    }
    if entropy.happens(perMille: faults.delay) {
      return .advance(milliseconds: entropy.number(in: 1...3000))
    }
    return nil
  }

  /// Something that brings the world on, each with the same chance; time passes when there is nothing else.
  private mutating func progress(
    in world: some Playground, isOver: () -> Bool
  ) -> Choice? {
    if world.stage.node.hasEffects, calmSince != nil || entropy.happens(perMille: 800) {
      return .carryOut
    }
    var choices: [Choice] = []
    holdBack(world.stage)
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
    for number in 0..<world.actorCount where world.isDue(number) {
      choices.append(.act(number))
    }
    if world.hasRogueMoves, entropy.happens(perMille: 150) {
      let moves = world.rogueMoves
      if !moves.isEmpty { choices.append(.rogue(entropy.pick(moves))) }
    }
    if !choices.isEmpty { return entropy.pick(choices) }
    if calmSince != nil, isOver(), hasPatienceEnded(world.stage) { return nil }
    let times = [world.nextTimer, late.map(\.until).min()].compactMap { $0 }
    guard let timer = times.min(), timer > world.stage.now else {
      let isAnyoneDown = world.parties.contains { !world.isUp($0) }
      return isAnyoneDown ? .advance(milliseconds: 1000) : nil
    }
    return .advance(milliseconds: timer.milliseconds(since: world.stage.now))
  }

  /// What may go on for ever gets a while.
  private func hasPatienceEnded(_ stage: Stage) -> Bool {
    stage.node.openCount == 0
      || calmSince.map { stage.now.milliseconds(since: $0.time) > Self.patienceSeconds * 1000 }
        ?? false
  }

  /// Chooses which of the new messages are late.
  private mutating func holdBack(_ stage: Stage) {
    let now = stage.now
    late.removeAll { $0.until <= now || calmSince != nil }
    guard calmSince == nil else { return }
    for message in stage.network.messages where message.number > newestSeen {
      newestSeen = message.number
      // A double travels on a way of its own.
      let isDouble = doubles.remove(message.number) != nil
      let chance = isDouble ? Self.lateDoubles : faults.late
      if entropy.happens(perMille: chance) {
        let longest = entropy.pick([10_000, 60_000, 300_000] as [Int64])
        lateCount += 1
        late.append((message.number, now.adding(milliseconds: entropy.number(in: 1000...longest))))
      }
    }
  }

  /// Whether a message is held back.
  func isLate(_ number: Int) -> Bool {
    !late.isEmpty && late.contains { $0.number == number }
  }
}
